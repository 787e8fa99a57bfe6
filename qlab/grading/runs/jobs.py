"""Grade one submission: by value in, a plain result out, on this machine or another."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from qlab.grading.notebooks.files import without_clashes
from qlab.grading.notebooks.missed import with_causes
from qlab.grading.notebooks.plan import Plan, make_job, make_plan
from qlab.grading.notebooks.reading import (
    Cell,
    Notebook,
    UnreadableNotebook,
    grade_id,
    is_solution,
    is_test,
    marks,
    parse_notebook,
    write_notebook,
)
from qlab.grading.notebooks.rebuilding import demand_own_cells, rebuild
from qlab.grading.notebooks.shown import Shown
from qlab.grading.runs.phases import as_recorded
from qlab.grading.runs.progress import WorkerBroken
from qlab.grading.runs.results import NotebookResult, Result
from qlab.grading.runs.store import Store
from qlab.grading.runs.worker import Settings, Worker
from qlab.grading.wire.messages import Job, Judgement, Outcome, Output
from qlab.grading.wire.standing import Standing
from qlab.grading.wire.verdict import Verdict


@dataclass(frozen=True)
class ReleasedCell:
    """What nbgrader kept of a marked cell when it made the assignment: its text and checksum."""

    source: str
    checksum: str | None


@dataclass(frozen=True)
class Assignment:
    """An assignment by value, so that another machine needs nothing else.

    Attributes:
        fingerprint: hash of everything that decides a result but for the submission.
        sources: the instructor's notebooks, by name.
        released: what nbgrader released of each marked cell, by notebook and cell name.
        files: the files beside the source notebooks.
        settings: what a worker needs.
        kept_back: those of the files that are not handed out: they are laid before the tests alone.
        left_out: why a file beside the source notebooks is not used, by name.
        standings: how each test is judged, by notebook and test; see :mod:`qlab.grading.runs.reference`.
        not_overwritten: those of the files in whose place a learner's own stays, where there is one.
        shown: what of a notebook's output is written.
    """

    fingerprint: str
    sources: dict[str, bytes]
    released: dict[str, dict[str, ReleasedCell]]
    files: dict[str, bytes]
    settings: Settings
    kept_back: frozenset[str] = frozenset()
    left_out: dict[str, str] = field(default_factory=dict)
    standings: dict[str, dict[str, Standing]] = field(default_factory=dict)
    not_overwritten: frozenset[str] = frozenset()
    shown: Shown = field(default_factory=Shown)


@dataclass(frozen=True)
class Work:
    """One submission to grade.

    Attributes:
        key: the name of its result in the store.
        learner: the learner's id.
        notebooks: content by notebook name.
        unreadable: why a notebook could not be read, by name.
        files: the other files, by relative name.
        left_out: why a file of the learner's is not among them, by name.
        recorded: the notebooks as their cells alone left them, by name; None if the cells have not run yet.
    """

    key: str
    learner: str
    notebooks: dict[str, bytes]
    unreadable: dict[str, str]
    files: dict[str, bytes] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    recorded: dict[str, str] | None = None


T = TypeVar("T")
NOT_GRADED = "This notebook was not graded."
TO_CONFIRM = "Passed; a person will confirm it."
"""What stands below a test that passed and that a person is asked to look at."""
_lock = threading.Lock()
_workers: dict[Settings, Worker] = {}
_plans: dict[tuple[str, str], Plan] = {}
_directories: dict[str, tempfile.TemporaryDirectory[str]] = {}
_scratch: list[str] = []
_lent: list[Worker] = []
"""The worker of another owner, who closes it: its directory is theirs too."""


def adopt(worker: Worker, scratch: str) -> None:
    """Let this process use a worker that another one started.

    Args:
        worker: the other process's.
        scratch: a directory of the other process's, which it removes; whatever this process writes goes
            there, since it may end without a chance to clear up.
    """
    _workers[worker.settings] = worker
    _scratch[:] = [scratch]


@contextlib.contextmanager
def using(worker: Worker) -> Iterator[None]:
    """Let this process use a worker that ends before it does."""
    adopt(worker, str(worker.directory))
    _lent[:] = [worker]
    try:
        yield
    finally:
        used = _workers.pop(worker.settings, worker)
        if used is not worker:  # it broke, and another was started in its place
            used.close()
        _scratch.clear()
        _lent.clear()
        for made in list(_directories):
            _directories.pop(made).cleanup()


def worker_for(settings: Settings) -> Worker:
    """Return this process's worker for some settings, starting it if there is none."""
    with _lock:
        if settings not in _workers:
            for old in list(_workers):
                _workers.pop(old).close()
            _workers[settings] = Worker(settings, scratch=_scratch[0] if _scratch else None)
        return _workers[settings]


def drop_worker(settings: Settings, broken: Worker) -> None:
    """Forget a broken worker, so that the next call starts a new one."""
    with _lock:
        if _workers.get(settings) is broken:
            del _workers[settings]
            if broken not in _lent:
                broken.close()


