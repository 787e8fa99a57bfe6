"""Where a course keeps things, and what its nbgrader_config.py says about grading."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from traceback import extract_tb
from typing import Any

from traitlets import Bool, Float, Integer, List, TraitError, Unicode
from traitlets.config import Config, Configurable
from traitlets.config.loader import PyFileConfigLoader

from qlab.grading.notebooks.plan import support_files
from qlab.grading.notebooks.reading import UnreadableNotebook, parse_notebook, read_bytes
from qlab.grading.notebooks.scope import imported_modules
from qlab.grading.runs.worker import Settings
from qlab.grading.student.bubblewrap import package_place
from qlab.grading.wire.limits import Limits

RUNNER_VERSION = "2"
_ANY_LEARNER = "\0"
"""Stands for a learner in a path; no file can be called so."""


class QlabGrading(Configurable):
    """The grading options of nbgrader_config.py, as `c.QlabGrading.…`."""

    masked_packages = List(Unicode(), help="Packages that student code may not read while it is graded.").tag(
        config=True
    )
    relayed_functions = List(Unicode(), help="Functions of masked packages that still answer, by dotted name.").tag(
        config=True
    )
    sandbox = Bool(True, help="False runs student code without a sandbox.").tag(config=True)
    warm_up = Bool(True, help="Run the instructor's notebook once on the trusted side, for speed.").tag(config=True)
    cell_seconds = Float(30.0, help="Wall time of one student cell.").tag(config=True)
    test_seconds = Float(15.0, help="Wall time of one test cell.").tag(config=True)
    notebook_seconds = Float(120.0, help="Wall time of one notebook.").tag(config=True)
    memory_mb = Integer(2048, help="Memory of one learner's processes.").tag(config=True)
    processes = Integer(96, help="Processes and threads of one learner.").tag(config=True)
    output_bytes = Integer(200_000, help="Captured output of one cell.").tag(config=True)
    state_directory = Unicode(".qlab_grading", help="Where finished results are kept.").tag(config=True)

    def limits(self) -> Limits:
        """Return the allowances of one notebook."""
        return Limits(
            cell_seconds=self.cell_seconds,
            test_seconds=self.test_seconds,
            notebook_seconds=self.notebook_seconds,
            cpu_seconds=int(self.notebook_seconds) + 1,
            memory_mb=self.memory_mb,
            processes=self.processes,
            output_bytes=self.output_bytes,
        )


@dataclass(frozen=True)
class Submission:
    """One learner's submission of one assignment, as files that were read safely.

    Attributes:
        learner: the learner's id.
        assignment: the assignment's name.
        notebooks: content by notebook name.
        unreadable: why a notebook could not be read, by name.
        files: the other files, by relative name.
        timestamp: what timestamp.txt says, if anything.
    """

    learner: str
    assignment: str
    notebooks: dict[str, bytes]
    unreadable: dict[str, str]
    files: dict[str, bytes]
    timestamp: str | None


class Course:
    """A course directory with its configuration.

    Args:
        root: the directory that holds nbgrader_config.py.
        config: overrides, applied after the file's.
    """

    def __init__(self, root: Path, config: Config | None = None) -> None:
        self.root = root.resolve()
        self.config = _load_config(self.root)
        if config is not None:
            self.config.merge(config)
        try:
            self.options = QlabGrading(config=self.config)
        except TraitError as error:
            raise ValueError(f"nbgrader_config.py must set options to values of their kind, got: {error}") from None
        directory: Any = self.config.get("CourseDirectory", {})
        self.course_id = str(directory.get("course_id", "") or "")
        self._structure = str(directory.get("directory_structure", "{nbgrader_step}/{student_id}/{assignment_id}"))
        self._steps = {
            step: str(directory.get(f"{step}_directory", step))
            for step in ("source", "release", "submitted", "autograded", "feedback")
        }
        try:
            self.path("source", ".")
        except (LookupError, ValueError):
            known = "{nbgrader_step}, {student_id} and {assignment_id}"
            demand = f"CourseDirectory.directory_structure must be made of {known}"
            raise ValueError(f"{demand}, got {self._structure!r}") from None
        self.db_url = str(directory.get("db_url", "") or f"sqlite:///{self.root / 'gradebook.db'}")
        self.state = self.root / self.options.state_directory

    def path(self, step: str, assignment: str, learner: str = ".") -> Path:
        """Return a directory of nbgrader's layout."""
        text = self._structure.format(nbgrader_step=self._steps[step], student_id=learner, assignment_id=assignment)
        return self.root / os.path.normpath(text)

    def assignments(self) -> list[str]:
        """Return the names of the assignments that have a source notebook."""
        return sorted(path.name for path in self.path("source", ".").glob("*") if any(path.glob("*.ipynb")))

    def source_notebooks(self, assignment: str) -> dict[str, bytes]:
        """Return the instructor's notebooks of an assignment, by name.

        Raises:
            ValueError: there is no such assignment.
        """
        directory = self.path("source", assignment)
        found = {path.stem: path.read_bytes() for path in sorted(directory.glob("*.ipynb"))}
        if not found:
            known = self.assignments()
            demand = f"be one of {', '.join(known)}" if known else f"have its notebooks in {self.path('source', '.')}"
            raise ValueError(f"assignment must {demand}, got {assignment!r}")
        return found

    def learners(self, assignment: str) -> Iterator[str]:
        """Yield the ids of those who submitted an assignment; links are not followed."""
        placed = self.path("submitted", assignment, _ANY_LEARNER).parts
        depth = placed.index(_ANY_LEARNER)
        base, rest = Path(*placed[:depth]), Path(*placed[depth + 1 :])
        for place in sorted(base.iterdir()) if base.is_dir() else ():
            if place.name.startswith(".") or not place.name.isprintable() or place.is_symlink():
                continue
            try:
                submitted = (place / rest).is_dir() and not (place / rest).is_symlink()
            except PermissionError:  # a folder that may not be entered: its learner is told, not left out
                submitted = True
            if submitted:
                yield place.name

    def submission(self, assignment: str, learner: str) -> Submission:
        """Read a submission's files: regular ones only, no links followed, sizes capped."""
        directory = self.path("submitted", assignment, learner)
        notebooks: dict[str, bytes] = {}
        unreadable: dict[str, str] = {}
        try:
            found = sorted(directory.glob("*.ipynb"))
        except PermissionError:
            found = []
            for path in self.path("source", assignment).glob("*.ipynb"):
                unreadable[path.stem] = "the submission's folder may not be entered"
        for path in found:
            if not path.name.isprintable():
                continue
            try:
                notebooks[path.stem] = read_bytes(path, sole=True)
            except UnreadableNotebook as error:
                unreadable[path.stem] = str(error)
        files = support_files(directory, sole=True)
        stamp = files.get("timestamp.txt")
        timestamp = stamp.decode(errors="replace").strip()[:100] if stamp else None
        return Submission(learner, assignment, notebooks, unreadable, files, timestamp or None)

    def settings(self, sources: dict[str, bytes]) -> Settings:
        """Return what a worker needs to grade these notebooks, the instructor's, by name."""
        cells = [cell for content in sources.values() for cell in parse_notebook(content)["cells"]]
        code = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
        modules = [module for source in code for module in imported_modules(source)]
        return Settings(
            preload=tuple(dict.fromkeys(modules)),
            warm_up=tuple(code) if self.options.warm_up else (),
            limits=self.options.limits(),
            masked=tuple(self.options.masked_packages),
            relayed=tuple(self.options.relayed_functions),
            confined=self.options.sandbox,
        )

    def fingerprint(self, assignment: str) -> str:
        """Return a hash of all that decides an assignment's results but for the submission.

        It covers the source notebooks, the files beside them, the grading options, the runner and
        the text of the masked packages, which hold the answers.
        """
        digest = hashlib.sha256(f"{RUNNER_VERSION}\0{self.options.trait_values(config=True)!r}".encode())
        directory = self.path("source", assignment)
        for path in sorted(p for p in directory.rglob("*") if p.is_file()):
            name = path.relative_to(directory)
            if not any(part.startswith(".") for part in name.parts):
                digest.update(f"\0{name}\0".encode() + path.read_bytes())
        for package in self.options.masked_packages:
            place = package_place(package)
            for path in sorted(place.rglob("*.py")) if place is not None else ():
                digest.update(path.read_bytes())
        return digest.hexdigest()


