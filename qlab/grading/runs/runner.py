"""Grading a whole class: jobs to an executor, results to disk, one writer to the gradebook.

It has two phases (`phases.py`): the cells of all who wait are run and recorded before any test is.
Delivery is at least once: a result is named by the hash of all that decides it and written whole, so a
run that was killed at any moment goes on where it stopped, and nothing is half-written.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import gc
import os
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future
from concurrent.futures import wait as wait_for_futures
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qlab._files import write_atomically
from qlab.grading.notebooks.files import HARMLESS, without_clashes
from qlab.grading.notebooks.reading import (
    UnreadableNotebook,
    grade_id,
    is_solution,
    marks,
    parse_notebook,
    read_bytes,
)
from qlab.grading.runs import jobs
from qlab.grading.runs.census import Census
from qlab.grading.runs.course import MARK, Course, submission_key
from qlab.grading.runs.leavings import clear_files, clear_folders
from qlab.grading.runs.options import demand_honoured, value_of, without_effect
from qlab.grading.runs.parcels import Parcel, unpack
from qlab.grading.runs.pool import LocalPool, prepare
from qlab.grading.runs.reference import broken, settle, settled
from qlab.grading.runs.results import NotebookResult, Result
from qlab.grading.runs.stopping import ended_at_once
from qlab.grading.runs.store import Store
from qlab.grading.runs.submitted import Submission
from qlab.grading.runs.worker import Worker
from qlab.grading.student.bubblewrap import SandboxUnavailable
from qlab.grading.wire.messages import Judgement
from qlab.grading.wire.verdict import Verdict

if TYPE_CHECKING:
    from qlab.grading.runs.gradebook import GradebookWriter

_MOST_BREAKS = 3
_LEAST = 1e-9
"""Points by which a mark has moved."""
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES)
"""What is wrong with a disk, and so with the next submission too."""
Progress = Callable[[int, int, str], None]
Grade = Callable[[jobs.Work], Future[Any]]
"""Hands a submission to a pool, which answers with a result or with a parcel that holds one."""
Take = Callable[[str, Result], None]
"""Takes what came of a key."""


class AlreadyGrading(ValueError):
    """Another run is grading this course."""


@dataclass
class Row:
    """What happened to one submission.

    Attributes:
        learner: the learner's id.
        verdicts: number of tests by verdict.
        refused: why notebooks were not graded, by name.
        looks: why a person should look at a test, by notebook and test.
        score: points reached, late penalty taken off.
        max_score: points that can be reached.
        late_seconds: how late the submission was.
        waiting: cells that wait for a manual grade.
        by_hand: cells whose marks were given or changed by hand.
        taken: the file that was taken for a notebook, by the notebook's name.
        notes: what was put right in a notebook, by its name.
        ignored: why a file is no part of the submission, by relative name.
        reused: the result was there already.
        seconds: what grading took.
    """

    learner: str
    verdicts: dict[Verdict, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))
    refused: dict[str, str] = field(default_factory=dict)
    looks: dict[str, str] = field(default_factory=dict)
    score: float = 0.0
    max_score: float = 0.0
    late_seconds: float = 0.0
    waiting: int = 0
    by_hand: int = 0
    taken: dict[str, str] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    ignored: dict[str, str] = field(default_factory=dict)
    reused: bool = False
    seconds: float = 0.0


@dataclass
class Report:
    """What happened to an assignment.

    Attributes:
        assignment: its name.
        rows: one for each submission, in the order of learners' ids.
        seconds: wall time of the run.
        sandboxed: whether student code was confined.
        ignored: why a file in the submitted directory is no submission's, by relative name.
        left_out: why a file beside the source notebooks is not used, by name.
        broken: why tests cannot be carried out with any answer, by notebook and test.
        foreign: why a notebook of the assignment's is not graded here: it is another language's.
        remarks: what else the instructor should know, one sentence each.
        points: what a cell was worth and is, by notebook and cell, where the source has changed.
        moved: what a learner's score was and is, where it has changed since the last run.
    """

    assignment: str
    rows: list[Row]
    seconds: float
    sandboxed: bool
    ignored: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    foreign: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    points: dict[str, tuple[float, float]] = field(default_factory=dict)
    moved: dict[str, tuple[float, float]] = field(default_factory=dict)

    def count(self, verdict: Verdict) -> int:
        """Return how many tests ended with a verdict."""
        return sum(row.verdicts[verdict] for row in self.rows)

    @property
    def exit_code(self) -> int:
        """0 if everything was graded, 2 if something was refused, left out, broken, foreign, unsure or needs a look."""
        places = [self.ignored, *(row.ignored for row in self.rows)]
        ignored = [why for found in places for why in found.values() if why not in HARMLESS]
        lost = ignored or self.left_out or self.broken or self.foreign or any(row.refused for row in self.rows)
        return 2 if lost or self.count(Verdict.COULD_NOT_TELL) or self.count(Verdict.NEEDS_A_LOOK) else 0

    @property
    def looks(self) -> dict[str, dict[str, int]]:
        """How many learners a person should look at, by test and by why."""
        found: dict[str, dict[str, int]] = {}
        for row in self.rows:
            for test, why in row.looks.items():
                reasons = found.setdefault(test, {})
                reasons[why] = reasons.get(why, 0) + 1
        return found


def grade_assignment(
    course: Course,
    assignment: str,
    *,
    learners: list[str] | None = None,
    workers: int | None = None,
    executor: Executor | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Grade an assignment's submissions and write notebooks and gradebook.

    Args:
        course: the course.
        assignment: its name.
        learners: only these; by default all who submitted.
        workers: processes of the local pool; by default one per processor.
        executor: an executor to use instead, such as Dask's; it is not shut down.
        force: run even what has a result.
        progress: called with (done, all, learner) after each submission.

    Raises:
        SandboxUnavailable: student code cannot be confined here.
        ValueError: the assignment is unknown or not released.
        AlreadyGrading: another run is grading this course.
    """
    started = time.monotonic()
    demand_honoured(course.config, door="qlab")
    force = force or bool(value_of(course.config, "Autograde.force", False))
    course.state.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        stack.enter_context(_only_run(course))
        clear_folders()
        clear_files(course.state / "results")
        clear_files(course.state / "cells" / assignment)
        settings = course.settings(course.source_notebooks(assignment))
        worker = stack.enter_context(Worker(settings)) if executor is None else None
        if executor is None:
            prepare()
        from qlab.grading.runs.gradebook import GradebookWriter, load_assignment  # slow: meanwhile the worker warms up

        gc.freeze()  # what is imported stays: no collection looks at it again

        writer = stack.enter_context(GradebookWriter(course, assignment))
        before = writer.standings()
        points = writer.follow_points(points_in(course.source_notebooks(assignment)))
        whole = load_assignment(course, assignment, writer)
        run = _Run(course, assignment, whole, writer, force, progress)
        run.plan(learners)
        if run.waiting:
            processes = workers or os.cpu_count() or 1
            run.record(executor, worker, processes)
            run.settle(executor, worker)  # runs the tests, so it waits for all cells
            run.execute(executor, worker, processes)
        if learners is None:
            run.clear_cells()
        rows = sorted(run.rows, key=lambda row: row.learner)
        standings = writer.standings()
        for row in rows:
            if now := standings.get(row.learner):
                row.score, row.waiting, row.by_hand = now.score, now.waiting, now.by_hand
    moved = {who: (old.score, now.score) for who, old in before.items()
             if (now := standings.get(who)) and abs(now.score - old.score) > _LEAST}  # fmt: skip
    broken_tests = broken(run.whole.standings)
    ignored, seconds = course.strays(), time.monotonic() - started
    foreign = {
        name: f"{language}, left to nbgrader's Execute"
        if language.kernel in course.options.stock_kernels
        else language.refusal(name)
        for name, language in course.foreign(assignment).items()
    }
    remarks = [*without_effect(course.config, door="qlab"), *run.remarks]
    ignored |= run.unknown
    about = (seconds, settings.confined, ignored, whole.left_out, broken_tests, foreign, remarks)
    return Report(assignment, rows, *about, points, moved)


