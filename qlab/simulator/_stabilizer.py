"""One noiseless run of a Clifford circuit of any width, without a state of 2ⁿ amplitudes.

For a circuit U the tableau holds what U† X U and U† Z U are, as Pauli strings, for X and Z of each qubit: 2n rows of
2n bits and a power of i (Aaronson, Gottesman, PRA 70, 052328, 2004; kept for the inverse, so that the result of a
measurement that has only one can be read off: Gidney, "Stim", Quantum 5, 497, 2021). A string is i^r X^x Z^z.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from qlab._types import Bits
from qlab.simulator._layers import Layer

Words = NDArray[np.uint64]
Index = NDArray[np.intp]

_ONE = np.uint64(1)


class Tableau:
    """The tableau of a circuit so far.

    Attributes:
        n: number of qubits.
        rows: shape (2n, 2w), bits of x and then of z, 64 a word; first the rows of all X, then those of all Z.
        powers: r of each row, modulo 4, shape (2n,).
    """

    def __init__(self, n: int) -> None:
        self.n = n
        self.width = (n + 63) // 64
        self.rows: Words = np.zeros((2 * n, 2 * self.width), dtype=np.uint64)
        self.powers = np.zeros(2 * n, dtype=np.int64)
        q = np.arange(n)
        bits = _ONE << (q & 63).astype(np.uint64)
        self.rows[q, q >> 6] = bits
        self.rows[n + q, self.width + (q >> 6)] = bits

    def times(self, first: Index, second: Index, power: int) -> None:
        """Rows become i^power times themselves times others."""
        a, b = (int(first[0]), int(second[0])) if len(first) == 1 else (first, second)
        w = self.width
        crossed = np.bitwise_count(self.rows[a, w:] & self.rows[b, :w]).sum(axis=-1, dtype=np.int64)
        self.powers[a] = (self.powers[a] + self.powers[b] + 2 * crossed + power) & 3
        self.rows[a] ^= self.rows[b]

    def exchange(self, first: Index, second: Index) -> None:
        """Rows change places."""
        self.rows[np.r_[first, second]] = self.rows[np.r_[second, first]]
        self.powers[np.r_[first, second]] = self.powers[np.r_[second, first]]

    def flip(self, rows: Index) -> None:
        """Rows change sign."""
        self.powers[rows] ^= 2

    def measure(self, qubit: int) -> int:
        """Result of a Z measurement; where chance decides, one of the two that are possible."""
        row = self.n + qubit
        if self.rows[row, : self.width].any():
            self._collapse(row)
        return int(self.powers[row] >> 1)

    def _collapse(self, row: int) -> None:
        """Change what comes before the circuit, |0…0⟩ first left as it is, so that a row becomes a string of Zs."""
        w = self.width
        x, z = self.rows[:, :w], self.rows[:, w:]
        others = x[row].copy()
        word = int(others.nonzero()[0][0])
        bit = others[word] & (~others[word] + _ONE)
        others[word] ^= bit
        if others.any():  # CNOTs from one qubit of the string to all others
            x[(x[:, word] & bit) != 0] ^= others
            odd = np.bitwise_count(z & others).sum(axis=1) & 1
            z[:, word] ^= bit * odd.astype(np.uint64)
        if z[row, word] & bit:  # S
            has = (x[:, word] & bit) != 0
            self.powers[has] = (self.powers[has] + 3) & 3
            z[:, word] ^= x[:, word] & bit
        both = x[:, word] & z[:, word] & bit  # H: the state that the result leaves behind
        self.powers[both != 0] ^= 2
        differ = (x[:, word] ^ z[:, word]) & bit
        x[:, word] ^= differ
        z[:, word] ^= differ


def _s(t: Tableau, q: Index, power: int = 3) -> None:
    t.times(q, t.n + q, power)


def _cz(t: Tableau, a: Index, b: Index) -> None:
    t.times(a, t.n + b, 0)
    t.times(b, t.n + a, 0)


def _cnot(t: Tableau, a: Index, b: Index) -> None:
    t.times(a, b, 0)
    t.times(t.n + b, t.n + a, 0)


def _swap(t: Tableau, a: Index, b: Index) -> None:
    t.exchange(a, b)
    t.exchange(t.n + a, t.n + b)


def _iswap(t: Tableau, a: Index, b: Index) -> None:
    _s(t, a)
    _s(t, b)
    _cz(t, a, b)
    _swap(t, a, b)


def _y(t: Tableau, q: Index) -> None:
    t.flip(q)
    t.flip(t.n + q)


_GATES: dict[str, Callable[..., None]] = {
    "x": lambda t, q: t.flip(t.n + q),
    "y": _y,
    "z": lambda t, q: t.flip(q),
    "h": lambda t, q: t.exchange(q, t.n + q),
    "s": _s,
    "sdg": lambda t, q: _s(t, q, 1),
    "sx": lambda t, q: t.times(t.n + q, q, 3),
    "cnot": _cnot,
    "cz": _cz,
    "swap": _swap,
    "iswap": _iswap,
}


def reference_record(n: int, steps: list[Layer]) -> dict[str, Bits]:
    """Results of one run without noise: for each key its bits, shape (k,).

    Args:
        n: number of qubits.
        steps: layers of a circuit that `qlab.simulator._layers.obstacle` finds nothing against.
    """
    tableau = Tableau(n)
    record: dict[str, Bits] = {}
    for layer in steps:
        if layer.name == "measure":
            for o in layer.operations:
                record[str(o.key)] = np.array([tableau.measure(q) for q in o.qubits], dtype=np.uint8)
        elif layer.name == "reset":
            for q in layer.qubits[:, 0]:
                if tableau.measure(int(q)):
                    tableau.flip(n + q)
        elif layer.name in _GATES and (layer.condition is None or record[layer.condition].any()):
            _GATES[layer.name](tableau, *layer.qubits.T)
    return record
