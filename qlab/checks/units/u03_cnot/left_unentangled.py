"""Task 03.left_unentangled: inputs that CNOT does not entangle."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from qlab import measures, states
from qlab.checks import _forms as forms
from qlab.checks._families import ANY_GATE_ENTANGLES, BUILD_CIRCUITS, CONVENTION, DISTURBANCE, SHARED_SEED
from qlab.checks._task import Misconception, Task
from qlab.circuits import Circuit
from qlab.gates import CNOT
from qlab.simulator import statevector


def _label_inputs(rng: np.random.Generator) -> list[tuple[list[str]]]:
    labels = [a + b for a in "01+-rl" for b in "01+-rl"]
    return [([labels[i] for i in rng.permutation(len(labels))[:12]],) for _ in range(2)]


def _left_unentangled(labels: Iterable[str]) -> list[str]:
    kept = []
    for label in labels:
        after = statevector.run(Circuit(2).cnot(0, 1), initial=states.ket(label))
        if measures.concurrence(after) < 1e-9:
            kept.append(label)
    return kept


def _none_at_all(labels: Iterable[str]) -> list[str]:
    return []


def _only_bits(labels: Iterable[str]) -> list[str]:
    return [label for label in labels if set(label) <= set("01")]


def _definite_control(labels: Iterable[str]) -> list[str]:
    return [label for label in labels if label[0] in "01"]


def _control_and_target_exchanged(labels: Iterable[str]) -> list[str]:
    return [label for label in labels if label[1] in "01" or label[0] in "+-"]


def _unchanged(labels: Iterable[str]) -> list[str]:
    return [label for label in labels if label[0] == "0" or label[1] == "+"]


def _any_bit(labels: Iterable[str]) -> list[str]:
    return [label for label in labels if label[0] in "01" or label[1] in "01"]


def _by_rule(labels: Iterable[str]) -> set[str]:
    return {label for label in labels if label[0] in "01" or label[1] in "+-"}


def _by_determinant(labels: Iterable[str]) -> list[str]:
    after = {label: (CNOT @ states.ket(label)).reshape(2, 2) for label in labels}
    return [label for label, table in after.items() if abs(np.linalg.det(table)) < 1e-9]


def _by_purity(labels: Iterable[str]) -> tuple[str, ...]:
    kept = []
    for label in labels:
        half = states.partial_trace(CNOT @ states.ket(label), [1])
        if measures.purity(half) > 1 - 1e-9:
            kept.append(label)
    return tuple(kept)


TASK = Task(
    id="03.left_unentangled",
    title="Find the inputs that CNOT leaves unentangled",
    outcome=BUILD_CIRCUITS,
    inputs=_label_inputs,
    reference=_left_unentangled,
    returns=forms.collection(forms.text(), what="a list of labels, none of them twice"),
    misconceptions=(
        Misconception(
            "none-at-all",
            "You let CNOT entangle whatever it meets. On ordinary bits it is a plain XOR: the same gate, and not a "
            "trace of entanglement.",
            _none_at_all,
            ANY_GATE_ENTANGLES,
        ),
        Misconception(
            "only-bits",
            "You kept the ordinary bits alone. A superposition on one side need not spread: it depends on which side "
            "and which superposition.",
            _only_bits,
            ANY_GATE_ENTANGLES,
        ),
        Misconception(
            "definite-control",
            "You looked at the control alone. There are targets to which a flip makes no difference but a sign, and "
            "then even an undecided control stays by itself.",
            _definite_control,
            ANY_GATE_ENTANGLES,
        ),
        Misconception(
            "roles-exchanged",
            "You exchanged control and target. The left character is qubit 0, and here it controls.",
            _control_and_target_exchanged,
            CONVENTION,
        ),
        Misconception(
            "unchanged",
            "You listed the inputs that CNOT leaves as they are. A gate may change both qubits and still leave each "
            "with a state of its own.",
            _unchanged,
            DISTURBANCE,
        ),
        Misconception(
            "any-bit",
            "You let one definite bit on either side prevent entanglement. A definite target under an undecided "
            "control is the textbook way to make a Bell pair.",
            _any_bit,
            SHARED_SEED,
        ),
    ),
    alternatives=(_by_rule, _by_determinant, _by_purity),
    hints=(
        "Try it: run CNOT on a ket and ask qlab.measures how entangled the result is.",
        "If the control is definite, the target is flipped or not: no choice, no entanglement.",
        "If it is not, ask which targets are the same state after a flip, up to a sign. Flipping is X.",
    ),
)