@contextlib.contextmanager
def _only_run(course: Course) -> Iterator[None]:
    path = course.state / "lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except PermissionError:  # it belongs to another grader of the same course
        descriptor = os.open(path, os.O_RDONLY)
    with open(descriptor) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyGrading("another `qlab grade` is at work in this course") from None
        yield


class _Run:
    """One run over an assignment's submissions.

    Args:
        course: the course.
        assignment: name of the assignment.
        whole: the assignment by value, for whoever grades a submission.
        writer: writes the gradebook.
        force: grade even what has a result.
        progress: called after each submission.

    Attributes:
        waiting: submissions without a result, by key; set by :meth:`plan`, emptied by :meth:`execute`.
        rows: what happened to the others, in no order.
        store: where results are kept.
        remarks: what the instructor should know, one sentence each.
        unknown: why a learner's submission is not graded, by the learner's id.
        cells: where what cells put out is kept until the result is there.
    """

    def __init__(
        self,
        course: Course,
        assignment: str,
        whole: jobs.Assignment,
        writer: GradebookWriter,
        force: bool,
        progress: Progress | None,
    ) -> None:
        self.course, self.assignment, self.whole, self.writer = course, assignment, whole, writer
        self.force, self._progress = force, progress
        self.store = Store(course.state / "results")
        self.cells = Store(course.state / "cells" / assignment)
        self._recorded: set[str] = set()
        self._broken: set[str] = set()
        for one in (self.store, self.cells):
            one.directory.mkdir(parents=True, exist_ok=True)
        self.waiting: dict[str, Submission] = {}
        self.rows: list[Row] = []
        self._total = 0
        self.remarks: list[str] = []
        self.unknown: dict[str, str] = {}
        self._before, self._after = (course.hook(f"{when}_convert_hook") for when in ("pre", "post"))

    def plan(self, learners: list[str] | None) -> None:
        """Read all submissions; finish those that have a result of which the grader was sure."""
        found = list(self.course.learners(self.assignment))
        unknown = sorted(set(learners or ()) - set(found))
        if unknown:
            raise ValueError(f"learner must be one who submitted {self.assignment}, got {unknown[0]!r}")
        chosen = found if learners is None else learners
        if not value_of(self.course.config, "Autograde.create_student", True):
            why = "the gradebook does not know this learner, and Autograde.create_student is False"
            self.unknown = dict.fromkeys(self.writer.unknown(chosen), why)
            chosen = [learner for learner in chosen if learner not in self.unknown]
        self._total = len(chosen)
        census = Census(self.whole.files)
        for learner in chosen:
            self._call(self._before, learner, "submitted")
            submission = self._in_time(self.course.submission(self.assignment, learner))
            key = f"{submission_key(submission, self.whole.fingerprint)}-{_safe(learner)}"  # the name is for people
            kept = None if self.force else self.store.get(key)
            if kept is None or kept.unsure:
                if kept is not None:  # another run is no second look: the first outputs stay
                    self.cells.put(kept)
                elif self.force:
                    self.cells.forget(key)
                self.store.forget(key)
                self.waiting[key] = submission
                if self.cells.get(key) is not None:
                    self._recorded.add(key)
                census.take(submission)
            else:
                self.cells.forget(key)
                self.finish(key, submission, kept, reused=True)
        self.remarks += census.lines()

    def _in_time(self, submission: Submission) -> Submission:
        """Return a submission as it is, or refused if its time stamp is damaged and could cost points."""
        why = self.writer.objection_to_time(submission.timestamp)
        if not why:
            return submission
        if self.writer.has_duedate:
            return replace(submission, notebooks={}, unreadable=dict.fromkeys(self.whole.sources, why))
        return replace(submission, ignored={**submission.ignored, "timestamp.txt": why})

    def _call(self, hook: Callable[..., object] | None, learner: str, step: str) -> None:
        """Call a course's hook as nbgrader does; what it raises is said, and stops nothing."""
        if hook is None:
            return
        place = self.course.path(step, self.assignment, learner)
        try:
            with self.course.importable():
                hook(assignment=self.assignment, student=learner, notebooks=sorted(map(str, place.glob("*.ipynb"))))
        except Exception as error:  # it is the instructor's own program and may raise anything
            name = getattr(hook, "__name__", "a hook")
            self.remarks.append(f"{name} failed for {learner}: {type(error).__name__}: {error}")

    def settle(self, executor: Executor | None, worker: Worker | None) -> None:
        """Have the instructor's own answer settle how each test is judged."""
        if worker is not None:
            with jobs.using(worker):
                self.whole = settled(self.course, self.assignment, self.whole)
        elif executor is not None:
            self.whole = settled(
                self.course, self.assignment, self.whole, lambda *one: executor.submit(settle, *one).result()
            )

    def work(self, key: str) -> jobs.Work:
        """Return a waiting submission by value."""
        one = self.waiting[key]
        texts = None
        if key in self._recorded:
            kept = self.cells.get(key)
            texts = {name: book.text for name, book in kept.notebooks.items() if book.text} if kept else {}
        return jobs.Work(key, one.learner, one.notebooks, one.unreadable, one.files, one.ignored, texts)

    def recorded(self, key: str, result: Result) -> None:
        """Take what a submission's cells put out."""
        if result.broken:
            self.done(key, self._gave_up(key))
            return
        if self.cells.get(key) is None:
            self.cells.put(result)
        self._recorded.add(key)

    def clear_cells(self) -> None:
        """Remove recorded cells of submissions that were changed before a killed run was taken up again."""
        for path in self.cells.directory.glob("*/*.json"):
            if path.stem not in self._broken:
                path.unlink(missing_ok=True)

    def done(self, key: str, result: Result) -> None:
        """Take a fresh result."""
        if key not in self.waiting:
            return
        if not result.broken and (self.force or not self.store.path(key).is_file()):
            self.store.put(result)
        if result.broken:
            self._broken.add(key)
        else:
            self.cells.forget(key)
        self.finish(key, self.waiting.pop(key), result, reused=False)

    def finish(self, key: str, submission: Submission, result: Result, *, reused: bool) -> None:
        """Write notebooks and gradebook, unless this very result is there already."""
        learner = submission.learner
        directory = self.course.path("autograded", self.assignment, learner)
        mark = directory / MARK
        stamp = f"{key} {submission.timestamp} {self.writer.gradebook_stamp(learner)}"
        row = Row(learner, taken=submission.taken, ignored=submission.ignored, reused=reused, seconds=result.seconds)
        for name, outcome in result.notebooks.items():
            if outcome.notes:
                row.notes[name] = outcome.notes
            if outcome.refused:
                row.refused[name] = outcome.refused
            for test, judgement in outcome.tests.items():
                row.verdicts[judgement.verdict] += 1
                if judgement.look:
                    row.looks[f"{name}/{test}"] = judgement.look
        applied = mark.is_file() and mark.read_text().startswith(stamp + "\n")
        if not applied or self.force or not reused:
            unchanged = same_answers(directory, result)
            written = self.writer.write(learner, submission.timestamp, result, unchanged)
            write_autograded(self.course, self.assignment, submission, result)  # last: it is what a person has marked
            self._call(self._after, learner, "autograded")
            stamp = f"{key} {submission.timestamp} {self.writer.gradebook_stamp(learner)}"
            numbers = f"{written.score} {written.max_score} {written.late_seconds}"
            write_atomically(mark, f"{stamp}\n{numbers}\n".encode())
            set_permissions(directory, *self.course.permissions())
        _, numbers = mark.read_text().split("\n")[:2]
        row.score, row.max_score, row.late_seconds = map(float, numbers.split())
        self.rows.append(row)
        if self._progress:
            self._progress(len(self.rows), self._total, learner)

    def record(self, executor: Executor | None, worker: Worker | None, processes: int) -> None:
        """Have the cells of all who wait run, and keep what they put out; as :meth:`execute`."""

        def todo() -> list[str]:
            return [key for key in self.waiting if key not in self._recorded]

        if executor is not None:
            self._through(executor, jobs.record, str(self.cells.directory), todo(), processes, self.recorded)
        else:
            self._by_pool("record", worker, processes, self.cells, todo, self.recorded)

    def execute(self, executor: Executor | None, worker: Worker | None, processes: int) -> None:
        """Keep the executor busy until nothing waits; a pool that breaks is rebuilt and goes on.

        Args:
            executor: the caller's, or None for a pool of our own.
            worker: shared by the pool's processes; None with the caller's executor.
            processes: size of the pool, and the measure of how much to have under way.

        Raises:
            SandboxUnavailable: student code cannot be confined where it would run.
            ConnectionError: the caller's executor is gone.
            OSError: a disk is full or may not be written.
        """
        if executor is not None:
            self._through(executor, jobs.grade, str(self.store.directory), list(self.waiting), processes, self.done)
        else:
            self._by_pool("grade", worker, processes, self.store, lambda: list(self.waiting), self.done)

    def _through(
        self, executor: Executor, carry_out: Any, store: str, todo: list[str], processes: int, take: Take
    ) -> None:
        """Have the caller's executor carry something out for each key."""
        window = 4 * min(processes, len(todo)) + 16
        self._drain(lambda work: executor.submit(carry_out, self.whole, work, store), window, todo, take)

    def _by_pool(
        self,
        carry_out: str,
        worker: Worker | None,
        processes: int,
        store: Store,
        todo: Callable[[], list[str]],
        take: Take,
    ) -> None:
        """Have a pool of our own carry something out for each key, until none is to do."""
        assert worker is not None
        breaks: dict[str, int] = {}
        while left := todo():
            suspects = [key for key in left if key in breaks]  # one at a time: only the guilty breaks again
            size = 1 if suspects else min(processes, len(left))
            with ended_at_once(LocalPool(size, worker, self.whole)) as pool:
                grade = partial(getattr(pool, carry_out), store=str(store.directory))
                lost = self._drain(grade, 1 if suspects else 2 * size + 2, suspects or left, take)
            for key in lost:
                kept = store.get(key)
                if kept is not None:
                    take(key, kept)
                    continue
                breaks[key] = breaks.get(key, 0) + 1
                if breaks[key] >= _MOST_BREAKS and key in self.waiting:
                    self.done(key, self._gave_up(key))

    def _drain(self, grade: Grade, window: int, todo: list[str], take: Take) -> list[str]:
        """Submit what is to do and take what comes back.

        Args:
            grade: hands a submission to a pool.
            window: how much to have under way at once.
            todo: keys of submissions.
            take: takes what came back.

        Returns:
            The keys that a broken pool lost; empty if all is done.
        """
        flying: dict[Future[Any], str] = {}
        lost: list[str] = []
        while (todo or flying) and not lost:
            while todo and len(flying) < window:
                key = todo.pop(0)
                try:
                    flying[grade(self.work(key))] = key
                except BrokenExecutor:
                    return [*flying.values(), key]
            ready, _ = wait_for_futures(flying, return_when=FIRST_COMPLETED)
            lost = [key for future in ready if not self._landed(key := flying.pop(future), future, take)]
            del ready  # a result may be large
        return [*lost, *flying.values()]

    def _landed(self, key: str, future: Future[Any], take: Take) -> bool:
        """Take what a future that is done gave; return False if the pool broke instead."""
        if future.cancelled():
            raise ConnectionError("the Dask scheduler is gone")
        error = future.exception()
        if isinstance(error, BrokenExecutor):
            return False
        if isinstance(error, SandboxUnavailable) or (isinstance(error, OSError) and error.errno in _DISK):
            raise error
        if error is None:
            found = future.result()
            take(key, unpack(found) if isinstance(found, Parcel) else found)
        else:
            self.done(key, self._gave_up(key, f"{type(error).__name__}: {error}"))
        return True

    def _gave_up(self, key: str, detail: str = "") -> Result:
        """Return the result of a submission that could not be graded; the next run tries again."""
        judgement = Judgement(Verdict.COULD_NOT_TELL, "The grader broke while it graded this notebook.", detail)
        submission = self.waiting[key]
        points = self.writer.max_scores()
        notebooks = {
            name: NotebookResult(dict.fromkeys(points.get(name, {}), judgement), broken=True)
            for name in submission.notebooks
        }
        return Result(key, submission.learner, notebooks)


