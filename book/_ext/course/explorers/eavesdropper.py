"""Explorer of an eavesdropper: what she costs a key, and what gives her away."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qlab.bell.chsh import LOCAL_BOUND, behaviour_chsh_value
from qlab.keys.entangled_pairs import e91_probabilities
from qlab.keys.rates import bb84_rate, largest_qber
from qlab.states import werner_state

from .records import Explorer, Panel
from .words import axis, texts

SHARES = np.round(np.arange(0.0, 1.001, 0.05), 2)
FIDELITIES = np.array([0.8, 0.85, 0.9, 0.92, 0.94, 0.96, 0.98, 1.0])

SENTENCE = (
    "Eve takes {share} of the qubits of pairs with fidelity {fidelity}: the error rate is {qber}, "
    "S is {s}, and {key} secret bits per sifted bit remain."
)
VERDICTS = (
    "Error correction and privacy amplification still leave a key that she does not know.",
    "No key can be distilled this way, although S is still above 2: abort.",
    "No key can be distilled, and S no longer exceeds 2: abort.",
)
NOTE = (
    "Assumed: an authenticated classical channel, very long runs, one-way processing with the rate "
    "1 − 2h(QBER), and an Eve who measures in Z or X by a coin. The two ends cannot tell her from noise, "
    "so all errors count as hers."
)


def explorer() -> Explorer:
    """Return QBER, S and key of an entanglement-based exchange against the share that Eve intercepts."""
    qber, s = seen_by_the_ends()
    key = np.maximum(0.0, np.vectorize(bb84_rate)(qber.clip(0, 1)))
    return Explorer(
        name="eavesdropper",
        title="What does an eavesdropper cost, and what gives her away?",
        axes=(
            axis("share", "Share of the qubits that Eve measures and resends", 100 * SHARES, "{:.0f} %", 4),
            axis("fidelity", "Fidelity of the undisturbed pairs", FIDELITIES, "{:.2f}", 6),
        ),
        panels=panels(qber, s, key),
        sentence=SENTENCE,
        verdicts=VERDICTS,
        verdict=np.select([key > 0, s > LOCAL_BOUND + 1e-9], [0, 1], 2),
        ticks=(0, 5, 10, 15, 20),
        note=NOTE,
    )


def seen_by_the_ends() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return QBER (a fraction) and S, each of the shape of both axes together."""
    shape = (len(SHARES), len(FIDELITIES))
    qber, s = np.empty(shape), np.empty(shape)
    for at in np.ndindex(shape):
        pair = werner_state(float(FIDELITIES[at[1]]))
        behaviour = e91_probabilities(pair, intercepted_fraction=float(SHARES[at[0]]))
        key_round = behaviour[0, 2] / behaviour[0, 2].sum()
        qber[at] = key_round[0, 1] + key_round[1, 0]
        s[at] = behaviour_chsh_value(behaviour[:, :2])
    return qber, s


def panels(qber: NDArray[np.float64], s: NDArray[np.float64], key: NDArray[np.float64]) -> tuple[Panel, ...]:
    """Return the three curves."""
    limit = largest_qber(bb84_rate)
    no_key = (100 * limit, f"{limit:.1%}: no key beyond", -7)
    local = (LOCAL_BOUND, "2: most that a shared seed reaches", -7)
    qber_label = "Error rate of the sifted key (QBER) in %"
    return (
        Panel("qber", qber_label, 100 * qber, texts(100 * qber, "{:.1f} %"), (0.0, 40.0), references=(no_key,)),
        Panel("s", "CHSH value S", s, texts(s, "{:.2f}"), (0.0, 3.0), steps=4, references=(local,)),
        Panel("key", "Secret bits per sifted bit", key, texts(key, "{:.2f}"), (0.0, 1.0)),
    )
