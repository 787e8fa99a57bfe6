"""Taking known errors out of results, and what that costs in shots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qlab import _validate
from qlab._numeric import honest_variance
from qlab._validate import FloatArray
from qlab.channels import readout_confusion
from qlab.circuits import Circuit, Operation, as_circuit

MAX_SHARE = 1_000_000
"""Largest share of an outcome: beyond, the others have no digits left."""


def _errors(name: str, values: ArrayLike, n: int) -> FloatArray:
    """One probability a qubit, or one for all."""
    array = _validate.real_array(name, values)
    if array.shape not in ((), (n,)):
        raise _validate.fail(name, f"must be one number or one for each of {n} qubits", values)
    for value in array.reshape(-1).tolist():
        _validate.probability(name, value)
    return np.broadcast_to(array, (n,))


def _kept(e0: float, e1: float) -> float:
    """1 - e0 - e1, what readout leaves of ⟨Z⟩."""
    kept = float(1 - e0 - e1)
    if abs(kept) < 1e-6:
        raise _validate.fail("e0 + e1", "must differ from 1 for readout to say anything", float(e0 + e1))
    return kept


def _finite(name: str, values: ArrayLike) -> FloatArray:
    array = _validate.real_array(name, values)
    if array.ndim != 1 or array.size == 0 or not np.isfinite(array).all():
        raise _validate.fail(name, "must be a row of finite numbers, at least one", values)
    return array


def _shares(name: str, values: ArrayLike) -> FloatArray:
    """Shares of outcomes, which errors and their corrections take out of [0, 1], but not beyond all sense."""
    array = _finite(name, values)
    if np.abs(array).max() > MAX_SHARE:
        raise _validate.fail(name, f"must be numbers of at most {MAX_SHARE:,}", values)
    return array


def invert_readout(probabilities: ArrayLike, e0: ArrayLike, e1: ArrayLike) -> FloatArray:
    """Undo independent readout errors: multiply by the inverse of each qubit's confusion matrix.

    The result is unbiased and adds up to 1, but single entries may be negative; see `nearest_distribution`.

    Args:
        probabilities: shares of the 2**n outcomes, shape (2**n,), qubit 0 leftmost.
        e0: probability that 0 is reported as 1, one number or one a qubit.
        e1: probability that 1 is reported as 0, likewise.

    Raises:
        ValueError: where e0 + e1 is 1, so that the reports say nothing.

    >>> invert_readout([0.4913, 0.0287, 0.0287, 0.4513], 0.01, 0.05).round(3) + 0
    array([0.5, 0. , 0. , 0.5])
    """
    shares = _shares("probabilities", probabilities)
    n = _validate.number_of_qubits("probabilities", shares.size)
    tensor = shares.reshape((2,) * n)
    for q, (p, r) in enumerate(zip(_errors("e0", e0, n), _errors("e1", e1, n), strict=True)):
        _kept(p, r)
        inverse = np.linalg.inv(readout_confusion(p, r))
        tensor = np.moveaxis(np.tensordot(inverse, tensor, axes=(1, q)), 0, q)
    return tensor.reshape(-1)


def nearest_distribution(quasi: ArrayLike) -> FloatArray:
    """The probabilities closest (least squares) to numbers that add up to 1 but may be negative.

    Source: Smolin, Gambetta, Smith, PRL 108, 070502 (2012).

    >>> nearest_distribution([0.6, 0.5, -0.1])
    array([0.55, 0.45, 0.  ])
    """
    values = _shares("quasi", quasi)
    if not abs(values.sum() - 1) <= _validate.ATOL * max(1.0, float(np.abs(values).sum())):
        raise _validate.fail("quasi", "must add up to 1", float(values.sum()))
    order = np.sort(values)[::-1]
    shifts = (np.cumsum(order) - 1) / np.arange(1, values.size + 1)
    shift = float(shifts[np.flatnonzero(order > shifts)[-1]])
    nearest: FloatArray = np.clip(values - shift, 0, None)
    return nearest


def readout_variance_factor(e0: float, e1: float) -> float:
    """How much inversion raises the variance of ⟨Z⟩ at most: 1/(1-e0-e1)².

    Args:
        e0: probability that 0 is reported as 1, in [0, 1].
        e1: probability that 1 is reported as 0, in [0, 1].

    >>> round(readout_variance_factor(0.01, 0.05), 4)
    1.1317
    """
    return 1 / _kept(_validate.probability("e0", e0), _validate.probability("e1", e1)) ** 2


@dataclass(frozen=True)
class ReadoutCorrection:
    """⟨ZZ⟩ of two qubits with readout errors taken out, and its standard error.

    Attributes:
        correlator: corrected value; may leave [-1, 1] by chance.
        standard_error: of the corrected value, from the counts alone; not zero where all agree.
    """

    correlator: float
    standard_error: float

    def __post_init__(self) -> None:
        mean = _validate.in_range("correlator", self.correlator, -np.inf, np.inf, open_low=True, open_high=True)
        error = _validate.positive("standard_error", self.standard_error)
        _validate.keep(self, correlator=mean, standard_error=error)

    @classmethod
    def of_counts(cls, counts: Sequence[float], e0: Sequence[float], e1: Sequence[float]) -> ReadoutCorrection:
        """From counts of the outcomes 00, 01, 10, 11 and each qubit's errors.

        Args:
            counts: four numbers, not all zero.
            e0: probability that 0 is reported as 1, one a qubit.
            e1: probability that 1 is reported as 0, one a qubit.

        Raises:
            ValueError: where the errors of a qubit add up to 1, so that its reports say nothing.

        >>> ReadoutCorrection.of_counts([4913, 287, 287, 4513], [0.01, 0.01], [0.05, 0.05]).correlator.__round__(3)
        1.0
        """
        array = _validate.real_array("counts", counts)
        total = array.sum()
        if array.shape != (4,) or not 0 < total <= _validate.MAX_COUNT or array.min() < 0:
            raise _validate.fail("counts", "must be four counts, not all zero", counts)
        errors = zip(_errors("e0", e0, 2), _errors("e1", e1, 2), strict=True)
        # The columns of the inverse, summed with Z's eigenvalues, give each outcome's weight in ⟨ZZ⟩.
        values = np.kron(*(np.array([1 - q + p, -(1 + q - p)]) / _kept(p, q) for p, q in errors))
        mean = float(values @ array / total)
        variance = float((values - mean) ** 2 @ array / total)
        return cls(mean, float(np.sqrt(honest_variance(variance, total, spread=np.ptp(values)) / total)))


def zero_noise_weights(scales: Sequence[float], *, order: int | None = None) -> FloatArray:
    """Weights of results at several noise strengths whose sum extrapolates to strength zero.

    A polynomial of the given order is fitted by least squares and read at 0. The variance of the estimate is
    the sum of squared weights times that of one result.

    Args:
        scales: noise strengths, at most 100, at least order+1 different ones, as multiples of the machine's own.
        order: degree of the polynomial; by default as high as the number of scales allows (Richardson).

    >>> zero_noise_weights([1, 3], order=1)
    array([ 1.5, -0.5])
    >>> zero_noise_weights([1, 2, 3]).round(9)
    array([ 3., -3.,  1.])
    """
    points = _finite("scales", scales)
    for point in points:
        _validate.positive("each of scales", float(point))
    if len(points) > 100:
        raise _validate.fail("scales", "must be at most 100 strengths", len(points))
    degree = len(points) - 1 if order is None else _validate.integer("order", order, 0)
    if len(set(points.tolist())) < degree + 1:
        raise _validate.fail("scales", f"must hold {degree + 1} different strengths for order {degree}", scales)
    # An orthogonal basis by QR of powers of numbers of at most 1.
    basis, triangle = np.linalg.qr(np.vander(points / points.max(), degree + 1, increasing=True))
    if np.abs(np.diag(triangle)).min() < 1e-7:
        raise _validate.fail("scales and order", "must tell noise strengths apart", (scales, order))
    weights: FloatArray = basis @ np.linalg.solve(triangle.T, np.eye(degree + 1)[0])
    return weights


def zero_noise_extrapolation(
    scales: Sequence[float], values: Sequence[float], *, order: int | None = None
) -> tuple[float, float]:
    """Estimate without noise from results at several noise strengths, and the factor by which variance grows.

    Source: Temme, Bravyi, Gambetta, PRL 119, 180509 (2017).

    Args:
        scales: noise strengths, see `zero_noise_weights`.
        values: one result a strength.
        order: degree of the polynomial, see `zero_noise_weights`.

    >>> estimate, factor = zero_noise_extrapolation([1, 2, 3], [0.951229, 0.904837, 0.860708])
    >>> round(estimate, 4), round(factor, 1)
    (0.9999, 19.0)
    """
    weights, results = zero_noise_weights(scales, order=order), _finite("values", values)
    if len(results) != len(weights):
        raise _validate.fail("values", f"must be as many as scales ({len(weights)})", len(results))
    with np.errstate(over="ignore", invalid="ignore"):
        estimate = float(weights @ results)
    return _validate.fitting("values", values, estimate), float(weights @ weights)


def fold_gates(circuit: Circuit, factor: int) -> Circuit:
    """Every gate G as G (G†G)^k with factor = 2k+1: the same action, the noise of `factor` times the gates.

    Args:
        circuit: gates are folded, all else stays.
        factor: odd, 1 to 9999.
    """
    circuit, times = as_circuit(circuit), _validate.count("factor", factor, 1, 9999)
    if times % 2 == 0:
        raise _validate.fail("factor", "must be odd", factor)
    steps: list[Operation] = []
    for operation in circuit:
        steps.append(operation)
        if operation.is_gate():
            steps += [_inverse(operation), operation] * (times // 2)
    return Circuit(circuit.num_qubits, tuple(steps))


_OWN_INVERSE = ("i", "x", "y", "z", "h", "cnot", "cz", "swap", "ccx")
_PARTNER = {"s": "sdg", "sdg": "s", "t": "tdg", "tdg": "t"}
_TURNED_BACK = ("rx", "ry", "rz", "phase", "cphase", "rzz")


def _inverse(operation: Operation) -> Operation:
    name, qubits, condition = operation.name, operation.qubits, operation.condition
    if name in _OWN_INVERSE:
        return operation
    if name in _PARTNER:
        return Operation(_PARTNER[name], qubits, (), None, condition)
    if name in _TURNED_BACK:
        return Operation(name, qubits, tuple(-p for p in operation.params), None, condition)
    return Operation("unitary", qubits, tuple(np.ravel(operation.matrix().conj().T)), None, condition)
