"""Task 03.left_unentangled: inputs that CNOT does not entangle."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from qlab import measures, states
from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import ANY_GATE_ENTANGLES, BUILD_CIRCUITS, CONVENTION, DISTURBANCE, SHARED_SEED
from qlab.checks._task import Row
from qlab.circuits import Circuit
from qlab.gates import CNOT
from qlab.simulator import statevector

task = Declaration(
    id="03.left_unentangled",
    points=3,
    title="Find the inputs that CNOT leaves unentangled",
    outcome=BUILD_CIRCUITS,
    returns=forms.collection(forms.text(), what="a list of labels, none of them twice"),
)


@task.inputs
def _label_inputs(rng: np.random.Generator) -> list[tuple[list[str]]]:
    labels = [a + b for a in "01+-rl" for b in "01+-rl"]
    return [([labels[i] for i in rng.permutation(len(labels))[:12]],) for _ in range(2)]


@task.reference
def _left_unentangled(labels: Iterable[str]) -> list[str]:
    kept = []
    for label in labels:
        after = statevector.run(Circuit(2).cnot(0, 1), initial=states.ket(label))
        if measures.concurrence(after) < 1e-9:
            kept.append(label)
    return kept


GROUPS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("labels with a definite control", lambda label: label[0] in "01"),
    ("labels whose target a flip leaves alone, up to a sign", lambda label: label[1] in "+-"),
)


@task.remark
def _which_labels(rows: list[Row]) -> str | None:
    """What kind of labels is left out, or that some are kept which CNOT entangles."""
    missing = [label for got, expected, _ in rows for label in set(expected) - set(got)]
    kept = [label for got, expected, _ in rows for label in set(got) - set(expected)]
    for words, belongs in GROUPS:
        if missing and all(belongs(label) for label in missing):
            return f"Your list leaves out some {words}." + (" And it holds some that CNOT entangles." if kept else "")
    if kept and not missing:
        return (
            "Your list holds labels that CNOT entangles: there the control is undecided, and a flip makes the target "
            "another state."
        )
    return None


@task.misconception(
    ANY_GATE_ENTANGLES,
    "You let CNOT entangle whatever it meets. On ordinary bits it is a plain XOR: the same gate, and not a trace of "
    "entanglement.",
)
def _none_at_all(labels: Iterable[str]) -> list[str]:
    return []


@task.misconception(
    ANY_GATE_ENTANGLES,
    "You kept the ordinary bits alone. A superposition on one side need not spread: it depends on which side and "
    "which superposition.",
)
def _only_bits(labels: Iterable[str]) -> list[str]:
    return [label for label in labels if set(label) <= set("01")]


@task.misconception(
    ANY_GATE_ENTANGLES,
    "You looked at the control alone. There are targets to which a flip makes no difference but a sign, and then even "
    "an undecided control stays by itself.",
)
def _definite_control(labels: Iterable[str]) -> list[str]:
    return [label for label in labels if label[0] in "01"]


@task.misconception(
    CONVENTION,
    "You exchanged control and target. The left character is qubit 0, and here it controls.",
)
def _roles_exchanged(labels: Iterable[str]) -> list[str]:
    return [label for label in labels if label[1] in "01" or label[0] in "+-"]


@task.misconception(
    DISTURBANCE,
    "You listed the inputs that CNOT leaves as they are. A gate may change both qubits and still leave each with a "
    "state of its own.",
)
def _unchanged(labels: Iterable[str]) -> list[str]:
    return [label for label in labels if label[0] == "0" or label[1] == "+"]


@task.misconception(
    SHARED_SEED,
    "You let one definite bit on either side prevent entanglement. A definite target under an undecided control is "
    "the textbook way to make a Bell pair.",
)
def _any_bit(labels: Iterable[str]) -> list[str]:
    return [label for label in labels if label[0] in "01" or label[1] in "01"]


@task.alternative
def _by_rule(labels: Iterable[str]) -> set[str]:
    return {label for label in labels if label[0] in "01" or label[1] in "+-"}


@task.alternative
def _by_determinant(labels: Iterable[str]) -> list[str]:
    after = {label: (CNOT @ states.ket(label)).reshape(2, 2) for label in labels}
    return [label for label, table in after.items() if abs(np.linalg.det(table)) < 1e-9]


@task.alternative
def _by_purity(labels: Iterable[str]) -> tuple[str, ...]:
    kept = []
    for label in labels:
        half = states.partial_trace(CNOT @ states.ket(label), [1])
        if measures.purity(half) > 1 - 1e-9:
            kept.append(label)
    return tuple(kept)


TASK = task.with_hints(
    "Try it: run CNOT on a ket and ask qlab.measures how entangled the result is.",
    "If the control is definite, the target is flipped or not: no choice, no entanglement.",
    "If it is not, ask which targets are the same state after a flip, up to a sign. Flipping is X.",
)
