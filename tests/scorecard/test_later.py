"""Before anything is sent, and after: plans that keep their word, jobs that survive a kill, machines behind files."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from qlab import scorecard
from qlab._types import Bits
from qlab.circuits import Circuit
from qlab.cli import app
from qlab.devices import CouplingMap, Device, all_to_all, grid, line, uniform_calibration, wait
from qlab.scorecard import DeviceError, Settings, VirtualMachine
from qlab.scorecard.experiments import standard_circuits
from qlab.scorecard.outlook import Rates, outlook, read_rates
from qlab.scorecard.queueing import JobFailed, Waiting
from qlab.scorecard.vendors.answers import Unusable
from qlab.scorecard.vendors.files import FileMachine

TINY = Settings(ghz_sizes=(2, 3), idle_us=(0.0, 5.0), depths=(0, 4), distances=(1, 2), paths=1)
CHIP = line(3)


def chip(couplings: CouplingMap = CHIP, seed: int = 1, **figures: float) -> VirtualMachine:
    return VirtualMachine(Device("chip", couplings, uniform_calibration(couplings, **figures)), seed)


# ---------- The plan ----------


class Untouchable(VirtualMachine):
    def sample_batch(self, circuits: Any, shots: Any) -> list[dict[str, Bits]]:
        raise AssertionError("something was sent")


def test_a_plan_sends_nothing_and_says_what_the_card_then_uses() -> None:
    device = Device("chip", grid(2, 3), uniform_calibration(grid(2, 3)))
    rates = Rates(per_job=0.3, per_shot=0.001, job_seconds=2.0, shots_per_second=1000.0)
    found = outlook(Untouchable(device), shots=30_000, settings=TINY, rates=rates)
    card = scorecard.run(VirtualMachine(device, 1), shots=30_000, settings=TINY)
    assert found.jobs == card.throughput.jobs
    assert found.shots == card.throughput.shots <= found.most_shots == 30_000
    assert found.price == pytest.approx(found.jobs * 0.3 + found.plan.total * 0.001)
    assert found.seconds == pytest.approx(found.jobs * 2.0 + found.plan.total / 1000)
    text = str(found)
    assert "Nothing was sent." in text
    assert "What it cannot decide:" in text
    assert f"At most {found.jobs} jobs" in text
    assert "not known" not in text
    assert "not known, no rates were given" in str(outlook(Untouchable(device), shots=30_000, settings=TINY))


def test_what_a_plan_calls_decidable_is_decided_nine_times_in_ten_and_what_it_does_not_is_not() -> None:
    """A pair whose true S lies at the stated value; the intervals of the plan are those of the worst case."""
    found = outlook(chip(line(2)), shots=9_000, settings=TINY)
    needs = next(d.needs for d in found.decisions if d.question.startswith("Bell test"))
    hits = 0
    for seed in range(20):
        machine = chip(line(2), seed, two_qubit_infidelity=float(0.75 * (1 - needs / (2 * np.sqrt(2)))))
        card = scorecard.run(machine, shots=9_000, settings=TINY)
        hits += next(row for row in card.protocols if row.protocol.startswith("Bell test")).passing
    assert hits >= 15  # 18 are promised; fewer than 15 have a chance of 1 %
    poor = outlook(chip(line(2)), shots=1_200, settings=TINY)
    assert not all(d.possible for d in poor.decisions)
    assert "with so few shots no machine is sure" in str(poor)


def test_a_plan_names_what_the_machine_has_no_room_for() -> None:
    text = str(outlook(chip(line(2)), shots=30_000, settings=replace(TINY, ghz_sizes=(2,))))
    assert "Anything of teleportation, swapping" in text
    assert "couplings, which are not measured" in str(
        outlook(chip(grid(3, 3)), shots=60_000, settings=replace(TINY, couplings=3))
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("per_job: -1", "per_job must"),
        ("per_jobs: 1", "rates must be fields of"),
        ("[1]", "rates must be fields of"),
        ("per_second: 1", "per_second needs job_seconds and shots_per_second"),
        ("shots_per_second: 0", "shots_per_second must"),
        ("a: b: c", "rates must be YAML"),
        ("per_shot: cheap", "per_shot must"),
    ],
)
def test_rates_out_of_reach_are_refused_by_name(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "rates.yml").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_rates(tmp_path / "rates.yml")


# ---------- Jobs that are answered later ----------


class Killed(BaseException):
    pass


@dataclass
class Vendor:
    """The far end: it goes on when our process dies."""

    jobs: dict[str, tuple[Circuit, int]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    calls: int = 0
    kill_at: int = -1
    fail_jobs: int = 0

    def step(self) -> None:
        self.calls += 1
        if self.calls == self.kill_at:
            raise Killed


class Cloud:
    """Our end of the line, made anew in each process."""

    name, feed_forward, provenance, identity = "cloud", False, {}, "cloud 1"
    couplings, labels = CHIP, ("a", "b", "c")

    def __init__(self, vendor: Vendor, *, finds: bool = True, ready: bool = True) -> None:
        self._vendor, self._ready = vendor, ready
        if finds:
            self.find = lambda tag: next((job for job, own in vendor.tags.items() if own == tag), None)

    def sample_batch(self, circuits: Any, shots: Any) -> list[dict[str, Bits]]:
        raise AssertionError

    def submit(self, circuit: Circuit, shots: int, tag: str) -> str:
        self._vendor.step()
        job = f"job-{len(self._vendor.jobs)}"
        self._vendor.jobs[job], self._vendor.tags[job] = (circuit, shots), tag
        self._vendor.step()
        return job

    def collect(self, job: str, circuit: Circuit, shots: int) -> dict[str, Bits] | None:
        self._vendor.step()
        assert self._vendor.jobs[job] == (circuit, shots)
        if not self._ready:
            return None
        if self._vendor.fail_jobs:
            self._vendor.fail_jobs -= 1
            raise JobFailed("the fridge is warm")
        return chip(seed=int(job[4:])).sample_batch([circuit], [shots])[0]


def collected(vendor: Vendor, store: Path, **options: Any) -> scorecard.Scorecard:
    return scorecard.run(Cloud(vendor, **options), shots=9_000, settings=TINY, store=store)


@pytest.fixture(scope="module")
def circuits(tmp_path_factory: pytest.TempPathFactory) -> int:
    vendor = Vendor()
    card = collected(vendor, tmp_path_factory.mktemp("store"))
    assert card.provenance.source == "hardware"
    assert set(card.provenance.job_ids) == set(vendor.jobs)
    assert card.provenance.circuits_resumed == 0
    assert card.throughput.note.startswith("answered later")
    assert scorecard.recompute(card) == card
    return len(vendor.jobs)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.95])
def test_a_run_killed_anywhere_loses_no_job_and_pays_none_twice(tmp_path: Path, circuits: int, share: float) -> None:
    vendor = Vendor(kill_at=max(1, int(share * 3 * circuits)))
    with pytest.raises(Killed):
        collected(vendor, tmp_path)
    card = collected(vendor, tmp_path)
    assert len(vendor.jobs) == circuits
    assert card.provenance.circuits_resumed == 0
    assert sorted(card.provenance.job_ids) == sorted(vendor.jobs)
    assert card.failures == ()
    assert not list(tmp_path.glob("*.job"))


def test_where_a_vendor_cannot_be_asked_the_doubt_is_said(tmp_path: Path, circuits: int) -> None:
    vendor = Vendor(kill_at=12)  # in the middle of the sixth job: taken, its id unheard
    with pytest.raises(Killed):
        collected(vendor, tmp_path, finds=False)
    card = collected(vendor, tmp_path, finds=False)
    assert len(vendor.jobs) == circuits + 1
    assert ["may have been sent twice" in f.error for f in card.failures] == [True]


def test_who_does_not_wait_sends_everything_and_collects_in_two_rounds(tmp_path: Path, circuits: int) -> None:
    vendor = Vendor()
    options: dict[str, Any] = {"shots": 9_000, "settings": TINY, "store": tmp_path, "wait": False}
    with pytest.raises(Waiting, match=r"0 of \d+ jobs are answered"):
        scorecard.run(Cloud(vendor, ready=False), **options)
    first = len(vendor.jobs)
    with pytest.raises(Waiting):
        scorecard.run(Cloud(vendor, ready=False), **options)
    assert len(vendor.jobs) == first < circuits
    card = scorecard.run(Cloud(vendor), **options)
    assert len(vendor.jobs) == circuits
    assert card.ghz
    # The next card is a new one of the same day, and says what it took over.
    again = scorecard.run(Cloud(vendor), **options)
    assert len(vendor.jobs) == circuits
    assert again.provenance.circuits_resumed == circuits
    scorecard.run(Cloud(vendor), **options, fresh=True)
    assert len(vendor.jobs) == 2 * circuits


def test_a_failed_job_is_sent_again_and_counted_and_not_for_ever(tmp_path: Path, circuits: int) -> None:
    vendor = Vendor(fail_jobs=2)
    card = collected(vendor, tmp_path / "a")
    assert len(vendor.jobs) == circuits + 2
    assert ["the fridge is warm" in f.error for f in card.failures] == [True, True]
    with pytest.raises(DeviceError, match=r"4 jobs failed, last job-\d+: the fridge is warm"):
        collected(Vendor(fail_jobs=10_000), tmp_path / "b")


def test_a_queue_needs_a_store() -> None:
    with pytest.raises(ValueError, match="store must be a folder for a machine that answers later, got None"):
        scorecard.run(Cloud(Vendor()), shots=9_000, settings=TINY)


# ---------- Files ----------

DESCRIPTION = {"name": "lab", "couplings": [[7, 5], [7, 9]], "qubits": [5, 7, 9], "bit_order": "c[0] last"}
GATES = {"cx": "cnot"}


def read_program(text: str, qubits: Sequence[int]) -> Circuit:
    """A second reading of the text, without any of the code that wrote it: each bit is a key of its own."""
    circuit = Circuit(len(qubits))
    for line_ in text.splitlines()[3:]:
        numbers = [list(qubits).index(int(q)) for q in re.findall(r"\$(\d+)", line_)]
        if found := re.match(r"c\[(\d+)\] = measure", line_):
            circuit = circuit.measure(numbers[0], key=f"b{found[1]}")
        elif found := re.match(r"delay\[(.*)us\]", line_):
            circuit = wait(circuit, float(found[1]), *numbers)
        elif not line_.startswith("barrier"):
            name, angle = re.match(r"(\w+)(?:\((.*)\))?", line_).groups()  # type: ignore[union-attr]
            circuit = circuit.gate(GATES.get(name, name), *numbers, params=(float(angle),) if angle else ())
    return circuit


def lab(folder: Path, spoil: Any = lambda entry: entry, order: int = -1) -> int:
    """Whoever sits at the machine: runs what lies in todo, lays answers into done; how many were done."""
    done = 0
    for path in sorted((folder / "todo").glob("*.json")):
        asked = json.loads(path.read_text())
        answer = folder / asked["answer"]
        if answer.exists():
            continue
        circuit = read_program((folder / "todo" / asked["program"]).read_text(), (5, 7, 9))
        bits = chip(seed=done, two_qubit_infidelity=0.01, readout_e1=0.02).sample_batch([circuit], [asked["shots"]])[0]
        rows = np.hstack([bits[f"b{i}"] for i in range(asked["bits"])])[:, ::order]
        words, often = np.unique(["".join(map(str, row)) for row in rows], return_counts=True)
        answer.parent.mkdir(exist_ok=True)
        counts = {"counts": {str(w): int(n) for w, n in zip(words, often, strict=True)}}
        answer.write_text(json.dumps(spoil(counts)))
        done += 1
    return done


def folder_of(place: Path, **changes: Any) -> Path:
    place.mkdir(exist_ok=True)
    (place / "machine.yml").write_text(json.dumps({**DESCRIPTION, **changes}))
    return place


def command(*arguments: Any) -> Any:
    return CliRunner().invoke(app, ["scorecard", "--quick", "--shots", "12000", *map(str, arguments)])


def test_a_machine_behind_files_is_measured_by_the_command_alone(tmp_path: Path) -> None:
    folder, out = folder_of(tmp_path / "lab"), tmp_path / "out"
    assert "Plan for lab" in command("--files", folder, "--plan").output
    assert not (folder / "todo").exists()
    rounds = 0
    while (told := command("--files", folder, "--out", out, "--no-wait")).exit_code == 3:
        assert "jobs are answered" in told.output
        assert lab(folder) > 0
        rounds += 1
    assert told.exit_code == 0, told.output
    assert rounds == 2
    card = scorecard.Scorecard.from_json((out / "scorecard.json").read_text())
    assert card.verdicts[0].answer == "yes"
    assert card.faults == ()
    assert card.device.labels == ("5", "7", "9")
    assert card.provenance.source == "unknown"
    assert scorecard.recompute(card) == card


def test_bits_in_the_other_order_are_found_out(tmp_path: Path) -> None:
    folder, out = folder_of(tmp_path / "lab"), tmp_path / "out"
    while (told := command("--files", folder, "--out", out, "--no-wait")).exit_code == 3:
        lab(folder, order=1)
    assert told.exit_code == 0
    card = scorecard.Scorecard.from_json((out / "scorecard.json").read_text())
    assert "swapped qubits" in {fault.kind for fault in card.faults}
    assert card.verdicts[6].answer == "no"
    assert card.verdicts[0].answer not in ("yes", "on 2 of 2")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda e: {"counts": {k: n - 1 for k, n in e["counts"].items()}}, "must sum to the 50 shots"),
        (lambda e: {"counts": {k: n / 10 for k, n in e["counts"].items()}}, "not shares or quasi-probabilities"),
        (lambda e: {"counts": {k + "0": n for k, n in e["counts"].items()}}, "an answer must be 3 times 0 or 1"),
        (lambda e: {"counts": {"0z1": 3}}, "an answer must be 3 times 0 or 1"),
        (lambda e: {"counts": {"0xzz": 3}}, "or a number 0x"),
        (lambda e: {"counts": {}}, "counts must be an object"),
        (lambda e: {"shots": [[0, 1, 2]]}, "rows, as many as asked for"),
        (lambda e: {"histogram": {}}, "must hold counts, shots or error"),
        (lambda e: [1], "must hold counts, shots or error"),
    ],
)  # fmt: skip
def test_answers_that_lie_or_lack_are_refused_by_the_name_of_their_file(
    tmp_path: Path, spoil: Any, message: str
) -> None:
    machine = FileMachine(folder_of(tmp_path / "lab"))
    circuit = Circuit(3).x(0).measure(0, 1, key="a").measure(2, key="b")
    job = machine.submit(circuit, 50, "tag")
    assert machine.collect(job, circuit, 50) is None
    lab(machine.folder, spoil)
    with pytest.raises(Unusable, match=rf"done/tag\.json: .*{message}"):
        machine.collect(job, circuit, 50)


def test_an_answer_that_cannot_be_ends_the_card_with_the_name_of_its_file(tmp_path: Path) -> None:
    folder, out = folder_of(tmp_path / "lab"), tmp_path / "out"
    command("--files", folder, "--out", out, "--no-wait")
    lab(folder, lambda e: {"counts": dict(list(e["counts"].items())[:-1])})
    told = command("--files", folder, "--out", out, "--no-wait")
    assert told.exit_code == 1
    assert "post-selected or lost" in told.output.replace("\n", "")
    assert "done/" in told.output.replace("\n", "")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bit_order": "big"}, "bit_order must be one of"),
        ({"couplings": [[5, 6]]}, "couplings must join two of the qubits"),
        ({"couplings": [[5, 5]]}, "couplings must join two of the qubits"),
        ({"couplings": []}, "couplings must be a list of pairs"),
        ({"couplings": [[5, "7"]]}, "each of couplings must"),
        ({"qubits": [5, 5, 7, 9]}, "qubits must be different"),
        ({"basis": "ms"}, "basis must be one of"),
        ({"dialect": "braket verbatim"}, "basis must be the machine's own for a verbatim box"),
        ({"name": ""}, "name must be a text"),
        ({"colour": "blue"}, "must hold name, couplings and bit_order, and no more"),
        ({"provenance": {"day": 3}}, "provenance must be texts by name"),
    ],
)
def test_descriptions_out_of_reach_are_refused_by_name(tmp_path: Path, changes: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FileMachine(folder_of(tmp_path / "lab", **changes))


def test_every_program_keeps_its_gates_and_its_fences() -> None:
    """On paper: as many two-qubit gates as meant, and between two on one pair always a barrier."""
    from qlab.scorecard.vendors.native import BASES, native

    for basis in BASES:
        for task in standard_circuits(all_to_all(6)):
            steps = native(task.circuit, basis)
            meant = sum(o.is_gate() and len(o.qubits) == 2 for o in task.circuit)
            assert sum(s.name in ("cx", "cz") for s in steps) == meant > 0
            if task.experiment in ("dense_coding", "depth"):
                inside = [s.name for s in steps if s.name in ("cx", "cz", "barrier")]
                assert all(
                    "barrier" in inside[i : i + 2]
                    for i in range(inside.index("cz" if "cz" in inside else "cx"), len(inside) - 1)
                )
