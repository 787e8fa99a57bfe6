"""Task 03.prepare_bell: each of the four Bell states."""

from __future__ import annotations

import numpy as np

from qlab import measures, states
from qlab.checks import _forms as forms
from qlab.checks import _views as views
from qlab.checks._declaration import Declaration
from qlab.checks._families import ANY_GATE_ENTANGLES, BUILD_CIRCUITS, CONVENTION, IGNORANCE
from qlab.checks._task import Row
from qlab.circuits import Circuit
from qlab.simulator import statevector

task = Declaration(
    id="03.prepare_bell",
    points=3,
    title="Prepare each of the four Bell states",
    outcome=BUILD_CIRCUITS,
    returns=forms.circuit(2),
)

task.view(views.final_state)


@task.inputs
def _bell_inputs(rng: np.random.Generator) -> list[tuple[str]]:
    return [(states.BELL_NAMES[i],) for i in rng.permutation(4)]


@task.reference
def _prepare_bell(name: str) -> Circuit:
    circuit = Circuit(2).h(0).cnot(0, 1)
    if name.startswith("psi"):
        circuit = circuit.x(1)
    return circuit.z(0) if name.endswith("-") else circuit


_TELL = {"phi": "agree", "psi": "differ"}


@task.remark
def _what_is_prepared(rows: list[Row]) -> str | None:
    """What stands in the place of a Bell state: a product, another Bell state, or a measured one."""
    if not all(got.is_unitary() for got, _, _ in rows):
        return "Your circuit does more than gates: a measurement leaves bits, and no pair to share."
    for got, _, (name,) in rows:
        made = statevector.run(got)
        overlaps = {other: abs(np.vdot(states.bell_state(other), made)) ** 2 for other in states.BELL_NAMES}
        if overlaps[name] > 1 - 1e-9:
            continue
        if measures.concurrence(made) < 1e-9:
            return f"For {name!r} your circuit leaves the two qubits unentangled."
        for other, overlap in overlaps.items():
            if overlap > 1 - 1e-9 and other[:3] != name[:3]:
                return f"For {name!r} you prepare another Bell state: its bits {_TELL[other[:3]]} along Z."
            if overlap > 1 - 1e-9:
                return f"For {name!r} you prepare the Bell state with the other sign. The bits along Z are as asked."
    return None


@task.misconception(
    ANY_GATE_ENTANGLES,
    "You gave CNOT a definite control. Then it works like XOR on ordinary bits, and whatever comes out is a product: "
    "nothing was in superposition that could have been shared.",
)
def _bits_alone(name: str) -> Circuit:
    circuit = Circuit(2)
    if name.endswith("-"):
        circuit = circuit.x(0)
    if name.startswith("psi"):
        circuit = circuit.x(1)
    return circuit.cnot(0, 1)


@task.misconception(
    ANY_GATE_ENTANGLES,
    "You put both qubits into superposition first. Flipping |+⟩ changes nothing, so CNOT finds nothing to do and the "
    "two stay independent.",
)
def _hadamard_on_both(name: str) -> Circuit:
    circuit = Circuit(2).h(0).h(1).cnot(0, 1)
    if name.startswith("psi"):
        circuit = circuit.x(1)
    return circuit.z(0) if name.endswith("-") else circuit


@task.misconception(
    IGNORANCE,
    "You made pairs that agree or disagree along Z as asked, and stopped there. The sign is as real as the bits: it "
    "decides whether the results agree along X.",
)
def _signs_forgotten(name: str) -> Circuit:
    circuit = Circuit(2).h(0).cnot(0, 1)
    return circuit.x(1) if name.startswith("psi") else circuit


@task.misconception(
    CONVENTION,
    "You mixed up the two labels. Φ against Ψ says whether the bits agree, plus against minus is the phase between "
    "the two terms; X changes the one, Z the other.",
)
def _roles_exchanged(name: str) -> Circuit:
    circuit = Circuit(2).h(0).cnot(0, 1)
    if name.endswith("-"):
        circuit = circuit.x(1)
    return circuit.z(0) if name.startswith("psi") else circuit


@task.misconception(
    ANY_GATE_ENTANGLES,
    "You put the target, not the control, into superposition. The control decides whether to flip; only when it has "
    "not decided yet can the two come out tied together.",
)
def _target_in_superposition(name: str) -> Circuit:
    circuit = Circuit(2)
    if name.endswith("-"):
        circuit = circuit.x(1)
    circuit = circuit.h(1)
    if name.startswith("psi"):
        circuit = circuit.x(0)
    return circuit.cnot(0, 1)


@task.alternative
def _bits_first(name: str) -> Circuit:
    circuit = Circuit(2)
    if name.endswith("-"):
        circuit = circuit.x(0)
    if name.startswith("psi"):
        circuit = circuit.x(1)
    return circuit.h(0).cnot(0, 1)


@task.alternative
def _by_cz(name: str) -> Circuit:
    circuit = Circuit(2).h(0).h(1).cz(0, 1).h(1)
    if name in ("psi+", "psi-"):
        circuit = circuit.x(0)
    return circuit.z(1) if name in ("phi-", "psi-") else circuit


@task.alternative
def _other_way_round(name: str) -> Circuit:
    circuit = Circuit(2).h(1).cnot(1, 0)
    corrections = {"phi+": [], "phi-": ["z"], "psi+": ["x"], "psi-": ["x", "z"]}
    for gate in corrections[name]:
        circuit = circuit.gate(gate, 1)
    return circuit


TASK = task.with_hints(
    "One of the four is made by two gates from |00⟩. Get that one first and print its ket.",
    "From there the other three are one local gate or two away.",
    "X on one qubit exchanges agreeing and disagreeing; Z on one qubit changes the sign between the two terms.",
)
