"""Child process of `qlab.learner.notebook`: execute cells, judge visible tests, write one JSON line each."""

from __future__ import annotations

import _thread
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from qlab.checks import Task, judge_answer
from qlab.checks._lines import own_line
from qlab.grading.notebooks.reading import Cell, grade_id
from qlab.grading.wire.limits import Limits
from qlab.grading.wire.shell import make_shell
from qlab.learner._cells import as_graded, read_notebook, unit_of

STARTED, FINISHED = "started", "finished"
OTHER_INPUTS = "self-study"
"""The seed of the inputs that are tried besides those that are shown, as grading tries some of its own."""


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Interrupt the block as Ctrl-C would, once and then every second."""
    if not hasattr(signal, "setitimer"):
        with _watched(seconds):
            yield
        return
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


@contextmanager
def _watched(seconds: float) -> Iterator[None]:
    """Interrupt the block from a thread, where the system has no clock that does it."""
    over = threading.Event()

    def watch() -> None:
        wait = seconds
        while not over.wait(wait):
            _thread.interrupt_main()
            wait = 1.0

    signal.signal(signal.SIGINT, signal.default_int_handler)
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _write(results: Path, entry: dict[str, Any]) -> None:
    with results.open("a", encoding="utf-8") as out:
        out.write(json.dumps(entry) + "\n")


def _with_its_lines(source: str) -> str:
    """A cell whose lines keep their numbers: IPython drops empty ones at the top, but no comments."""
    rest = source.lstrip()
    top = source[: len(source) - len(rest)].count("\n")
    return source if rest.startswith("%%") else "#\n" * top + source.split("\n", top)[-1]


def _stop(cell: Cell, error: BaseException) -> str:
    """Where and why a cell stopped, in a sentence, with the learner's own line."""
    name = grade_id(cell)
    first = next((line for line in cell["source"].splitlines() if line.strip()), "")
    which = f"The cell {name}" if name else f"The cell that begins with {first.strip()[:60]!r}"
    if isinstance(error, KeyboardInterrupt):
        return f"{which} was ended, since it still ran: look for a loop."
    if isinstance(error, SyntaxError) and error.lineno:
        lines = cell["source"].splitlines()
        line = (error.text or "".join(lines[error.lineno - 1 : error.lineno])).strip()
        return f"{which} has a {type(error).__name__} in line {error.lineno}: {error.msg}: {line}"
    line = own_line(error)
    return f"{which} stopped with {type(error).__name__}: {error}{f' ({line})' if line else ''}"


def _judge(task: Task, names: dict[str, Any], results: Path, stopped: str | None) -> None:
    """Judge the answer that is bound now, by the inputs that are shown and by others, and write the verdict down."""
    if task.name not in names:
        message = f"{task.name} is not defined: its cell is empty, or stopped before the definition."
        entry = {"status": "crashed", "message": stopped} if stopped else {"status": "failed", "message": message}
        _write(results, {"task": task.id, **entry})
        return
    verdict = judge_answer(task.id, names[task.name])
    shown = verdict.status == "passed"
    message = verdict.message
    if shown:
        # Should the other inputs end Python or loop, this much is known.
        early = f"{task.name} answered the inputs that are shown, and did not come back from others."
        _write(results, {"task": task.id, "status": "crashed", "message": early, "shown": True})
        verdict = judge_answer(task.id, names[task.name], seed=OTHER_INPUTS)
        if verdict.status != "passed":
            message = f"Right for the inputs that are shown, but grading tries others too. {verdict.message}"
    _write(results, {"task": task.id, "status": verdict.status, "message": message, "shown": shown})


def _judge_apart(task: Task, names: dict[str, Any], results: Path, seconds: float, stopped: str | None) -> None:
    """Judge in a fork, so that an answer that loops or ends Python costs its own task only.

    Without forks, as on Windows, an answer that loops is interrupted, and one that ends Python ends the check.
    """
    late = f"{task.name} had not answered after {seconds:g} s: look for a loop."
    if not hasattr(os, "fork"):
        try:
            with _time_limit(seconds):
                _judge(task, names, results, stopped)
        except KeyboardInterrupt:
            _write(results, {"task": task.id, "status": "crashed", "message": late})
        return
    child = os.fork()
    if child == 0:
        try:
            _judge(task, names, results, stopped)
        finally:
            os._exit(0)
    try:
        with _time_limit(seconds):
            os.waitpid(child, 0)
    except KeyboardInterrupt:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        _write(results, {"task": task.id, "status": "crashed", "message": late})


def main(notebook: Path, results: Path, limits: Limits) -> None:
    """Run all cells in order; where a visible test stands, judge the answer that is bound just then.

    Args:
        notebook: the learner's.
        results: the file that gets one JSON line a verdict.
        limits: seconds for a cell and a test, bytes of output.
    """
    cells, _ = as_graded(read_notebook(notebook), unit_of(notebook))
    shell = make_shell()
    sys.path.insert(0, "")
    _write(results, {"mark": STARTED})
    stops: dict[str | None, str] = {}
    for cell, task in cells:
        if task is not None:
            stopped = stops.get(task.grade_id)
            _judge_apart(task, shell.user_ns, results, limits.test_seconds, stopped)
        elif cell["cell_type"] == "code":
            error: BaseException | None = None
            try:
                with _time_limit(limits.cell_seconds):
                    _, error = shell.run(_with_its_lines(cell["source"]), limits.output_bytes)
            except KeyboardInterrupt:
                continue  # it struck between the cell's end and the clock's
            if error is not None:
                stops[grade_id(cell)] = _stop(cell, error)
                _write(results, {"note": stops[grade_id(cell)]})
    _write(results, {"mark": FINISHED})


if __name__ == "__main__":
    given = sys.argv[1:]
    del sys.argv[1:]
    main(Path(given[0]), Path(given[1]), Limits(**json.loads(given[2])))
    os._exit(0)  # a learner's threads or exit handlers must not keep the process
