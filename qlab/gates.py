"""Unitary matrices by name: the gates of the course, with their parameters in radians.

`rx(θ) = exp(-iθX/2)` and likewise for y and z; `rzz(θ) = exp(-iθ Z⊗Z/2)`;
`phase(θ) = diag(1, e^{iθ})`. In a two-qubit gate the first qubit is the left tensor factor,
so that `cnot` has its control first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from qlab import _validate
from qlab._validate import ComplexArray


def _fixed(rows: object) -> ComplexArray:
    matrix = np.array(rows, dtype=complex)
    matrix.setflags(write=False)
    return matrix


I = _fixed([[1, 0], [0, 1]])  # noqa: E741  (the field's name of the identity)
X = _fixed([[0, 1], [1, 0]])
Y = _fixed([[0, -1j], [1j, 0]])
Z = _fixed([[1, 0], [0, -1]])
H = _fixed(np.array([[1, 1], [1, -1]]) / np.sqrt(2))
S = _fixed([[1, 0], [0, 1j]])
SDG = _fixed([[1, 0], [0, -1j]])
T = _fixed([[1, 0], [0, np.exp(1j * np.pi / 4)]])
TDG = _fixed([[1, 0], [0, np.exp(-1j * np.pi / 4)]])
SX = _fixed(np.array([[1 + 1j, 1 - 1j], [1 - 1j, 1 + 1j]]) / 2)
CNOT = _fixed([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]])
CZ = _fixed(np.diag([1, 1, 1, -1]))
SWAP = _fixed([[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
ISWAP = _fixed([[1, 0, 0, 0], [0, 0, 1j, 0], [0, 1j, 0, 0], [0, 0, 0, 1]])
CCX = _fixed(np.eye(8)[[0, 1, 2, 3, 4, 5, 7, 6]])

PAULIS = MappingProxyType({"I": I, "X": X, "Y": Y, "Z": Z})


def rx(theta: float) -> ComplexArray:
    """exp(-iθX/2)."""
    half = _validate.angle("theta", theta) / 2
    c, s = np.cos(half), np.sin(half)
    return np.array([[c, -1j * s], [-1j * s, c]])


def ry(theta: float) -> ComplexArray:
    """exp(-iθY/2).

    >>> (ry(np.pi / 2) @ np.array([1, 0])).real.round(4)
    array([0.7071, 0.7071])
    """
    half = _validate.angle("theta", theta) / 2
    c, s = np.cos(half), np.sin(half)
    return np.array([[c, -s], [s, c]], dtype=complex)


def rz(theta: float) -> ComplexArray:
    """exp(-iθZ/2)."""
    e = np.exp(0.5j * _validate.angle("theta", theta))
    return np.diag([1 / e, e])


def phase(theta: float) -> ComplexArray:
    """diag(1, e^{iθ})."""
    return np.diag([1, np.exp(1j * _validate.angle("theta", theta))])


def u3(theta: float, phi: float, lam: float) -> ComplexArray:
    """The general one-qubit gate [[cos θ/2, -e^{iλ} sin θ/2], [e^{iφ} sin θ/2, e^{i(φ+λ)} cos θ/2]].

    Args:
        theta: θ in radians.
        phi: φ in radians.
        lam: λ in radians.
    """
    half = _validate.angle("theta", theta) / 2
    c, s = np.cos(half), np.sin(half)
    left, right = np.exp(1j * _validate.angle("phi", phi)), np.exp(1j * _validate.angle("lam", lam))
    return np.array([[c, -right * s], [left * s, left * right * c]])


def rzz(theta: float) -> ComplexArray:
    """exp(-iθ Z⊗Z/2)."""
    e = np.exp(0.5j * _validate.angle("theta", theta))
    return np.diag([1 / e, e, e, 1 / e])


def cphase(theta: float) -> ComplexArray:
    """diag(1, 1, 1, e^{iθ})."""
    return np.diag([1, 1, 1, np.exp(1j * _validate.angle("theta", theta))])


def controlled(matrix: ComplexArray) -> ComplexArray:
    """|0⟩⟨0|⊗I + |1⟩⟨1|⊗U for a unitary U of shape (d, d); the result has shape (2d, 2d)."""
    u = _validate.unitary("matrix", matrix)
    result = np.eye(2 * len(u), dtype=complex)
    result[len(u) :, len(u) :] = u
    return result


def pauli_string(label: str) -> ComplexArray:
    """Tensor product of Paulis, for instance ``"XZ"`` is X on qubit 0 and Z on qubit 1.

    >>> pauli_string("ZZ").diagonal().real
    array([ 1., -1., -1.,  1.])
    """
    if not isinstance(label, str) or not label or set(label) - set(PAULIS):
        raise _validate.fail("label", "must be a non-empty string of the letters I X Y Z", label)
    _validate.integer("number of letters in label", len(label), 1, _validate.MAX_MATRIX_QUBITS)
    matrix = np.eye(1, dtype=complex)
    for letter in label:
        matrix = np.kron(matrix, PAULIS[letter])
    return matrix


def random_unitary(dimension: int, rng: np.random.Generator) -> ComplexArray:
    """Unitary of shape (d, d) from the Haar measure, by QR with the phases of R divided out.

    Args:
        dimension: d, in [1, 8192].
        rng: source of randomness.

    Source: Mezzadri, Notices of the AMS 54, 592 (2007).
    """
    d = _validate.integer("dimension", dimension, 1, 2**_validate.MAX_MATRIX_QUBITS)
    _validate.generator("rng", rng)
    z = rng.standard_normal((d, d)) + 1j * rng.standard_normal((d, d))
    q, r = np.linalg.qr(z)
    phases = r.diagonal() / np.abs(r.diagonal())
    result: ComplexArray = q * phases
    return result


@dataclass(frozen=True)
class GateSpec:
    """What a gate name means.

    Attributes:
        num_qubits: how many qubits it acts on.
        num_params: how many angles it takes.
        matrix: from the angles to the unitary of shape (2**num_qubits, 2**num_qubits).
        symbols: one drawing symbol a qubit; ``"@"`` is a control.
    """

    num_qubits: int
    num_params: int
    matrix: Callable[..., ComplexArray]
    symbols: tuple[str, ...]


def _constant(matrix: ComplexArray, *symbols: str) -> GateSpec:
    return GateSpec(len(symbols), 0, lambda: matrix, symbols)


GATES: MappingProxyType[str, GateSpec] = MappingProxyType(
    {
        "i": _constant(I, "I"),
        "x": _constant(X, "X"),
        "y": _constant(Y, "Y"),
        "z": _constant(Z, "Z"),
        "h": _constant(H, "H"),
        "s": _constant(S, "S"),
        "sdg": _constant(SDG, "S†"),
        "t": _constant(T, "T"),
        "tdg": _constant(TDG, "T†"),
        "sx": _constant(SX, "√X"),
        "rx": GateSpec(1, 1, rx, ("Rx",)),
        "ry": GateSpec(1, 1, ry, ("Ry",)),
        "rz": GateSpec(1, 1, rz, ("Rz",)),
        "phase": GateSpec(1, 1, phase, ("P",)),
        "u3": GateSpec(1, 3, u3, ("U",)),
        "cnot": _constant(CNOT, "@", "X"),
        "cz": _constant(CZ, "@", "@"),
        "swap": _constant(SWAP, "×", "×"),
        "iswap": _constant(ISWAP, "iSw", "iSw"),
        "rzz": GateSpec(2, 1, rzz, ("ZZ", "ZZ")),
        "cphase": GateSpec(2, 1, cphase, ("@", "P")),
        "ccx": _constant(CCX, "@", "@", "X"),
    }
)
"""Every gate that a circuit can name."""


def unitary(name: str, params: Sequence[float] = ()) -> ComplexArray:
    """Matrix of a named gate.

    Args:
        name: a key of `GATES`.
        params: its angles in radians.

    >>> unitary("rz", [np.pi]).diagonal().round(12)
    array([0.-1.j, 0.+1.j])
    """
    _validate.one_of("name", name, GATES)
    spec = GATES[name]
    angles = _validate.sequence("params", params)
    if len(angles) != spec.num_params:
        raise _validate.fail("params", f"of gate {name} must hold {spec.num_params} angles", angles)
    return spec.matrix(*(_validate.angle("each of params", angle) for angle in angles))
