"""Running circuits: results go to the machine that gave them, a failure costs one circuit, time is a job's own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cirq
import numpy as np
import pytest

from qlab import scorecard
from qlab._types import Bits
from qlab.circuits import Circuit
from qlab.devices import Device, grid, line, uniform_calibration
from qlab.devices.hardware import is_wait
from qlab.interop import Machine
from qlab.scorecard import DeviceError, Settings, VirtualMachine, execution
from qlab.scorecard.execution import Job
from qlab.scorecard.experiments import standard_circuits
from qlab.scorecard.fingerprint import fingerprint
from qlab.scorecard.paths import best_centre
from qlab.scorecard.tasks import dense_coding_tasks, depth_tasks
from qlab.scorecard.timing import OF_A_PROGRAM, throughput

TINY = Settings(ghz_sizes=(2,), idle_us=(0.0, 5.0), depths=(0, 4), distances=(1,), paths=1)


class Noisy(cirq.Sampler):
    """Two of these differ by their noise alone, which is nothing that a type or a name would show."""

    def __init__(self, noise: float) -> None:
        self._inner = cirq.DensityMatrixSimulator(noise=cirq.depolarize(noise), seed=1)
        self.calls = 0

    def run_sweep(self, program: Any, params: Any, repetitions: int = 1) -> Any:
        self.calls += 1
        return self._inner.run_sweep(program, params, repetitions)


def test_another_machine_of_the_same_kind_never_gets_stored_results(tmp_path: Path) -> None:
    good, bad = Noisy(0.001), Noisy(0.1)
    first = scorecard.run(good, couplings=line(2), shots=5000, settings=TINY, store=tmp_path)
    second = scorecard.run(bad, couplings=line(2), shots=5000, settings=TINY, store=tmp_path)
    assert bad.calls == good.calls > 0
    assert second.provenance.circuits_resumed == 0
    assert first.summary.fidelity.mean.low > second.summary.fidelity.mean.high
    third = scorecard.run(Noisy(0.001), couplings=line(2), shots=5000, settings=TINY, store=tmp_path)
    assert third.provenance.circuits_resumed == good.calls, "an equal one goes on where the first stopped"
    assert third.provenance.oldest


@pytest.mark.parametrize("change", ["qubits", "gateset", "name", "provenance"])
def test_what_else_tells_results_apart(tmp_path: Path, change: str) -> None:
    def measured(**options: Any) -> int:
        chip = cirq.Simulator(seed=1)
        card = scorecard.run(chip, couplings=line(2), shots=4000, settings=TINY, store=tmp_path, **options)
        return card.provenance.circuits_resumed

    changes: dict[str, dict[str, Any]] = {
        "qubits": {"qubits": cirq.GridQubit.rect(1, 2)},
        "gateset": {"gateset": cirq.CZTargetGateset()},
        "name": {"name": "another"},
        "provenance": {"provenance": {"patch": "north"}},
    }
    assert measured() == 0
    assert measured(**changes[change]) == 0
    assert measured() > 0
    assert measured(fresh=True) == 0


def test_yesterday_is_measured_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Tomorrow(execution.datetime):  # type: ignore[name-defined]
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return super().now(tz).replace(year=2999)

    options: dict[str, Any] = {"couplings": line(2), "shots": 4000, "settings": TINY, "store": tmp_path}
    scorecard.run(cirq.Simulator(seed=1), **options)
    assert scorecard.run(cirq.Simulator(seed=1), **options).provenance.circuits_resumed > 0
    monkeypatch.setattr(execution, "datetime", Tomorrow)
    assert scorecard.run(cirq.Simulator(seed=1), **options).provenance.circuits_resumed == 0


@pytest.mark.parametrize("spoilt", ["{}", "{", "[1]", ""])
def test_a_spoilt_file_is_measured_again(tmp_path: Path, spoilt: str) -> None:
    options: dict[str, Any] = {"couplings": line(2), "shots": 4000, "settings": TINY, "store": tmp_path}
    scorecard.run(cirq.Simulator(seed=1), **options)
    files = sorted(tmp_path.glob("*.json"))
    files[3].write_text(spoilt)
    assert scorecard.run(cirq.Simulator(seed=1), **options).provenance.circuits_resumed == len(files) - 1
    assert "counts" in json.loads(files[3].read_text())


def test_a_stopped_run_goes_on_from_its_stored_circuits(tmp_path: Path) -> None:
    def chip() -> VirtualMachine:
        return VirtualMachine(Device("chip", grid(2, 2), uniform_calibration(grid(2, 2))), 3)

    seen: list[str] = []

    def stop(experiment: str, done: int, planned: int) -> None:
        seen.append(experiment)
        assert 0 < done <= planned
        if experiment == "teleportation":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scorecard.run(chip(), shots=10_000, settings=TINY, store=tmp_path, on_batch=stop)
    assert scorecard.run(chip(), shots=10_000, settings=TINY, store=tmp_path).provenance.circuits_resumed == len(seen)
    other = scorecard.run(chip(), shots=9000, settings=TINY, store=tmp_path)
    # Another plan shares the one-shot jobs, and those whose shots are the fewest allowed under both.
    assert other.provenance.circuits_resumed < 10 < len(seen)


def test_fingerprints_see_state_and_not_chance() -> None:
    assert fingerprint(Noisy(0.1)) == fingerprint(Noisy(0.1)) != fingerprint(Noisy(0.2))
    assert fingerprint(cirq.Simulator(seed=1)) == fingerprint(cirq.Simulator(seed=2))
    assert fingerprint(lambda x: x + 1) != fingerprint(lambda x: x + 2)
    around: list[Any] = []
    around.append(around)
    assert fingerprint(around)


class Flaky:
    """Fails at random, after the shots are spent; counts them."""

    name, feed_forward, provenance = "flaky", False, {}

    def __init__(self, rate: float, error: BaseException, seed: int) -> None:
        self.couplings = grid(2, 3)
        self.labels = tuple("abcdef")
        self._inner = VirtualMachine(Device("chip", self.couplings, uniform_calibration(self.couplings)), seed)
        self._rng, self._rate, self._error, self.spent = np.random.default_rng(seed), rate, error, 0

    def sample_batch(self, circuits: Sequence[Circuit], shots: Sequence[int]) -> list[dict[str, Bits]]:
        self.spent += sum(shots)
        if self._rng.random() < self._rate:
            raise self._error
        return self._inner.sample_batch(circuits, shots)


@pytest.mark.parametrize("error", [ConnectionError("down"), json.JSONDecodeError("a page of HTML", "<html>", 0)])
def test_failed_jobs_cost_their_own_shots_and_the_budget_holds(error: Exception) -> None:
    for seed in range(5):
        flaky = Flaky(0.01, error, seed)
        card = scorecard.run(flaky, shots=20_000, settings=TINY, retry_wait_s=0.0)
        assert flaky.spent <= 20_000
        assert card.throughput.shots <= 20_000
        assert bool(card.failures) == ("failing sampler" in {fault.kind for fault in card.faults})


def test_who_is_interrupted_in_a_call_stops_and_does_not_ask_again() -> None:
    flaky = Flaky(1.0, KeyboardInterrupt(), 1)
    with pytest.raises(KeyboardInterrupt):
        scorecard.run(flaky, shots=20_000, settings=TINY, retry_wait_s=0.0)
    assert flaky.spent == 1


class Picky(VirtualMachine):
    """Takes no waits, as some vendors' machines do."""

    def sample_batch(self, circuits: Sequence[Circuit], shots: Sequence[int]) -> list[dict[str, Bits]]:
        if any(is_wait(o) for circuit in circuits for o in circuit):
            raise ValueError("WaitGate is not supported")
        return super().sample_batch(circuits, shots)


