"""All experiments of one card: the circuits first, then the shots for them, then the figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from qlab import _validate
from qlab._validate import FloatArray
from qlab.devices import CouplingMap
from qlab.scorecard import findings, tasks
from qlab.scorecard.execution import Refused, Results, Runner
from qlab.scorecard.measurements import Skipped
from qlab.scorecard.paths import Edge, QubitPath, best_centre, disjoint_paths
from qlab.scorecard.planning import RESERVE, Settings, plan_shots
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

MOST_SIDE_BY_SIDE = 16
"""Pairs of one group that the sweeps (waiting, depth) and superdense coding exercise at once."""

ORDER = (
    "identity", "readout", "chsh", "bell", "dense_coding", "teleportation",
    "chsh", "swapping", "idle", "depth", "distance", "chsh",
)  # fmt: skip
"""When each experiment is run. The CHSH test comes early, midway and late, so that drift shows; GHZ states follow."""

NEEDED = ("identity", "readout", "chsh", "bell")
"""Experiments without which there is no card; the others are left out where a machine does not take them."""

LATENCY_REPEATS = 3

TWIRLS = 12
"""The depth test runs so many random sequences at least, over all pairs side by side and all circuits of a depth."""

MOST_QUBITS_ADDED = 10
"""A machine no larger than this is tried as a whole for a GHZ state, whatever sizes are asked for."""


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
        without: experiments that are left out from the start.

    Attributes:
        plan: the shots of one circuit of each experiment.
        edges: the couplings tested, ascending.
        side_by_side: those that the sweeps and superdense coding use at once.
        triples: disjoint paths of three qubits, for teleportation.
        quads: disjoint paths of four qubits, for swapping.
        lengths: disjoint shortest paths, one list for each distance.
        sizes: of the GHZ states, ascending.
        skipped: experiments that the machine does not take, and why.
    """

    def __init__(self, runner: Runner, settings: Settings, budget: int, *, without: Sequence[Skipped] = ()) -> None:
        self.runner, self.settings, self.machine = runner, settings, runner.machine
        self.map = runner.machine.couplings
        self.groups = chosen_couplings(self.map, settings.couplings)
        self.edges = sorted(edge for group in self.groups for edge in group)
        widest = max(self.groups, key=len)
        self.side_by_side = widest[:: -(-len(widest) // MOST_SIDE_BY_SIDE)]
        self.triples = disjoint_paths(self.map, 2, settings.paths)
        self.quads = disjoint_paths(self.map, 3, settings.paths)
        self.lengths = self._distances()
        self.sizes = self._ghz_sizes()
        self.skipped = list(without)
        left_out = {skipped.experiment for skipped in without}
        planned = self._all_batches().items()
        self._batches = {name: batches for name, batches in planned if all(batches) and name not in left_out}
        self._check()
        circuits = {name: sum(map(len, batches)) for name, batches in self._batches.items()}
        if self.sizes:
            circuits["ghz"] = sum(n + 1 for n in self.sizes)
        self.plan = plan_shots(circuits, budget, settings.targets, reserve=RESERVE)
        self._results: dict[str, list[Results]] = {}
        self._rows: tuple[CouplingRow, ...] = ()

    def _distances(self) -> list[list[QubitPath]]:
        lengths = (d for d in self.settings.distances if d <= self.map.diameter)
        found = [disjoint_paths(self.map, d, self.settings.paths, shortest=True) for d in lengths]
        return [paths for paths in found if paths]

    def _ghz_sizes(self) -> list[int]:
        largest = int((self.map.distances >= 0).sum(axis=1).max())
        sizes = {n for n in self.settings.ghz_sizes if 2 <= n <= largest}
        if sizes and max(self.settings.ghz_sizes) > largest and largest <= MOST_QUBITS_ADDED:
            sizes.add(largest)
        return sorted(sizes)

    def _all_batches(self) -> dict[str, list[list[Task]]]:
        """The batches of every experiment but GHZ; those for which the machine has no room are empty."""
        couplings, settings, pairs = self.map, self.settings, self.side_by_side
        forward = self.machine.feed_forward
        repeats = range(ORDER.count("chsh"))
        return {
            "identity": [tasks.identity_tasks(couplings)],
            "readout": [tasks.readout_tasks(couplings)],
            "bell": [tasks.bell_tasks(couplings, self.groups)],
            "dense_coding": [tasks.dense_coding_tasks(couplings, pairs)],
            "idle": [tasks.idle_tasks(couplings, pairs, settings.idle_us)],
            "depth": [tasks.depth_tasks(couplings, pairs, settings.depths, self.twirls, settings.seed)],
            "distance": [tasks.distance_tasks(couplings, self.lengths)],
            "teleportation": [tasks.teleportation_tasks(couplings, self.triples, feed_forward=forward)]
            if self.triples
            else [[]],
            "swapping": [tasks.swapping_tasks(couplings, self.quads)] if self.quads else [[]],
            "chsh": [tasks.chsh_tasks(couplings, self.groups, repeat) for repeat in repeats],
        }

    @property
    def twirls(self) -> int:
        """Random circuits of each depth."""
        return max(3, -(-TWIRLS // len(self.side_by_side)))

    def _check(self) -> None:
        """See that every circuit arrives as meant before the first shot is paid for, where the machine can tell."""
        check = getattr(self.machine, "check", None)
        if check is None:
            return
        for name, batches in list(self._batches.items()):
            try:
                for task in (task for batch in batches for task in batch):
                    check(task.circuit)
            except ValueError as error:
                if name in NEEDED:
                    raise Refused(f"experiment {name!r}: {error}; nothing was sent") from error
                self._skip(name, str(error))

    def _skip(self, name: str, reason: str) -> None:
        self.skipped.append(Skipped(name, reason))
        self._batches.pop(name, None)

    @property
    def circuits(self) -> int:
        """Number of circuits of everything, the tests of the latency included."""
        return sum(self.plan.circuits.values()) + (LATENCY_REPEATS if self.timed else 0)

    @property
    def timed(self) -> bool:
        """Whether the time of a job is the machine's: not where jobs wait in a queue, nor where no time was taken."""
        return self.runner.queue is None and (not self.runner.recorded or "latency0" in self.runner.recorded)

    def _send_ahead(self) -> None:
        """Send everything but the GHZ states at once, in `ORDER`, where the machine answers later; then wait for it."""
        sent: Counter[str] = Counter()
        for name in ORDER if self.runner.queue is not None else ():
            if name in self._batches:
                try:
                    self.runner.send(self._batches[name][sent[name]], self.plan.shots[name])
                except Refused as refused:
                    if name in NEEDED:
                        raise
                    self._skip(name, str(refused))
                sent[name] += 1
        self.runner.gather()

    def run(self) -> None:
        """Run everything but the GHZ states, in `ORDER`; what the machine does not take is left out with a word.

        Raises:
            Waiting: where a machine answers later and the runner is not patient.
        """
        self._send_ahead()
        for repeat in range(LATENCY_REPEATS if self.timed else 0):
            self.runner.run([tasks.latency_task(self.map, repeat)], 1)
        for name in ORDER:
            done = self._results.setdefault(name, [])
            if name not in self._batches:
                continue
            try:
                done.append(self.runner.run(self._batches[name][len(done)], self.plan.shots[name]))
            except Refused as refused:
                if name in NEEDED:
                    raise
                self._skip(name, str(refused))

    def ghz(self) -> tuple[GhzRow, ...]:
        """Run GHZ states, sizes upwards, until one is surely below 1/2.

        Each is grown where the pair fidelities measured before are best; the state itself is measured afterwards,
        on shots of its own, so that the choice does not flatter it. A machine that answers later is sent all sizes
        at once.

        Raises:
            Waiting: where a machine answers later and the runner is not patient.
        """
        rows: list[GhzRow] = []
        fidelities = {row.qubits: row.fidelity.value for row in self.couplings()}
        batches = [tasks.ghz_tasks(self.map, size, best_centre(self.map, size, fidelities)) for size in self.sizes]
        for batch in batches:
            with suppress(Refused):  # said below, where it is asked for again
                self.runner.send(batch, self.plan.shots["ghz"])
        self.runner.gather()
        for size, batch in zip(self.sizes, batches, strict=True):
            try:
                results = self.runner.run(batch, self.plan.shots["ghz"])
            except Refused as refused:
                self.skipped.append(Skipped(f"ghz{size}", str(refused)))
                break
            patch = next(o.qubits for o in batch[0].circuit if o.key is not None)
            rows.append(findings.ghz_row(results, patch))
            if rows[-1].fidelity.high < 0.5:
                break
        return tuple(rows)

    def _only(self, name: str) -> Results:
        """Results of an experiment that is one batch; empty where it was left out."""
        done = self._results.get(name, [])
        return done[0] if done else {}

    def couplings(self) -> tuple[CouplingRow, ...]:
        """Fidelity, S and what the checks need, of each coupling."""
        if not self._rows:
            readout = findings.Readout(self._only("readout"))
            pauli = findings.bell_tables(self._only("bell"), self.edges)
            repeats = [findings.chsh_tables(r, self.edges) for r in self._results["chsh"]]
            tables = {edge: np.sum([r[edge] for r in repeats], axis=0) for edge in self.edges}
            self._rows = tuple(self._coupling(edge, pauli[edge], tables[edge], readout) for edge in self.edges)
        return self._rows

    def _coupling(
        self, edge: Edge, pauli: dict[str, FloatArray], table: FloatArray, readout: findings.Readout
    ) -> CouplingRow:
        state = findings.best_bell_state(pauli)
        smallest = findings.smallest_share([findings.bell_share(pauli, s) for s in findings.BELL_STATES])
        assert smallest is not None
        inverted = {s: findings.corrected_bell_share(pauli, readout, edge, s) for s in findings.BELL_STATES}
        return CouplingRow(
            qubits=edge,
            labels=(self.machine.labels[edge[0]], self.machine.labels[edge[1]]),
            bell_state=state,
            fidelity=findings.pair_fidelity(pauli, state),
            fidelity_corrected=inverted[state],
            s=findings.chsh_estimate(table, state),
            s_corrected=findings.corrected_chsh(table, readout, edge, state),
            log10_p=findings.chsh_log10_p(table, state),
            correlators={s: float(findings.PARITY @ t / t.sum()) for s, t in pauli.items()},
            smallest_share=smallest,
            smallest_share_corrected=findings.smallest_share(list(inverted.values())),
            agreement=findings.chsh_agreement(table, pauli, state),
            signalling=findings.signalling(table),
        )

    def readout(self) -> tuple[ReadoutRow, ...]:
        """Misreading of each qubit."""
        readout = findings.Readout(self._only("readout"))
        return tuple(ReadoutRow(q, self.machine.labels[q], *readout.errors(q)) for q in range(self.map.num_qubits))

    def teleportation(self) -> Teleportation:
        """Mean fidelity along each path of three qubits."""
        forward = self.machine.feed_forward
        results = self._only("teleportation")
        paths = self.triples if results else []
        rows = [
            PathRow(path, findings.teleportation_estimate(results, i, feed_forward=forward))
            for i, path in enumerate(paths)
        ]
        return Teleportation("feed-forward" if forward else "deferred to the evaluation", tuple(rows))

    def dense_coding(self) -> tuple[DenseCodingRow, ...]:
        """Success over each coupling used."""
        results = self._only("dense_coding")
        pairs = self.side_by_side if results else []
        return tuple(DenseCodingRow(edge, findings.dense_coding_success(results, edge)) for edge in pairs)

    def swapping(self) -> tuple[PathRow, ...]:
        """Fidelity of the ends of each path of four qubits."""
        results = self._only("swapping")
        paths = self.quads if results else []
        return tuple(PathRow(path, findings.swapping_estimate(results, i)) for i, path in enumerate(paths))

    def idle(self) -> tuple[IdleRow, ...]:
        """Fidelity after each waiting time."""
        results, parts = self._only("idle"), len(self.side_by_side)
        times = self.settings.idle_us if results else ()
        return tuple(IdleRow(time, parts, findings.pooled_fidelity(results, str(i))) for i, time in enumerate(times))

    def depth(self) -> tuple[DepthRow, ...]:
        """Polarisation after each number of CNOTs."""
        results, parts = self._only("depth"), len(self.side_by_side)
        if not results:
            return ()
        expected = {task.name: task.expected for task in self._batches["depth"][0]}
        return tuple(
            DepthRow(2 * layers, parts, self.twirls, findings.polarisation(results, str(i), expected))
            for i, layers in enumerate(self.settings.depths)
        )

    def distance(self) -> tuple[DistanceRow, ...]:
        """Fidelity at each distance."""
        results, rows = self._only("distance"), []
        for i, paths in enumerate(self.lengths if results else []):
            distance = len(paths[0]) - 1
            fidelity = findings.pooled_fidelity(results, str(i))
            rows.append(DistanceRow(distance, distance - 1, len(paths), fidelity))
        return tuple(rows)

    def drift(self) -> Drift:
        """Whether the repeats of the CHSH test agree."""
        states = {row.qubits: row.bell_state for row in self.couplings()}
        return findings.drift([findings.chsh_tables(r, self.edges) for r in self._results["chsh"]], states)

    def identity(self) -> tuple[IdentityMistake, ...]:
        """Qubits that answer with another number than their own."""
        readout = findings.Readout(self._only("readout"))
        return findings.identity_mistakes(self._only("identity"), readout, self.map.num_qubits)


def standard_circuits(couplings: CouplingMap) -> Sequence[Task]:
    """One circuit of each kind on the first coupling or path, for the record of what was run."""
    edge = [couplings.edges[0]]
    found = [tasks.bell_tasks(couplings, [edge])[0], tasks.chsh_tasks(couplings, [edge], 0)[0]]
    found += [tasks.dense_coding_tasks(couplings, edge)[0], tasks.depth_tasks(couplings, edge, (1,), 1, 2016)[0]]
    found += [tasks.idle_tasks(couplings, edge, (1.0,))[0]]
    if triples := disjoint_paths(couplings, 2, 1):
        found.append(tasks.teleportation_tasks(couplings, triples, feed_forward=False)[2])
    if quads := disjoint_paths(couplings, 3, 1):
        found.append(tasks.swapping_tasks(couplings, quads)[0])
    return found
