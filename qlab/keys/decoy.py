"""Decoy states: key from weak laser pulses, in spite of photon-number splitting.

Pulses of several strengths, told apart only afterwards, show what single photons did on the line. Sources:
Lo, Ma, Chen, PRL 94, 230504 (2005); Ma, Qi, Zhao, Lo, PRA 72, 012326 (2005).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, expm1, factorial, inf, log1p

from qlab import _numeric, _validate
from qlab.measures import binary_entropy

SIFTING = 0.5
"""Share of BB84's detections with equal bases."""


def _mean(mean_photons: float) -> float:
    return _validate.positive("mean_photons", mean_photons)


def multi_photon_probability(mean_photons: float) -> float:
    """P(n ≥ 2) = 1 - (1+μ)e^(-μ) of a Poisson pulse.

    Of these Eve may keep a photon and wait for the basis (photon-number splitting): no error betrays her.
    Source: Brassard, Lütkenhaus, Mor, Sanders, PRL 85, 1330 (2000).

    >>> round(multi_photon_probability(0.1), 6)
    0.004679
    """
    mu = _mean(mean_photons)
    if mu < 0.5:  # the difference would cancel
        return exp(-mu) * sum(mu**n / factorial(n) for n in range(2, 20))
    return -expm1(-mu) - mu * exp(-mu)


@dataclass(frozen=True)
class PulsedLink:
    """A line for weak pulses. The defaults are those of Gobby, Yuan, Shields, APL 84, 3762 (2004).

    Attributes:
        distance_km: length of the fibre.
        attenuation_db_per_km: its loss.
        detector_efficiency: probability that an arriving photon is seen.
        dark_count_probability: probability Y₀ of a click without a photon, a pulse.
        misalignment: probability that a seen photon gives the wrong bit.
        inefficiency: f of error correction.

    >>> link = PulsedLink(50)
    >>> round(rate_with_decoys(link, 0.48, weak=0.05), 6)
    0.00021
    """

    distance_km: float
    attenuation_db_per_km: float = 0.21
    detector_efficiency: float = 0.045
    dark_count_probability: float = 1.7e-6
    misalignment: float = 0.033
    inefficiency: float = 1.22

    def __post_init__(self) -> None:
        _validate.keep(
            self,
            distance_km=_validate.non_negative("distance_km", self.distance_km),
            attenuation_db_per_km=_validate.non_negative("attenuation_db_per_km", self.attenuation_db_per_km),
            detector_efficiency=_validate.probability("detector_efficiency", self.detector_efficiency),
            dark_count_probability=_validate.probability("dark_count_probability", self.dark_count_probability),
            misalignment=_validate.in_range("misalignment", self.misalignment, 0, 0.5),
            inefficiency=_validate.in_range("inefficiency", self.inefficiency, 1, 1e6),
        )

    @property
    def transmittance(self) -> float:
        """η: probability that one sent photon is seen."""
        return float(10 ** (-self.attenuation_db_per_km * self.distance_km / 10) * self.detector_efficiency)

    def _seen(self, photons: int) -> float:
        """1-(1-η)ⁿ: probability that one at least of n photons is seen."""
        n, eta = _validate.count("photons", photons), self.transmittance
        return float(n > 0) if eta == 1 else -expm1(n * log1p(-eta))

    def _clicks(self, seen: float) -> float:
        return seen + self.dark_count_probability * (1 - seen)

    def _errors(self, seen: float) -> float:
        """Share of wrong bits: misaligned where a photon was seen, a coin where it was dark, or nothing clicks."""
        clicks = self._clicks(seen)
        return (self.misalignment * seen + 0.5 * self.dark_count_probability * (1 - seen)) / clicks if clicks else 0.5

    def yield_of(self, photons: int) -> float:
        """Yₙ = 1 - (1-Y₀)(1-η)ⁿ: probability of a click where n photons were sent."""
        return self._clicks(self._seen(photons))

    def error_of(self, photons: int) -> float:
        """Error rate eₙ of those clicks: misaligned where a photon was seen, a coin where it was dark."""
        return self._errors(self._seen(photons))

    def _seen_of_mean(self, mean_photons: float) -> float:
        return -expm1(-self.transmittance * _validate.non_negative("mean_photons", mean_photons))

    def gain(self, mean_photons: float) -> float:
        """Q_μ = 1 - (1-Y₀)e^(-ημ): probability of a click a pulse of mean μ ≥ 0."""
        return self._clicks(self._seen_of_mean(mean_photons))

    def qber(self, mean_photons: float) -> float:
        """E_μ = [e_d(1-e^(-ημ)) + ½Y₀e^(-ημ)] / Q_μ."""
        return self._errors(self._seen_of_mean(mean_photons))


def _rate(link: PulsedLink, mu: float, single_gain: float, single_error: float) -> float:
    """q{-Q f h(E) + Q₁[1-h(e₁)]}, never below 0."""
    if single_gain <= 0 or single_error >= 0.5:
        return 0.0
    spent = link.gain(mu) * link.inefficiency * binary_entropy(link.qber(mu))
    return max(0.0, SIFTING * (single_gain * (1 - binary_entropy(max(0.0, single_error))) - spent))


