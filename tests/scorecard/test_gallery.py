"""A gallery of boxes that hold nothing, or not what they should: each gets the right words, none an unearned yes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import cirq
import numpy as np
import pytest

from qlab import scorecard
from qlab._types import Bits
from qlab.circuits import Circuit, Operation
from qlab.devices import CouplingMap, Device, grid, uniform_calibration
from qlab.scorecard import Scorecard, Settings, VirtualMachine

SMALL = Settings(ghz_sizes=(2, 3, 4), idle_us=(0.0, 5.0), depths=(0, 4), distances=(1, 2), paths=2)
CHIP = grid(2, 3)
SHOTS = 60_000

Answer = Callable[[Circuit, int, np.random.Generator], dict[str, Bits]]


def chip(seed: int = 1, **figures: float) -> VirtualMachine:
    return VirtualMachine(Device("chip", CHIP, uniform_calibration(CHIP, **figures)), seed)


def ideally(circuit: Circuit, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
    return chip(int(rng.integers(2**31))).sample_batch([circuit], [shots])[0]


@dataclass
class Box:
    """Whatever stands behind the wire."""

    answer: Answer
    name: str = "box"
    couplings: CouplingMap = CHIP
    feed_forward: bool = False
    labels: tuple[str, ...] = tuple(f"q{i}" for i in range(6))
    provenance: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(3)

    def sample_batch(self, circuits: Sequence[Circuit], shots: Sequence[int]) -> list[dict[str, Bits]]:
        return [self.answer(c, n, self.rng) for c, n in zip(circuits, shots, strict=True)]


def keys(circuit: Circuit) -> list[tuple[str, tuple[int, ...]]]:
    return [(o.key, o.qubits) for o in circuit if o.key is not None]


def joined(circuit: Circuit) -> bool:
    return any(o.is_gate() and len(o.qubits) == 2 for o in circuit)


def constant(bit: int) -> Answer:
    return lambda circuit, shots, _: {
        key: np.full((shots, len(qubits)), bit, dtype=np.uint8) for key, qubits in keys(circuit)
    }


def shared_seed(circuit: Circuit, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
    """One random bit for all qubits."""
    seed = rng.integers(2, size=(shots, 1)).astype(np.uint8)
    return {key: np.repeat(seed, len(qubits), axis=1) for key, qubits in keys(circuit)}


def careful_seed(circuit: Circuit, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
    """The same, but each qubit knows its own number when asked alone."""
    return shared_seed(circuit, shots, rng) if joined(circuit) else ideally(circuit, shots, rng)


def last_turns(circuit: Circuit, qubit: int) -> list[Operation]:
    """What is done to a qubit after its last two-qubit gate."""
    turns: list[Operation] = []
    for o in circuit:
        if o.is_gate() and qubit in o.qubits and o.name != "i":
            turns = [] if len(o.qubits) == 2 else [*turns, o]
    return turns


def knowing(*, nonlocal_box: bool) -> Answer:
    """Answers laid down for every setting: ⟨XX⟩ = ⟨ZZ⟩ = 1 and ⟨YY⟩ = -1, yet S = 2; or a PR box, S = 4."""

    def answer(circuit: Circuit, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
        if not joined(circuit):
            return ideally(circuit, shots, rng)
        found = {}
        for key, qubits in keys(circuit):
            laid = rng.integers(2, size=(shots, 3)).astype(np.uint8)
            turns = [last_turns(circuit, q) for q in qubits]
            names = ["".join(o.name for o in own) for own in turns]
            axis = {"h": 0, "sdgh": 1}.get(names[0], 2)
            bits = np.repeat(laid[:, [axis]], len(qubits), axis=1)
            if axis == 1 and len(qubits) > 1:
                bits[:, 1] ^= 1
            if nonlocal_box and names[-1] == "ry" and len(qubits) == 2:
                second = bool(turns[0]) and turns[1][-1].params[0].real > 0
                bits[:, 1] ^= np.uint8(second)
            found[key] = bits
        return found

    return answer


def replayed() -> Answer:
    tape: dict[str, dict[str, Bits]] = {}

    def answer(circuit: Circuit, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
        if repr(circuit) not in tape:
            tape[repr(circuit)] = chip(5, two_qubit_infidelity=0.01).sample_batch([circuit], [shots])[0]
        return tape[repr(circuit)]

    return answer


def smoothed(circuit: Circuit, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
    """Each histogram drawn forty times as large, then thinned out evenly."""
    many = chip(int(rng.integers(2**31)), two_qubit_infidelity=0.01).sample_batch([circuit], [40 * shots])[0]
    return {key: bits[np.lexsort(bits.T)][20::40] for key, bits in many.items()}


def misread_together(circuit: Circuit, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
    """Neighbours 2i and 2i+1 are misread together in one shot of ten, and never alone."""
    found = ideally(circuit, shots, rng)
    wrong = rng.random((shots, 3)) < 0.1
    return {key: found[key] ^ wrong[:, [q // 2 for q in qubits]] for key, qubits in keys(circuit)}


def with_steps(after: Callable[[Operation], list[Operation]], circuit: Circuit) -> Circuit:
    return Circuit(circuit.num_qubits, tuple(step for o in circuit for step in (o, *after(o))))


def turned_frame(circuit: Circuit, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
    """Every CNOT between 1 and 4 is followed by a Z."""

    def after(o: Operation) -> list[Operation]:
        return [Operation("z", (o.qubits[0],))] if o.is_gate() and set(o.qubits) == {1, 4} else []

    return ideally(with_steps(after, circuit), shots, rng)


def shrunk(circuit: Circuit, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
    """A compiler that finds out that CNOTs there and back undo each other; a CNOT errs in 3 %."""
    undone = sum(o.name == "cnot" and 0 in o.qubits for o in circuit) > 3
    return chip(int(rng.integers(2**31)), two_qubit_infidelity=0.0 if undone else 0.03).sample_batch(
        [circuit], [shots]
    )[0]


def depolarised(circuit: Circuit, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
    """Every CNOT leaves noise."""
    return chip(int(rng.integers(2**31)), two_qubit_infidelity=0.75).sample_batch([circuit], [shots])[0]


BOXES: dict[str, Callable[[], Box]] = {
    "all zeros": lambda: Box(constant(0)),
    "all ones": lambda: Box(constant(1)),
    "shared seed": lambda: Box(shared_seed),
    "careful shared seed": lambda: Box(careful_seed),
    "seed that knows the settings": lambda: Box(knowing(nonlocal_box=False)),
    "PR box": lambda: Box(knowing(nonlocal_box=True)),
    "replayed": lambda: Box(replayed()),
    "smoothed": lambda: Box(smoothed),
    "depolarised": lambda: Box(depolarised),
    "misread together": lambda: Box(misread_together),
    "turned frame": lambda: Box(turned_frame),
    "shrunk": lambda: Box(shrunk),
}  # fmt: skip


@cache
def card(name: str) -> Scorecard:
    return scorecard.run(BOXES[name](), shots=SHOTS, settings=SMALL)


def failed(found: Scorecard) -> set[str]:
    return {gate.name for gate in found.gates if not gate.passed}


EMPTY = {
    "all zeros": "readout tells 0 from 1",
    "all ones": "readout tells 0 from 1",
    "shared seed": "readout tells 0 from 1",
    "careful shared seed": "no negative share of a Bell state",
    "seed that knows the settings": "one state explains both tests",
    "PR box": "S within 2√2",
    "replayed": "answers are fresh samples",
    "smoothed": "answers are fresh samples",
    "depolarised": "some pair beats every shared seed",
}
"""What each box that holds nothing, or shows nothing, fails."""


@pytest.mark.parametrize("name", EMPTY)
def test_a_box_that_holds_nothing_gets_no_yes(name: str) -> None:
    found = card(name)
    assert EMPTY[name] in failed(found)
    assert {row.verdict for row in found.protocols} <= {"no", "not shown", "cannot tell"}
    assert all(row.passing == 0 for row in found.protocols)
    answers = [verdict.answer for verdict in found.verdicts]
    for i in (0, 1, 3, 4):
        assert answers[i] in ("no", "not shown", "cannot tell", "none shown", "not shown at the far end"), answers[i]
    assert found.summary.ghz_largest == 0
    assert found.summary.violating == 0 or name in ("replayed", "smoothed")
    html = scorecard.render_html(found)
    assert "Checks that failed" in html
    assert "No fault was found" not in html


@pytest.mark.parametrize("name", [n for n in EMPTY if n != "depolarised"])
def test_it_is_called_unsteady_and_its_fault_has_a_name(name: str) -> None:
    found = card(name)
    assert found.faults
    if name != "seed that knows the settings":
        assert found.verdicts[6].answer == "no"
    assert {fault.kind for fault in found.faults} & {"impossible counts", "deaf qubit"}


def test_a_depolarised_machine_is_told_that_nothing_was_shown_not_that_nothing_is_there() -> None:
    found = card("depolarised")
    assert found.verdicts[0].answer == "not shown"
    assert {fault.kind for fault in found.faults} <= {"no pair shown", "missing CNOTs"}
    assert all("shows no entanglement in XX, YY and ZZ" in f.text for f in found.faults if f.kind == "no pair shown")
    assert failed(found) <= {"some pair beats every shared seed", "more CNOTs cost more"}


def test_qubits_that_misread_together_are_named_and_inverted_figures_withdrawn() -> None:
    found = card("misread together")
    assert "each qubit misreads on its own" in failed(found)
    assert "correlated readout" in {fault.kind for fault in found.faults}
    assert found.summary.s_corrected is None
    assert found.summary.fidelity_corrected is None
    # Misread together, (0, 1) and (4, 5) keep their raw S; misread apart, the others fall below 2.
    assert found.verdicts[1].answer == "on 2 of 7"


def test_a_turned_frame_is_no_dead_coupling() -> None:
    found = card("turned frame")
    (row,) = [row for row in found.couplings if row.qubits == (1, 4)]
    assert row.bell_state == "Φ−"
    assert row.fidelity.value > 0.95
    assert row.s.low > 2
    assert [(f.kind, f.where) for f in found.faults if f.where == (1, 4)] == [("wrong frame", (1, 4))]
    assert "no pair shown" not in {f.kind for f in found.faults}
    assert found.verdicts[0].answer == "yes"


def test_a_compiler_that_removes_the_cnots_earns_no_error_rate() -> None:
    found = card("shrunk")
    assert "more CNOTs cost more" in failed(found)
    assert "missing CNOTs" in {fault.kind for fault in found.faults}
    (row,) = [row for row in found.protocols if row.protocol.startswith("CNOT error")]
    assert row.verdict == "not shown"
    assert "One CNOT" not in found.verdicts[2].text


def test_swapped_labels_cost_the_yes_where_they_are_and_no_dead_coupling_is_seen() -> None:
    def swapped(circuit: Circuit, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
        other = {0: 5, 5: 0}
        steps = [o if o.key is None else replace(o, qubits=tuple(other.get(q, q) for q in o.qubits)) for o in circuit]
        return ideally(Circuit(circuit.num_qubits, tuple(steps)), shots, rng)

    found = scorecard.run(Box(swapped), shots=SHOTS, settings=SMALL)
    assert ("swapped qubits", (0, 5)) in [(f.kind, f.where) for f in found.faults]
    assert "no pair shown" not in {f.kind for f in found.faults}
    assert found.protocols[0].verdict == "partly"
    touched = sum(bool({0, 5} & set(edge)) for edge in CHIP.edges)
    assert found.protocols[0].passing == len(CHIP.edges) - touched
    assert found.verdicts[0].answer == f"on {len(CHIP.edges) - touched} of {len(CHIP.edges)}"
    assert found.verdicts[6].answer == "no"


def test_a_faithful_simulator_gets_its_yes_and_page_one_says_what_it_is_worth() -> None:
    found = scorecard.run(cirq.Simulator(seed=4), couplings=CHIP, shots=SHOTS, settings=SMALL)
    assert failed(found) == set()
    assert [verdict.answer for verdict in found.verdicts[:2]] == ["yes", "yes"]
    html = scorecard.render_html(found)
    top = html[: html.index('id="checks"')]
    assert "SIMULATED. No machine was measured" in top
    assert "yes, if the counts come from the machine named" in top


def test_samplers_of_cirq_that_hold_nothing_fail_too() -> None:
    found = scorecard.run(cirq.ZerosSampler(), couplings=CHIP, shots=SHOTS, settings=SMALL)
    assert {row.verdict for row in found.protocols} <= {"no", "not shown", "cannot tell"}
    assert found.summary.ghz_largest == 0


@pytest.mark.parametrize("seed", range(4))
def test_an_honest_noisy_machine_passes_every_check(seed: int) -> None:
    figures = {"two_qubit_infidelity": 0.02, "readout_e0": 0.02, "readout_e1": 0.06, "one_qubit_infidelity": 1e-3}
    found = scorecard.run(chip(seed, **figures, t1_us=60.0, t2_us=40.0), shots=30_000, settings=SMALL)
    assert failed(found) == set(), [g.text for g in found.gates if not g.passed]
    assert found.faults == ()


def over_rotated(angle: float) -> Answer:
    def answer(circuit: Circuit, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
        def after(o: Operation) -> list[Operation]:
            return [Operation("rzz", o.qubits, (angle,))] if o.is_gate() and o.name == "cnot" else []

        return ideally(with_steps(after, circuit), shots, rng)

    return answer


def test_the_error_of_a_cnot_counts_what_a_bell_pair_does_not_feel() -> None:
    """ZZ over-rotation: average infidelity 4/5 sin²(θ/2). On Bell pairs alone half of it goes unseen."""
    angle = 0.2
    truth = 0.8 * np.sin(angle / 2) ** 2
    figures: list[Any] = []
    for seed in range(3):
        settings = replace(SMALL, depths=(0, 4, 10), seed=seed)
        error = scorecard.run(Box(over_rotated(angle)), shots=150_000, settings=settings).summary.error_per_cnot
        assert error is not None
        figures.append(error)
    found = float(np.mean([e.value for e in figures]))
    assert abs(found - truth) < 0.25 * truth
    assert sum(e.low <= truth <= e.high for e in figures) >= 2
