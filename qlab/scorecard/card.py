"""One card from beginning to end: experiments, conclusions, and where it all comes from."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from qlab.devices import CouplingMap
from qlab.scorecard.execution import Measured, Runner
from qlab.scorecard.experiments import Experiments, standard_circuits
from qlab.scorecard.measurements import CircuitText, MeasuredDevice, Measurements, PlanRow, Provenance
from qlab.scorecard.planning import Plan, Settings
from qlab.scorecard.record import SCHEMA, Scorecard, conclude

OnBatch = Callable[[str, int, int], None]
"""Called with experiment, circuits done and circuits planned."""

_PACKAGES = ("qlab", "numpy", "cirq-core", "cirq-google", "qiskit-ibm-runtime")


@dataclass
class Progress:
    """How many circuits are done.

    Attributes:
        tell: called after each batch, or none.
        done: circuits done.
        planned: circuits of the whole card.
    """

    tell: OnBatch | None
    done: int = 0
    planned: int = 0

    def add(self, experiment: str, circuits: int) -> None:
        """Count a batch that is done, and tell."""
        self.done += circuits
        if self.tell is not None:
            self.tell(experiment, self.done, self.planned)


def measure(
    machine: Measured,
    *,
    shots: int = 200_000,
    settings: Settings | None = None,
    store: str | Path | None = None,
    retries: int = 3,
    retry_wait_s: float = 0.1,
    on_batch: OnBatch | None = None,
) -> Scorecard:
    """Measure a machine: every experiment, then verdicts.

    Args:
        machine: what to measure.
        shots: budget for the whole card.
        settings: what to measure; the defaults give the full card.
        store: folder for finished batches, from which a stopped run continues.
        retries: how often a failing batch is tried again.
        retry_wait_s: pause before the first retry, in s.
        on_batch: called with experiment, circuits done and circuits planned.

    Returns:
        The finished card.

    Raises:
        DeviceError: where the machine keeps failing or answers wrongly, naming the experiment.
        ValueError: where the budget is too small for the card.
    """
    progress = Progress(on_batch)
    runner = Runner(machine, Path(store) if store is not None else None, retries, retry_wait_s, progress.add)
    started, clock = datetime.now(UTC), time.perf_counter()
    experiments = Experiments(runner, settings or Settings(), shots)
    progress.planned = experiments.circuits
    experiments.run()
    ghz = experiments.ghz()
    measured = Measurements(
        schema=SCHEMA,
        device=_device(machine),
        provenance=_provenance(machine, started, time.perf_counter() - clock, runner.resumed),
        plan=_plan(experiments.plan),
        settings=replace(experiments.settings, targets=None),
        couplings=experiments.couplings(),
        readout=experiments.readout(),
        ghz=ghz,
        teleportation=experiments.teleportation(),
        dense_coding=experiments.dense_coding(),
        swapping=experiments.swapping(),
        idle=experiments.idle(),
        depth=experiments.depth(),
        distance=experiments.distance(),
        drift=experiments.drift(),
        identity=experiments.identity(),
        throughput=experiments.throughput(),
        circuits=_circuits(machine.couplings),
        failures=tuple(runner.failures),
    )
    return conclude(measured)


def _device(machine: Measured) -> MeasuredDevice:
    couplings = machine.couplings
    return MeasuredDevice(
        name=machine.name,
        qubits=couplings.num_qubits,
        couplings=tuple(couplings.edges),
        positions=tuple(tuple(place) for place in couplings.positions),
        labels=tuple(machine.labels),
        diameter=couplings.diameter,
        mean_distance=couplings.mean_distance,
        feed_forward=machine.feed_forward,
    )


def _provenance(machine: Measured, started: datetime, seconds: float, resumed: int) -> Provenance:
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return Provenance(
        machine=dict(machine.provenance),
        started=started.isoformat(timespec="seconds"),
        wall_seconds=seconds,
        batches_resumed=resumed,
        python=platform.python_version(),
        versions=versions,
    )


def _plan(plan: Plan) -> PlanRow:
    return PlanRow(
        budget=plan.budget,
        used=plan.total,
        needed=plan.needed,
        met=plan.met,
        sentence=plan.sentence(),
        shots_per_circuit=plan.shots,
        circuits=plan.circuits,
        half_widths=plan.half_widths,
        targets=plan.targets,
    )


def _circuits(couplings: CouplingMap) -> tuple[CircuitText, ...]:
    """One circuit of each kind as OpenQASM; none where Cirq, which the translation needs, is not installed."""
    try:
        from qlab.interop import to_qasm3
    except ImportError:
        return ()
    return tuple(CircuitText(f"{t.experiment} {t.name}", to_qasm3(t.circuit)) for t in standard_circuits(couplings))