def test_what_a_machine_does_not_take_is_left_out_with_a_word() -> None:
    chip = Picky(Device("picky", grid(2, 2), uniform_calibration(grid(2, 2))), 1)
    card = scorecard.run(chip, shots=20_000, settings=TINY)
    assert [(s.experiment, "WaitGate is not supported" in s.reason) for s in card.skipped] == [("idle", True)]
    assert card.idle == ()
    assert card.failures == ()
    assert "WaitGate is not supported" in scorecard.render_html(card)
    assert scorecard.recompute(card) == card


class Silent(cirq.Simulator):
    calls = 0

    def run_batch(self, *args: Any, **named: Any) -> Any:
        Silent.calls += 1
        return super().run_batch(*args, **named)


def test_a_compiler_that_removes_gates_is_found_before_the_first_shot() -> None:
    def eager(piece: cirq.Circuit) -> cirq.Circuit:
        return cirq.Circuit(op for op in piece.all_operations() if cirq.num_qubits(op) < 2 or cirq.is_measurement(op))

    with pytest.raises(DeviceError, match=r"compiler must keep all 1 two-qubit gates .*; nothing was sent"):
        scorecard.run(Silent(seed=1), couplings=line(2), shots=4000, settings=TINY, compiler=eager)
    assert Silent.calls == 0


def test_dense_coding_and_depth_keep_their_gates_under_every_gateset() -> None:
    chip = grid(3, 3)
    for gateset in (cirq.CZTargetGateset(), cirq.SqrtIswapTargetGateset()):
        machine = Machine("x", cirq.Simulator(), chip, (), gateset)
        tasks = [
            *dense_coding_tasks(chip, [(0, 1)]),
            *depth_tasks(chip, [(0, 1)], (3,), 2, 1),
            *standard_circuits(chip),
        ]
        for task in tasks:
            machine.check(task.circuit)
            meant = sum(o.is_gate() and len(o.qubits) == 2 for o in task.circuit)
            sent = [op for op in machine.compiled(task.circuit).all_operations() if op in gateset]
            assert sum(cirq.num_qubits(op) == 2 and not cirq.is_measurement(op) for op in sent) >= meant > 0


