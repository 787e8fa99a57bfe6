"""Unit 03: what a CNOT does, and what it costs."""

# Implementations here are written as learners write them: what NumPy returns is returned as it comes.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qlab import measures, states, statevector
from qlab.checks import _forms as forms
from qlab.checks import _views as views
from qlab.checks._families import (
    ANY_GATE_ENTANGLES,
    BUILD_CIRCUITS,
    CONVENTION,
    DISTURBANCE,
    FREE_WIRING,
    HEADLINE_FIGURE,
    IGNORANCE,
    JUDGE_DEVICES,
    SHARED_SEED,
)
from qlab.checks._task import Misconception, Task
from qlab.circuits import Circuit
from qlab.gates import CNOT, PAULIS, X

Array = NDArray[Any]
Pairs = Sequence[Sequence[int]]

# --- prepare_bell: each of the four Bell states -------------------------------------------------------


def _bell_inputs(rng: np.random.Generator) -> list[tuple[str]]:
    return [(states.BELL_NAMES[i],) for i in rng.permutation(4)]


def _prepare_bell(name: str) -> Circuit:
    circuit = Circuit(2).h(0).cnot(0, 1)
    if name.startswith("psi"):
        circuit = circuit.x(1)
    return circuit.z(0) if name.endswith("-") else circuit


def _bits_alone(name: str) -> Circuit:
    circuit = Circuit(2)
    if name.endswith("-"):
        circuit = circuit.x(0)
    if name.startswith("psi"):
        circuit = circuit.x(1)
    return circuit.cnot(0, 1)


def _hadamard_on_both(name: str) -> Circuit:
    circuit = Circuit(2).h(0).h(1).cnot(0, 1)
    if name.startswith("psi"):
        circuit = circuit.x(1)
    return circuit.z(0) if name.endswith("-") else circuit


def _signs_forgotten(name: str) -> Circuit:
    circuit = Circuit(2).h(0).cnot(0, 1)
    return circuit.x(1) if name.startswith("psi") else circuit


def _roles_exchanged(name: str) -> Circuit:
    circuit = Circuit(2).h(0).cnot(0, 1)
    if name.endswith("-"):
        circuit = circuit.x(1)
    return circuit.z(0) if name.startswith("psi") else circuit


def _target_in_superposition(name: str) -> Circuit:
    circuit = Circuit(2)
    if name.endswith("-"):
        circuit = circuit.x(1)
    circuit = circuit.h(1)
    if name.startswith("psi"):
        circuit = circuit.x(0)
    return circuit.cnot(0, 1)


def _bits_first(name: str) -> Circuit:
    circuit = Circuit(2)
    if name.endswith("-"):
        circuit = circuit.x(0)
    if name.startswith("psi"):
        circuit = circuit.x(1)
    return circuit.h(0).cnot(0, 1)


def _by_cz(name: str) -> Circuit:
    circuit = Circuit(2).h(0).h(1).cz(0, 1).h(1)
    if name in ("psi+", "psi-"):
        circuit = circuit.x(0)
    return circuit.z(1) if name in ("phi-", "psi-") else circuit


def _other_way_round(name: str) -> Circuit:
    circuit = Circuit(2).h(1).cnot(1, 0)
    corrections = {"phi+": [], "phi-": ["z"], "psi+": ["x"], "psi-": ["x", "z"]}
    for gate in corrections[name]:
        circuit = circuit.gate(gate, 1)
    return circuit


PREPARE_BELL = Task(
    id="03.prepare_bell",
    title="Prepare each of the four Bell states",
    outcome=BUILD_CIRCUITS,
    inputs=_bell_inputs,
    reference=_prepare_bell,
    returns=forms.circuit(2),
    view=views.final_state,
    misconceptions=(
        Misconception(
            "bits-alone",
            "You gave CNOT a definite control. Then it works like XOR on ordinary bits, and whatever comes out is a "
            "product: nothing was in superposition that could have been shared.",
            _bits_alone,
            ANY_GATE_ENTANGLES,
        ),
        Misconception(
            "hadamard-on-both",
            "You put both qubits into superposition first. Flipping |+⟩ changes nothing, so CNOT finds nothing to do "
            "and the two stay independent.",
            _hadamard_on_both,
            ANY_GATE_ENTANGLES,
        ),
        Misconception(
            "signs-forgotten",
            "You made pairs that agree or disagree along Z as asked, and stopped there. The sign is as real as the "
            "bits: it decides whether the results agree along X.",
            _signs_forgotten,
            IGNORANCE,
        ),
        Misconception(
            "roles-exchanged",
            "You mixed up the two labels. Φ against Ψ says whether the bits agree, plus against minus is the phase "
            "between the two terms; X changes the one, Z the other.",
            _roles_exchanged,
            CONVENTION,
        ),
        Misconception(
            "target-in-superposition",
            "You put the target, not the control, into superposition. The control decides whether to flip; only when "
            "it has not decided yet can the two come out tied together.",
            _target_in_superposition,
            ANY_GATE_ENTANGLES,
        ),
    ),
    alternatives=(_bits_first, _by_cz, _other_way_round),
    hints=(
        "One of the four is made by two gates from |00⟩. Get that one first and print its ket.",
        "From there the other three are one local gate or two away.",
        "X on one qubit exchanges agreeing and disagreeing; Z on one qubit changes the sign between the two terms.",
    ),
)