def submission_key(submission: Submission, fingerprint: str) -> str:
    """Return the name of a submission's result: a hash of everything that decides it."""
    digest = hashlib.sha256(fingerprint.encode())
    for group in (submission.notebooks, submission.files):
        for name, content in sorted(group.items()):
            digest.update(f"\0{name}\0{len(content)}\0".encode() + content)
        digest.update(b"\1")
    digest.update(repr(sorted(submission.unreadable.items())).encode())
    return digest.hexdigest()


def _load_config(root: Path) -> Config:
    config = Config()
    from jupyter_core.paths import jupyter_config_path

    try:
        places = jupyter_config_path()
    except RuntimeError:  # an account without a home folder has no configuration of its own
        places = []
    for place in [*reversed(places), str(root)]:
        if (Path(place) / "nbgrader_config.py").is_file():
            try:
                config.merge(PyFileConfigLoader("nbgrader_config.py", path=place).load_config())
            except Exception as error:  # it is the instructor's own program and may raise anything
                raise ValueError(_broken(Path(place) / "nbgrader_config.py", error)) from None
    return config


def _broken(path: Path, error: Exception) -> str:
    """Say which line of a configuration raised what."""
    if isinstance(error, SyntaxError):
        line = error.lineno if error.filename == str(path) else None
    else:
        line = next((f.lineno for f in reversed(extract_tb(error.__traceback__)) if f.filename == str(path)), None)
    says = error.msg if isinstance(error, SyntaxError) else str(error)
    where = f" in line {line}" if line else ""
    return f"{path} must be Python that runs, got {type(error).__name__}{where}: {says}"