def record(assignment: Assignment, work: Work, store: str = "") -> Result:
    """Run the cells of one submission, and no test: the first of the two phases.

    Args:
        assignment: the assignment, by value.
        work: the submission.
        store: directory to keep the result in, if this machine has it.

    Returns:
        A result without judgements, whose notebooks hold what the cells put out.
    """
    return _each_notebook(_record_notebook, assignment, work, store)


def grade(assignment: Assignment, work: Work, store: str = "") -> Result:
    """Grade one submission: the second phase, if its cells are recorded, else both in one.

    Args:
        assignment: the assignment, by value.
        work: the submission.
        store: directory to keep the result in, if this machine has it.

    Returns:
        The result; one that is broken, because the grader itself was at fault, is not kept.
    """
    return _each_notebook(_grade_notebook, assignment, work, store)


def _each_notebook(
    carry_out: Callable[[Assignment, Work, str, bytes], NotebookResult], assignment: Assignment, work: Work, store: str
) -> Result:
    started = time.monotonic()
    notebooks = {
        name: refused(assignment, name, why) for name, why in work.unreadable.items() if name in assignment.sources
    }
    for name, content in work.notebooks.items():
        if name in assignment.sources:
            notebooks[name] = carry_out(assignment, work, name, content)
    seconds = round(time.monotonic() - started, 4)
    result = Result(work.key, work.learner, notebooks, assignment.settings.confined, seconds)
    if not result.broken and store and os.path.isdir(store):
        Store(Path(store)).put(result)
    return result


def plan_of(assignment: Assignment, name: str) -> Plan:
    """Return the plan of one of an assignment's notebooks, made once."""
    key = (assignment.fingerprint, name)
    if key not in _plans:
        plan = make_plan(name, assignment.sources[name])
        for cell in plan.released["cells"]:
            kept = assignment.released.get(name, {}).get(grade_id(cell) or "", None)
            if kept is not None:
                cell["source"] = kept.source
                cell["metadata"] = {**cell["metadata"], "nbgrader": {**marks(cell), "checksum": kept.checksum}}
        _plans[key] = plan
    return _plans[key]


def directory_of(assignment: Assignment) -> Path:
    """Return a directory with the files beside the source notebooks, for the trusted side."""
    if assignment.fingerprint not in _directories:
        made: tempfile.TemporaryDirectory[str] = tempfile.TemporaryDirectory(
            prefix="qlab-assignment-", dir=_scratch[0] if _scratch else None
        )
        for name, content in assignment.files.items():
            place = Path(made.name, name)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        _directories[assignment.fingerprint] = made
    return Path(_directories[assignment.fingerprint].name)


def job_for(
    assignment: Assignment,
    name: str,
    notebook: Notebook,
    files: dict[str, bytes],
    standings: Mapping[str, Standing],
    seed: int | None = None,
) -> Job:
    """Return the job of one notebook.

    Args:
        assignment: the assignment.
        name: the notebook's name.
        notebook: the rebuilt submission, or the instructor's own.
        files: the learner's files beside it.
        standings: how each test is judged.
        seed: of the global random generators, see :class:`qlab.grading.wire.messages.Job`.
    """
    job = make_job(
        plan_of(assignment, name),
        notebook,
        directory=directory_of(assignment),
        limits=assignment.settings.limits,
        files=files_of(assignment, files),
        relayed=list(assignment.settings.relayed),
        masked=list(assignment.settings.masked),
        standings=standings,
    )
    return replace(job, seed=seed)


def _record_notebook(assignment: Assignment, work: Work, name: str, content: bytes) -> NotebookResult:
    notes: list[str] = []
    try:
        notebook = _rebuilt(assignment, name, content, notes)
    except UnreadableNotebook as error:
        return refused(assignment, name, str(error))
    job = job_for(assignment, name, notebook, work.files, {}, _seed_of(work)).cells_alone()
    outcome = run_with_retry(assignment.settings, job)
    fill(notebook, outcome)
    return NotebookResult(text=write_notebook(notebook), broken=outcome.broken)


def _rebuilt(assignment: Assignment, name: str, content: bytes, notes: list[str]) -> Notebook:
    plan = plan_of(assignment, name)
    submitted = parse_notebook(content)
    demand_own_cells(plan.released, submitted)
    return rebuild(plan.released, submitted, notes)


def _seed_of(work: Work) -> int:
    """Return the seed of a submission's random numbers: the same in both phases, another for each submission."""
    return int.from_bytes(hashlib.sha256(work.key.encode()).digest()[:4])


