"""Photon-number splitting: what Eve gains from pulses that hold more than one photon.

A pulse of mean μ holds n photons with probability e^(-μ) μⁿ/n!, its phase being random. Of two or more Eve may
keep one and wait for the basis: no error, no trace in the QBER.
Source: Brassard, Lütkenhaus, Mor, Sanders, PRL 85, 1330 (2000).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, expm1, sqrt

import numpy as np

from qlab import _validate


def multi_photon_probability(mean_photons: float) -> float:
    """P(n ≥ 2) = 1 - (1+μ)e^(-μ) of a Poisson pulse.

    >>> round(multi_photon_probability(0.1), 6)
    0.004679
    """
    mu = _validate.positive("mean_photons", mean_photons)
    return -expm1(-mu) - mu * exp(-mu)


@dataclass(frozen=True)
class SplittingResult:
    """Counts of a run under photon-number splitting.

    Attributes:
        pulses: number sent.
        clicks: seen by Bob.
        known: clicks on pulses of which Eve kept a photon; she knows their bits without an error.
        expected_clicks: mean number of clicks without Eve.
    """

    pulses: int
    clicks: int
    known: int
    expected_clicks: float

    @property
    def known_share(self) -> float:
        """Share of the clicks that Eve knows (not a number where there are none)."""
        return self.known / self.clicks if self.clicks else float("nan")

    @property
    def deviation(self) -> float:
        """Clicks above expectation, in standard deviations of the honest count."""
        probability = self.expected_clicks / self.pulses
        spread = sqrt(self.expected_clicks * (1 - probability))
        return float((self.clicks - self.expected_clicks) / spread) if spread else 0.0


def splitting_forward_probabilities(mean_photons: float, transmittance: float) -> tuple[float, float]:
    """How often Eve lets single photons, and the rest of split pulses, pass, so that Bob's click rate looks right.

    She replaces the lossy line by a perfect one, first uses split pulses, and fills up with single photons.

    Args:
        mean_photons: μ of the pulses that she imitates.
        transmittance: η of the line in [0, 1] that Bob expects.

    Returns:
        Probabilities of single and of multi-photon pulses to be seen by Bob.
    """
    mu, eta = _validate.positive("mean_photons", mean_photons), _validate.probability("transmittance", transmittance)
    expected, multiple = -expm1(-eta * mu), multi_photon_probability(mu)
    if multiple >= expected:
        return 0.0, expected / multiple
    return min(1.0, (expected - multiple) / (mu * exp(-mu))), 1.0


def simulate_photon_number_splitting(
    pulses: int,
    rng: np.random.Generator,
    *,
    mean_photons: float,
    transmittance: float,
    tuned_to: float | None = None,
) -> SplittingResult:
    """Eve counts photons without touching polarisation, keeps one of two or more, and blocks single ones.

    Args:
        pulses: number sent ≥ 1.
        rng: source of randomness.
        mean_photons: μ of these pulses.
        transmittance: η of the line that Bob expects.
        tuned_to: strength that Eve imitates; by default this one. A decoy of another strength betrays her,
            because she sees the photon number only and not which kind of pulse it was.

    >>> run = simulate_photon_number_splitting(10**6, np.random.default_rng(7), mean_photons=0.5, transmittance=0.01)
    >>> run.known_share, abs(run.deviation) < 4
    (1.0, True)
    """
    n = _validate.integer("pulses", pulses, 1)
    mu = _validate.positive("mean_photons", mean_photons)
    singles, multiples = splitting_forward_probabilities(mu if tuned_to is None else tuned_to, transmittance)
    probabilities = [exp(-mu), mu * exp(-mu)]
    _, one, more = rng.multinomial(n, [*probabilities, 1 - sum(probabilities)])
    known = int(rng.binomial(more, multiples))
    clicks = known + int(rng.binomial(one, singles))
    return SplittingResult(n, clicks, known, n * -expm1(-transmittance * mu))
