"""Running circuits on a machine: one by one, with retries that are counted, and with every answer kept on disk."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from qlab._files import write_atomically
from qlab._types import Bits
from qlab.devices import CouplingMap
from qlab.scorecard.fingerprint import fingerprint
from qlab.scorecard.tasks import Task
from qlab.simulator import counts

Counts = dict[str, int]
Results = dict[str, dict[str, Counts]]
"""Circuit name → measurement key → outcome → how often."""


class Measured(Protocol):
    """What the scorecard asks of a machine; `qlab.interop.Machine` and `VirtualMachine` are two."""

    @property
    def name(self) -> str:
        """For the report."""

    @property
    def couplings(self) -> CouplingMap:
        """Which qubits can meet."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The maker's name of each qubit."""

    @property
    def feed_forward(self) -> bool:
        """Whether a gate may depend on an earlier result."""

    @property
    def provenance(self) -> dict[str, str]:
        """Where the machine and its figures come from."""

    def sample_batch(self, circuits: Any, shots: Any) -> list[dict[str, Bits]]:
        """Bits by key for each circuit."""


@dataclass(frozen=True)
class Job:
    """One circuit that was sent and answered.

    Attributes:
        experiment: what was measured.
        shots: of the circuit.
        seconds: from sending to the answer.
    """

    experiment: str
    shots: int
    seconds: float


@dataclass(frozen=True)
class Failure:
    """A call that failed and was repeated.

    Attributes:
        experiment: what was measured.
        error: what the sampler said.
    """

    experiment: str
    error: str


class DeviceError(RuntimeError):
    """A machine could not be measured; the message names the experiment."""


class Refused(DeviceError):
    """A machine does not take a circuit at all; asking again would not help."""


