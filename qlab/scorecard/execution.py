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

from qlab import _validate
from qlab._files import write_atomically
from qlab._types import Bits
from qlab.devices import CouplingMap
from qlab.scorecard.fingerprint import fingerprint
from qlab.scorecard.queueing import JobFailed, Queue, Waiting
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
        patient: whether to wait for a machine's queue; else `Waiting` is raised where jobs are still open.
        dry: whether nothing is to be sent, as for a plan.
        poll_s: pause between two looks at the queue, in s.
        job_ids: what the vendor calls the jobs, those of stored circuits included.
        queue: the jobs of a machine that takes them and answers later; none for others.
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
    patient: bool = True
    dry: bool = False
    poll_s: float = 5.0
    job_ids: list[str] = field(default_factory=list)
    queue: Queue | None = None

    def __post_init__(self) -> None:
        machine = self.machine
        known = {
            "machine": (getattr(machine, "identity", "") or fingerprint(machine)) if self.store is not None else "",
            "name": machine.name,
            "qubits": machine.labels,
            "couplings": machine.couplings.edges,
            "provenance": dict(sorted(machine.provenance.items())),
        }
        if hasattr(machine, "submit") and not self.dry:
            if self.store is None:
                raise _validate.fail("store", "must be a folder for a machine that answers later", self.store)
            self.queue = Queue(machine, self.store, json.dumps(known, sort_keys=True), fresh=self.fresh)
            self.started = self.queue.begun(self.started)
        self._identity = json.dumps({"day": self.started.date().isoformat(), **known}, sort_keys=True)
        self._sent: list[tuple[Task, int]] = []

    def send(self, tasks: Sequence[Task], shots: int) -> None:
        """Send circuits ahead, where the machine has a queue; what is answered or sent already is not sent again.

        Args:
            tasks: the circuits, all of one experiment.
            shots: of each circuit.

        Raises:
            Refused: where the machine does not take a circuit.
            DeviceError: where the machine keeps failing.
        """
        for task in tasks if self.queue is not None else ():
            self._sent.append((task, shots))
            digest = self._digest(task, shots)
            if self._answered(digest) is None:
                self._ticket(task, shots, digest)

    def gather(self) -> None:
        """Fetch the answers of all that was sent, and keep each on disk as it comes.

        Raises:
            Waiting: where jobs are open and the runner is not patient.
        """
        while self._sent:
            self._sent = [(task, shots) for task, shots in self._sent if not self._fetched(task, shots)]
            if self._sent and not self.patient:
                assert self.queue is not None
                raise Waiting(self.queue.answered, self.queue.answered + len(self._sent))
            if self._sent:
                time.sleep(self.poll_s)

    def _ticket(self, task: Task, shots: int, digest: str) -> str:
        assert self.queue is not None
        assert self.store is not None
        (self.store / f"{digest}.json").unlink(missing_ok=True)
        queue = self.queue

        def send() -> str:
            return queue.send(task.experiment, task.name, task.circuit, shots, digest)

        job: str = self._asked(task.experiment, send)
        if queue.doubtful:
            self.failures.append(Failure(task.experiment, queue.doubtful))
            queue.doubtful = ""
        return job

    def _fetched(self, task: Task, shots: int) -> bool:
        """Whether the answer of a circuit that was sent lies on disk now."""
        assert self.queue is not None
        digest, queue = self._digest(task, shots), self.queue
        if self._answered(digest) is not None:
            queue.answer_kept(digest)
            return True
        job = self._ticket(task, shots, digest)
        try:
            bits = self._asked(task.experiment, lambda: queue.machine.collect(job, task.circuit, shots))
        except JobFailed as error:
            self.failures.append(Failure(task.experiment, f"job {job}: {error}"))
            if queue.failed(digest) > self.retries:
                where = f"experiment {task.experiment!r}, circuit {task.name!r}"
                raise DeviceError(f"{where}: {self.retries + 1} jobs failed, last {job}: {error}") from error
            return False
        if bits is None:
            return False
        self._keep(task, self._checked(task, [bits], shots), 0.0, [job] if queue.vouched else [], self._path(digest))
        queue.answer_kept(digest)
        return True

    def _answered(self, digest: str) -> Any:
        """A stored answer that belongs to this card: with `fresh`, only one that was sent for it."""
        assert self.store is not None
        kept = self._stored(self.store / f"{digest}.json")
        own = kept is not None and kept.get("card") == self.started.isoformat()
        return kept if own or not self.fresh else None

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
        digest = self._digest(task, shots)
        path = self._path(digest)
        if self.queue is not None:
            self.send([task], shots)
            self.gather()
            kept = self._answered(digest)
        else:
            kept = self._stored(path) if path is not None and not self.fresh else None
        if kept is None:
            started, before = time.perf_counter(), len(getattr(self.machine, "job_ids", ()))
            answer = self._sampled(task, shots)
            ids = list(getattr(self.machine, "job_ids", ()))[before:]
            kept = self._keep(task, answer, time.perf_counter() - started, ids, path)
        elif kept.get("card") != self.started.isoformat():
            self.resumed += 1
            self.oldest = min(self.oldest or kept["measured"], kept["measured"])
        self.job_ids += kept.get("jobs", [])
        self.jobs.append(Job(task.experiment, shots, float(kept["seconds"])))
        if self.on_batch is not None:
            self.on_batch(task.experiment, 1)
        found: dict[str, Counts] = kept["counts"]
        return found

    def _keep(
        self, task: Task, answer: Mapping[str, Bits], seconds: float, ids: Sequence[str], path: Path | None
    ) -> dict[str, Any]:
        kept = {
            "card": self.started.isoformat(),
            "experiment": task.experiment,
            "circuit": task.name,
            "measured": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": seconds,
            "jobs": [str(job) for job in ids],
            "counts": {key: counts(bits) for key, bits in answer.items()},
        }
        if path is not None:
            write_atomically(path, json.dumps(kept))
        return kept

    def _path(self, digest: str) -> Path | None:
        return self.store / f"{digest}.json" if self.store is not None else None

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
        answers = self._asked(task.experiment, lambda: self.machine.sample_batch([task.circuit], [shots]))
        return self._checked(task, answers, shots)

    def _asked(self, experiment: str, call: Callable[[], Any]) -> Any:
        """What a call to the machine returns; asked again where it failed for a while."""
        import stamina

        where = f"experiment {experiment!r}"

        def transient(error: BaseException) -> bool:
            # A page of HTML instead of an answer is an outage; other wrong values are no failure to answer, and
            # asking again would only hide them.
            lasting = isinstance(error, _LASTING) and not isinstance(error, json.JSONDecodeError)
            # stamina asks about Ctrl-C as well.
            if lasting or not isinstance(error, Exception):
                return False
            self.failures.append(Failure(experiment, f"{type(error).__name__}: {error}"))
            return True

        before = len(self.failures)
        try:
            for attempt in stamina.retry_context(
                on=transient, attempts=self.retries + 1, timeout=None, wait_initial=self.wait_s, wait_jitter=0
            ):
                with attempt:
                    return call()
        except JobFailed:
            raise
        except Exception as error:
            if tries := len(self.failures) - before:
                raise DeviceError(f"{where}: the sampler failed {tries} times, last: {error}") from error
            # Whoever answered, and answered wrongly, did take the circuit.
            kind = DeviceError if getattr(error, "answered", False) else Refused
            raise kind(f"{where}: {error}") from error
        raise AssertionError  # the loop above returns or raises

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


_LASTING = (ValueError, TypeError, AttributeError, NotImplementedError, JobFailed)
"""Errors that come again when the same is asked again."""
