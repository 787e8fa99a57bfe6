"""All experiments of one card: the circuits first, then the shots for them, then the figures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qlab import _validate
from qlab.devices import CouplingMap
from qlab.scorecard import findings, tasks
from qlab.scorecard.execution import Results, Runner
from qlab.scorecard.measurements import Throughput
from qlab.scorecard.paths import Edge, QubitPath, disjoint_paths
from qlab.scorecard.planning import Settings, plan_shots
from qlab.scorecard.rows import (
    CouplingRow,
    DenseCodingRow,
    DepthRow,
    DistanceRow,
    Drift,
    GhzRow,
    IdentityMistake,
    IdleRow,
    PathRow,
    ReadoutRow,
    Teleportation,
)
from qlab.scorecard.tasks import Task

MOST_SIDE_BY_SIDE = 24
"""Pairs of one group that the sweeps (waiting, depth) and superdense coding exercise at once."""

ORDER = (
    "identity", "readout", "chsh", "bell", "dense_coding", "teleportation",
    "chsh", "swapping", "idle", "depth", "distance", "chsh",
)  # fmt: skip
"""When each experiment is run. The CHSH test comes early, midway and late, so that drift shows; GHZ states follow."""

LATENCY_REPEATS = 3


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


class Experiments:
    """The experiments of one card on one machine.

    Args:
        runner: runs the circuits.
        settings: what to measure.
        budget: shots for everything together.

    Attributes:
        plan: the shots of one circuit of each experiment.
        edges: the couplings tested, ascending.
        side_by_side: those that the sweeps and superdense coding use at once.
        triples: disjoint paths of three qubits, for teleportation.
        quads: disjoint paths of four qubits, for swapping.
        lengths: disjoint shortest paths, one list for each distance.
        sizes: of the GHZ states, ascending.
    """

    def __init__(self, runner: Runner, settings: Settings, budget: int) -> None:
        self.runner, self.settings, self.machine = runner, settings, runner.machine
        self.map = runner.machine.couplings
        self.groups = chosen_couplings(self.map, settings.couplings)
        self.edges = sorted(edge for group in self.groups for edge in group)
        widest = max(self.groups, key=len)
        self.side_by_side = widest[:: -(-len(widest) // MOST_SIDE_BY_SIDE)]
        self.triples = disjoint_paths(self.map, 2, settings.paths)
        self.quads = disjoint_paths(self.map, 3, settings.paths)
        self.lengths = self._distances()
        largest = int((self.map.distances >= 0).sum(axis=1).max())
        self.sizes = [n for n in settings.ghz_sizes if 2 <= n <= largest]
        self._batches = self._all_batches()
        circuits = {name: sum(map(len, batches)) for name, batches in self._batches.items()}
        circuits["ghz"] = sum(n + 1 for n in self.sizes)
        self.plan = plan_shots(circuits, budget, settings.targets)
        self._results: dict[str, list[Results]] = {}
        self._latencies: list[float] = []

    def _distances(self) -> list[list[QubitPath]]:
        lengths = (d for d in self.settings.distances if d <= self.map.diameter)
        found = [disjoint_paths(self.map, d, self.settings.paths, shortest=True) for d in lengths]
        return [paths for paths in found if paths]

    def _all_batches(self) -> dict[str, list[list[Task]]]:
        """The batches of every experiment but GHZ; those for which the machine has no room are left out."""
        couplings, settings = self.map, self.settings
        found = {
            "identity": [tasks.identity_tasks(couplings)],
            "readout": [tasks.readout_tasks(couplings)],
            "bell": [tasks.bell_tasks(couplings, self.groups)],
            "dense_coding": [tasks.dense_coding_tasks(couplings, self.side_by_side)],
            "idle": [tasks.idle_tasks(couplings, self.side_by_side, settings.idle_us)],
            "depth": [tasks.depth_tasks(couplings, self.side_by_side, settings.depths)],
            "distance": [tasks.distance_tasks(couplings, self.lengths)],
        }
        if self.triples:
            forward = self.machine.feed_forward
            found["teleportation"] = [tasks.teleportation_tasks(couplings, self.triples, feed_forward=forward)]
        if self.quads:
            found["swapping"] = [tasks.swapping_tasks(couplings, self.quads)]
        found["chsh"] = [tasks.chsh_tasks(couplings, self.groups, repeat) for repeat in range(ORDER.count("chsh"))]
        return found

    @property
    def circuits(self) -> int:
        """Number of circuits of everything, the tests of the latency included."""
        return sum(self.plan.circuits.values()) + LATENCY_REPEATS

    def run(self) -> None:
        """Run everything but the GHZ states, in `ORDER`."""
        for repeat in range(LATENCY_REPEATS):
            task = tasks.latency_task(self.map, repeat)
            self.runner.run([task], 1)
            self._latencies.append(self.runner.work.pop(task.experiment).seconds)
        for name in ORDER:
            batches, done = self._batches.get(name, []), self._results.setdefault(name, [])
            if batches:
                done.append(self.runner.run(batches[len(done)], self.plan.shots[name]))

    def ghz(self) -> tuple[GhzRow, ...]:
        """Run GHZ states, sizes upwards, until one is surely below 1/2."""
        rows: list[GhzRow] = []
        for size in self.sizes:
            results = self.runner.run(tasks.ghz_tasks(self.map, size), self.plan.shots["ghz"])
            rows.append(GhzRow(size, *findings.ghz_estimates(results, size)))
            if rows[-1].fidelity.high < 0.5:
                break
        return tuple(rows)

    def _only(self, name: str) -> Results:
        """Results of an experiment that is one batch."""
        return self._results[name][0]

    def couplings(self) -> tuple[CouplingRow, ...]:
        """Fidelity and S of each coupling."""
        readout = findings.Readout(self._only("readout"))
        pauli = findings.bell_tables(self._only("bell"), self.edges)
        repeats = [findings.chsh_tables(r, self.edges) for r in self._results["chsh"]]
        labels = self.machine.labels
        rows = []
        for edge in self.edges:
            table = np.sum([r[edge] for r in repeats], axis=0)
            rows.append(
                CouplingRow(
                    qubits=edge,
                    labels=(labels[edge[0]], labels[edge[1]]),
                    fidelity=findings.pair_fidelity(pauli[edge]),
                    fidelity_corrected=findings.corrected_pair_fidelity(pauli[edge], readout, edge),
                    s=findings.chsh_estimate(table),
                    s_corrected=findings.corrected_chsh(table, readout, edge),
                    log10_p=findings.chsh_log10_p(table),
                    correlators={s: float(findings.PARITY @ t / t.sum()) for s, t in pauli[edge].items()},
                )
            )
        return tuple(rows)

    def readout(self) -> tuple[ReadoutRow, ...]:
        """Misreading of each qubit."""
        readout = findings.Readout(self._only("readout"))
        return tuple(ReadoutRow(q, self.machine.labels[q], *readout.errors(q)) for q in range(self.map.num_qubits))

    def teleportation(self) -> Teleportation:
        """Mean fidelity along each path of three qubits."""
        forward = self.machine.feed_forward
        rows = [
            PathRow(path, findings.teleportation_estimate(self._only("teleportation"), i, feed_forward=forward))
            for i, path in enumerate(self.triples)
        ]
        return Teleportation("feed-forward" if forward else "deferred to the evaluation", tuple(rows))

    def dense_coding(self) -> tuple[DenseCodingRow, ...]:
        """Success over each coupling used."""
        results = self._only("dense_coding")
        return tuple(DenseCodingRow(edge, findings.dense_coding_success(results, edge)) for edge in self.side_by_side)

    def swapping(self) -> tuple[PathRow, ...]:
        """Fidelity of the ends of each path of four qubits."""
        return tuple(
            PathRow(path, findings.swapping_estimate(self._only("swapping"), i)) for i, path in enumerate(self.quads)
        )

    def idle(self) -> tuple[IdleRow, ...]:
        """Fidelity after each waiting time."""
        results, parts = self._only("idle"), len(self.side_by_side)
        return tuple(
            IdleRow(time, parts, findings.pooled_fidelity(results, str(i)))
            for i, time in enumerate(self.settings.idle_us)
        )

    def depth(self) -> tuple[DepthRow, ...]:
        """Fidelity after each number of CNOTs."""
        results, parts = self._only("depth"), len(self.side_by_side)
        return tuple(
            DepthRow(1 + 2 * pairs, parts, findings.pooled_fidelity(results, str(i)))
            for i, pairs in enumerate(self.settings.depths)
        )

    def distance(self) -> tuple[DistanceRow, ...]:
        """Fidelity at each distance."""
        rows = []
        for i, paths in enumerate(self.lengths):
            distance = len(paths[0]) - 1
            fidelity = findings.pooled_fidelity(self._only("distance"), str(i))
            rows.append(DistanceRow(distance, distance - 1, len(paths), fidelity))
        return tuple(rows)

    def drift(self) -> Drift:
        """Whether the repeats of the CHSH test agree."""
        return findings.drift([findings.chsh_tables(r, self.edges) for r in self._results["chsh"]])

    def identity(self) -> tuple[IdentityMistake, ...]:
        """Qubits that answer with another number than their own."""
        return findings.identity_mistakes(self._only("identity"), self.map.num_qubits)

    def throughput(self) -> Throughput:
        """What everything took, but for the tests of the latency."""
        work = dict(self.runner.work)
        seconds = sum(own.seconds for own in work.values())
        waiting = float(np.median(self._latencies))
        busy = max(seconds - waiting * len(work), 1e-9)
        circuits = sum(own.circuits for own in work.values())
        shots = sum(own.shots for own in work.values())
        return Throughput(seconds, len(work), waiting, circuits, shots, circuits / busy, shots / busy, work)


def standard_circuits(couplings: CouplingMap) -> Sequence[Task]:
    """One circuit of each kind on the first coupling or path, for the record of what was run."""
    edge = [couplings.edges[0]]
    found = [tasks.bell_tasks(couplings, [edge])[0], tasks.chsh_tasks(couplings, [edge], 0)[0]]
    found += [tasks.dense_coding_tasks(couplings, edge)[0], tasks.depth_tasks(couplings, edge, (1,))[0]]
    found += [tasks.idle_tasks(couplings, edge, (1.0,))[0]]
    if triples := disjoint_paths(couplings, 2, 1):
        found.append(tasks.teleportation_tasks(couplings, triples, feed_forward=False)[2])
    if quads := disjoint_paths(couplings, 3, 1):
        found.append(tasks.swapping_tasks(couplings, quads)[0])
    return found