@dataclass
class Runner:
    """Runs the circuits of one card, one at a time: a failure repeats one circuit and no more.

    Attributes:
        machine: what is measured.
        store: folder for finished circuits, or none.
        retries: how often a failing circuit is tried again.
        wait_s: pause before the first retry; doubles each time.
        on_batch: called with experiment and number of circuits when a circuit is done.
        fresh: whether what the store holds is left alone.
        started: when the card was begun; only results of the same day are taken from the store.
        failures: what went wrong and was retried, for the report.
        jobs: what each circuit took; stored circuits count with their first time.
        resumed: circuits taken from the store.
        oldest: when the oldest of them was measured, in ISO form; empty where none was taken.
        counts: all answers, by experiment.
        recorded: answers of an earlier card, by experiment, that stand in for the machine's.
    """

    machine: Measured
    store: Path | None = None
    retries: int = 3
    wait_s: float = 0.1
    on_batch: Callable[[str, int], None] | None = None
    fresh: bool = False
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    failures: list[Failure] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    resumed: int = 0
    oldest: str = ""
    counts: dict[str, Results] = field(default_factory=dict)
    recorded: Mapping[str, Results] = field(default_factory=dict)

    def __post_init__(self) -> None:
        machine = self.machine
        known = {
            "day": self.started.date().isoformat(),
            "machine": fingerprint(machine) if self.store is not None else "",
            "name": machine.name,
            "qubits": machine.labels,
            "couplings": machine.couplings.edges,
            "provenance": dict(sorted(machine.provenance.items())),
        }
        self._identity = json.dumps(known, sort_keys=True)

    def run(self, tasks: Sequence[Task], shots: int) -> Results:
        """Run all circuits of one experiment; each experiment is run once.

        Args:
            tasks: the circuits, all of one experiment.
            shots: of each circuit.

        Returns:
            Counts by circuit and measurement key, from the store where an earlier run left them there.

        Raises:
            Refused: where the machine does not take a circuit.
            DeviceError: where the machine keeps failing or answers wrongly.
        """
        experiment = tasks[0].experiment
        results = self.recorded.get(experiment) or {task.name: self._one(task, shots) for task in tasks}
        self.counts[experiment] = results
        return results

    def _one(self, task: Task, shots: int) -> dict[str, Counts]:
        path = self.store / f"{self._digest(task, shots)}.json" if self.store is not None else None
        kept = self._stored(path) if path is not None and not self.fresh else None
        if kept is None:
            started = time.perf_counter()
            answer = self._sampled(task, shots)
            kept = {
                "experiment": task.experiment,
                "circuit": task.name,
                "measured": datetime.now(UTC).isoformat(timespec="seconds"),
                "seconds": time.perf_counter() - started,
                "counts": {key: counts(bits) for key, bits in answer.items()},
            }
            if path is not None:
                write_atomically(path, json.dumps(kept))
        else:
            self.resumed += 1
            self.oldest = min(self.oldest or kept["measured"], kept["measured"])
        self.jobs.append(Job(task.experiment, shots, float(kept["seconds"])))
        if self.on_batch is not None:
            self.on_batch(task.experiment, 1)
        found: dict[str, Counts] = kept["counts"]
        return found

    def _stored(self, path: Path) -> Any:
        """What a stored circuit's file holds; nothing where there is none, or none that is whole."""
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError:
            kept = None
        # Nothing is lost by measuring again what a crash or a hand has spoilt.
        return kept if isinstance(kept, dict) and {"measured", "seconds", "counts"} <= set(kept) else None

    def _digest(self, task: Task, shots: int) -> str:
        whole = f"{self._identity} {shots} {task.experiment} {task.name} {task.circuit!r}"
        return hashlib.sha256(whole.encode()).hexdigest()[:32]

    def _sampled(self, task: Task, shots: int) -> dict[str, Bits]:
        import stamina

        where = f"experiment {task.experiment!r}"

        def transient(error: Exception) -> bool:
            # A page of HTML instead of an answer is an outage; other wrong values are no failure to answer, and
            # asking again would only hide them.
            if isinstance(error, _LASTING) and not isinstance(error, json.JSONDecodeError):
                return False
            self.failures.append(Failure(task.experiment, f"{type(error).__name__}: {error}"))
            return True

        answers: Sequence[Mapping[str, Bits]] = []
        before = len(self.failures)
        try:
            for attempt in stamina.retry_context(
                on=transient, attempts=self.retries + 1, timeout=None, wait_initial=self.wait_s, wait_jitter=0
            ):
                with attempt:
                    answers = self.machine.sample_batch([task.circuit], [shots])
        except Exception as error:
            if tries := len(self.failures) - before:
                raise DeviceError(f"{where}: the sampler failed {tries} times, last: {error}") from error
            # Whoever answered, and answered wrongly, did take the circuit.
            kind = DeviceError if getattr(error, "answered", False) else Refused
            raise kind(f"{where}: {error}") from error
        return self._checked(task, answers, shots)

    def _checked(self, task: Task, answers: Sequence[Mapping[str, Bits]], shots: int) -> dict[str, Bits]:
        if len(answers) != 1:
            raise DeviceError(f"experiment {task.experiment!r}: 1 circuit was sent and {len(answers)} came back")
        found: dict[str, Bits] = {}
        for o in task.circuit:
            if o.key is None:
                continue
            where = f"experiment {task.experiment!r}, circuit {task.name!r}: result {o.key!r}"
            bits = answers[0].get(o.key)
            shape = getattr(bits, "shape", None)
            if bits is None or shape != (shots, len(o.qubits)):
                raise DeviceError(f"{where} must have shape ({shots}, {len(o.qubits)}), got {shape}")
            if not np.isin(bits, (0, 1)).all():
                raise DeviceError(f"{where} must hold zeros and ones only, got {np.unique(bits)[:5].tolist()}")
            found[o.key] = bits
        return found


_LASTING = (ValueError, TypeError, AttributeError, NotImplementedError)
"""Errors that come again when the same is asked again."""
