"""A day's budget of a quantum network: distance, fidelity, pairs a second; with repeaters and without."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf

from qlab import _validate
from qlab.networks.links import STANDARD_ATTENUATION_DB_PER_KM, FibreLink, fibre_transmissivity
from qlab.networks.purification import purification_schedule, werner_weights
from qlab.networks.repeaters import swap_visibility
from qlab.networks.waiting_times import waiting_time

COARSEST_STEP = 0.004
"""Rounds are counted in bundles while a bundle succeeds with less than this probability."""


@dataclass(frozen=True)
class Budget:
    """What a line delivers.

    Attributes:
        distance_km: end to end.
        segments: 1 is a line without repeaters.
        fidelity: mean fidelity of a delivered pair, as a Werner pair.
        pairs_per_second: mean rate.

    >>> line = direct_budget(100, source_rate_hz=1e6, fresh_fidelity=0.98)
    >>> line.fidelity, round(line.pairs_per_second), round(line.pairs_per_day / 1e6)
    (0.98, 10000, 864)
    """

    distance_km: float
    segments: int
    fidelity: float
    pairs_per_second: float

    @property
    def pairs_per_day(self) -> float:
        """Pairs in 86,400 seconds."""
        return 86_400 * self.pairs_per_second

    def purified(self, target: float, *, protocol: str = "dejmps") -> Budget:
        """The budget after purification at the ends, by perfect gates and memories that wait for free.

        Args:
            target: fidelity to reach, in (0, 1).
            protocol: one of `qlab.networks.purification.PROTOCOLS`.

        Raises:
            ValueError: where the fidelity is too low to be purified to the target.
        """
        last = purification_schedule(werner_weights(self.fidelity), target=target, protocol=protocol)[-1]
        return Budget(self.distance_km, self.segments, last.fidelity, self.pairs_per_second / last.raw_pairs)


def direct_budget(
    distance_km: float,
    *,
    source_rate_hz: float,
    fresh_fidelity: float,
    attenuation_db_per_km: float = STANDARD_ATTENUATION_DB_PER_KM,
    dark_count_probability: float = 0.0,
) -> Budget:
    """One photon of each pair crosses the whole fibre, and a click of the far detector counts as a pair.

    With t = 10^(-αL/10) and d for a dark count, clicks come at rate·(t + (1-t)d). A dark count says nothing about
    the partner, and what it delivers is I/4 with fidelity ¼: F = [t·F₀ + (1-t)d/4] / [t + (1-t)d].

    Args:
        distance_km: length L of the fibre.
        source_rate_hz: pairs that the source makes a second.
        fresh_fidelity: F₀ of a pair whose photon arrives, in [0, 1].
        attenuation_db_per_km: loss α of the fibre.
        dark_count_probability: d that the detector clicks where no photon arrives, for each pair of the source.

    >>> line = direct_budget(400, source_rate_hz=1e6, fresh_fidelity=0.98, dark_count_probability=1e-9)
    >>> round(line.fidelity, 3), round(line.pairs_per_second, 3)
    (0.914, 0.011)
    """
    arriving = fibre_transmissivity(distance_km, attenuation_db_per_km=attenuation_db_per_km)
    fresh = _validate.probability("fresh_fidelity", fresh_fidelity)
    dark = (1 - arriving) * _validate.probability("dark_count_probability", dark_count_probability)
    rate = _validate.positive("source_rate_hz", source_rate_hz) * (arriving + dark)
    _validate.fitting("source_rate_hz", source_rate_hz, 86_400 * rate)
    fidelity = (arriving * fresh + dark / 4) / (arriving + dark) if dark else fresh
    return Budget(float(distance_km), 1, fidelity, rate)


def chain_budget(
    link: FibreLink,
    segments: int,
    *,
    fresh_fidelity: float,
    coherence_time_s: float = inf,
    swap_success: float = 1.0,
    gate_error: float = 0.0,
    readout_error: float = 0.0,
) -> Budget:
    """A chain of equal heralded links with memories, from the exact waiting-time distribution.

    Each of the two memories of a waiting pair depolarizes with e^(-t/T), from the emission of its photon on: a
    fresh pair has waited one attempt, until its herald came. News of a swap crosses half of the chain that the
    swap completes, ⌈s/2⌉ of its s segments; both ends wait for it, and a failed swap costs that time as well. A
    noisy swap costs the factor `qlab.networks.repeaters.swap_visibility`. Very small herald probabilities p are
    counted in bundles of m rounds with probability m·p; the mean then errs by less than m·p ≤ `COARSEST_STEP`.

    Args:
        link: one segment; the whole is ``segments`` times as long.
        segments: number of segments, 1 to 4096.
        fresh_fidelity: of a segment as its photons are emitted, before any memory has waited, in [¼, 1].
        coherence_time_s: T > 0 of a memory.
        swap_success: probability that a swap succeeds, in (0, 1].
        gate_error: of a swap, see `qlab.networks.repeaters.swap_visibility`, in [0, 1].
        readout_error: likewise, in [0, 1].

    >>> budget = chain_budget(FibreLink(25), 4, fresh_fidelity=0.98, coherence_time_s=1.0)
    >>> budget.distance_km, round(budget.fidelity, 3), round(budget.pairs_per_second)
    (100.0, 0.919, 523)
    """
    link, n = _validate.instance("link", link, FibreLink), _validate.count("segments", segments, 1, 4096)
    f = _validate.in_range("fresh_fidelity", fresh_fidelity, 0.25, 1)
    coherence = _validate.in_range("coherence_time_s", coherence_time_s, 0, inf, open_low=True)
    probability = _validate.in_range("herald_probability of link", link.herald_probability, 1e-300, 1)
    bundle = max(1, int(COARSEST_STEP / probability))
    attempt = link.attempt_period_us * 1e-6
    seconds = bundle * attempt
    waiting = waiting_time(
        n,
        bundle * probability,
        swap_success=swap_success,
        link_visibility=(4 * f - 1) / 3 * exp(-2 * attempt / coherence),
        survival_per_round=exp(-2 * seconds / coherence),
        swap_talk=1 / bundle,  # a round takes as long as light over one segment
    )
    swaps = swap_visibility(gate_error, readout_error) ** (n - 1)
    fidelity = (1 + 3 * waiting.mean_visibility * swaps) / 4
    return Budget(n * float(link.distance_km), n, fidelity, 1 / (waiting.mean * seconds))
