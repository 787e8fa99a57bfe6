"""Explorer of chapter 06: what direct fibre and chains of links deliver, by the model of the chapter's figure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qlab.networks import Budget, FibreLink, chain_budget, direct_budget

from .records import Axis, Explorer, Panel
from .words import axis, rate_in_words, texts

LENGTHS_KM = np.array([10, 15, 20, 30, 40, 50, 70, 100, 150, 200, 300, 400, 500, 600, 700, 1000.0])
SEGMENTS = (1, 2, 4, 8, 16)
FRESH_FIDELITIES = np.array([0.9, 0.95, 0.98, 0.99])
LOSSES_DB_PER_KM = np.array([0.16, 0.2, 0.25, 0.35])
SOURCE_RATE_HZ = 1e6
DARK_COUNT_PROBABILITY = 1e-9
COHERENCE_TIME_S = 1.0
# Fidelity above which a Werner pair violates the CHSH inequality: S = 2√2(4F-1)/3 = 2.
CHSH_FIDELITY = float((1 + 3 / np.sqrt(2)) / 4)

SENTENCE = (
    "Over {length} at {loss} with repeaters: {repeaters}, and fresh pairs of {quality}, "
    "the line delivers {rate}, each of fidelity {fidelity}."
)
VERDICTS = (
    "Most clicks are dark counts: what is counted as pairs holds no entanglement.",
    "What arrives holds no entanglement any more: noise and waiting have spent it.",
    "The pairs are entangled, but too noisy to violate the CHSH inequality unless they are purified.",
    "The pairs are good enough to violate the CHSH inequality.",
)
NOTE = (
    f"Assumed as in the figure above: without repeaters, a source of {SOURCE_RATE_HZ:,.0f} pairs a second and a dark "
    f"count for one in {1 / DARK_COUNT_PROBABILITY:,.0f} of them; with repeaters, linear-optics heralding, memories "
    f"with a coherence time of {COHERENCE_TIME_S:g} second and perfect swaps. Real swaps make long chains worse."
)


def explorer() -> Explorer:
    """Return rate and fidelity of a line against its length."""
    rate_hz, fidelity = delivered()
    alone = np.arange(len(SEGMENTS))[None, :, None, None] == 0
    conditions = [(fidelity <= 0.5) & alone, fidelity <= 0.5, fidelity <= CHSH_FIDELITY]
    repeaters = tuple(str(count - 1) if count > 1 else "none" for count in SEGMENTS)
    return Explorer(
        name="links",
        title="What does a line deliver over this distance?",
        axes=(
            axis("length", "Distance in km", LENGTHS_KM, "{:.0f} km", 7),
            Axis("repeaters", "Repeaters on the way", tuple(map(float, SEGMENTS)), repeaters, 0),
            axis("quality", "Fidelity of fresh pairs", FRESH_FIDELITIES, "{:.2f}", 2),
            axis("loss", "Loss of the fibre in dB per km", LOSSES_DB_PER_KM, "{:.2f} dB/km", 1),
        ),
        panels=(rate_panel(rate_hz), fidelity_panel(fidelity)),
        sentence=SENTENCE,
        verdicts=VERDICTS,
        verdict=np.select(conditions, [0, 1, 2], 3),
        ticks=(0, 5, 7, 10, 15),
        logarithmic=True,
        note=NOTE,
    )


def delivered() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return rate in Hz and fidelity, end to end, each of the shape of all axes together."""
    shape = (len(LENGTHS_KM), len(SEGMENTS), len(FRESH_FIDELITIES), len(LOSSES_DB_PER_KM))
    rate_hz, fidelity = np.empty(shape), np.empty(shape)
    for at in np.ndindex(shape):
        length, count = float(LENGTHS_KM[at[0]]), SEGMENTS[at[1]]
        budget = line(length, count, float(FRESH_FIDELITIES[at[2]]), float(LOSSES_DB_PER_KM[at[3]]))
        rate_hz[at], fidelity[at] = budget.pairs_per_second, budget.fidelity
    return rate_hz, fidelity


def line(length_km: float, segments: int, fresh_fidelity: float, loss_db_per_km: float) -> Budget:
    """Return the budget of direct fibre (one segment) or of a chain."""
    if segments == 1:
        return direct_budget(
            length_km,
            source_rate_hz=SOURCE_RATE_HZ,
            fresh_fidelity=fresh_fidelity,
            attenuation_db_per_km=loss_db_per_km,
            dark_count_probability=DARK_COUNT_PROBABILITY,
        )
    link = FibreLink(length_km / segments, attenuation_db_per_km=loss_db_per_km)
    return chain_budget(link, segments, fresh_fidelity=fresh_fidelity, coherence_time_s=COHERENCE_TIME_S)


def rate_panel(rate_hz: NDArray[np.float64]) -> Panel:
    """Return the curve of the rate."""
    return Panel(
        key="rate",
        label="Pairs per second, end to end",
        values=rate_hz,
        shown=np.array([rate_in_words(value) for value in rate_hz.ravel()]).reshape(rate_hz.shape),
        limits=(1e-4, 1e6),
        logarithmic=True,
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
