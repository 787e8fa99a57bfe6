"""The card itself: what is measured in which order, and the record that comes out."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from qlab import _validate
from qlab.devices import CouplingMap
from qlab.scorecard import findings, tasks
from qlab.scorecard.estimates import Estimate, median
from qlab.scorecard.execution import Measured, Results, Runner
from qlab.scorecard.planning import Plan, plan_shots
from qlab.scorecard.tasks import Edge, Task

SCHEMA = "qlab.scorecard/1"
"""Name and version of the JSON form; a change that readers would notice gets a new number."""

MOST_SIDE_BY_SIDE = 24
"""Pairs of one group that the sweeps (waiting, depth) and superdense coding exercise at once."""

Entry = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """What a card measures, apart from the shots.

    Attributes:
        couplings: how many couplings to test, by default all; a sample is spread evenly over the machine.
        ghz_sizes: sizes of GHZ states, ascending; measured until one falls below 1/2.
        idle_us: waiting times of the idle test in µs, the first one 0.
        depths: pairs of CNOTs of the depth test, the first one 0.
        distances: couplings between the ends of the routed pairs.
        paths: at most so many disjoint paths for teleportation, swapping and routing.
        targets: half widths asked for, where they differ from the defaults of the plan.
    """

    couplings: int | None = None
    ghz_sizes: tuple[int, ...] = (2, 3, 4, 6, 8, 10)
    idle_us: tuple[float, ...] = (0.0, 1.0, 5.0, 20.0)
    depths: tuple[int, ...] = (0, 2, 5, 10)
    distances: tuple[int, ...] = (1, 2, 3, 5)
    paths: int = 6
    targets: Mapping[str, float] | None = None


QUICK = Settings(couplings=12, ghz_sizes=(2, 4, 6), idle_us=(0.0, 5.0), depths=(0, 5), distances=(1, 3), paths=2)
"""A small card for a first look."""


@dataclass(frozen=True)
class Scorecard:
    """A finished card: plain data in a versioned form, with the figures that are asked for most.

    Attributes:
        record: everything, as it stands in the JSON file.
    """

    record: Mapping[str, Any]

    def __post_init__(self) -> None:
        if self.record.get("schema") != SCHEMA:
            raise _validate.fail("schema", f"must be {SCHEMA!r}", self.record.get("schema"))

    @property
    def name(self) -> str:
        """Of the machine."""
        return str(self.record["device"]["name"])

    def figures(self, name: str) -> list[Estimate]:
        """A figure of every coupling: ``"s"``, ``"s_corrected"``, ``"fidelity"`` or ``"fidelity_corrected"``."""
        rows = (row[name] for row in self.record["couplings"])
        return [Estimate.from_data(row) for row in rows if row is not None]

    def median(self, name: str) -> Estimate:
        """Median of a figure over the couplings, with an interval for shot noise."""
        return median(self.figures(name))

    def to_json(self) -> str:
        """The record as JSON text."""
        return json.dumps(self.record, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Scorecard:
        """Read a record back."""
        try:
            record = json.loads(text)
        except json.JSONDecodeError as error:
            raise _validate.fail("text", f"must be JSON ({error})", text[:40]) from None
        if not isinstance(record, dict):
            raise _validate.fail("text", "must hold an object", record)
        return cls(record)


def chosen_couplings(couplings: CouplingMap, limit: int | None) -> list[list[Edge]]:
    """Groups of couplings that share no qubit: all of them, or an even sample of so many."""
    edges = list(couplings.edges)
    if not edges:
        raise _validate.fail("couplings", "must hold at least one pair", couplings)
    if limit is not None and limit < len(edges):
        count = _validate.integer("couplings", limit, 1)
        edges = [edges[round(i)] for i in np.linspace(0, len(edges) - 1, count)]
    kept = set(edges)
    groups = CouplingMap(couplings.num_qubits, tuple(kept), couplings.positions).matchings()
    return [list(group) for group in groups]


class _Measurement:
    """One run over all experiments: first the tasks with their shots, then the figures."""

    def __init__(self, runner: Runner, settings: Settings, budget: int) -> None:
        self.runner, self.settings, self.machine = runner, settings, runner.machine
        self.map = runner.machine.couplings
        self.groups = chosen_couplings(self.map, settings.couplings)
        self.edges = sorted(edge for group in self.groups for edge in group)
        widest = max(self.groups, key=len)
        self.side_by_side = widest[:: -(-len(widest) // MOST_SIDE_BY_SIDE)]
        self.triples = tasks.disjoint_paths(self.map, 2, settings.paths)
        self.quads = tasks.disjoint_paths(self.map, 3, settings.paths)
        self.lengths = self._distances()
        largest = int((self.map.distances >= 0).sum(axis=1).max())
        self.sizes = [n for n in settings.ghz_sizes if 2 <= n <= largest]
        self.plan = plan_shots(self._circuits(), budget, settings.targets)

    def _distances(self) -> list[list[tasks.Path]]:
        lengths = (d for d in self.settings.distances if d <= self.map.diameter)
        found = [tasks.disjoint_paths(self.map, d, self.settings.paths, shortest=True) for d in lengths]
        return [paths for paths in found if paths]

    def _once(self) -> dict[str, list[Task]]:
        """Every experiment that is one batch; those for which the machine has no room are left out."""
        found = {
            "identity": tasks.identity_tasks(self.map),
            "readout": tasks.readout_tasks(self.map),
            "bell": tasks.bell_tasks(self.map, self.groups),
            "dense_coding": tasks.dense_coding_tasks(self.map, self.side_by_side),
            "idle": tasks.idle_tasks(self.map, self.side_by_side, self.settings.idle_us),
            "depth": tasks.depth_tasks(self.map, self.side_by_side, self.settings.depths),
            "distance": tasks.distance_tasks(self.map, self.lengths),
        }
        if self.triples:
            feed_forward = self.machine.feed_forward
            found["teleportation"] = tasks.teleportation_tasks(self.map, self.triples, feed_forward=feed_forward)
        if self.quads:
            found["swapping"] = tasks.swapping_tasks(self.map, self.quads)
        return found

    def _circuits(self) -> dict[str, int]:
        counts = {name: len(own) for name, own in self._once().items()}
        counts["chsh"] = 4 * len(self.groups) * tasks.REPEATS
        counts["ghz"] = sum(n + 1 for n in self.sizes)
        return counts

    def measure(self) -> Entry:
        """Run everything and return the figures by experiment."""
        once, shots = self._once(), self.plan.shots
        chsh: list[Results] = []
        results: dict[str, Results] = {}
        latency = self._latency()
        order = ["identity", "readout", "CHSH", "bell", "dense_coding", "teleportation", "CHSH"]
        for name in [*order, "swapping", "idle", "depth", "distance", "CHSH"]:
            if name == "CHSH":
                own = tasks.chsh_tasks(self.map, self.groups, len(chsh))
                chsh.append(self.runner.run(own, max(1, shots["chsh"])))
            elif name in once:
                results[name] = self.runner.run(once[name], shots[name])
        ghz = self._ghz(shots["ghz"]) if self.sizes else []
        readout = findings.Readout(results["readout"])
        return {
            "couplings": self._couplings(results["bell"], chsh, readout),
            "readout": [self._qubit(readout, q) for q in range(self.map.num_qubits)],
            "ghz": ghz,
            "teleportation": self._teleportation(results.get("teleportation")),
            "dense_coding": [
                {"qubits": list(e), "success": findings.dense_coding_success(results["dense_coding"], e).to_data()}
                for e in self.side_by_side
            ],
            "swapping": [
                {"qubits": list(p), "fidelity": findings.swapped_fidelity(results["swapping"], i).to_data()}
                for i, p in enumerate(self.quads)
            ],
            "idle": self._sweep(results["idle"], "time_us", self.settings.idle_us, len(self.side_by_side)),
            "depth": self._sweep(
                results["depth"], "cnots", [1 + 2 * d for d in self.settings.depths], len(self.side_by_side)
            ),
            "distance": self._routed(results["distance"]),
            "drift": findings.drift([findings.chsh_tables(r, self.edges) for r in chsh]),
            "identity": self._identity(results["identity"]),
            "throughput": self._throughput(latency),
        }

    def _latency(self) -> list[float]:
        times = []
        for repeat in range(3):
            task = tasks.latency_task(self.map)
            named = Task(f"latency{repeat}", task.name, task.circuit)
            self.runner.run([named], 1)
            times.append(self.runner.seconds[named.experiment])
        return times

    def _ghz(self, shots: int) -> list[Entry]:
        """Sizes upwards, until a state is surely below 1/2."""
        rows: list[Entry] = []
        for size in self.sizes:
            results = self.runner.run(tasks.ghz_tasks(self.map, size), shots)
            fidelity, populations, contrast = findings.ghz_fidelity(results, size)
            rows.append({
                "qubits": size, "fidelity": fidelity.to_data(),
                "populations": populations.to_data(), "contrast": contrast.to_data(),
            })  # fmt: skip
            if fidelity.high < 0.5:
                break
        return rows

    def _couplings(self, bell: Results, chsh: list[Results], readout: findings.Readout) -> list[Entry]:
        pauli = findings.bell_tables(bell, self.edges)
        repeats = [findings.chsh_tables(r, self.edges) for r in chsh]
        rows = []
        for edge in self.edges:
            table = np.sum([r[edge] for r in repeats], axis=0)
            corrected = findings.corrected_chsh(table, readout, edge)
            fidelity = findings.corrected_pair_fidelity(pauli[edge], readout, edge)
            rows.append({
                "qubits": list(edge),
                "labels": [self.machine.labels[q] for q in edge],
                "fidelity": findings.pair_fidelity(pauli[edge]).to_data(),
                "fidelity_corrected": fidelity.to_data() if fidelity else None,
                "s": findings.chsh_estimate(table).to_data(),
                "s_corrected": corrected.to_data() if corrected else None,
                "log10_p": findings.chsh_log10_p(table),
                "correlators": {s: float(findings.PARITY @ t / t.sum()) for s, t in pauli[edge].items()},
            })  # fmt: skip
        return rows

    def _qubit(self, readout: findings.Readout, q: int) -> Entry:
        e0, e1 = readout.errors(q)
        return {"qubit": q, "label": self.machine.labels[q], "e0": e0.to_data(), "e1": e1.to_data()}

    def _teleportation(self, results: Results | None) -> Entry:
        forward = self.machine.feed_forward
        rows = []
        for i, path in enumerate(self.triples if results is not None else []):
            fidelity = findings.teleportation_fidelity(results or {}, i, feed_forward=forward)
            rows.append({"qubits": list(path), "fidelity": fidelity.to_data()})
        return {"mode": "feed-forward" if forward else "deferred to the evaluation", "paths": rows}

    def _sweep(self, results: Results, name: str, values: Iterable[float], parts: int) -> list[Entry]:
        return [
            {name: value, "parts": parts, "fidelity": findings.pooled_fidelity(results, str(i)).to_data()}
            for i, value in enumerate(values)
        ]

    def _routed(self, results: Results) -> list[Entry]:
        rows = []
        for i, paths in enumerate(self.lengths):
            fidelity = findings.pooled_fidelity(results, str(i)).to_data()
            distance = len(paths[0]) - 1
            rows.append({"distance": distance, "swaps": distance - 1, "parts": len(paths), "fidelity": fidelity})
        return rows

    def _identity(self, results: Results) -> list[Entry]:
        mistakes = findings.identity_mistakes(results, self.map.num_qubits)
        return [{"qubit": q, "reports": other} for q, other in mistakes.items()]

    def _throughput(self, latency: list[float]) -> Entry:
        names = [name for name in self.runner.seconds if not name.startswith("latency")]
        seconds = sum(self.runner.seconds[name] for name in names)
        waiting = float(np.median(latency))
        busy = max(seconds - waiting * len(names), 1e-9)
        circuits = sum(self.runner.circuits[name] for name in names)
        shots = sum(self.runner.shots[name] for name in names)
        return {
            "seconds": seconds,
            "jobs": len(names),
            "latency_s": waiting,
            "circuits": circuits,
            "shots": shots,
            "circuits_per_s": circuits / busy,
            "shots_per_s": shots / busy,
            "by_experiment": {
                name: {
                    "seconds": self.runner.seconds[name],
                    "circuits": self.runner.circuits[name],
                    "shots": self.runner.shots[name],
                }
                for name in names
            },
        }


def measure(
    machine: Measured,
    *,
    shots: int = 200_000,
    settings: Settings | None = None,
    store: str | Path | None = None,
    retries: int = 3,
    retry_wait_s: float = 0.1,
    on_batch: Callable[[str, int, int], None] | None = None,
) -> Scorecard:
    """Measure a machine: every experiment, then verdicts.

    Args:
        machine: what to measure.
        shots: budget for the whole card.
        settings: what to measure; the defaults give the full card.
        store: folder for finished batches, from which a stopped run continues.
        retries: how often a failing batch is tried again.
        retry_wait_s: pause before the first retry.
        on_batch: called with experiment, circuits done and circuits planned.

    Raises:
        DeviceError: where the machine keeps failing or answers wrongly, naming the experiment.
        ValueError: where the budget is too small for the card.
    """
    from qlab.scorecard.conclusions import judge

    planned = [0]
    done = [0]

    def report(experiment: str, circuits: int) -> None:
        done[0] += circuits
        if on_batch is not None:
            on_batch(experiment, done[0], planned[0])

    runner = Runner(machine, Path(store) if store is not None else None, retries, retry_wait_s, report)
    started, clock = datetime.now(UTC), time.perf_counter()
    measurement = _Measurement(runner, settings or Settings(), shots)
    planned[0] = sum(measurement.plan.circuits.values()) + 3
    figures = measurement.measure()
    record: Entry = {
        "schema": SCHEMA,
        "device": _device(machine),
        "provenance": _provenance(machine, started, time.perf_counter() - clock, runner),
        "plan": _plan(measurement.plan),
        "settings": _settings(measurement.settings),
        **figures,
        "circuits": _circuits(machine.couplings),
        "failures": runner.failures,
    }
    record |= judge(record)
    return Scorecard(record)


def _device(machine: Measured) -> Entry:
    couplings = machine.couplings
    return {
        "name": machine.name,
        "qubits": couplings.num_qubits,
        "couplings": [list(edge) for edge in couplings.edges],
        "positions": [list(place) for place in couplings.positions],
        "labels": list(machine.labels),
        "diameter": couplings.diameter,
        "mean_distance": couplings.mean_distance,
        "feed_forward": machine.feed_forward,
    }


def _provenance(machine: Measured, started: datetime, seconds: float, runner: Runner) -> Entry:
    versions = {}
    for package in ("qlab", "numpy", "cirq-core", "cirq-google", "qiskit-ibm-runtime"):
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return {
        "machine": dict(machine.provenance),
        "started": started.isoformat(timespec="seconds"),
        "wall_seconds": seconds,
        "batches_resumed": runner.resumed,
        "python": platform.python_version(),
        "versions": versions,
    }


def _plan(plan: Plan) -> Entry:
    return {
        "budget": plan.budget,
        "used": plan.total,
        "needed": plan.needed,
        "met": plan.met,
        "sentence": plan.sentence(),
        "shots_per_circuit": dict(plan.shots),
        "circuits": dict(plan.circuits),
        "half_widths": dict(plan.half_widths),
        "targets": dict(plan.targets),
    }


def _settings(settings: Settings) -> Entry:
    return {
        "couplings": settings.couplings,
        "ghz_sizes": list(settings.ghz_sizes),
        "idle_us": list(settings.idle_us),
        "depths": list(settings.depths),
        "distances": list(settings.distances),
        "paths": settings.paths,
    }


def _circuits(couplings: CouplingMap) -> list[Entry]:
    """One circuit of each kind as OpenQASM; none where Cirq, which the translation needs, is not installed."""
    try:
        from qlab.interop import to_qasm3
    except ImportError:
        return []
    return [{"name": f"{t.experiment} {t.name}", "qasm": to_qasm3(t.circuit)} for t in standard_circuits(couplings)]


def standard_circuits(couplings: CouplingMap) -> Sequence[Task]:
    """One circuit of each kind on the first coupling or path, for the record of what was run."""
    edge = [couplings.edges[0]]
    found = [tasks.bell_tasks(couplings, [edge])[0], tasks.chsh_tasks(couplings, [edge], 0)[0]]
    found += [tasks.dense_coding_tasks(couplings, edge)[0], tasks.depth_tasks(couplings, edge, (1,))[0]]
    found += [tasks.idle_tasks(couplings, edge, (1.0,))[0]]
    if triples := tasks.disjoint_paths(couplings, 2, 1):
        found.append(tasks.teleportation_tasks(couplings, triples, feed_forward=False)[2])
    if quads := tasks.disjoint_paths(couplings, 3, 1):
        found.append(tasks.swapping_tasks(couplings, quads)[0])
    return found