class WithoutPhasedXZ(cirq.CZTargetGateset):
    """Says that it has no PhasedXZ, and compiles to it all the same."""

    def __contains__(self, item: Any) -> bool:
        return not isinstance(getattr(item, "gate", item), cirq.PhasedXZGate) and super().__contains__(item)


def test_a_gateset_is_obeyed_or_the_card_stops_before_the_first_shot() -> None:
    circuit = Circuit(2).h(0).cnot(0, 1).measure(0, 1, key="m")
    Machine("x", cirq.Simulator(), line(2), (), cirq.CZTargetGateset()).check(circuit)
    with pytest.raises(ValueError, match="gateset must hold every gate it compiles to, got"):
        Machine("x", cirq.Simulator(), line(2), (), WithoutPhasedXZ()).check(circuit)
    Silent.calls = 0
    with pytest.raises(DeviceError, match="nothing was sent"):
        scorecard.run(Silent(seed=1), couplings=line(2), shots=4000, settings=TINY, gateset=WithoutPhasedXZ())
    assert Silent.calls == 0


# ---------- Time ----------


def jobs(start: float, rate: float, *, cold: int = 0, seed: int = 1) -> list[Job]:
    rng = np.random.default_rng(seed)
    sizes = [1, 1, 1, *rng.choice([100, 400, 900, 2500], size=120)]
    waits = [30.0 * (i < cold) for i in range(len(sizes))]
    return [
        Job("x", int(n), (start + n / rate) * rng.uniform(0.95, 1.05) + w) for n, w in zip(sizes, waits, strict=True)
    ]


@pytest.mark.parametrize("cold", [0, 1])
def test_throughput_is_that_of_a_job(cold: int) -> None:
    flow = throughput(jobs(0.5, 1e4, cold=cold))
    assert flow.shots_per_s is not None
    assert flow.job_s is not None
    assert abs(flow.shots_per_s.value - 1e4) < 2000
    assert flow.shots_per_s.low <= 1e4 <= flow.shots_per_s.high
    assert flow.job_s.value == pytest.approx(0.5, abs=0.1)


def test_a_cold_start_or_a_clock_that_shows_nothing_gives_no_rate() -> None:
    for own in (jobs(0.5, 1e12), [Job("x", 100, 1.0)] * 5, jobs(0.5, 1e12, cold=3)):
        flow = throughput(own)
        assert flow.shots_per_s is None or flow.shots_per_s.value < 1e9
        assert flow.note or flow.shots_per_s is not None
    assert throughput(jobs(0.5, 1e4), untimed=OF_A_PROGRAM).note.startswith("simulated")


# ---------- GHZ patches ----------


def test_the_patch_is_the_best_one_and_the_answer_says_how_far_was_tried() -> None:
    chip = line(12)
    good = {edge: 0.01 if edge[0] >= 6 else 0.2 for edge in chip.edges}
    calibration = replace(uniform_calibration(chip), two_qubit_infidelity=good)
    settings = replace(TINY, ghz_sizes=(2, 4))
    card = scorecard.run(VirtualMachine(Device("half", chip, calibration), 1), shots=40_000, settings=settings)
    assert min(card.ghz[-1].patch) >= 6
    assert card.verdicts[3].answer == "at least 4, the largest tried"
    assert best_centre(chip, 4, {edge: 1 - error for edge, error in good.items()}) >= 6


def test_a_small_machine_is_tried_as_a_whole_and_a_cliff_stays_within() -> None:
    chip = grid(3, 3)
    for error in (0.0, 0.01, 0.05):
        machine = VirtualMachine(Device("nine", chip, uniform_calibration(chip, two_qubit_infidelity=error)), 1)
        card = scorecard.run(machine, shots=40_000, settings=replace(TINY, ghz_sizes=(2, 4, 10)))
        assert card.ghz[-1].qubits == 9 or card.ghz[-1].fidelity.high < 0.5
        cliff = card.summary.ghz_cliff
        assert cliff.qubits is None or cliff.qubits <= 9
        if cliff.kind == "extrapolated":
            assert cliff.low is not None
            assert cliff.high is not None
            assert cliff.qubits is not None
            assert cliff.low <= cliff.qubits <= cliff.high <= 9


def test_a_steady_decline_is_drift_and_a_steady_machine_has_none() -> None:
    class Fading(VirtualMachine):
        calls = 0

        def sample_batch(self, circuits: Sequence[Circuit], shots: Sequence[int]) -> list[dict[str, Bits]]:
            self.calls += 1
            error = min(0.5, 0.0008 * self.calls)
            chip = uniform_calibration(self.couplings, two_qubit_infidelity=error)
            return VirtualMachine(replace(self.device, calibration=chip), self.calls).sample_batch(circuits, shots)

    chip = grid(3, 3)
    device = Device("chip", chip, uniform_calibration(chip))
    fading = scorecard.run(Fading(device), shots=60_000, settings=TINY)
    assert "drift" in {fault.kind for fault in fading.faults}
    assert fading.verdicts[6].answer == "no"
    steady = scorecard.run(VirtualMachine(device, 4), shots=60_000, settings=TINY)
    assert "drift" not in {fault.kind for fault in steady.faults}
