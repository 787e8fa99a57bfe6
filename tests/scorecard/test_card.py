"""Whole cards: ideal machines meet their ideals, injected faults are named, runs resume, liars are caught."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import cirq
import jsonschema
import numpy as np
import pytest

from qlab import scorecard
from qlab._types import Bits
from qlab.circuits import Circuit
from qlab.devices import CouplingMap, Device, grid, line, uniform_calibration
from qlab.scorecard import DeviceError, Estimate, Scorecard, Settings, VirtualMachine
from qlab.scorecard.conclusions.faults import Fault
from qlab.scorecard.execution import Refused
from qlab.scorecard.json_form import schema

SMALL = Settings(ghz_sizes=(2, 3, 4), idle_us=(0.0, 5.0), depths=(0, 4), distances=(1, 2), paths=2)
SCHEMA = json.loads((Path(scorecard.__file__).parent / "record.schema.json").read_text())
FIGURES = {"two_qubit_infidelity": 0.01, "readout_e0": 0.01, "readout_e1": 0.03, "t1_us": 80.0, "t2_us": 60.0}


def machine(couplings: CouplingMap | None = None, *, seed: int = 1, forward: bool = True, **figures: float) -> Any:
    chip = grid(2, 3) if couplings is None else couplings
    return VirtualMachine(Device("test chip", chip, uniform_calibration(chip, **figures)), seed, forward)


@cache
def noisy_card() -> Scorecard:
    return scorecard.run(machine(**FIGURES), shots=60_000, settings=SMALL)


def estimates(card: Scorecard) -> dict[str, tuple[list[Estimate], float]]:
    """Every figure of a card with its ideal."""
    return {
        "s": (card.figures("s"), 2 * np.sqrt(2)),
        "s corrected": (card.figures("s_corrected"), 2 * np.sqrt(2)),
        "fidelity": (card.figures("fidelity"), 1),
        "fidelity corrected": (card.figures("fidelity_corrected"), 1),
        "ghz": ([row.fidelity for row in card.ghz], 1),
        "teleportation": ([path.fidelity for path in card.teleportation.paths], 1),
        "dense coding": ([row.success for row in card.dense_coding], 1),
        "swapping": ([path.fidelity for path in card.swapping], 1),
        "sweeps": (
            [
                *(row.fidelity for row in card.idle),
                *(row.polarisation for row in card.depth),
                *(row.fidelity for row in card.distance),
            ],
            1,
        ),
        "readout": ([error for row in card.readout for error in (row.e0, row.e1)], 0),
    }


@pytest.mark.parametrize("forward", [True, False])
def test_every_figure_of_a_noiseless_cirq_simulator_meets_its_ideal(forward: bool) -> None:
    card = scorecard.run(
        cirq.Simulator(seed=11), couplings=grid(2, 3), shots=30_000, settings=SMALL, feed_forward=forward
    )
    for name, (found, ideal) in estimates(card).items():
        assert found, name
        for figure in found:
            # S is the one figure that fluctuates on a perfect machine: 7 couplings, two forms of it. Four standard
            # errors are two half widths.
            slack = figure.half_width if name.startswith("s") and name[:2] != "sw" and name != "sweeps" else 0
            assert figure.low - slack <= ideal <= figure.high + slack, (name, figure)
    assert card.faults == ()
    assert card.teleportation.mode == ("feed-forward" if forward else "deferred to the evaluation")
    assert [verdict.answer for verdict in card.verdicts[:2]] == ["yes", "yes"]
    assert {row.verdict for row in card.protocols} == {"yes"}


def test_the_record_fits_its_schema_and_returns() -> None:
    text = noisy_card().to_json()
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(text))
    assert list(json.loads(text)) == [f.name for f in fields(Scorecard)]
    assert Scorecard.from_json(text) == noisy_card()
    assert Scorecard.from_json(text).to_json() == text


def test_the_schema_is_that_of_the_types() -> None:
    made = schema(Scorecard)
    made["properties"]["schema"] = {"const": scorecard.SCHEMA}
    kept = {key: SCHEMA[key] for key in made}
    assert kept == made, "the form has changed: write record.schema.json anew, and give it a new number"


def test_every_figure_follows_from_the_counts_of_the_record() -> None:
    card = Scorecard.from_json(noisy_card().to_json())
    assert scorecard.recompute(card) == card
    counts = {
        **card.counts,
        "bell": {name: {key: {"00": 50, "11": 50} for key in a} for name, a in card.counts["bell"].items()},
    }
    other = scorecard.recompute(replace(card, counts=counts))
    assert other.summary.fidelity.mean.value == pytest.approx(0.5)
    assert other.protocols[0].verdict != "yes"


def test_a_card_without_inverted_readout_returns_too() -> None:
    card = scorecard.run(machine(line(2), readout_e0=0.55, readout_e1=0.55), shots=20_000, settings=SMALL)
    entry = json.loads(card.to_json())
    jsonschema.Draft202012Validator(SCHEMA).validate(entry)
    assert not {"s_corrected", "fidelity_corrected"} & set(entry["summary"])
    assert entry["couplings"][0]["s_corrected"] is None
    assert Scorecard.from_json(card.to_json()) == card


def test_whole_numbers_stay_whole_and_records_stay_closed() -> None:
    text = noisy_card().to_json().replace('"wall_seconds": ', '"wall_seconds": 3, "old": ')
    with pytest.raises(ValueError, match=r"record\.provenance must not hold 'old'"):
        Scorecard.from_json(text)
    whole = replace(noisy_card(), provenance=replace(noisy_card().provenance, wall_seconds=3)).to_json()
    assert '"wall_seconds": 3,' in Scorecard.from_json(whole).to_json()


def spoilt(path: str, value: Any) -> str:
    """A card's text with one entry put in another's place; nothing where the value is None."""
    entry: Any = json.loads(noisy_card().to_json())
    *before, last = path.split(".")
    place = entry
    for name in before:
        place = place[int(name)] if name.isdigit() else place[name]
    place.pop(last) if value is None else place.update({last: value})
    return json.dumps(entry)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("schema", "qlab.scorecard/9", r"schema must be 'qlab\.scorecard/2', got 'qlab\.scorecard/9'"),
        ("summary", None, "record must hold 'summary'"),
        ("summary", [], r"record\.summary must be an object, got \[\]"),
        ("couplings.1.s", None, r"record\.couplings\[1\] must hold 's'"),
        ("couplings.1.s", 2.8, r"record\.couplings\[1\]\.s must be an object, got 2\.8"),
        ("couplings.0.qubits", [1], r"record\.couplings\[0\]\.qubits must hold 2 entries, got \[1\]"),
        ("couplings.0.labels", "q0", r"record\.couplings\[0\]\.labels must be a list, got 'q0'"),
        ("device.qubits", 1.5, r"record\.device\.qubits must be of type int, got 1\.5"),
        ("device.qubits", True, r"record\.device\.qubits must be of type int, got True"),
        ("plan.targets", 3, r"record\.plan\.targets must be an object, got 3"),
        ("ghz.0.fidelity.low", 2, "estimate must be ordered low, value, high"),
    ],
)
def test_a_record_that_does_not_fit_is_refused_by_the_entry_at_fault(path: str, value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Scorecard.from_json(spoilt(path, value))


def test_what_is_no_record_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match=r"schema must be 'qlab\.scorecard/2', got 'qlab\.scorecard/9'"):
        replace(noisy_card(), schema="qlab.scorecard/9")
    with pytest.raises(ValueError, match="text must be JSON"):
        Scorecard.from_json("{")
    with pytest.raises(ValueError, match="text must hold an object"):
        Scorecard.from_json("[]")
    with pytest.raises(ValueError, match="figure must be one of 's'"):
        noisy_card().figures("speed")


def test_a_noisy_machine_shows_its_own_figures() -> None:
    for row in noisy_card().readout:
        for found, truth in ((row.e0, 0.01), (row.e1, 0.03)):
            assert abs(found.value - truth) < 2.1 * found.half_width + 1e-3
    corrected = noisy_card().mean("fidelity_corrected")
    assert abs(corrected.value - 0.99) < 2.1 * corrected.half_width
    error = noisy_card().summary.error_per_cnot
    assert error is not None
    assert abs(error.value - 0.01) < 2 * error.half_width
    # F(t) of |Φ+⟩ with both halves stored, relative to no wait; readout shrinks both alike.
    start, late = (row.fidelity for row in noisy_card().idle)
    gamma, t = 1 - np.exp(-5 / 80), 5.0
    kept = (1 + gamma**2 + (1 - gamma) ** 2) / 4 + np.exp(-2 * t / 60) / 2
    expected = 0.25 + (start.value - 0.25) * (4 * kept - 1) / 3
    assert abs(late.value - expected) < 2.1 * late.half_width + 0.006


def test_deferred_and_fed_forward_teleportation_agree() -> None:
    cards = [
        scorecard.run(machine(seed=s, forward=f, two_qubit_infidelity=0.03), shots=60_000, settings=SMALL)
        for s, f in ((2, True), (3, False))
    ]
    first, second = (c.teleportation.paths[0].fidelity for c in cards)
    assert abs(first.value - second.value) < 2.1 * np.hypot(first.half_width, second.half_width)
    assert 0.9 < first.value < 0.99


@pytest.mark.parametrize(
    ("figures", "cause"),
    [
        ({"readout_e1": 0.2}, "readout"),
        ({"two_qubit_infidelity": 0.08}, "gates"),
        ({"t1_us": 6.0, "t2_us": 5.0}, "coherence"),
    ],
)
def test_the_limiting_cause_is_named(figures: dict[str, float], cause: str) -> None:
    card = scorecard.run(machine(line(7), **figures), shots=40_000, settings=replace(SMALL, distances=(1, 2, 3)))
    assert card.limits[0].cause == cause


# ---------- Injected faults ----------


@dataclass
class Tampered:
    """A machine whose circuits or answers somebody has tampered with."""

    inner: Any
    dead: tuple[int, int] | None = None
    swapped: tuple[int, int] | None = None
    fails_every: int = 0
    drifts: bool = False
    provenance: dict[str, str] = field(default_factory=dict)
    calls: int = 0

    name = "tampered"
    feed_forward = True

    @property
    def couplings(self) -> CouplingMap:
        return self.inner.couplings

    @property
    def labels(self) -> tuple[str, ...]:
        return self.inner.labels

    def _broken(self, circuit: Circuit) -> Circuit:
        steps = []
        for o in circuit:
            steps.append(o)
            if self.dead is not None and o.is_gate() and set(o.qubits) == set(self.dead):
                steps += list(Circuit(circuit.num_qubits).noise("depolarizing", *o.qubits, params=(15 / 16,)))
            if self.drifts and o.is_gate() and len(o.qubits) == 2:
                strength = min(0.6, 0.004 * self.calls)
                steps += list(Circuit(circuit.num_qubits).noise("depolarizing", *o.qubits, params=(strength,)))
        return Circuit(circuit.num_qubits, tuple(steps))

    def sample_batch(self, circuits: Sequence[Circuit], shots: Sequence[int]) -> list[dict[str, Bits]]:
        self.calls += 1
        if self.fails_every and self.calls % self.fails_every == 0:
            raise ConnectionError("the line is down")
        if self.swapped is not None:
            circuits = [self._exchanged(c) for c in circuits]
        chip = VirtualMachine(self.inner.device, self.calls, True)
        noisy = [self._broken(c) for c in circuits]
        return chip.sample_batch(noisy, shots)

    def _exchanged(self, circuit: Circuit) -> Circuit:
        a, b = self.swapped or (0, 0)
        other = {a: b, b: a}
        steps = [o if o.key is None else replace(o, qubits=tuple(other.get(q, q) for q in o.qubits)) for o in circuit]
        return Circuit(circuit.num_qubits, tuple(steps))


def faults(tampered: Any, **options: Any) -> list[Fault]:
    card = scorecard.run(tampered, shots=30_000, settings=SMALL, retry_wait_s=0.0, **options)
    return list(card.faults)


def test_a_dead_coupling_is_found_and_named() -> None:
    (found,) = faults(Tampered(machine(), dead=(1, 4)))
    assert (found.kind, found.where) == ("no pair shown", (1, 4))
    assert "coupling q1–q4 shows no entanglement in XX, YY and ZZ" in found.text


def test_swapped_qubits_are_found_and_named() -> None:
    found = faults(Tampered(machine(), swapped=(0, 5)))
    assert ("swapped qubits", (0, 5)) in [(f.kind, f.where) for f in found]
    assert any("qubits q0 and q5 are swapped" in f.text for f in found)


def test_biased_readout_is_found_and_named() -> None:
    chip = grid(2, 3)
    calibration = uniform_calibration(chip)
    biased = replace(calibration, readout_e1=(0.0, 0.0, 0.0, 0.35, 0.0, 0.0))
    (found,) = faults(VirtualMachine(Device("biased", chip, biased)))
    assert (found.kind, found.where) == ("biased readout", (3,))
    assert "qubit q3 reports 1 as 0" in found.text


def test_a_qubit_that_misreads_most_of_the_time_is_not_called_miswired() -> None:
    chip = grid(2, 3)
    deaf = replace(uniform_calibration(chip), readout_e1=(0.0, 0.6, 0.0, 0.0, 0.0, 0.0))
    kinds = {f.kind for f in faults(VirtualMachine(Device("deaf", chip, deaf)))}
    assert "biased readout" in kinds
    assert not kinds & {"swapped qubits", "wrong answers"}


def test_a_sampler_that_fails_every_third_call_is_asked_again_and_named() -> None:
    (found,) = faults(Tampered(machine(), fails_every=3))
    assert found.kind == "failing sampler"
    assert "the sampler failed" in found.text


def test_a_drifting_machine_is_named() -> None:
    kinds = {f.kind for f in faults(Tampered(machine(), drifts=True))}
    assert "drift" in kinds


def test_a_sampler_that_never_recovers_is_given_up_with_its_experiment() -> None:
    with pytest.raises(DeviceError, match=r"experiment 'latency0': the sampler failed 3 times, last: the line is down"):
        scorecard.run(Tampered(machine(), fails_every=1), shots=30_000, settings=SMALL, retries=2, retry_wait_s=0.0)


class Liar:
    """Cuts, renames or invents the answers to one circuit."""

    name, feed_forward, provenance = "liar", True, {}

    def __init__(self, lie: str) -> None:
        self.inner, self.lie, self.calls = machine(), lie, 0
        self.couplings, self.labels = self.inner.couplings, self.inner.labels

    def sample_batch(self, circuits: Sequence[Circuit], shots: Sequence[int]) -> Any:
        answers = self.inner.sample_batch(circuits, shots)
        self.calls += 1
        if self.calls != 7:  # three tests of the latency, three bits of the identity, then readout
            return answers
        if self.lie == "few shots":
            return [{k: bits[:-1] for k, bits in a.items()} for a in answers]
        if self.lie == "missing key":
            return [{k: bits for k, bits in a.items() if k != "q2"} for a in answers]
        if self.lie == "not bits":
            return [{k: bits + 5 for k, bits in a.items()} for a in answers]
        return []


@pytest.mark.parametrize(
    ("lie", "message"),
    [
        ("few shots", r"experiment 'readout', circuit 'all0': result 'q0' must have shape \(\d+, 1\), got"),
        ("missing key", r"experiment 'readout', circuit 'all0': result 'q2' must have shape \(\d+, 1\), got None"),
        ("not bits", r"experiment 'readout', circuit 'all0': result 'q0' must hold zeros and ones"),
        ("no answer", "experiment 'readout': 1 circuit was sent and 0 came back"),
    ],
)
def test_a_lying_device_gets_an_error_that_names_the_experiment(lie: str, message: str) -> None:
    with pytest.raises(DeviceError, match=message):
        scorecard.run(Liar(lie), shots=30_000, settings=SMALL)


class LyingSampler(cirq.Simulator):
    """Keeps silent where gates join qubits."""

    def run_batch(self, programs: Any, *args: Any, **named: Any) -> Any:
        silent = any(cirq.num_qubits(op) == 2 and not cirq.is_measurement(op) for op in programs[0].all_operations())
        return [] if silent else super().run_batch(programs, *args, **named)


def test_a_lying_cirq_sampler_too() -> None:
    with pytest.raises(DeviceError, match="experiment 'chsh0': sampler must return one result for each of 1") as error:
        scorecard.run(LyingSampler(seed=1), couplings=grid(2, 3), shots=30_000, settings=SMALL)
    assert not isinstance(error.value, Refused), "whoever answers wrongly has taken the circuit"


def test_sweeps_take_an_executor() -> None:
    with ProcessPoolExecutor(2) as pool:
        cards = scorecard.sweep(["ideal", "synthetic_meridian"], shots=20_000, settings=SMALL, executor=pool)
    assert [c.name for c in cards] == ["ideal", "Meridian M-20 (synthetic)"]
    alone = scorecard.sweep(["ideal"], shots=20_000, settings=SMALL)[0]
    assert alone.couplings == cards[0].couplings, "same seed, same counts, wherever it runs"


def test_a_sample_of_couplings_is_spread_over_the_machine_and_speaks_for_itself_alone() -> None:
    card = scorecard.run(machine(line(9)), shots=30_000, settings=replace(SMALL, couplings=3))
    assert [row.qubits for row in card.couplings] == [(0, 1), (4, 5), (7, 8)]
    assert card.verdicts[0].answer == "yes, on the 3 measured of 8"


def test_what_is_not_asked_for_is_not_measured() -> None:
    bare = Settings(ghz_sizes=(), idle_us=(), depths=(), distances=(), paths=0)
    card = scorecard.run(machine(), shots=20_000, settings=bare)
    assert (card.ghz, card.idle, card.depth, card.distance, card.swapping) == ((), (), (), (), ())
    assert card.summary.error_per_cnot is None
    assert [verdict.answer for verdict in card.verdicts[3:5]] == ["not measured", "not measured"]
    assert "<svg" in scorecard.render_html(card)
    assert Scorecard.from_json(card.to_json()) == card


def test_a_pair_is_enough_for_a_card() -> None:
    card = scorecard.run(machine(line(2)), shots=20_000, settings=SMALL)
    assert card.swapping == ()
    assert card.teleportation.paths == ()
    assert [row.qubits for row in card.ghz] == [2]


def test_what_cannot_be_measured_is_refused() -> None:
    with pytest.raises(ValueError, match="couplings must be given for a sampler"):
        scorecard.run(cirq.Simulator())
    with pytest.raises(ValueError, match=r"couplings must be a CouplingMap, .* got 'list'"):
        scorecard.run(cirq.Simulator(), couplings=[(0, 1)])
    with pytest.raises(ValueError, match=r"sampler must have run_batch, as cirq\.Sampler has, got 'object'"):
        scorecard.run(object(), couplings=line(2))
    with pytest.raises(ValueError, match=r"seed must be a whole number of at least 0, got -1"):
        scorecard.load_machine("ideal", seed=-1)
    with pytest.raises(ValueError, match="couplings must hold at least one pair"):
        scorecard.run(machine(CouplingMap(3, ())))
    with pytest.raises(ValueError, match="budget must be at least"):
        scorecard.run(machine(), shots=100)