def points_in(sources: dict[str, bytes]) -> dict[str, dict[str, float]]:
    """Return the points of each cell that is graded, by notebook and name, as the source notebooks have them."""
    found: dict[str, dict[str, float]] = {}
    for name, content in sources.items():
        for cell in parse_notebook(content)["cells"]:
            mark, identity = marks(cell), grade_id(cell)
            worth = mark.get("points")
            if identity is not None and (mark.get("grade") or mark.get("task")) and isinstance(worth, int | float):
                found.setdefault(name, {})[identity] = float(worth)
    return found


def same_answers(autograded: Path, result: Result) -> frozenset[tuple[str, str]]:
    """Return the cells whose answer is the same as in the notebooks that a person may have marked.

    An answer in a cell of its own is the same if its text is, a test's if no answer of the notebook has changed.

    Args:
        autograded: the folder of the executed notebooks.
        result: the submission's result now.
    """
    found: set[tuple[str, str]] = set()
    for name, outcome in result.notebooks.items():
        try:
            old = _answers(read_bytes(autograded / f"{name}.ipynb"))
            new = _answers((outcome.text or "").encode("utf-8", "replace"))
        except UnreadableNotebook:
            continue
        whole = {cell for cell, (_, is_answer) in new.items() if is_answer}
        alike = {cell for cell in new if old.get(cell) == new[cell]}
        found |= {(name, cell) for cell in new if cell in alike and (cell in whole or whole <= alike)}
    return frozenset(found)


