"""How far a link of weak pulses reaches, and how strong its pulses are best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf

import numpy as np

from qlab import _numeric, _validate
from qlab.keys.decoy import PulsedLink, rate_with_endless_decoys

Rate = Callable[[PulsedLink, float], float]
"""Secret bits a pulse of a link at a mean photon number, for instance `qlab.keys.decoy.rate_without_decoys`."""


def best_intensity(link: PulsedLink, rate: Rate = rate_with_endless_decoys) -> tuple[float, float]:
    """Mean photon number with the most key on this very link, dark counts and loss included, and that key.

    Searches a grid from 1e-8 to 3 photons, ever finer around the best.

    Args:
        link: the line.
        rate: secret bits a pulse of a link at a mean photon number.

    Returns:
        μ, and secret bits a pulse; where there is no key, (0, 0).

    >>> round(best_intensity(PulsedLink(50))[0], 2)
    0.48
    """
    _validate.instance("link", link, PulsedLink)
    grid, best = np.geomspace(1e-8, 3, 120), (0.0, 0.0)
    for _ in range(5):
        rates = [_validate.asked("rate", rate, link, float(mu)) for mu in grid]
        peak = int(np.argmax(rates))
        if rates[peak] <= best[1]:
            break
        best = float(grid[peak]), rates[peak]
        grid = np.linspace(grid[max(0, peak - 1)], grid[min(len(grid) - 1, peak + 1)], 21)
    return best


def reach_km(link: PulsedLink, rate: Rate = rate_with_endless_decoys, *, mean_photons: float | None = None) -> float:
    """Distance at which the key of such a link ends; infinite where no dark count ever ends it.

    Args:
        link: the line; its own distance does not matter.
        rate: secret bits a pulse of a link at a mean photon number.
        mean_photons: μ of the pulses; by default the best one at each distance.

    Returns:
        Kilometres, to a metre; 0 where there is no key at all.

    >>> round(reach_km(PulsedLink(0), mean_photons=0.48))  # Ma, Qi, Zhao, Lo, PRA 72, 012326 (2005): 142 km
    142
    """
    _validate.instance("link", link, PulsedLink)
    mu = None if mean_photons is None else _validate.positive("mean_photons", mean_photons)

    def alive(distance_km: float) -> bool:
        there = replace(link, distance_km=distance_km)
        return (best_intensity(there, rate)[1] if mu is None else _validate.asked("rate", rate, there, mu)) > 0

    if not alive(0.0):
        return 0.0
    if link.dark_count_probability == 0 or link.attenuation_db_per_km == 0:
        return inf
    far = 1.0
    while alive(far):
        far *= 2
    return _numeric.bisect(alive, far / 2, far, accuracy=1e-3)
