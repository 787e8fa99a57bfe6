"""Entanglement shown by few measurements, without the whole state: what a device can be asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qlab import _validate
from qlab._numeric import honest_variance
from qlab.states import BELL_NAMES

BELL_SIGNS = {"phi+": (1, -1, 1), "phi-": (-1, 1, 1), "psi+": (1, 1, -1), "psi-": (-1, -1, -1)}
"""⟨XX⟩, ⟨YY⟩ and ⟨ZZ⟩ of the four Bell states."""


def bell_fidelity(xx: float, yy: float, zz: float, *, name: str = "phi+") -> float:
    """Fidelity with a Bell state from three correlators: (1 ± ⟨XX⟩ ± ⟨YY⟩ ± ⟨ZZ⟩)/4.

    Args:
        xx: ⟨X⊗X⟩, in [-1, 1]; a measured one from which readout errors were taken out may lie beyond, up to ±2.
        yy: ⟨Y⊗Y⟩, likewise.
        zz: ⟨Z⊗Z⟩, likewise.
        name: the Bell state, one of `qlab.states.BELL_NAMES`.

    Returns:
        The fidelity; measured correlators may leave [0, 1] by their error.

    >>> bell_fidelity(1.0, -1.0, 1.0)
    1.0
    """
    _validate.one_of("name", name, BELL_NAMES)
    means = [_validate.in_range(label, value, -2, 2) for label, value in (("xx", xx), ("yy", yy), ("zz", zz))]
    return float((1 + np.dot(BELL_SIGNS[name], means)) / 4)


def witness_value(xx: float, yy: float, zz: float, *, name: str = "phi+") -> float:
    """⟨W⟩ of W = ½I - |Bell⟩⟨Bell|: below 0 only for entangled states (Gühne, Tóth, Phys. Rep. 474, 1, 2009).

    The converse fails: an entangled state may show a value above 0. The shared coin shows exactly 0.

    Args:
        xx: ⟨X⊗X⟩, see `bell_fidelity`.
        yy: ⟨Y⊗Y⟩.
        zz: ⟨Z⊗Z⟩.
        name: the Bell state, one of `qlab.states.BELL_NAMES`.
    """
    return 0.5 - bell_fidelity(xx, yy, zz, name=name)


@dataclass(frozen=True)
class FidelityEstimate:
    """A fidelity from counts.

    Attributes:
        fidelity: the estimate.
        standard_error: its standard error, above 0.
    """

    fidelity: float
    standard_error: float

    def __post_init__(self) -> None:
        fidelity = _validate.in_range("fidelity", self.fidelity, -2, 2)
        _validate.keep(
            self, fidelity=fidelity, standard_error=_validate.positive("standard_error", self.standard_error)
        )

    @property
    def sigmas_above_one_half(self) -> float:
        """How many standard errors the fidelity lies above ½, the most that separable states reach."""
        return (self.fidelity - 0.5) / self.standard_error


def bell_fidelity_from_counts(
    xx: Sequence[int], yy: Sequence[int], zz: Sequence[int], *, name: str = "phi+"
) -> FidelityEstimate:
    """Fidelity with a Bell state and its standard error from three measured settings.

    The error is not zero where all shots of a setting agree, see `qlab._numeric`.

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
        demand = "must be counts of 00, 01, 10 and 11, not all zero"
        counts = _validate.counts(label, given, (4,), demand)
        if counts.sum() == 0:
            raise _validate.fail(label, demand, given)
        mean = float((counts[0] - counts[1] - counts[2] + counts[3]) / counts.sum())
        means.append(mean)
        variances.append(honest_variance(1 - mean**2, counts.sum(), spread=2.0) / counts.sum())
    return FidelityEstimate(bell_fidelity(*means, name=name), float(np.sqrt(sum(variances)) / 4))
