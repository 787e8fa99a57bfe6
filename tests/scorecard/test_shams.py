"""More boxes that are not what they say: no yes where the truth is no, and said where it cannot be told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pytest

from qlab import scorecard
from qlab._types import Bits
from qlab.circuits import Circuit
from qlab.devices import Device, grid, uniform_calibration
from qlab.scorecard import DeviceError, Scorecard, Settings, VirtualMachine

SMALL = Settings(ghz_sizes=(2, 3, 4), idle_us=(0.0, 5.0), depths=(0, 4), distances=(1, 2), paths=2)
CHIP = grid(2, 3)
NOISE = {"two_qubit_infidelity": 0.02, "readout_e0": 0.02, "readout_e1": 0.04}
Answer = Callable[[Circuit, int, np.random.Generator], dict[str, Bits]]


def chip(rng: np.random.Generator, **figures: float) -> VirtualMachine:
    return VirtualMachine(Device("chip", CHIP, uniform_calibration(CHIP, **figures)), int(rng.integers(2**31)))


def honest(circuit: Circuit, shots: int, rng: np.random.Generator, **figures: float) -> dict[str, Bits]:
    return chip(rng, **(figures or NOISE)).sample_batch([circuit], [shots])[0]


@dataclass
class Box:
    answer: Answer
    name: str = "box"
    couplings: Any = CHIP
    feed_forward: bool = False
    labels: tuple[str, ...] = tuple("abcdef")
    provenance: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(11)

    def sample_batch(self, circuits: Sequence[Circuit], shots: Sequence[int]) -> list[dict[str, Bits]]:
        return [self.answer(c, n, self.rng) for c, n in zip(circuits, shots, strict=True)]


def pairs_of(circuit: Circuit) -> set[tuple[int, ...]]:
    return {o.qubits for o in circuit if o.is_gate() and len(o.qubits) == 2}


def measured_bits(circuit: Circuit) -> list[tuple[str, tuple[int, ...]]]:
    return [(o.key, o.qubits) for o in circuit if o.key is not None]


def classical(circuit: Circuit, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
    """½(|00⟩⟨00| + |11⟩⟨11|): each CNOT is followed by a full dephasing of both qubits, otherwise perfect."""
    dephased = Circuit(circuit.num_qubits)
    for o in circuit:
        dephased = Circuit(circuit.num_qubits, (*dephased, o))
        if o.is_gate() and len(o.qubits) == 2:
            for q in o.qubits:
                dephased = dephased.noise("phase_flip", q, params=(0.5,))
    return honest(dephased, shots, rng, two_qubit_infidelity=0.0)


def without_gates(circuit: Circuit, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
    """Counts of another circuit: the same without its two-qubit gates."""
    kept = tuple(o for o in circuit if not (o.is_gate() and len(o.qubits) == 2))
    return honest(Circuit(circuit.num_qubits, kept), shots, rng)


def of_the_last(state: dict[str, Any]) -> Answer:
    """Counts of another circuit: the one that was asked before, where it has the same keys."""

    def answer(circuit: Circuit, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
        before = state.get("last", circuit)
        state["last"] = circuit
        used = before if before.keys == circuit.keys else circuit
        return honest(used, shots, rng)

    return answer


def reversed_bits(circuit: Circuit, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
    """Qubit q answers for qubit n - 1 - q, whatever the key."""
    found = honest(circuit, shots, rng)
    flat = [(key, i) for key, qubits in measured_bits(circuit) for i in range(len(qubits))]
    columns = [found[key][:, i] for key, i in flat][::-1]
    out = {key: np.empty_like(bits) for key, bits in found.items()}
    for (key, i), column in zip(flat, columns, strict=True):
        out[key][:, i] = column
    return out


def taped(per: str) -> Answer:
    """Counts kept from an earlier run of the same circuit, its shots in another order each time."""
    tape: dict[str, dict[str, Bits]] = {}

    def answer(circuit: Circuit, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
        kept = tape.setdefault(f"{per} {circuit!r}", honest(circuit, shots, rng))
        order = rng.permutation(shots)
        return {key: bits[order] for key, bits in kept.items()}

    return answer


def rounded(circuit: Circuit, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
    """The expected counts, to the nearest shot: a histogram without any chance in it."""
    found = honest(circuit, 40 * shots, rng)
    return {key: bits[np.lexsort(bits.T)][20::40] for key, bits in found.items()}


def post_selected(circuit: Circuit, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
    """Shots in which a pair disagrees are thrown away, and others run in their place: ZZ, XX and YY alike."""
    found = honest(circuit, 8 * shots, rng, two_qubit_infidelity=0.5)
    out = {}
    for key, bits in found.items():
        good = bits if bits.shape[1] != 2 else bits[bits[:, 0] == bits[:, 1]]
        out[key] = (good if len(good) >= shots else bits)[:shots]
    return out


def lucky_pairs(circuit: Circuit, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
    """A box of shared seeds with S raised by leaving out losing rounds, as in the detection loophole."""
    found = {}
    for key, qubits in measured_bits(circuit):
        if not pairs_of(circuit) or len(qubits) != 2:
            return honest(circuit, shots, rng)
        turns = [[o for o in circuit if o.is_gate() and o.qubits == (q,) and o.name != "i"] for q in qubits]
        angles = [sum(float(o.params[0].real) for o in own if o.name == "ry") for own in turns]
        hidden = rng.uniform(0, 2 * np.pi, 4 * shots)
        alice, bob = np.cos(hidden + angles[0]), np.cos(hidden + angles[1])
        seen = rng.random(4 * shots) < np.abs(bob)
        rows = np.stack([alice < 0, bob < 0], axis=1)[seen][:shots]
        found[key] = rows.astype(np.uint8)
    return found


def drifting(circuit: Circuit, shots: int, rng: np.random.Generator, state: dict[str, int]) -> dict[str, Bits]:
    """The first half of the card on a good machine, the second on a bad one."""
    state["calls"] = state.get("calls", 0) + 1
    return honest(circuit, shots, rng, two_qubit_infidelity=0.005 if state["calls"] < 60 else 0.08)


def crosstalk(circuit: Circuit, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
    """Perfect alone; where two pairs run at once each CNOT errs often."""
    at_once = len({q for pair in pairs_of(circuit) for q in pair}) > 3
    return honest(circuit, shots, rng, two_qubit_infidelity=0.3 if at_once else 0.0)


def uniform(circuit: Circuit, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
    """Fair coins wherever pairs are asked for, and a good readout."""
    if not pairs_of(circuit):
        return honest(circuit, shots, rng)
    return {key: rng.integers(2, size=(shots, len(q))).astype(np.uint8) for key, q in measured_bits(circuit)}


def one_pair_for_all(circuit: Circuit, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
    """One good pair, (0, 1); all other CNOTs are left out."""
    kept = tuple(o for o in circuit if not (o.is_gate() and len(o.qubits) == 2 and set(o.qubits) != {0, 1}))
    return honest(Circuit(circuit.num_qubits, kept), shots, rng)


STATES: dict[str, dict[str, Any]] = {"last": {}, "drift": {}}
NOTHING: dict[str, Answer] = {
    "classically correlated": classical,
    "without its gates": without_gates,
    "the circuit before": of_the_last(STATES["last"]),
    "fair coins": uniform,
    "post-selected": post_selected,
    "hidden angle, losing rounds left out": lucky_pairs,
    "taped": taped("one tape"),
    "rounded": rounded,
}
"""Boxes that hold no pair, or whose answers are no samples: no yes for any of them."""

PARTS: dict[str, Answer] = {
    "reversed bits": reversed_bits,
    "one pair for all": one_pair_for_all,
    "crosstalk": crosstalk,
}


@cache
def card(name: str) -> Scorecard:
    return scorecard.run(Box({**NOTHING, **PARTS}[name]), shots=60_000, settings=SMALL)


def failed(found: Scorecard) -> set[str]:
    return {gate.name for gate in found.gates if not gate.passed}


@pytest.mark.parametrize("name", NOTHING)
def test_no_yes_for_a_box_that_holds_no_pair(name: str) -> None:
    found = card(name)
    assert {row.verdict for row in found.protocols} <= {"no", "not shown", "cannot tell"}, [
        (row.protocol, row.verdict, row.passing) for row in found.protocols
    ]
    assert found.summary.ghz_largest == 0
    for i in (0, 1, 3, 4):
        answer = found.verdicts[i].answer
        assert answer in ("no", "not shown", "cannot tell", "none shown", "not shown at the far end"), answer
    assert failed(found)


def test_one_pair_is_a_yes_for_one_pair() -> None:
    found = card("one pair for all")
    assert found.protocols[0].passing == found.protocols[1].passing == 1
    assert found.verdicts[0].answer == f"on 1 of {len(CHIP.edges)}"
    assert found.summary.ghz_largest <= 2
    assert found.verdicts[4].answer != "yes"


def test_bits_in_the_other_order_cost_every_yes_of_the_qubits_concerned() -> None:
    found = card("reversed bits")
    assert "swapped qubits" in {fault.kind for fault in found.faults}
    assert found.verdicts[6].answer == "no"
    assert found.protocols[0].passing == 0
    assert found.summary.ghz_largest == 0


def test_crosstalk_among_pairs_shows_in_the_pairs() -> None:
    found = card("crosstalk")
    assert found.verdicts[0].answer != "yes"
    assert found.protocols[1].verdict != "yes"


def test_a_machine_that_changes_in_mid_card_is_unsteady() -> None:
    state: dict[str, int] = {}
    found = scorecard.run(Box(lambda c, n, rng: drifting(c, n, rng, state)), shots=60_000, settings=SMALL)
    assert "drift" in {fault.kind for fault in found.faults}
    assert found.verdicts[6].answer == "no"


def test_readout_corrected_in_secret_cannot_be_told_from_a_good_readout_and_earns_no_more() -> None:
    """Counts as if readout were perfect: the card shows a machine without misreading, which its counts are."""

    def mitigated(circuit: Circuit, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
        return honest(circuit, shots, rng, two_qubit_infidelity=0.3)

    found = scorecard.run(Box(mitigated), shots=60_000, settings=SMALL)
    assert found.summary.e0.value == 0
    # The gates are as bad as they are: no S above 2 in truth, none here.
    assert {row.verdict for row in found.protocols if row.quantity == "S"} <= {"not shown", "no", "cannot tell"}
    assert "can forge all their answers" in scorecard.render_html(found)


def test_readout_corrected_for_pairs_only_is_found_by_what_inverting_it_gives() -> None:
    def mitigated(circuit: Circuit, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
        clean = bool(pairs_of(circuit))
        figures = {"readout_e0": 0.0 if clean else 0.05, "readout_e1": 0.0 if clean else 0.08}
        return honest(circuit, shots, rng, **figures)

    found = scorecard.run(Box(mitigated), shots=60_000, settings=SMALL)
    assert "each qubit misreads on its own" in failed(found)
    assert found.summary.s_corrected is None
    assert found.summary.fidelity_corrected is None


def test_a_simulation_fitted_to_the_claims_gets_its_yes_and_page_one_says_what_it_is_worth() -> None:
    found = scorecard.run(Box(honest), shots=60_000, settings=SMALL)
    assert failed(found) == set()
    assert found.provenance.source == "unknown"
    html = scorecard.render_html(found)
    top = html[: html.index('id="checks"')]
    assert "UNKNOWN. The answers came without job ids" in top
    assert "A machine cannot be told from a good simulation" in top


def test_shots_that_are_left_out_are_refused() -> None:
    def fewer(circuit: Circuit, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
        return honest(circuit, max(1, shots * 9 // 10), rng)

    with pytest.raises(DeviceError, match="must have shape"):
        scorecard.run(Box(fewer), shots=60_000, settings=SMALL)