def _answers(content: bytes) -> dict[str, tuple[str, bool]]:
    """Return the text of each marked cell, and whether it is a learner's, by name."""
    cells = {grade_id(cell): cell for cell in parse_notebook(content)["cells"]}
    return {
        name: (cell["source"], bool(is_solution(cell) or marks(cell).get("task")))
        for name, cell in cells.items()
        if name is not None
    }


def _safe(learner: str) -> str:
    return "".join(c if c.isalnum() and c.isascii() else "_" for c in learner)[:40]


def write_autograded(course: Course, assignment: str, submission: Submission, result: Result) -> None:
    """Write the executed notebooks and the files beside them, as nbgrader does."""
    directory = course.path("autograded", assignment, submission.learner)
    if directory.is_symlink():
        directory.unlink()
    others = {name: text for name in course.foreign(assignment) if (text := _read(directory / f"{name}.ipynb"))}
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in others.items():  # stock has graded it
        write_atomically(directory / f"{name}.ipynb", text)
    source, kept_back = course.path("source", assignment), course.kept_back(assignment)
    beside = {str(path.relative_to(source)): path for path in source.rglob("*") if path.is_file()}
    for name in list(beside):
        hidden = any(part.startswith(".") for part in Path(name).parts)
        if name.endswith(".ipynb") or hidden or name in kept_back:
            del beside[name]
    beside = jobs.given_files(beside, submission.files, course.not_overwritten(assignment))
    own = [*beside, *(f"{name}.ipynb" for name in result.notebooks)]
    for name, content in without_clashes(submission.files, own).items():
        if not name.endswith(".ipynb"):  # nbgrader takes each for one of the assignment's
            write_atomically(directory / name, content)
    for name, path in beside.items():
        write_atomically(directory / name, path.read_bytes())
    for name, outcome in result.notebooks.items():
        if outcome.text is not None:
            write_atomically(directory / f"{name}.ipynb", outcome.text.encode("utf-8", "replace"))


def _read(path: Path) -> bytes:
    try:
        return read_bytes(path)
    except UnreadableNotebook:
        return b""


def set_permissions(directory: Path, permissions: int | None, shared: bool) -> None:
    """Give what was written the permissions that nbgrader would; a group that shares it may write in its folders.

    Args:
        directory: a submission's executed notebooks.
        permissions: of each file; none leaves them.
        shared: whether folders are the group's, too.
    """
    folders = [directory, directory.parent]
    for place, below, files in os.walk(directory):
        folders += [Path(place, name) for name in below]
        if permissions is not None:
            for name in files:
                Path(place, name).chmod(permissions)
    for folder in folders if shared else ():
        with contextlib.suppress(PermissionError):  # another's, who has shared it already
            folder.chmod(folder.stat().st_mode & 0o7777 | 0o2770)
