"""The tables behind the explorers, computed by `qlab` when the book is built."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .explorers import Axis, Explorer, Panel


def texts(values: NDArray[np.float64], form: str) -> NDArray[np.str_]:
    """Return numbers as text in one format, minus signs as a reader expects them."""
    flat = [form.format(value).replace("-", "−") for value in np.ravel(values)]
    return np.array(flat).reshape(np.shape(values))


def axis(key: str, label: str, values: NDArray[np.float64], form: str, start: int) -> Axis:
    """Return one slider over a grid, its texts in one format."""
    return Axis(key, label, tuple(map(float, values)), tuple(map(str, texts(values, form))), start)


def chsh() -> Explorer:
    """S of Werner pairs against the angle of Bob's two settings."""
    from qlab.chsh import LOCAL_BOUND, TSIRELSON_BOUND, chsh_value, win_chance
    from qlab.states import werner_state

    degrees = np.arange(0.0, 91.0, 5.0)
    fidelities = np.round(np.arange(0.25, 1.001, 0.05), 2)
    angles = np.radians(degrees)
    s = np.array([[chsh_value(werner_state(f), (0, np.pi / 2), (a, -a)) for f in fidelities] for a in angles])
    wins = np.vectorize(win_chance)(s)
    verdict = np.where(s > LOCAL_BOUND + 1e-9, 0, np.where(fidelities > 0.5, 1, 2))
    return Explorer(
        name="chsh",
        title="How far do angles and pair quality carry S?",
        axes=(
            axis("angle", "Angle between Bob’s settings and Alice’s first", degrees, "{:.0f}°", 9),
            axis("fidelity", "Fidelity of the pairs", fidelities, "{:.2f}", 13),
        ),
        panels=(
            Panel(
                key="s",
                label="CHSH value S",
                values=s,
                shown=texts(s, "{:.2f}"),
                limits=(0.0, 3.0),
                steps=4,
                references=(
                    (LOCAL_BOUND, "2: most that a shared seed reaches", 18),
                    (float(TSIRELSON_BOUND), f"{TSIRELSON_BOUND:.2f}: most that any state reaches", -7),
                ),
            ),
        ),
        sentence="With settings at {angle} and pairs of fidelity {fidelity}, S is {s}: {wins} of rounds won.",
        verdicts=(
            "No shared seed reaches this, so the pairs must be entangled.",
            "A shared seed could do the same. These pairs are entangled, but this test does not show it.",
            "A shared seed could do the same, and these pairs hold no entanglement.",
        ),
        verdict=verdict,
        ticks=(0, 6, 9, 12, 18),
        said={"wins": texts(100 * wins, "{:.1f} %")},
    )


EXPLORERS: dict[str, Callable[[], Explorer]] = {"chsh": chsh}


def sources() -> list[str]:
    """Return the files of `qlab` that the tables came from."""
    modules = [module for name, module in sys.modules.items() if name.split(".")[0] == "qlab"]
    return sorted({str(file) for module in modules if (file := getattr(module, "__file__", None))})
