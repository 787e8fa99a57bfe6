"""Explorer of the CHSH value: how far angles and pair quality carry S."""

from __future__ import annotations

import numpy as np

from qlab.bell.chsh import LOCAL_BOUND, TSIRELSON_BOUND, chsh_value, winning_probability
from qlab.states import werner_state

from .records import Explorer, Panel
from .words import axis, texts

DEGREES = np.arange(0.0, 91.0, 5.0)
FIDELITIES = np.round(np.arange(0.25, 1.001, 0.05), 2)
REFERENCES = (
    (LOCAL_BOUND, "2: most that a shared seed reaches", 18),
    (float(TSIRELSON_BOUND), f"{TSIRELSON_BOUND:.2f}: most that any state reaches", -7),
)
VERDICTS = (
    "No shared seed reaches this, so the pairs must be entangled.",
    "A shared seed could do the same. These pairs are entangled, but this test does not show it.",
    "A shared seed could do the same, and these pairs hold no entanglement.",
)


def explorer() -> Explorer:
    """Return S of Werner pairs against the angle of Bob's two settings."""
    angles = np.radians(DEGREES)
    s = np.array([[chsh_value(werner_state(f), (0, np.pi / 2), (a, -a)) for f in FIDELITIES] for a in angles])
    wins = np.vectorize(winning_probability)(s)
    return Explorer(
        name="chsh",
        title="How far do angles and pair quality carry S?",
        axes=(
            axis("angle", "Angle between Bob’s settings and Alice’s first", DEGREES, "{:.0f}°", 9),
            axis("fidelity", "Fidelity of the pairs", FIDELITIES, "{:.2f}", 13),
        ),
        panels=(Panel("s", "CHSH value S", s, texts(s, "{:.2f}"), (0.0, 3.0), steps=4, references=REFERENCES),),
        sentence="With settings at {angle} and pairs of fidelity {fidelity}, S is {s}: {wins} of rounds won.",
        verdicts=VERDICTS,
        verdict=np.where(s > LOCAL_BOUND + 1e-9, 0, np.where(FIDELITIES > 0.5, 1, 2)),
        ticks=(0, 6, 9, 12, 18),
        said={"wins": texts(100 * wins, "{:.1f} %")},
    )
