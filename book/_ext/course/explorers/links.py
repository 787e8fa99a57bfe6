"""Explorer of a chain of links: the rate and the fidelity that arrive over a distance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qlab.networks import FibreLink, chain_fidelity, mean_rounds_all_links

from .records import Axis, Explorer, Panel
from .words import axis, rate_in_words, texts

LENGTHS_KM = np.array([10, 15, 20, 30, 40, 50, 70, 100, 150, 200, 300, 400, 500, 700, 1000.0])
SEGMENTS = (1, 2, 4, 8, 16)
LINK_FIDELITIES = np.array([0.9, 0.95, 0.98, 0.99])
LOSSES_DB_PER_KM = np.array([0.16, 0.2, 0.25, 0.35])
LINK_EFFICIENCY = 0.5
SWAP_GATE_QUALITY = 0.995
ONE_A_DAY_HZ = 1 / 86_400
# Fidelity above which a Werner pair violates the CHSH inequality: S = 2√2(4F-1)/3 = 2.
CHSH_FIDELITY = float((1 + 3 / np.sqrt(2)) / 4)

SENTENCE = (
    "Over {length} at {loss} with repeaters: {repeaters}, and {quality} at each link, "
    "the chain delivers {rate}, each of fidelity {fidelity}."
)
VERDICTS = (
    "What arrives holds no entanglement any more: every swap spent some.",
    "That is fewer than one pair a day, whatever its quality.",
    "The pairs are entangled, but too noisy to violate the CHSH inequality unless they are purified.",
    "The pairs are good enough to violate the CHSH inequality.",
)
NOTE = (
    f"Assumed: photons leave, are collected and detected with chance {LINK_EFFICIENCY:g} at each end, "
    f"linear-optics heralding, memories that do not decay, Werner pairs, and swaps whose gates succeed in "
    f"{SWAP_GATE_QUALITY:.1%} of cases. Real memories make long chains worse."
)


def explorer() -> Explorer:
    """Return rate and fidelity of a chain of heralded links against its length."""
    rate_hz, fidelity = delivered()
    conditions = [fidelity <= 0.5, rate_hz < ONE_A_DAY_HZ, fidelity <= CHSH_FIDELITY]
    repeaters = tuple(str(count - 1) if count > 1 else "none" for count in SEGMENTS)
    return Explorer(
        name="links",
        title="What does a link deliver over this distance?",
        axes=(
            axis("length", "Distance in km", LENGTHS_KM, "{:.0f} km", 7),
            Axis("repeaters", "Repeaters on the way", tuple(map(float, SEGMENTS)), repeaters, 0),
            axis("quality", "Fidelity of each link’s pairs", LINK_FIDELITIES, "{:.2f}", 2),
            axis("loss", "Loss of the fibre in dB per km", LOSSES_DB_PER_KM, "{:.2f} dB/km", 1),
        ),
        panels=(rate_panel(rate_hz), fidelity_panel(fidelity)),
        sentence=SENTENCE,
        verdicts=VERDICTS,
        verdict=np.select(conditions, [0, 1, 2], 3),
        ticks=(0, 5, 7, 10, 14),
        logarithmic=True,
        note=NOTE,
    )


def delivered() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return rate in Hz and fidelity, end to end, each of the shape of all axes together."""
    shape = (len(LENGTHS_KM), len(SEGMENTS), len(LINK_FIDELITIES), len(LOSSES_DB_PER_KM))
    rate_hz, fidelity = np.empty(shape), np.empty(shape)
    for at in np.ndindex(shape):
        length, count = float(LENGTHS_KM[at[0]]), SEGMENTS[at[1]]
        quality, loss = float(LINK_FIDELITIES[at[2]]), float(LOSSES_DB_PER_KM[at[3]])
        link = FibreLink(length / count, attenuation_db_per_km=loss, efficiency=LINK_EFFICIENCY)
        rate_hz[at] = 1e6 / (mean_rounds_all_links(link.herald_probability, count) * link.attempt_period_us)
        fidelity[at] = chain_fidelity([quality] * count, gate_error=(1 - SWAP_GATE_QUALITY) * 15 / 16)
    return rate_hz, fidelity


def rate_panel(rate_hz: NDArray[np.float64]) -> Panel:
    """Return the curve of the rate."""
    return Panel(
        key="rate",
        label="Pairs per second, end to end",
        values=rate_hz,
        shown=np.array([rate_in_words(value) for value in rate_hz.ravel()]).reshape(rate_hz.shape),
        limits=(1e-9, 1e5),
        logarithmic=True,
        references=((ONE_A_DAY_HZ, "one a day", -7),),
    )


def fidelity_panel(fidelity: NDArray[np.float64]) -> Panel:
    """Return the curve of the fidelity."""
    return Panel(
        key="fidelity",
        label="Fidelity, end to end",
        values=fidelity,
        shown=texts(fidelity, "{:.2f}"),
        limits=(0.25, 1.0),
        steps=4,
        references=(
            (CHSH_FIDELITY, "needed to violate CHSH", -7),
            (0.5, "at or below: no entanglement", 18),
        ),
    )
