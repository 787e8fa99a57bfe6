"""One card from beginning to end: experiments, conclusions, and where it all comes from."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

import qlab
from qlab import _validate
from qlab._types import Bits
from qlab.circuits import Circuit
from qlab.devices import CouplingMap
from qlab.scorecard.execution import Measured, Runner
from qlab.scorecard.experiments import Experiments, standard_circuits
from qlab.scorecard.measurements import CircuitText, MeasuredDevice, Measurements, PlanRow, Provenance, Throughput
from qlab.scorecard.planning import Plan, Settings
from qlab.scorecard.record import SCHEMA, Scorecard, conclude
from qlab.scorecard.rows import GhzRow
from qlab.scorecard.timing import OF_A_PROGRAM, QUEUED, throughput

OnBatch = Callable[[str, int, int], None]
"""Called with experiment, circuits done and circuits planned."""

_PACKAGES = ("numpy", "cirq-core", "cirq-google", "qiskit-ibm-runtime")


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


def measure(  # noqa: PLR0913 - one call is the whole interface
    machine: Measured,
    *,
    shots: int = 200_000,
    settings: Settings | None = None,
    store: str | Path | None = None,
    fresh: bool = False,
    retries: int = 3,
    retry_wait_s: float = 0.1,
    on_batch: OnBatch | None = None,
    wait: bool = True,
) -> Scorecard:
    """Measure a machine: every experiment, then verdicts.

    Args:
        machine: what to measure.
        shots: budget for the whole card.
        settings: what to measure; the defaults give the full card.
        store: folder for finished circuits, from which a stopped run continues on the same day.
        fresh: whether to measure again what the store holds.
        retries: how often a failing circuit is tried again.
        retry_wait_s: pause before the first retry, in s.
        on_batch: called with experiment, circuits done and circuits planned.
        wait: whether to wait for a machine that answers later; if not, the same call collects later.

    Returns:
        The finished card.

    Raises:
        Waiting: where a machine answers later and is not waited for; all that was sent stands in the store.
        DeviceError: where the machine keeps failing or answers wrongly, naming the experiment.
        ValueError: where the budget is too small for the card.
    """
    progress = Progress(on_batch)
    folder = Path(store) if store is not None else None
    runner = Runner(machine, folder, retries, retry_wait_s, progress.add, fresh=fresh, patient=wait)
    clock = time.perf_counter()
    experiments = Experiments(runner, settings or Settings(), shots)
    progress.planned = experiments.circuits
    experiments.run()
    ghz = experiments.ghz()
    provenance = _provenance(machine, runner, time.perf_counter() - clock)
    untimed = QUEUED if runner.queue is not None else OF_A_PROGRAM if provenance.source == SIMULATED else ""
    flow = throughput(runner.jobs, untimed=untimed)
    card = conclude(_measurements(experiments, ghz, _device(machine), provenance, flow))
    if runner.queue is not None:
        runner.queue.finish()
    return card


def recompute(card: Scorecard) -> Scorecard:
    """The card that follows from a card's own counts, for whoever wants to check every figure of a record.

    Args:
        card: as measured, or as read from its record.

    Returns:
        The same card, where the record is whole and was made by this version.
    """
    device = card.device
    couplings = CouplingMap(device.qubits, device.couplings, tuple((x, y) for x, y in device.positions))
    machine = _Recorded(device.name, couplings, device.labels, device.feed_forward, dict(card.provenance.machine))
    runner = Runner(machine, recorded=card.counts)
    settings = replace(card.settings, targets=card.plan.targets)
    experiments = Experiments(runner, settings, card.plan.budget, without=card.skipped)
    experiments.run()
    ghz = experiments.ghz()
    whole = _measurements(experiments, ghz, device, card.provenance, card.throughput)
    # An experiment that the machine refused in mid-card is in the plan, but not among the counts.
    return conclude(replace(whole, plan=card.plan, failures=card.failures, circuits=card.circuits))


@dataclass(frozen=True)
class _Recorded:
    """A machine of which only the record is left."""

    name: str
    couplings: CouplingMap
    labels: tuple[str, ...]
    feed_forward: bool
    provenance: dict[str, str]

    def sample_batch(self, circuits: Sequence[Circuit], shots: Sequence[int]) -> list[dict[str, Bits]]:
        raise _validate.fail("counts", f"must hold answers to {len(shots)} circuits more", len(circuits))


def _measurements(
    experiments: Experiments, ghz: tuple[GhzRow, ...], device: MeasuredDevice, provenance: Provenance, flow: Throughput
) -> Measurements:
    runner = experiments.runner
    return Measurements(
        schema=SCHEMA,
        device=device,
        provenance=provenance,
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
        throughput=flow,
        circuits=_circuits(runner.machine.couplings),
        failures=tuple(runner.failures),
        skipped=tuple(experiments.skipped),
        counts=runner.counts,
    )


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


def _provenance(machine: Measured, runner: Runner, seconds: float) -> Provenance:
    versions = {"qlab": qlab.__version__}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return Provenance(
        source=source(machine, runner.job_ids),
        machine=dict(machine.provenance),
        job_ids=tuple(runner.job_ids),
        started=runner.started.isoformat(timespec="seconds"),
        wall_seconds=seconds,
        circuits_resumed=runner.resumed,
        oldest=runner.oldest,
        python=platform.python_version(),
        versions=versions,
    )


SIMULATED, HARDWARE, UNKNOWN = "simulated", "hardware", "unknown"

_SIMULATORS = (
    "cirq.sim",
    "cirq.work.zeros_sampler",
    "qsimcirq",
    "qlab.interop.virtual",
    "qlab.scorecard.named_machines",
)
"""Where samplers that compute their answers live."""

_SAID = ("virtual machine", "simulat", "fake_provider")
"""What a machine that computes its answers says of itself."""


def source(machine: Measured, job_ids: Sequence[str]) -> str:
    """Whether a program answers, a machine whose vendor named the jobs, or something that cannot be told."""
    sampler = getattr(machine, "sampler", machine)
    kinds = [f"{kind.__module__}.{kind.__name__}" for kind in type(sampler).__mro__]
    stated = " ".join(machine.provenance.values()).lower()
    if any(kind.startswith(_SIMULATORS) for kind in kinds) or any(word in stated for word in _SAID):
        return SIMULATED
    return HARDWARE if job_ids else UNKNOWN


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
