"""Jobs that are sent now and answered later: written down before they are sent, so that a killed run loses none."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from qlab._files import write_atomically
from qlab._types import Bits
from qlab.circuits import Circuit


class Queued(Protocol):
    """What a machine has, beside `Measured`, that answers later.

    A machine may also have ``find(tag)``, which gives the id of the job that was sent under a tag, or None: it saves
    the job whose id was lost because the run was killed between sending it and hearing of it. Where ``names_jobs`` is
    False, the ids are not the vendor's, and the card does not show them.
    """

    @property
    def identity(self) -> str:
        """A text that is the same in the process that sends and in the one that collects."""

    def submit(self, circuit: Circuit, shots: int, tag: str) -> str:
        """Send a circuit; the vendor's id of the job."""

    def collect(self, job: str, circuit: Circuit, shots: int) -> dict[str, Bits] | None:
        """Bits by key; None while the job waits.

        Raises:
            JobFailed: where the job will never be answered.
        """


class JobFailed(RuntimeError):
    """A job that was taken and will never be answered; it may be sent again."""


class Waiting(Exception):
    """Jobs are open; the same call or command collects them later.

    Attributes:
        answered: jobs whose answers are kept.
        sent: jobs sent so far.
    """

    def __init__(self, answered: int, sent: int) -> None:
        super().__init__(f"{answered} of {sent} jobs are answered; the same call, not fresh, collects the rest later")
        self.answered, self.sent = answered, sent


class Queue:
    """The open jobs of one card, a small file each beside the answers.

    Args:
        machine: takes jobs.
        store: folder of the files.
        card: what the card is of, as text.
        fresh: whether a card that was begun earlier is left alone.

    Attributes:
        vouched: whether the ids of jobs are the vendor's own.
        answered: jobs whose answers were found or fetched.
        doubtful: what to report of a job that may have been sent twice; empty for none.
    """

    def __init__(self, machine: Any, store: Path, card: str, *, fresh: bool) -> None:
        self.machine, self._store, self._fresh = machine, store, fresh
        self._card = store / f"card-{hashlib.sha256(card.encode()).hexdigest()[:16]}.json"
        # Names that we gave to files are no word of a vendor's.
        self.vouched = bool(getattr(machine, "names_jobs", True))
        self._started = ""
        self.answered = 0
        self.doubtful = ""

    def begun(self, now: datetime) -> datetime:
        """When the card was begun: as written down by the run that sent its first job, else now."""
        kept = None if self._fresh else _read(self._card)
        if kept is not None:
            self._started = str(kept["started"])
        else:
            self._started = now.isoformat()
            write_atomically(self._card, json.dumps({"started": self._started}), durable=True)
        return datetime.fromisoformat(self._started)

    def finish(self) -> None:
        """Forget that the card was begun: the next one starts anew."""
        self._card.unlink(missing_ok=True)

    def send(self, experiment: str, name: str, circuit: Circuit, shots: int, digest: str) -> str:
        """The id of a circuit's job; sent only if no file tells of one.

        The file is written before the job is sent, without an id, and again with it.
        """
        path = self._store / f"{digest}.job"
        ticket = _read(path) or {}
        if self._fresh and ticket.get("card") != self._started:
            ticket = {}
        if ticket.get("job"):
            return str(ticket["job"])
        tries = int(ticket.get("tries", 0))
        tag, job = f"{digest}-{tries}", None
        if ticket.get("sending"):  # a run was killed, or a call failed, before the id was heard
            find = getattr(self.machine, "find", None)
            job = find(tag) if find is not None else None
            if find is None:
                self.doubtful = f"circuit {name!r} may have been sent twice: its first job's id was never heard"
        note = {"card": self._started, "experiment": experiment, "circuit": name, "shots": shots, "tries": tries}
        note |= {"tag": tag, "sending": datetime.now(UTC).isoformat(timespec="seconds")}
        if job is None:
            write_atomically(path, json.dumps(note), durable=True)
            job = str(self.machine.submit(circuit, shots, tag))
        write_atomically(path, json.dumps({**note, "job": job}), durable=True)
        return job

    def answer_kept(self, digest: str) -> None:
        """Drop a job whose answer lies on disk."""
        self.answered += 1
        (self._store / f"{digest}.job").unlink(missing_ok=True)

    def failed(self, digest: str) -> int:
        """Drop a job that has failed; how many of this circuit's jobs have."""
        path = self._store / f"{digest}.job"
        tries = int((_read(path) or {}).get("tries", 0)) + 1
        write_atomically(path, json.dumps({"card": self._started, "tries": tries}), durable=True)
        return tries


def _read(path: Path) -> Any:
    """What a file holds; nothing where there is none, or none that is whole."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return kept if isinstance(kept, dict) else None
