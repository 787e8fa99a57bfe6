"""Cloners: the best imperfect copies that quantum mechanics allows, as explicit unitaries.

No machine copies every state (Wootters, Zurek, Nature 299, 802, 1982); these are the best approximations.
"""

from __future__ import annotations

import numpy as np

from qlab import _validate
from qlab._validate import ComplexArray
from qlab.states import ket, partial_trace, tensor


def universal_cloner() -> ComplexArray:
    """Unitary of shape (8, 8) on (original, blank |0⟩, ancilla |0⟩): both first qubits end as copies.

    |0⟩ → √(2/3)|00⟩|0⟩ + √(1/6)(|01⟩+|10⟩)|1⟩ and |1⟩ likewise with 0 and 1 exchanged
    (Bužek, Hillery, Phys. Rev. A 54, 1844, 1996). Columns of other blanks complete it to a unitary.
    """
    symmetric = (ket("01") + ket("10")) / np.sqrt(2)
    zero = np.sqrt(2 / 3) * tensor(ket("00"), ket("0")) + np.sqrt(1 / 3) * tensor(symmetric, ket("1"))
    one = np.sqrt(2 / 3) * tensor(ket("11"), ket("1")) + np.sqrt(1 / 3) * tensor(symmetric, ket("0"))
    columns = np.eye(8, dtype=complex)
    columns[:, [0, 4]] = np.stack([zero, one], axis=1)
    # Gram-Schmidt from the two fixed columns on; the six others are free.
    order = [0, 4, 1, 2, 3, 5, 6, 7]
    q, r = np.linalg.qr(columns[:, order])
    q = q * np.sign(r.diagonal().real)
    cloner = np.empty((8, 8), dtype=complex)
    cloner[:, order] = q
    return cloner


def clones(message: ComplexArray, cloner: ComplexArray) -> tuple[ComplexArray, ComplexArray]:
    """Density matrices of the two copies that a cloner makes.

    Args:
        message: ket of one qubit.
        cloner: unitary of shape (4, 4) or (8, 8) on the message followed by qubits in |0⟩.

    >>> from qlab.measures import fidelity
    >>> first, second = clones(ket("+"), universal_cloner())
    >>> round(fidelity(ket("+"), first), 6), round(fidelity(ket("+"), second), 6)
    (0.833333, 0.833333)
    """
    psi, matrix = _validate.ket("message", message, num_qubits=1), _validate.unitary("cloner", cloner)
    n = _validate.integer("number of qubits of cloner", _validate.number_of_qubits("cloner", len(matrix)), 2)
    copied = _validate.in_precision_of(matrix @ tensor(psi, ket("0" * (n - 1))), psi)
    return partial_trace(copied, [0]), partial_trace(copied, [1])


def cloning_fidelity(originals: int, copies: float) -> float:
    """Best fidelity of M copies made from N equal unknown qubits: (MN+M+N)/(M(N+2)).

    Source: Gisin, Massar, Phys. Rev. Lett. 79, 2153 (1997). M may be ``inf``: then it is the
    fidelity of measuring N copies and preparing a new one, (N+1)/(N+2).

    Args:
        originals: N, at least 1.
        copies: M, a whole number of at least N, or ``inf``.

    >>> round(cloning_fidelity(1, 2), 6), round(cloning_fidelity(1, float("inf")), 6)
    (0.833333, 0.666667)
    """
    n = _validate.integer("originals", originals, 1)
    if copies == np.inf:
        return (n + 1) / (n + 2)
    m = _validate.integer("copies", copies, n)
    return (m * n + m + n) / (m * (n + 2))