def rate_without_decoys(link: PulsedLink, mean_photons: float) -> float:
    """Secret bits a pulse where every multi-photon pulse must be taken to have clicked, with all errors elsewhere.

    Q₁ = Q_μ - P(n≥2), e₁ = E_μ Q_μ/Q₁. Source: Gottesman, Lo, Lütkenhaus, Preskill, QIC 4, 325 (2004).

    Args:
        link: the line.
        mean_photons: μ of a pulse, above 0.
    """
    mu = _mean(mean_photons)
    link = _validate.instance("link", link, PulsedLink)
    single = link.gain(mu) - multi_photon_probability(mu)
    return _rate(link, mu, single, link.qber(mu) * link.gain(mu) / single) if single > 0 else 0.0


def rate_with_endless_decoys(link: PulsedLink, mean_photons: float) -> float:
    """Secret bits a pulse where decoys have told Y₁ and e₁ exactly: the limit of the method.

    Args:
        link: the line.
        mean_photons: μ of a pulse, above 0.
    """
    mu = _mean(mean_photons)
    link = _validate.instance("link", link, PulsedLink)
    return _rate(link, mu, mu * exp(-mu) * link.yield_of(1), link.error_of(1))


def decoy_bounds(link: PulsedLink, mean_photons: float, weak: float) -> tuple[float, float]:
    """Lower bound on Y₁ and upper bound on e₁ from signal μ, weak decoy ν and vacuum (Ma et al. 2005).

    Y₁ ≥ μ/(μν-ν²) [Q_ν e^ν - Q_μ e^μ ν²/μ² - (μ²-ν²)/μ² Y₀], e₁ ≤ (E_ν Q_ν e^ν - ½Y₀)/(Y₁ν):
    whatever Eve does to each photon number, she cannot tell a decoy from a signal.

    Args:
        link: gives the gains and error rates that would be measured.
        mean_photons: μ of the signal, above 0.
        weak: ν of the decoy, 0 < ν < μ.
    """
    mu = _mean(mean_photons)
    nu = _validate.in_range("weak", weak, 0, mu, open_low=True, open_high=True)
    link = _validate.instance("link", link, PulsedLink)
    # The brackets cancel where the line is dark or ν close to μ. Term by term in the photon number nothing does.
    # With Q_μ e^μ = Σ Yₙ μⁿ/n! the first is Y₁ - Σ_{n≥3} Yₙ/n! · μν · (μⁿ⁻³ + μⁿ⁻⁴ν + … + νⁿ⁻³).
    single_yield, n, term, last = link.yield_of(1), 3, mu * nu / 6, mu * nu / 6
    while single_yield > 0 and (n < mu or term > 1e-18 * single_yield):  # terms rise up to n = μ
        single_yield -= link.yield_of(n) * term
        n, last = n + 1, last * nu / (n + 1)
        term = term * mu / n + last
    if single_yield <= 0:
        return 0.0, 0.5
    seen, missed = -_expm1_over(nu, -link.transmittance), _expm1_over(nu, 1 - link.transmittance)
    wrong = link.misalignment * exp(nu) * seen + 0.5 * link.dark_count_probability * missed
    return single_yield, min(0.5, wrong / single_yield)


def _expm1_over(nu: float, rate: float) -> float:
    """(e^(rate·ν) - 1)/ν of a rate in [-1, 1], however small ν is."""
    return rate if nu < 1e-20 else expm1(rate * nu) / nu


def rate_with_decoys(link: PulsedLink, mean_photons: float, *, weak: float) -> float:
    """Secret bits a signal pulse with vacuum + weak decoys, endless data: q{-Q_μ f h(E_μ) + Q₁[1-h(e₁)]}.

    Args:
        link: the line.
        mean_photons: μ of the signal.
        weak: ν of the decoy, 0 < ν < μ.
    """
    mu = _mean(mean_photons)
    single_yield, single_error = decoy_bounds(link, mu, weak)
    return _rate(link, mu, mu * exp(-mu) * single_yield, single_error)


def best_mean_photons(misalignment: float, *, inefficiency: float = 1.22) -> float:
    """Signal strength μ with the best rate for small η and no dark clicks.

    Solves (1-μ)e^(-μ) = f·h(e_d)/(1-h(e_d)) by bisection; 1 for a perfect line.

    Args:
        misalignment: e_d in [0, ½], probability that a seen photon gives the wrong bit.
        inefficiency: f of error correction, at least 1.

    Raises:
        ValueError: where errors leave no key at any strength.

    >>> round(best_mean_photons(0.033), 2)
    0.48
    """
    h = binary_entropy(_validate.in_range("misalignment", misalignment, 0, 0.5))
    f = _validate.in_range("inefficiency", inefficiency, 1, 1e6)
    wanted = f * h / (1 - h) if h < 1 else inf
    if wanted >= 1:
        raise _validate.fail("misalignment", "must leave some key", misalignment)
    return _numeric.bisect(lambda mu: (1 - mu) * exp(-mu) > wanted, 0.0, 1.0)
