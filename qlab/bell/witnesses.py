"""Entanglement shown by few measurements, without the whole state: what a device can be asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qlab import _validate
from qlab._validate import ComplexArray, FloatArray
from qlab.states import BELL_NAMES

BELL_SIGNS = {"phi+": (1, -1, 1), "phi-": (-1, 1, 1), "psi+": (1, 1, -1), "psi-": (-1, -1, -1)}
"""⟨XX⟩, ⟨YY⟩ and ⟨ZZ⟩ of the four Bell states."""


def bell_fidelity(xx: float, yy: float, zz: float, *, name: str = "phi+") -> float:
    """Fidelity with a Bell state from three correlators: (1 ± ⟨XX⟩ ± ⟨YY⟩ ± ⟨ZZ⟩)/4.

    Args:
        xx: ⟨X⊗X⟩ in [-1, 1].
        yy: ⟨Y⊗Y⟩.
        zz: ⟨Z⊗Z⟩.
        name: the Bell state, one of `qlab.states.BELL_NAMES`.

    Returns:
        The fidelity; estimates from counts may leave [0, 1] by their error.

    >>> bell_fidelity(1.0, -1.0, 1.0)
    1.0
    """
    _validate.one_of("name", name, BELL_NAMES)
    means = [_validate.in_range(label, value, -1, 1) for label, value in (("xx", xx), ("yy", yy), ("zz", zz))]
    return float((1 + np.dot(BELL_SIGNS[name], means)) / 4)


def witness_value(xx: float, yy: float, zz: float, *, name: str = "phi+") -> float:
    """⟨W⟩ of W = ½I - |Bell⟩⟨Bell|: below 0 only for entangled states (Gühne, Tóth, Phys. Rep. 474, 1, 2009).

    The converse fails: an entangled state may show a value above 0. The shared coin shows exactly 0.
    """
    return 0.5 - bell_fidelity(xx, yy, zz, name=name)


@dataclass(frozen=True)
class FidelityEstimate:
    """A fidelity from counts.

    Attributes:
        fidelity: the estimate.
        standard_error: its standard error.
    """

    fidelity: float
    standard_error: float

    @property
    def sigmas_above_one_half(self) -> float:
        """How many standard errors the fidelity lies above ½, the most that separable states reach."""
        return (self.fidelity - 0.5) / self.standard_error if self.standard_error > 0 else float("inf")


def bell_fidelity_from_counts(
    xx: Sequence[int], yy: Sequence[int], zz: Sequence[int], *, name: str = "phi+"
) -> FidelityEstimate:
    """Fidelity with a Bell state and its standard error from three measured settings.

    Args:
        xx: counts of 00, 01, 10 and 11 with both qubits measured in X.
        yy: likewise in Y.
        zz: likewise in Z.
        name: the Bell state.

    >>> round(bell_fidelity_from_counts([480, 20, 20, 480], [20, 480, 480, 20], [480, 20, 20, 480]).fidelity, 9)
    0.94
    """
    means, variances = [], []
    for label, given in (("xx", xx), ("yy", yy), ("zz", zz)):
        counts = np.asarray(given)
        if counts.shape != (4,) or counts.dtype.kind not in "iu" or counts.min() < 0 or counts.sum() == 0:
            raise _validate.fail(label, "must be counts of 00, 01, 10 and 11, not all zero", given)
        mean = float((counts[0] - counts[1] - counts[2] + counts[3]) / counts.sum())
        means.append(mean)
        variances.append((1 - mean**2) / counts.sum())
    return FidelityEstimate(bell_fidelity(*means, name=name), float(np.sqrt(sum(variances)) / 4))


def ghz_parities(rho: ComplexArray, phases: Sequence[float] | FloatArray) -> FloatArray:
    """⟨(cos φ·X + sin φ·Y)⊗ⁿ⟩ for each phase: the parity oscillation cos(nφ) of a GHZ state.

    Args:
        rho: ket or density matrix of n qubits.
        phases: angles φ in radians.

    Returns:
        Array with one parity a phase.
    """
    matrix = _validate.density_matrix("rho", rho)
    n = _validate.number_of_qubits("rho", len(matrix))
    ones = np.array([index.bit_count() for index in range(2**n)])
    # The operator is the bit-flip of all qubits with phase e^{iφ(n - 2·ones)} on the way.
    flipped = matrix[np.arange(2**n), ::-1][np.arange(2**n), np.arange(2**n)]
    turns = np.exp(1j * np.multiply.outer(_validate.real_array("phases", phases), n - 2 * ones))
    return np.asarray((turns @ flipped).real)


def parity_contrast(phases: Sequence[float] | FloatArray, parities: Sequence[float] | FloatArray, n: int) -> float:
    """Amplitude C of the component cos(nφ + φ₀) of measured parities, by least squares.

    Args:
        phases: at least three angles in radians, not all alike modulo π/n.
        parities: measured mean parities, one a phase.
        n: number of qubits.
    """
    angles, values = _validate.real_array("phases", phases), _validate.real_array("parities", parities)
    count = _validate.integer("n", n, 1)
    if angles.ndim != 1 or angles.shape != values.shape or len(angles) < 3:
        raise _validate.fail("parities", "must be as many as phases, at least 3", (angles.shape, values.shape))
    waves = np.stack([np.cos(count * angles), np.sin(count * angles), np.ones_like(angles)], axis=1)
    if np.linalg.matrix_rank(waves, tol=1e-9) < 3:
        raise _validate.fail("phases", f"must sample cos({count}φ) at three different places", angles)
    fitted: NDArray[np.float64] = np.linalg.lstsq(waves, values, rcond=None)[0]
    return float(np.hypot(fitted[0], fitted[1]))


def ghz_fidelity(all_zero: float, all_one: float, contrast: float) -> float:
    """Fidelity with the nearest GHZ state: (P(0…0) + P(1…1))/2 + C/2 (Sackett et al., Nature 404, 256, 2000).

    Above ½ it proves entanglement of all n qubits together.

    Args:
        all_zero: chance of the outcome 0…0 in the Z basis.
        all_one: chance of 1…1.
        contrast: amplitude of the parity oscillation, from `parity_contrast`.

    >>> ghz_fidelity(0.5, 0.5, 1.0)
    1.0
    """
    chances = _validate.probability("all_zero", all_zero) + _validate.probability("all_one", all_one)
    if chances > 1 + _validate.ATOL:
        raise _validate.fail("all_zero + all_one", "must be at most 1", chances)
    return (chances + _validate.in_range("contrast", contrast, 0, 1 + 1e-6)) / 2
