"""Running tasks on a machine: in batches, with retries that are counted, and with every answer kept on disk."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from qlab._files import write_atomically
from qlab._types import Bits
from qlab.devices import CouplingMap
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
class Work:
    """What one experiment took.

    Attributes:
        seconds: time spent in the sampler.
        circuits: number of circuits.
        shots: over all of them.
    """

    seconds: float
    circuits: int
    shots: int


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


@dataclass
class Runner:
    """Runs the tasks of one card.

    Attributes:
        machine: what is measured.
        store: folder for finished batches, or none.
        retries: how often a failing batch is tried again.
        wait_s: pause before the first retry; doubles each time.
        on_batch: called with experiment and number of circuits when a batch is done.
        failures: what went wrong and was retried, for the report.
        work: what each experiment took; stored batches count with their first time.
        resumed: batches taken from the store.
    """

    machine: Measured
    store: Path | None = None
    retries: int = 3
    wait_s: float = 0.1
    on_batch: Callable[[str, int], None] | None = None
    failures: list[Failure] = field(default_factory=list)
    work: dict[str, Work] = field(default_factory=dict)
    resumed: int = 0

    def run(self, tasks: Sequence[Task], shots: int) -> Results:
        """Run all tasks of one experiment as one batch; each experiment is run once.

        Args:
            tasks: the circuits, all of one experiment.
            shots: of each circuit.

        Returns:
            Counts by circuit and measurement key, from the store where an earlier run left them there.

        Raises:
            DeviceError: where the machine keeps failing or answers wrongly.
        """
        experiment = tasks[0].experiment
        path = self.store / f"{self._digest(tasks, shots)}.json" if self.store is not None else None
        if path is not None and path.exists():
            kept = json.loads(path.read_text(encoding="utf-8"))
            self.resumed += 1
        else:
            started = time.perf_counter()
            answers = self._sampled(tasks, shots)
            taken = time.perf_counter() - started
            results = {t.name: {k: counts(bits) for k, bits in a.items()} for t, a in zip(tasks, answers, strict=True)}
            kept = {"experiment": experiment, "seconds": taken, "results": results}
            if path is not None:
                write_atomically(path, json.dumps(kept))
        self.work[experiment] = Work(float(kept["seconds"]), len(tasks), len(tasks) * shots)
        if self.on_batch is not None:
            self.on_batch(experiment, len(tasks))
        found: Results = kept["results"]
        return found

    def _digest(self, tasks: Sequence[Task], shots: int) -> str:
        identity = {
            "machine": self.machine.name,
            "provenance": dict(sorted(self.machine.provenance.items())),
            "shots": shots,
            "tasks": [(t.experiment, t.name, repr(t.circuit)) for t in tasks],
        }
        return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:32]

    def _sampled(self, tasks: Sequence[Task], shots: int) -> list[dict[str, Bits]]:
        import stamina

        experiment = tasks[0].experiment
        circuits, numbers = [t.circuit for t in tasks], [shots] * len(tasks)

        def note(error: Exception) -> bool:
            # A wrong answer is not a failure to answer: asking again would only hide it.
            if isinstance(error, ValueError):
                return False
            self.failures.append(Failure(experiment, f"{type(error).__name__}: {error}"))
            return True

        answers: list[dict[str, Bits]] = []
        before = len(self.failures)
        try:
            for attempt in stamina.retry_context(
                on=note, attempts=self.retries + 1, timeout=None, wait_initial=self.wait_s, wait_jitter=0
            ):
                with attempt:
                    answers = self.machine.sample_batch(circuits, numbers)
        except ValueError as error:
            raise DeviceError(f"experiment {experiment!r}: {error}") from error
        except Exception as error:
            tries = len(self.failures) - before
            raise DeviceError(f"experiment {experiment!r}: the sampler failed {tries} times, last: {error}") from error
        self._check(tasks, answers, shots)
        return answers

    def _check(self, tasks: Sequence[Task], answers: Sequence[Mapping[str, Bits]], shots: int) -> None:
        if len(answers) != len(tasks):
            name = tasks[0].experiment
            raise DeviceError(f"experiment {name!r}: {len(tasks)} circuits were sent and {len(answers)} came back")
        for task, answer in zip(tasks, answers, strict=True):
            for o in task.circuit:
                if o.key is None:
                    continue
                where = f"experiment {task.experiment!r}, circuit {task.name!r}: result {o.key!r}"
                bits = answer.get(o.key)
                shape = getattr(bits, "shape", None)
                if bits is None or shape != (shots, len(o.qubits)):
                    raise DeviceError(f"{where} must have shape ({shots}, {len(o.qubits)}), got {shape}")
                if not np.isin(bits, (0, 1)).all():
                    raise DeviceError(f"{where} must hold zeros and ones only, got {np.unique(bits)[:5].tolist()}")
