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


LINK_EFFICIENCY = 0.5
SWAP_GATE_QUALITY = 0.995
# Fidelity above which a Werner pair violates the CHSH inequality: S = 2√2(4F-1)/3 = 2.
CHSH_FIDELITY = float((1 + 3 / np.sqrt(2)) / 4)


def links() -> Explorer:
    """Rate and fidelity of a chain of heralded links against its length."""
    from qlab.links import FibreLink
    from qlab.repeaters import chain_fidelity, mean_rounds_all_links

    lengths = np.array([10, 15, 20, 30, 40, 50, 70, 100, 150, 200, 300, 400, 500, 700, 1000.0])
    losses = np.array([0.16, 0.2, 0.25, 0.35])
    segments = np.array([1, 2, 4, 8, 16])
    qualities = np.array([0.9, 0.95, 0.98, 0.99])
    shape = (len(lengths), len(segments), len(qualities), len(losses))
    rate, fidelity = np.empty(shape), np.empty(shape)
    for at in np.ndindex(shape):
        length, count, quality, loss = lengths[at[0]], int(segments[at[1]]), qualities[at[2]], losses[at[3]]
        link = FibreLink(length / count, attenuation_db_per_km=loss, efficiency=LINK_EFFICIENCY)
        rate[at] = 1e6 / (mean_rounds_all_links(link.herald_chance, count) * link.attempt_period_us)
        fidelity[at] = chain_fidelity([quality] * count, gate_quality=SWAP_GATE_QUALITY)
    repeaters = Axis("repeaters", "Repeaters on the way", tuple(map(float, segments)), ("none", "1", "3", "7", "15"), 0)
    verdict = np.select([fidelity <= 0.5, rate < 1 / 86_400, fidelity <= CHSH_FIDELITY], [0, 1, 2], 3)
    return Explorer(
        name="links",
        title="What does a link deliver over this distance?",
        axes=(
            axis("length", "Distance in km", lengths, "{:.0f} km", 7),
            repeaters,
            axis("quality", "Fidelity of each link’s pairs", qualities, "{:.2f}", 2),
            axis("loss", "Loss of the fibre in dB per km", losses, "{:.2f} dB/km", 1),
        ),
        panels=(
            Panel(
                key="rate",
                label="Pairs per second, end to end",
                values=rate,
                shown=np.array([rate_in_words(value) for value in rate.ravel()]).reshape(shape),
                limits=(1e-9, 1e5),
                logarithmic=True,
                references=((1 / 86_400, "one a day", -7),),
            ),
            Panel(
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
            ),
        ),
        sentence=(
            "Over {length} at {loss} with repeaters: {repeaters}, and {quality} at each link, "
            "the chain delivers {rate}, each of fidelity {fidelity}."
        ),
        verdicts=(
            "What arrives holds no entanglement any more: every swap spent some.",
            "That is fewer than one pair a day, whatever its quality.",
            "The pairs are entangled, but too noisy to violate the CHSH inequality unless they are purified.",
            "The pairs are good enough to violate the CHSH inequality.",
        ),
        verdict=verdict,
        ticks=(0, 5, 7, 10, 14),
        logarithmic=True,
        note=(
            f"Assumed: photons leave, are collected and detected with chance {LINK_EFFICIENCY:g} at each end, "
            f"linear-optics heralding, memories that do not decay, Werner pairs, and swaps whose gates succeed in "
            f"{SWAP_GATE_QUALITY:.1%} of cases. Real memories make long chains worse."
        ),
    )


