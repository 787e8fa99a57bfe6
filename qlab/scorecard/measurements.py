"""All that a card measured: the machine, the plan, the rows of each experiment. No conclusions yet.

The names of the fields are the keys of the JSON record (`record.schema.json`); a change is a new version of the form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qlab.scorecard.estimates import Estimate
from qlab.scorecard.execution import Failure, Results
from qlab.scorecard.paths import Edge
from qlab.scorecard.planning import Settings
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


@dataclass(frozen=True)
class MeasuredDevice:
    """The machine, as it described itself.

    Attributes:
        name: its name.
        qubits: number of qubits.
        couplings: pairs of qubits that can meet.
        positions: place of each qubit on the map.
        labels: the maker's name of each qubit.
        diameter: couplings between the two qubits that lie farthest apart.
        mean_distance: couplings between two qubits on average.
        feed_forward: whether a gate may depend on an earlier result.
    """

    name: str
    qubits: int
    couplings: tuple[Edge, ...]
    positions: tuple[tuple[float, ...], ...]
    labels: tuple[str, ...]
    diameter: int
    mean_distance: float
    feed_forward: bool


@dataclass(frozen=True)
class Provenance:
    """Where and when the card was measured.

    Attributes:
        source: ``"simulated"`` where a program computed the answers, ``"hardware"`` where a vendor named the jobs,
            ``"unknown"`` where nothing tells.
        machine: where the machine and its figures come from, in its own words.
        job_ids: what the vendor calls the jobs.
        started: date and time in ISO form, UTC.
        wall_seconds: how long everything took.
        circuits_resumed: circuits taken from an earlier run of the same day.
        oldest: when the oldest of these was measured; empty where there is none.
        python: version of Python.
        versions: versions of the packages that took part.
    """

    source: str
    machine: Mapping[str, str]
    job_ids: tuple[str, ...]
    started: str
    wall_seconds: float
    circuits_resumed: int
    oldest: str
    python: str
    versions: Mapping[str, str]


@dataclass(frozen=True)
class PlanRow:
    """The plan as it was followed; see `qlab.scorecard.planning.Plan`.

    Attributes:
        budget: shots given for the whole card.
        used: shots that the card uses.
        needed: smallest budget that guarantees all targets.
        met: whether every target is guaranteed.
        sentence: the same in words.
        shots_per_circuit: shots of one circuit of each experiment.
        circuits: number of circuits of each experiment.
        half_widths: half width that these shots guarantee in the worst case.
        targets: half width asked for.
    """

    budget: int
    used: int
    needed: int
    met: bool
    sentence: str
    shots_per_circuit: Mapping[str, int]
    circuits: Mapping[str, int]
    half_widths: Mapping[str, float]
    targets: Mapping[str, float]


@dataclass(frozen=True)
class Throughput:
    """What the circuits took, each a job of its own.

    Attributes:
        seconds: time spent in the sampler.
        jobs: number of circuits.
        shots: over all of them.
        job_s: time of a job apart from its shots; None where it cannot be told.
        shots_per_s: shots a second within a job; None where it cannot be told.
        note: why nothing can be told; else empty.
    """

    seconds: float
    jobs: int
    shots: int
    job_s: Estimate | None
    shots_per_s: Estimate | None
    note: str


@dataclass(frozen=True)
class Skipped:
    """An experiment that was left out.

    Attributes:
        experiment: its name.
        reason: why.
    """

    experiment: str
    reason: str


@dataclass(frozen=True)
class CircuitText:
    """A circuit as it was run, as text.

    Attributes:
        name: experiment and circuit.
        qasm: OpenQASM 3.
    """

    name: str
    qasm: str


@dataclass(frozen=True)
class Measurements:
    """All that was measured, before any conclusion.

    Attributes:
        schema: name and version of the form.
        device: the machine.
        provenance: where and when.
        plan: shots and error bars.
        settings: what was measured.
        couplings: each coupling tested.
        readout: each qubit.
        ghz: GHZ states, sizes ascending.
        teleportation: along paths of three qubits.
        dense_coding: superdense coding over couplings.
        swapping: entanglement swapping along paths of four qubits.
        idle: pairs that waited, times ascending.
        depth: pairs after further CNOTs, numbers ascending.
        distance: pairs swapped apart, distances ascending.
        drift: whether repeats agree.
        identity: qubits that answer with another number than their own.
        throughput: time taken.
        circuits: one circuit of each kind.
        failures: calls that failed and were repeated.
        skipped: experiments that the machine does not take.
        counts: all answers, by experiment, circuit, measurement key and outcome.
    """

    schema: str
    device: MeasuredDevice
    provenance: Provenance
    plan: PlanRow
    settings: Settings
    couplings: tuple[CouplingRow, ...]
    readout: tuple[ReadoutRow, ...]
    ghz: tuple[GhzRow, ...]
    teleportation: Teleportation
    dense_coding: tuple[DenseCodingRow, ...]
    swapping: tuple[PathRow, ...]
    idle: tuple[IdleRow, ...]
    depth: tuple[DepthRow, ...]
    distance: tuple[DistanceRow, ...]
    drift: Drift
    identity: tuple[IdentityMistake, ...]
    throughput: Throughput
    circuits: tuple[CircuitText, ...]
    failures: tuple[Failure, ...]
    skipped: tuple[Skipped, ...]
    counts: Mapping[str, Results]