def _grade_notebook(assignment: Assignment, work: Work, name: str, content: bytes) -> NotebookResult:
    plan = plan_of(assignment, name)
    notes: list[str] = []
    try:
        notebook = _rebuilt(assignment, name, content, notes)
    except UnreadableNotebook as error:
        return refused(assignment, name, str(error))
    job = job_for(assignment, name, notebook, work.files, assignment.standings.get(name, {}), _seed_of(work))
    outcome = run_with_retry(assignment.settings, job)
    if work.recorded is not None:
        outcome = as_recorded(outcome, work.recorded.get(name), notebook)
    left_out = {**assignment.left_out, **work.left_out}
    outcome = replace(outcome, tests=with_causes(outcome.tests, notebook, outcome.cells, left_out))
    fill(notebook, outcome)
    assignment.shown.limit(notebook)
    stubs = {grade_id(cell): cell["source"] for cell in plan.released["cells"]}
    unanswered = [
        marked
        for cell in notebook["cells"]
        if (marked := grade_id(cell)) and is_solution(cell) and cell["source"] == stubs[marked]
    ]
    return NotebookResult(outcome.tests, unanswered, write_notebook(notebook), broken=outcome.broken, notes=notes)


def files_of(assignment: Assignment, own: dict[str, bytes]) -> dict[str, bytes]:
    """Return what lies beside a learner's notebook: the files handed out, and their own where none is in the way."""
    beside = given_files(assignment.files, own, assignment.not_overwritten)
    handed_out = {name: text for name, text in beside.items() if name not in assignment.kept_back}
    return {**without_clashes(own, beside), **handed_out}


def given_files(beside: Mapping[str, T], own: Mapping[str, bytes], not_overwritten: frozenset[str]) -> dict[str, T]:
    """Return the instructor's files but for those in whose place the learner's own stays (`exclude_overwriting`).

    Example:
        >>> given_files({"a.py": 1, "b.py": 2}, {"a.py": b"", "b.py": b""}, frozenset({"a.py"}))
        {'b.py': 2}
    """
    return {name: one for name, one in beside.items() if name not in not_overwritten or name not in own}


def refused(assignment: Assignment, name: str, why: str) -> NotebookResult:
    """Return the result of a notebook that is not graded, with a page for its learner that says why and what to do."""
    page = copy.deepcopy(plan_of(assignment, name).released)
    page["cells"].insert(0, refusal_cell(name, why))
    fill(page, Outcome({}, dict.fromkeys(_tests_in(page), Judgement(Verdict.CRASHED, NOT_GRADED))))
    return NotebookResult(refused=why, text=write_notebook(page))


def refusal_cell(name: str, why: str) -> Cell:
    """Return the Markdown cell that says why a notebook was not graded."""
    known = why.translate({ord(mark): f"\\{mark}" for mark in "\\`*_[]<>#!$"})
    text = (
        f"## {NOT_GRADED}\n\nWhat was found: {known}.\n\n"
        f"What to do: hand in a file called `{name}.ipynb`, saved in Jupyter from the notebook that you were given, "
        "with your answers in its own cells. If you did, ask your instructor, who reads the same sentence."
    )
    return {"cell_type": "markdown", "id": "not-graded", "metadata": {}, "source": text}


def _tests_in(notebook: Notebook) -> list[str]:
    return [name for cell in notebook["cells"] if is_test(cell) and (name := grade_id(cell))]


def run_with_retry(settings: Settings, job: Job) -> Outcome:
    """Run a job on this process's worker, on a fresh one if a warm process has died."""
    for _ in range(3):
        worker = worker_for(settings)
        try:
            return worker.run(job)
        except WorkerBroken as error:
            drop_worker(settings, worker)
            detail = str(error)
    judgement = Judgement(Verdict.COULD_NOT_TELL, "The grader could not run this notebook.", detail)
    return Outcome({}, dict.fromkeys(job.tests(), judgement), broken=True)


def fill(notebook: Notebook, outcome: Outcome) -> None:
    """Write outputs and verdicts into a notebook, so that nbgrader reads the same scores from it.

    A test that passed has no output; any other verdict is an error output whose text the learner may
    see.
    """
    count = 0
    for index, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] != "code":
            continue
        count += 1
        cell["execution_count"] = count
        name = grade_id(cell)
        if is_test(cell) and name is not None:
            cell["outputs"] = verdict_outputs(outcome.tests.get(name))
            continue
        outputs = outcome.cells.get(index, [])
        for output in outputs:
            if output["output_type"] == "execute_result":
                output["execution_count"] = count
        cell["outputs"] = outputs


def verdict_outputs(judgement: Judgement | None) -> list[Output]:
    """Return the outputs of a test cell for a judgement: none if it passed, but for what nbgrader must be told.

    Example:
        >>> verdict_outputs(Judgement(Verdict.FAILED, "no"))[0]["evalue"]
        'no'
    """
    if judgement is None:
        return []
    if judgement.verdict == Verdict.PASSED:
        outputs: list[Output] = []
        if judgement.look:
            outputs.append({"output_type": "stream", "name": "stdout", "text": f"{TO_CONFIRM}\n"})
        if judgement.score is not None:
            data = {"text/plain": f"{judgement.score:g}"}
            outputs.append({"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": None})
        return outputs
    name, text = judgement.verdict.words.error_name, judgement.message
    return [{"output_type": "error", "ename": name, "evalue": text, "traceback": [f"{name}: {text}"]}]
