"""Fibre, heralded links and memories: what distance does to rates and to waiting pairs.

Loss costs rate, waiting costs fidelity. Nothing here sends a message faster than light:
a heralded pair exists only after its herald has travelled.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, expm1, inf, log, log1p

from qlab import _validate
from qlab.states import BELL_NAMES

LIGHT_SPEED_KM_PER_S = 299_792.458
"""Speed of light in vacuum (exact, SI)."""

STANDARD_ATTENUATION_DB_PER_KM = 0.2
"""Standard telecom fibre near 1550 nm."""

STANDARD_GROUP_INDEX = 1.468
"""Group index of standard telecom fibre near 1550 nm."""


def fibre_transmissivity(distance_km: float, *, attenuation_db_per_km: float = STANDARD_ATTENUATION_DB_PER_KM) -> float:
    """η = 10^(-αL/10): the probability that a photon arrives.

    Args:
        distance_km: length L ≥ 0.
        attenuation_db_per_km: loss α ≥ 0.

    >>> fibre_transmissivity(50)
    0.1
    """
    length = _validate.non_negative("distance_km", distance_km)
    alpha = _validate.non_negative("attenuation_db_per_km", attenuation_db_per_km)
    return float(10 ** (-alpha * length / 10))


def latency_us(distance_km: float, *, group_index: float = STANDARD_GROUP_INDEX) -> float:
    """One-way time L·n/c of light in microseconds; index 1 is vacuum.

    Args:
        distance_km: length L ≥ 0.
        group_index: n of the fibre, at least 1.

    >>> round(latency_us(100), 2)
    489.67
    """
    length = _validate.non_negative("distance_km", distance_km)
    index = _validate.in_range("group_index", group_index, 1, inf, open_high=True)
    return _validate.fitting("distance_km and group_index", length, length * (index / LIGHT_SPEED_KM_PER_S * 1e6))


def plob_bound(transmissivity: float) -> float:
    """-log₂(1-η): most secret (or entangled) bits a use of a lossy line without repeaters.

    Computed by log1p, so that 1,000 km of fibre give 1.44e-20 and not zero. Two-way classical
    talk is free in this bound. Source: Pirandola, Laurenza, Ottaviani, Banchi, Nat. Commun. 8, 15043 (2017).

    Args:
        transmissivity: η in [0, 1]; 1 gives infinity.

    >>> plob_bound(0.5)
    1.0
    """
    eta = _validate.probability("transmissivity", transmissivity)
    return inf if eta == 1 else -log1p(-eta) / log(2)


def repeater_bound(transmissivity: float, segments: int) -> float:
    """-log₂(1-η^(1/n)): the same bound with ideal repeaters that cut the line into n equal segments.

    Source: Pirandola, Commun. Phys. 2, 51 (2019).

    Args:
        transmissivity: η of the whole line, in [0, 1].
        segments: n, at least 1.
    """
    eta = _validate.probability("transmissivity", transmissivity)
    n = _validate.count("segments", segments, 1)
    if eta in (0, 1):
        return plob_bound(eta)
    lost = -expm1(log(eta) / n)  # what a segment loses: 1 minus a root close to 1 has no digits left
    return plob_bound(exp(log(eta) / n)) if lost > 0.5 else -log(lost) / log(2)


def multiplexed_probability(success_probability: float, modes: int) -> float:
    """1-(1-p)^m: at least one of m parallel attempts succeeds.

    Args:
        success_probability: p of one attempt, in [0, 1].
        modes: m, at least 1.

    >>> round(multiplexed_probability(0.001, 1000), 6)
    0.632305
    """
    p = _validate.probability("success_probability", success_probability)
    m = _validate.count("modes", modes, 1)
    return 1.0 if p == 1 else -expm1(m * log1p(-p))


@dataclass(frozen=True)
class FibreLink:
    """A heralded link: both ends send a photon to the middle, a Bell measurement there joins their memories.

    Attributes:
        distance_km: length of the whole link.
        attenuation_db_per_km: loss of the fibre.
        group_index: group index of the fibre.
        efficiency: probability that one end's photon is emitted, collected and, once in the middle, detected.
        bell_measurement: success of the Bell measurement; ½ is the limit of linear optics
            (Calsamiglia, Lütkenhaus, Appl. Phys. B 72, 67, 2001).
        modes: parallel attempts a round.

    >>> link = FibreLink(10)
    >>> round(link.herald_probability, 4), round(link.pair_rate_hz)
    (0.3155, 6443)
    """

    distance_km: float
    attenuation_db_per_km: float = STANDARD_ATTENUATION_DB_PER_KM
    group_index: float = STANDARD_GROUP_INDEX
    efficiency: float = 1.0
    bell_measurement: float = 0.5
    modes: int = 1

    def __post_init__(self) -> None:
        _validate.keep(
            self,
            distance_km=_validate.positive("distance_km", self.distance_km),
            attenuation_db_per_km=_validate.non_negative("attenuation_db_per_km", self.attenuation_db_per_km),
            group_index=_validate.in_range("group_index", self.group_index, 1, inf, open_high=True),
            efficiency=_validate.probability("efficiency", self.efficiency),
            bell_measurement=_validate.probability("bell_measurement", self.bell_measurement),
            modes=_validate.count("modes", self.modes, 1),
        )

    @property
    def transmissivity(self) -> float:
        """η of the whole length."""
        return fibre_transmissivity(self.distance_km, attenuation_db_per_km=self.attenuation_db_per_km)

    @property
    def latency_us(self) -> float:
        """One-way time over the whole length."""
        return latency_us(self.distance_km, group_index=self.group_index)

    @property
    def herald_probability(self) -> float:
        """Probability that a round yields a pair: each photon crosses half of the length, so p = b·e²·η a mode."""
        return multiplexed_probability(self.bell_measurement * self.efficiency**2 * self.transmissivity, self.modes)

    @property
    def attempt_period_us(self) -> float:
        """Shortest round: photons to the middle, the herald back, together one length."""
        return self.latency_us

    @property
    def pair_rate_hz(self) -> float:
        """Heralded pairs a second, one a round at most."""
        rate = self.herald_probability / self.attempt_period_us if self.attempt_period_us > 1e-290 else inf
        return _validate.fitting("distance_km", self.distance_km, rate * 1e6)

    @property
    def plob_bound(self) -> float:
        """Most secret bits that the same fibre carries a use without repeaters."""
        return plob_bound(self.transmissivity)


def stored_pair_fidelity(time_us: float, *, t1_us: float, t2_us: float, name: str = "phi+") -> float:
    """Fidelity of a Bell pair with itself after both halves have waited in memories with T1 and T2.

    Φ±: ¼[1 + γ² + (1-γ)²] + ½e^(-2t/T2) with γ = 1 - e^(-t/T1); Ψ±: ½(1-γ) + ½e^(-2t/T2).

    Args:
        time_us: waiting time t ≥ 0.
        t1_us: relaxation time T1 > 0.
        t2_us: coherence time T2 in (0, 2·T1].
        name: one of `qlab.states.BELL_NAMES`.

    >>> round(stored_pair_fidelity(207.94, t1_us=300, t2_us=300), 4)
    0.5
    """
    t = _validate.non_negative("time_us", time_us)
    t1 = _validate.in_range("t1_us", t1_us, 0, inf, open_low=True)
    t2 = _validate.in_range("t2_us", t2_us, 0, 2 * t1, open_low=True)
    _validate.one_of("name", name, BELL_NAMES)
    kept = exp(-t / t1)
    populations = 0.25 * (1 + (1 - kept) ** 2 + kept**2) if name.startswith("phi") else 0.5 * kept
    return populations + 0.5 * exp(-2 * t / t2)


def mean_rounds_two_links(success_probability: float, *, cutoff_rounds: int | None = None) -> float:
    """Mean rounds until two links are up, each succeeding with probability p a round.

    Without a cut-off (3-2p)/(p(2-p)). With one, a link that has waited τ rounds is thrown away and
    both start again: [1 + 2q(1-q^τ)] / [p(2-p) - 2p q^(τ+1)] with q = 1-p.

    Args:
        success_probability: p in (0, 1].
        cutoff_rounds: τ ≥ 0; 0 demands both in one round.

    >>> round(mean_rounds_two_links(0.1), 4), round(mean_rounds_two_links(0.1, cutoff_rounds=5), 4)
    (14.7368, 20.7512)
    """
    p = _validate.in_range("success_probability", success_probability, 0, 1, open_low=True)
    q = 1 - p
    if cutoff_rounds is None:
        return _validate.fitting("success_probability", p, (3 - 2 * p) / (2 - p) / p)
    tau = _validate.count("cutoff_rounds", cutoff_rounds)
    waited = 1.0 if q == 0 else -expm1(tau * log1p(-p))
    return _validate.fitting("success_probability", p, (1 + 2 * q * waited) / (p + 2 * q * waited) / p)


def mean_storage_factor(
    success_probability: float, decay_per_round: float, *, cutoff_rounds: int | None = None
) -> float:
    """E[e^(-αk)] of the earlier link's k waiting rounds, among the pairs delivered.

    P(k=0) ∝ p, P(k) ∝ 2p q^k up to the cut-off τ, so that with x = q·e^(-α)
    E = [1 + 2x(1-x^τ)/(1-x)] / [1 + 2q(1-q^τ)/p]; without one (p/(2-p))(1+x)/(1-x).

    Args:
        success_probability: p in (0, 1].
        decay_per_round: α ≥ 0.
        cutoff_rounds: τ ≥ 0, or None for none.

    >>> round(mean_storage_factor(0.1, 0.02), 5)
    0.84078
    """
    p = _validate.in_range("success_probability", success_probability, 0, 1, open_low=True)
    alpha = _validate.non_negative("decay_per_round", decay_per_round)
    gap = 1.0 if p == 1 else -expm1(log1p(-p) - alpha)
    q, x = 1 - p, 1 - gap
    if cutoff_rounds is None:
        return min(1.0, p / gap * (1 + x) / (2 - p))
    tau = _validate.count("cutoff_rounds", cutoff_rounds)
    if p == 1 or tau == 0:
        return 1.0
    stored, kept = -expm1(tau * (log1p(-p) - alpha)), -expm1(tau * log1p(-p))
    return min(1.0, (1 + 2 * x * (stored / gap)) / (1 + 2 * q * (kept / p)))