# --- left_unentangled: inputs that CNOT does not entangle ------------------------------------------------


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


LEFT_UNENTANGLED = Task(
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

# --- control_stays_plus: the kick-back ----------------------------------------------------------------------


def _target_inputs(rng: np.random.Generator) -> list[tuple[Array]]:
    minus = np.exp(1j * rng.uniform(0, 6)) * states.ket("-")
    return [(minus,), (states.random_ket(1, rng),), (states.random_ket(1, rng),)]


def _control_stays_plus(target: Array) -> float:
    return float((1 + (target.conj() @ X @ target).real) / 2)


def _control_is_read_only(target: Array) -> float:
    return 1.0


def _always_random(target: Array) -> float:
    return 0.5


def _asks_z(target: Array) -> float:
    return float(abs(target[0]) ** 2)


def _sign_ignored(target: Array) -> float:
    return float((1 + abs((target.conj() @ X @ target).real)) / 2)


def _conjugate_forgotten(target: Array) -> float:
    return float((1 + abs(2 * target[0] * target[1])) / 2)


def _by_running(target: Array) -> float:
    after = CNOT @ np.kron(states.ket("+"), target)
    table = after.reshape(2, 2)
    plus = (table[0] + table[1]) / np.sqrt(2)
    return float(np.vdot(plus, plus).real)


def _by_target_overlap(target: Array) -> float:
    return float(abs(np.vdot(states.ket("+"), target)) ** 2)


def _by_circuit(target: Array) -> float:
    start = states.tensor(states.ket("0"), target)
    after = statevector.run(Circuit(2).h(0).cnot(0, 1).h(0), initial=start)
    return float(statevector.probabilities(after, [0])[0])


def _by_reduced_state(target: Array) -> float:
    rho = states.partial_trace(CNOT @ np.kron(states.ket("+"), target), [0])
    return float((1 + np.trace(rho @ PAULIS["X"]).real) / 2)


CONTROL_STAYS_PLUS = Task(
    id="03.control_stays_plus",
    title="See what a CNOT does to its control",
    outcome=BUILD_CIRCUITS,
    inputs=_target_inputs,
    reference=_control_stays_plus,
    returns=forms.number(0, 1),
    misconceptions=(
        Misconception(
            "control-is-read-only",
            "You took the control for an input that is only read. Along Z that is so; along X the target acts back on "
            "the control, and there is no gate between two qubits that works one way only.",
            _control_is_read_only,
            DISTURBANCE,
        ),
        Misconception(
            "always-random",
            "You let CNOT scramble the control whatever the target is. It does so only as far as a flip would change "
            "the target; a target that a flip leaves alone learns nothing about the control.",
            _always_random,
            ANY_GATE_ENTANGLES,
        ),
        Misconception(
            "asks-z",
            "You asked whether the target is 0. CNOT flips the target, so what matters is how the target stands to a "
            "flip, and that is a question along X.",
            _asks_z,
            CONVENTION,
        ),
        Misconception(
            "sign-ignored",
            "You ignored the sign that a flip gives to the target. A sign is no matter for the target alone, but with "
            "the control in superposition it shows up there: that is the kick-back.",
            _sign_ignored,
            IGNORANCE,
        ),
        Misconception(
            "conjugate-forgotten",
            "You multiplied the target's two amplitudes and took the size. Their relative phase matters: an overlap "
            "conjugates one factor and keeps the real part.",
            _conjugate_forgotten,
            CONVENTION,
        ),
    ),
    alternatives=(_by_running, _by_target_overlap, _by_circuit, _by_reduced_state),
    hints=(
        "Write |+⟩ as its two terms. In one of them the target stays, in the other it is flipped.",
        "Project the control on |+⟩: what is left of the target is half of (target + flipped target).",
        "The squared length of that sum needs one number only: how much the flipped target overlaps the target.",
    ),
)

# --- cnots_used: what a schedule costs on a line and with all-to-all coupling ---------------------------------


def _schedule_inputs(rng: np.random.Generator) -> list[tuple[int, str, list[list[int]]]]:
    cases: list[tuple[int, str, list[list[int]]]] = []
    for layout in ("line", "all-to-all", "line"):
        size = int(rng.integers(5, 9))
        gates = [[int(q) for q in rng.choice(size, 2, replace=False)] for _ in range(5)]
        cases.append((size, layout, gates))
    return cases


def _cnots_used(num_qubits: int, layout: str, gates: Pairs) -> int:
    if layout == "all-to-all":
        return len(gates)
    place = list(range(num_qubits))  # place[q] is where qubit q sits
    total = 0
    for control, target in gates:
        while abs(place[control] - place[target]) > 1:
            step = 1 if place[target] > place[control] else -1
            neighbour = place.index(place[control] + step)
            place[control], place[neighbour] = place[neighbour], place[control]
            total += 3
        total += 1
    return total


def _wiring_is_free(num_qubits: int, layout: str, gates: Pairs) -> int:
    return len(gates)


def _swap_is_one_gate(num_qubits: int, layout: str, gates: Pairs) -> int:
    total = _cnots_used(num_qubits, layout, gates)
    return len(gates) + (total - len(gates)) // 3


def _one_step_too_far(num_qubits: int, layout: str, gates: Pairs) -> int:
    if layout == "all-to-all":
        return len(gates)
    return sum(3 * abs(control - target) + 1 for control, target in gates)


def _places_not_updated(num_qubits: int, layout: str, gates: Pairs) -> int:
    if layout == "all-to-all":
        return len(gates)
    return sum(3 * (abs(control - target) - 1) + 1 for control, target in gates)


def _there_and_back(num_qubits: int, layout: str, gates: Pairs) -> int:
    if layout == "all-to-all":
        return len(gates)
    return sum(6 * (abs(control - target) - 1) + 1 for control, target in gates)


def _every_layout_a_line(num_qubits: int, layout: str, gates: Pairs) -> int:
    return _cnots_used(num_qubits, "line", gates)


def _by_moving_list(num_qubits: int, layout: str, gates: Pairs) -> int:
    line = list(range(num_qubits))  # line[i] is the qubit that sits at place i
    total = 0
    for control, target in gates:
        start, goal = line.index(control), line.index(target)
        if layout == "line" and abs(start - goal) > 1:
            stop = goal - 1 if goal > start else goal + 1
            line.insert(stop, line.pop(start))
            total += 3 * abs(stop - start)
        total += 1
    return total


def _by_dictionary(num_qubits: int, layout: str, gates: Pairs) -> int:
    at = {q: q for q in range(num_qubits)}
    swaps = 0
    for control, target in gates if layout == "line" else []:
        start, goal = at[control], at[target]
        stop = start if abs(goal - start) == 1 else goal - (1 if goal > start else -1)
        for q, place in at.items():
            if start < place <= stop:
                at[q] = place - 1
            elif stop <= place < start:
                at[q] = place + 1
        at[control] = stop
        swaps += abs(stop - start)
    return 3 * swaps + len(gates)


def _by_permutation(num_qubits: int, layout: str, gates: Pairs) -> int:
    if layout != "line":
        return len(gates)
    order = np.arange(num_qubits)
    total = 0
    for control, target in gates:
        start, goal = int(np.flatnonzero(order == control)[0]), int(np.flatnonzero(order == target)[0])
        distance = abs(goal - start)
        rest = order[order != control]
        slot = int(np.flatnonzero(rest == target)[0]) + (0 if start < goal else 1)
        if distance > 1:
            order = np.insert(rest, slot, control)
        total += 3 * (distance - 1) + 1
    return int(total)


CNOTS_USED = Task(
    id="03.cnots_used",
    title="Count what a schedule of CNOTs costs on real wiring",
    outcome=JUDGE_DEVICES,
    inputs=_schedule_inputs,
    reference=_cnots_used,
    returns=forms.whole_number(0, what="a whole number of CNOTs"),
    tolerance=1e-6,
    misconceptions=(
        Misconception(
            "wiring-is-free",
            "You counted the gates in the drawing. On a line only neighbours are coupled, and bringing two qubits "
            "together costs more than the gate that was wanted.",
            _wiring_is_free,
            FREE_WIRING,
        ),
        Misconception(
            "swap-is-one-gate",
            "You counted a SWAP as one gate. A device that offers CNOT builds it from several of them, each with its "
            "own error.",
            _swap_is_one_gate,
            HEADLINE_FIGURE,
        ),
        Misconception(
            "one-step-too-far",
            "You swapped until the control sits where the target was, from places that never change. It only has to "
            "come next to it, and whoever was moved stays where he is.",
            _one_step_too_far,
            FREE_WIRING,
        ),
        Misconception(
            "places-not-updated",
            "You counted every distance from the original places. After a SWAP the qubits sit elsewhere, and so do "
            "those that were merely in the way.",
            _places_not_updated,
            FREE_WIRING,
        ),
        Misconception(
            "there-and-back",
            "You moved the control back after every gate. The task leaves everybody where he is; the way back would "
            "be a cost of its own.",
            _there_and_back,
            FREE_WIRING,
        ),
        Misconception(
            "every-layout-a-line",
            "You routed where nothing needs routing. With all-to-all coupling every pair can meet directly: that is "
            "what the layout is sold for.",
            _every_layout_a_line,
            HEADLINE_FIGURE,
        ),
    ),
    alternatives=(_by_moving_list, _by_dictionary, _by_permutation),
    hints=(
        "All-to-all first: one CNOT a gate. On a line keep a list of who sits where.",
        "For one gate the control moves step by step; each step exchanges it with the neighbour on that side.",
        "Stop as soon as the two are neighbours. Each step is one SWAP, a SWAP is three CNOTs, then comes the gate.",
    ),
)

TASKS = (PREPARE_BELL, LEFT_UNENTANGLED, CONTROL_STAYS_PLUS, CNOTS_USED)