def eavesdropper() -> Explorer:
    """QBER, S and key of an entanglement-based exchange against the share that Eve intercepts."""
    from qlab.chsh import LOCAL_BOUND, behaviour_chsh_value
    from qlab.qkd_pairs import e91_probabilities
    from qlab.qkd_rates import bb84_rate, largest_qber
    from qlab.states import werner_state

    shares = np.round(np.arange(0.0, 1.001, 0.05), 2)
    fidelities = np.array([0.8, 0.85, 0.9, 0.92, 0.94, 0.96, 0.98, 1.0])
    shape = (len(shares), len(fidelities))
    qber, s = np.empty(shape), np.empty(shape)
    for at in np.ndindex(shape):
        chances = e91_probabilities(werner_state(fidelities[at[1]]), intercepted_fraction=float(shares[at[0]]))
        key_round = chances[0, 2] / chances[0, 2].sum()
        qber[at] = key_round[0, 1] + key_round[1, 0]
        s[at] = behaviour_chsh_value(chances[:, :2])
    key = np.maximum(0.0, np.vectorize(bb84_rate)(qber.clip(0, 1)))
    limit = largest_qber(bb84_rate)
    verdict = np.select([key > 0, s > LOCAL_BOUND + 1e-9], [0, 1], 2)
    return Explorer(
        name="eavesdropper",
        title="What does an eavesdropper cost, and what gives her away?",
        axes=(
            axis("share", "Share of the qubits that Eve measures and resends", 100 * shares, "{:.0f} %", 4),
            axis("fidelity", "Fidelity of the undisturbed pairs", fidelities, "{:.2f}", 6),
        ),
        panels=(
            Panel(
                key="qber",
                label="Error rate of the sifted key (QBER) in %",
                values=100 * qber,
                shown=texts(100 * qber, "{:.1f} %"),
                limits=(0.0, 40.0),
                references=((100 * limit, f"{limit:.1%}: no key beyond", -7),),
            ),
            Panel(
                key="s",
                label="CHSH value S",
                values=s,
                shown=texts(s, "{:.2f}"),
                limits=(0.0, 3.0),
                steps=4,
                references=((LOCAL_BOUND, "2: most that a shared seed reaches", -7),),
            ),
            Panel(
                key="key",
                label="Secret bits per sifted bit",
                values=key,
                shown=texts(key, "{:.2f}"),
                limits=(0.0, 1.0),
            ),
        ),
        sentence=(
            "Eve takes {share} of the qubits of pairs with fidelity {fidelity}: the error rate is {qber}, "
            "S is {s}, and {key} secret bits per sifted bit remain."
        ),
        verdicts=(
            "Error correction and privacy amplification still leave a key that she does not know.",
            "No key can be distilled this way, although S is still above 2: abort.",
            "No key can be distilled, and S no longer exceeds 2: abort.",
        ),
        verdict=verdict,
        ticks=(0, 5, 10, 15, 20),
        note=(
            "Assumed: an authenticated classical channel, very long runs, one-way processing with the rate "
            "1 − 2h(QBER), and an Eve who measures in Z or X by a coin. The two ends cannot tell her from noise, "
            "so all errors count as hers."
        ),
    )


def rate_in_words(rate_hz: float) -> str:
    """Return a rate as a reader would say it: pairs a second, or one pair in so long."""
    if rate_hz >= 1:
        return f"{two_digits(rate_hz)} pairs a second"
    seconds = 1 / rate_hz
    for unit, size in (("second", 60.0), ("minute", 60.0), ("hour", 24.0), ("day", 365.25)):
        if seconds < size:
            return f"one pair every {two_digits(seconds)} {unit}s"
        seconds /= size
    age_of_universe = 1.38e10
    if seconds > age_of_universe:
        return "no pair within the age of the universe"
    return f"one pair every {two_digits(seconds)} years"


def two_digits(value: float) -> str:
    """Return a number to two significant digits, thousands set apart."""
    rounded = float(f"{value:.2g}")
    return f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:.1f}"


EXPLORERS: dict[str, Callable[[], Explorer]] = {"chsh": chsh, "links": links, "eavesdropper": eavesdropper}


def sources() -> list[str]:
    """Return the files of `qlab` that the tables came from."""
    modules = [module for name, module in sys.modules.items() if name.split(".")[0] == "qlab"]
    return sorted({str(file) for module in modules if (file := getattr(module, "__file__", None))})
