"""Best strength and reach of weak pulses, against the figures of 2005."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from qlab.keys import decoy, reach

GYS = decoy.PulsedLink(0)


def weak_decoy(link: decoy.PulsedLink, mu: float) -> float:
    return decoy.rate_with_decoys(link, mu, weak=0.05) if mu > 0.05 else 0.0


@pytest.mark.parametrize(("rate", "printed"), [(decoy.rate_with_endless_decoys, 142.05), (weak_decoy, 140.55)])
def test_reach_of_the_detector_of_gobby(rate: reach.Rate, printed: float) -> None:
    """142.05 km, and 140.55 km with vacuum and one weak decoy, at μ = 0.48 (Ma, Qi, Zhao, Lo 2005)."""
    assert reach.reach_km(GYS, rate, mean_photons=0.48) == pytest.approx(printed, abs=0.1)


@pytest.mark.parametrize("distance", [0.0, 60.0, 130.0])
def test_no_other_strength_is_better(distance: float) -> None:
    link = replace(GYS, distance_km=distance)
    mu, rate = reach.best_intensity(link)
    assert rate == pytest.approx(decoy.rate_with_endless_decoys(link, mu))
    assert all(decoy.rate_with_endless_decoys(link, f * mu) <= rate for f in (0.3, 0.9, 0.99, 1.01, 1.1, 2.0))


def test_far_from_dark_counts_it_is_the_closed_form() -> None:
    quiet = replace(GYS, distance_km=60.0, dark_count_probability=1e-12)
    assert reach.best_intensity(quiet)[0] == pytest.approx(decoy.best_mean_photons(0.033), abs=2e-3)


def test_without_decoys_the_best_strength_falls_with_the_light_that_arrives() -> None:
    near, far = (reach.best_intensity(replace(GYS, distance_km=d), decoy.rate_without_decoys)[0] for d in (0.0, 20.0))
    assert far / near == pytest.approx(10 ** (-0.21 * 20 / 10), rel=0.1)


def test_ends_of_the_reach() -> None:
    assert reach.reach_km(replace(GYS, dark_count_probability=0.0)) == inf
    assert reach.reach_km(replace(GYS, misalignment=0.2)) == 0
    assert reach.best_intensity(replace(GYS, distance_km=300.0)) == (0.0, 0.0)
    assert reach.reach_km(GYS) > reach.reach_km(GYS, mean_photons=0.48)


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="mean_photons must be a finite number greater than 0, got 0"):
        reach.reach_km(GYS, mean_photons=0)
