"""From |0…0⟩: two half-registers as long as they hardly know of each other, one large ket only after that.

A ket of 2ⁿ amplitudes is a sum of χ products of half-kets of 2ⁿᐟ² amplitudes. Gates inside a half cost next to
nothing. A gate across the cut multiplies χ by the number of terms in its operator Schmidt decomposition, two for
CNOT and CZ. All gates that do not depend on a crossing gate run before it. When another crossing would cost more
than it saves, the halves are merged by one matrix product; what is left runs on the large ket
(Aaronson and Chen, CCC 2017, and Markov et al., arXiv:1807.10749, 2018, for the sum over crossing gates).

Crossing gates that are diagonal commute and are taken together: the phases between the halves are one matrix,
whose rank is found numerically. That rank is about ten for a whole Fourier transform, whatever its size.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from qlab._validate import ComplexArray
from qlab.simulator._fusion import Gate, sorted_out
from qlab.simulator._kernels import apply_in_place
from qlab.simulator._windows import Ket, apply_all, in_slices

MOST_TERMS = 64
"""Largest χ."""

GATE_BY_GATE = 2**15
"""Half-kets of fewer amplitudes, all terms together, are not worth planning for."""


class Half:
    """χ half-kets.

    Attributes:
        kets: shape (χ, 2**width).
        first: the wire of its leftmost qubit.
        waiting: gates not yet applied.
    """

    def __init__(self, first: int, width: int, dtype: Any) -> None:
        self.first, self.width = first, width
        self.kets: ComplexArray = np.zeros((1, 2**width), dtype=dtype)
        self.kets[0, 0] = 1
        self.waiting: list[Gate] = []

    def flush(self) -> None:
        """Apply the waiting gates."""
        local = [Gate(tuple([q - self.first for q in g.qubits]), g.matrix, g.diagonal) for g in self.waiting]
        self.waiting = []
        if self.kets.size <= GATE_BY_GATE or len(local) < 4:
            for gate in local:
                apply_in_place(self.kets.reshape(-1), gate.matrix, gate.qubits, self.width)
            return
        ket = Ket(self.kets.reshape(-1), list(range(self.width)))
        apply_all(ket, local)
        ket.permute(list(range(self.width)))
        self.kets = ket.values.reshape(-1, 2**self.width)

    def split(self, factors: ComplexArray, wires: tuple[int, ...]) -> None:
        """Multiply χ: term m of the new ones has ``factors[m]`` applied to some wires."""
        self.flush()
        fresh = np.repeat(self.kets[None], len(factors), axis=0)
        for part, factor in zip(fresh, factors, strict=True):
            if factor.ndim == 2:
                apply_in_place(part.reshape(-1), factor, (wires[0] - self.first,), self.width)
            else:
                part *= _spread(factor, [w - self.first for w in wires], self.width).astype(part.dtype)
        self.kets = fresh.reshape(-1, 2**self.width)


def _spread(table: ComplexArray, places: list[int], width: int) -> ComplexArray:
    """A table over some qubits (ascending) as one over all of them."""
    shape = [2 if p in places else 1 for p in range(width)]
    return np.broadcast_to(table.reshape(shape), (2,) * width).reshape(-1)


def schmidt(matrix: ComplexArray) -> tuple[ComplexArray, ComplexArray]:
    """A 4×4 matrix as Σ Aₘ⊗Bₘ: stacks of shape (rank, 2, 2) (Nielsen et al., PRA 67, 052301, 2003)."""
    u, s, vh = np.linalg.svd(matrix.reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(4, 4))
    rank = int((s > 1e-12 * s[0]).sum())
    root = np.sqrt(s[:rank])
    return (u[:, :rank] * root).T.reshape(-1, 2, 2), (vh[:rank] * root[:, None]).reshape(-1, 2, 2)


class PhaseSplit(NamedTuple):
    """A table of phases D(x, y) = Σₘ Fₘ(x) Gₘ(y) between two halves.

    Attributes:
        left_factors: F, shape (M, 2**a).
        right_factors: G, shape (M, 2**b).
        left_wires: the a wires of x, ascending.
        right_wires: the b wires of y, ascending.
    """

    left_factors: ComplexArray
    right_factors: ComplexArray
    left_wires: tuple[int, ...]
    right_wires: tuple[int, ...]


def phase_factors(phases: dict[tuple[int, int], complex], tiny: float, most: int) -> PhaseSplit | None:
    """The diagonal D(x, y) = Π phase[i, j]^(xᵢ yⱼ) as a sum of products, to a relative accuracy ``tiny``.

    Built wire by wire. Let D = Σₘ Fₘ Gₘ hold for the wires of x so far. The next wire i multiplies D by
    c(y)^xᵢ with c(y) = Πⱼ phase[i, j]^yⱼ. So y now enters through 2M rows: Gₘ where xᵢ = 0, Gₘ·c where xᵢ = 1.
    Their singular value decomposition [G; G·c] = U·S·V, cut where S is negligible, gives the new G = S·V,
    and the new F(x, xᵢ) = Σₘ Fₘ(x) U[(xᵢ, m)]. A larger table has no smaller rank, so once M is too large
    it stays so. This is the sweep that makes a matrix product state (Vidal, PRL 91, 147902, 2003).

    Returns:
        The factors; nothing where M would exceed ``most``.
    """
    left, right = sorted({i for i, _ in phases}), sorted({j for _, j in phases})
    f: ComplexArray = np.ones((1, 1), dtype=complex)
    g: ComplexArray = np.ones((1, 2 ** len(right)), dtype=complex)
    for i in left:
        c: ComplexArray = np.ones(1, dtype=complex)
        for j in right:
            c = np.multiply.outer(c, np.array([1, phases.get((i, j), 1)])).reshape(-1)
        m = len(g)
        u, s, g = _short_svd(np.concatenate([g, g * c]), tiny)
        f = np.stack([f.T @ u[:m], f.T @ u[m:]], axis=1).reshape(-1, len(s)).T
        if len(g) > most:
            return None
    return PhaseSplit(f, g, tuple(left), tuple(right))


def _short_svd(rows: ComplexArray, tiny: float) -> tuple[ComplexArray, Any, ComplexArray]:
    """U, s and s·Vh of a matrix of any shape without its negligible part."""
    if tiny > 1e-10:  # squares of singular values are accurate enough in single precision
        values, u = np.linalg.eigh(rows @ rows.conj().T)
        kept = values > max(tiny * tiny, 1e-15) * values[-1]
        u = u[:, kept]
        return u, values[kept], u.conj().T @ rows
    q, r = np.linalg.qr(rows.conj().T)
    u, s, vh = np.linalg.svd(r.conj().T, full_matrices=False)
    kept = s > tiny * s[0]
    return u[:, kept], s[kept], (s[kept, None] * vh[kept]) @ q.conj().T


class Halves:
    """Both halves and what they cannot do."""

    def __init__(self, n: int, gates: list[Gate], dtype: Any) -> None:
        self.n, self.cut, self.dtype = n, n // 2, dtype
        self.left, self.right = Half(0, self.cut, dtype), Half(self.cut, n - self.cut, dtype)
        self.pending = gates
        self.tiny = 1e-8 if dtype == np.complex64 else 4e-16

    def run(self) -> list[Gate]:
        """Do what can be done in halves; returns the gates left for the large ket."""
        while True:
            pool = self._sweep()
            if not pool and not self.pending:
                return []
            busy = sum(len(g.qubits) > 1 for g in self.pending) + len(pool)
            if not self._cross(pool, busy):
                return pool + self.pending

    def _half(self, wire: int) -> Half:
        return self.left if wire < self.cut else self.right

    def _sweep(self) -> list[Gate]:
        """Take every gate inside a half that waits for no crossing gate; returns diagonal ones that cross now."""
        now, pool, self.pending = sorted_out(
            self.pending,
            self.n,
            lambda g: max(g.qubits) < self.cut or min(g.qubits) >= self.cut,
            lambda g: len(g.qubits) == 2,
        )
        for gate in now:
            self._half(gate.qubits[0]).waiting.append(gate)
        return pool

    def _cross(self, pool: list[Gate], busy: int) -> bool:
        """Take the crossing gates that come next, unless that would cost more than it saves."""
        terms = len(self.left.kets)
        if not pool:
            gate = self.pending[0]
            if len(gate.qubits) != 2:
                return False
            a, b = schmidt(gate.matrix)
            if terms * len(a) > self._most_terms(busy):
                return False
            first, second = gate.qubits
            if first >= self.cut:
                a, b, first, second = b, a, second, first
            self.pending = self.pending[1:]
            self.left.split(a, (first,))
            self.right.split(b, (second,))
            return True
        phases, singles = self._phases(pool)
        factors = phase_factors(phases, self.tiny, self._most_terms(busy) // terms)
        if factors is None:
            return False
        for gate in singles:
            self._half(gate.qubits[0]).waiting.append(gate)
        self.left.split(factors.left_factors, factors.left_wires)
        self.right.split(factors.right_factors, factors.right_wires)
        return True

    def _most_terms(self, busy: int) -> int:
        """A term costs a pass of 0.1 ns an amplitude at the merger; a gate left over costs some 0.7 ns."""
        return min(MOST_TERMS, max(2 * busy, 4), len(self.left.kets[0]))

    def _phases(self, pool: list[Gate]) -> tuple[dict[tuple[int, int], complex], list[Gate]]:
        """Phases between the halves of a product of diagonal gates, and its one-qubit part."""
        phases: dict[tuple[int, int], complex] = {}
        singles: list[Gate] = []
        for gate in pool:
            d00, d01, d10, d11 = gate.matrix.diagonal().tolist()
            first, second = gate.qubits
            if (d00, d01, d10) != (1, 1, 1):
                singles.append(Gate((first,), np.diag([d00, d10]), True))
                singles.append(Gate((second,), np.diag([1, d01 / d00]), True))
            pair = (first, second) if first < self.cut else (second, first)
            phases[pair] = phases.get(pair, 1) * (d00 * d11 / (d01 * d10))
        return phases, singles

    def merge(self, threads: int = 1) -> ComplexArray:
        """The large ket, shape (2**n,); products of zeros are not computed."""
        self.left.flush()
        self.right.flush()
        a, b = self.left.kets, self.right.kets
        rows, columns = a.any(axis=0), b.any(axis=0)
        large: ComplexArray
        if rows.sum() * columns.sum() * 4 < rows.size * columns.size:
            large = np.zeros((rows.size, columns.size), dtype=self.dtype)
            large[np.ix_(rows, columns)] = a[:, rows].T @ b[:, columns]
            return large.reshape(-1)
        large = np.empty((rows.size, columns.size), dtype=self.dtype)
        step = max(1, 2**17 // columns.size)
        turned = np.ascontiguousarray(a.T)

        def block(part: slice) -> None:
            for start in range(part.start or 0, min(part.stop or rows.size, rows.size), step):
                stop = min(start + step, part.stop or rows.size)
                np.matmul(turned[start:stop], b, out=large[start:stop])

        in_slices(block, rows.size, threads)
        return large.reshape(-1)
