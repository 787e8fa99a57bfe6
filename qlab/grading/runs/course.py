"""Where a course keeps things, and what its nbgrader_config.py says about grading."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from fnmatch import fnmatch, fnmatchcase
from functools import partial
from pathlib import Path
from traceback import extract_tb
from typing import Any, cast
from urllib.parse import unquote

from sqlalchemy import make_url
from traitlets import Bool, Dict, Enum, Float, Integer, List, TraitError, Unicode
from traitlets.config import Config, Configurable
from traitlets.config.loader import JSONFileConfigLoader, PyFileConfigLoader
from traitlets.utils.importstring import import_item

from qlab.grading.notebooks.delimiters import delimiters_of, notebook_with_usual_marks
from qlab.grading.notebooks.language import Language, foreign_language
from qlab.grading.notebooks.matching import Outline, outline_of
from qlab.grading.notebooks.reading import parse_notebook
from qlab.grading.notebooks.scope import imported_modules
from qlab.grading.notebooks.shown import Shown
from qlab.grading.runs.options import value_of
from qlab.grading.runs.own_code import digest_of_own_code
from qlab.grading.runs.reach import demand_masked, demand_out_of_reach
from qlab.grading.runs.submitted import Submission, learners_in, read_submission, strays
from qlab.grading.runs.worker import Settings
from qlab.grading.student.bubblewrap import package_place
from qlab.grading.wire.limits import Limits
from qlab.grading.wire.standing import Trust

RUNNER_VERSION = "4"
MARK = ".qlab-grading"
"""The file beside executed notebooks that says which result they are."""
_IGNORED = (".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback")
"""What nbgrader leaves behind when it copies folders, unless `CourseDirectory.ignore` says otherwise."""
_UNSET = object()
_ANY_LEARNER = "\0"
"""Stands for a learner in a path; no file can be called so."""


class NotPython(ValueError):
    """An assignment holds notebooks of other languages alone."""


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
    trust = Enum(
        [one.value for one in Trust],
        "flagged",
        help="What a score is worth that rests on the native run alone: it counts and is flagged for "
        "confirmation (flagged), it counts (native), it waits for a look (split).",
    ).tag(config=True)
    trust_for = Dict(
        Enum([one.value for one in Trust]),
        help="The same for an assignment, by its name, or for a test, as 'assignment/grade_id'.",
    ).tag(config=True)
    cell_seconds = Float(30.0, help="Wall time of one student cell.").tag(config=True)
    test_seconds = Float(15.0, help="Wall time of one test cell.").tag(config=True)
    notebook_seconds = Float(120.0, help="Wall time of one notebook.").tag(config=True)
    memory_mb = Integer(2048, help="Memory of one learner's processes.").tag(config=True)
    processes = Integer(96, help="Processes and threads of one learner.").tag(config=True)
    output_bytes = Integer(200_000, help="Captured output of one cell.").tag(config=True)
    notebook_output_bytes = Integer(5_000_000, help="Captured output of all cells of a notebook.").tag(config=True)
    stock_kernels = List(
        Unicode(),
        help="Kernels of other languages whose notebooks nbgrader's Execute may run, without a sandbox.",
    ).tag(config=True)
    state_directory = Unicode(".qlab_grading", help="Where finished results are kept.").tag(config=True)

    def trust_in(self, assignment: str, test: str) -> Trust:
        """Return what a score of a test is worth for which the native run alone stands."""
        chosen = self.trust_for.get(f"{assignment}/{test}") or self.trust_for.get(assignment) or self.trust
        return Trust(chosen)

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
            notebook_output_bytes=self.notebook_output_bytes,
        )


class Course:
    """A course directory with its configuration.

    Args:
        root: the directory that holds nbgrader_config.py; the course's own, unless `CourseDirectory.root` says
            otherwise there.
        config: overrides, applied after the file's.
        whole: the whole configuration, in the place of any file's.
    """

    def __init__(self, root: Path, config: Config | None = None, *, whole: Config | None = None) -> None:
        self.config = _load_config(root.resolve()) if whole is None else whole
        if config is not None:
            self.config.merge(config)
        said = str(self.config.get("CourseDirectory", {}).get("root", "") or "")
        self.root = (root / said).resolve()
        try:
            self.options = QlabGrading(config=self.config)
        except TraitError as error:
            raise ValueError(f"nbgrader_config.py must set options to values of their kind, got: {error}") from None
        self._directory: Any = self.config.get("CourseDirectory", {})
        directory = self._directory
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
        self.db_url = str(directory.get("db_url", "") or _gradebook_in(self.root))
        self.state = self.root / self.options.state_directory
        self.delimiters = delimiters_of(self.config)
        self._ignore = list(directory.get("ignore", _IGNORED))
        self._outlines: dict[str, dict[str, Outline]] = {}
        self._foreign: dict[str, dict[str, Language]] = {}
        self._own: frozenset[tuple[int, int]] | None = None

    @classmethod
    def of_application(cls, coursedir: Any, config: Config) -> Course:
        """Return the course as a running application of nbgrader's knows it.

        Args:
            coursedir: its `CourseDirectory`.
            config: its configuration, the command line included.
        """
        whole = Config()
        whole.merge(config)
        whole.CourseDirectory = Config(
            {name: getattr(coursedir, name) for name in coursedir.trait_names(config=True) if name != "assignment_id"}
        )
        return cls(Path(coursedir.root), whole=whole)

    def path(self, step: str, assignment: str, learner: str = ".") -> Path:
        """Return a directory of nbgrader's layout."""
        text = self._structure.format(nbgrader_step=self._steps[step], student_id=learner, assignment_id=assignment)
        return self.root / os.path.normpath(text)

    def assignments(self) -> list[str]:
        """Return the names of the assignments that have a source notebook."""
        return sorted(path.name for path in self.path("source", ".").glob("*") if any(path.glob("*.ipynb")))

    def source_notebooks(self, assignment: str) -> dict[str, bytes]:
        """Return the instructor's Python notebooks of an assignment, by name, with the usual marks of hidden tests.

        Raises:
            NotPython: it has notebooks of other languages alone.
            ValueError: there is no such assignment.
        """
        own, foreign = self.delimiters, self.foreign(assignment)
        directory = self.path("source", assignment)
        found = {
            path.stem: notebook_with_usual_marks(path.read_bytes(), own)
            for path in sorted(directory.glob("*.ipynb"))
            if path.stem not in foreign
        }
        if not found and foreign:
            name, language = next(iter(foreign.items()))
            raise NotPython(language.refusal(f"{assignment}/{name}"))
        if not found:
            known = self.assignments()
            demand = f"be one of {', '.join(known)}" if known else f"have its notebooks in {self.path('source', '.')}"
            raise ValueError(f"assignment must {demand}, got {assignment!r}")
        return found

    def foreign(self, assignment: str) -> dict[str, Language]:
        """Return the languages of an assignment's notebooks that are not Python's, by the notebook's name."""
        if assignment not in self._foreign:
            found = {}
            for path in sorted(self.path("source", assignment).glob("*.ipynb")):
                language = foreign_language(parse_notebook(path.read_bytes())["metadata"])
                if language is not None:
                    found[path.stem] = language
            self._foreign[assignment] = found
        return self._foreign[assignment]

    def learners(self, assignment: str) -> Iterator[str]:
        """Yield the ids of those who submitted an assignment and are to be graded; links are not followed."""
        pattern = str(self._directory.get("student_id", "*") or "*")
        excluded = str(self._directory.get("student_id_exclude", "") or "").split(",")
        for learner in learners_in(self.path("submitted", assignment, _ANY_LEARNER), _ANY_LEARNER):
            if fnmatchcase(learner, pattern) and learner not in excluded:
                yield learner

    def submission(self, assignment: str, learner: str) -> Submission:
        """Read a submission's files: regular ones only, no links followed, sizes capped."""
        outlines = partial(self._outlines_of, assignment)
        foreign = self.foreign(assignment)
        names = sorted({path.stem for path in self.path("source", assignment).glob("*.ipynb")} - foreign.keys())
        place = self.path("submitted", assignment, learner)
        read = read_submission(place, learner, assignment, outlines, names, self._own_files)
        others = {f"{name}.ipynb" for name in foreign}
        files = {name: text for name, text in read.files.items() if name not in others and not self._is_ignored(name)}
        return replace(read, files=files, ignored={n: why for n, why in read.ignored.items() if n not in others})

    def not_overwritten(self, assignment: str) -> frozenset[str]:
        """Return the files beside the source that a learner may replace by their own (`exclude_overwriting`)."""
        chosen: Any = value_of(self.config, "Autograde.exclude_overwriting", {})
        return frozenset(os.path.normpath(name) for name in chosen.get(assignment, ()))

    def _is_ignored(self, name: str) -> bool:
        """Return whether nbgrader leaves a file behind when it copies folders (`CourseDirectory.ignore`)."""
        return any(fnmatch(part, pattern) for part in Path(name).parts for pattern in self._ignore)

    def is_linked(self, assignment: str, learner: str) -> bool:
        """Return whether a submission's folder, or the learner's, is a link: it may lead to the solutions."""
        place = self.path("submitted", assignment, learner)
        base = self.path("submitted", assignment, _ANY_LEARNER)
        depth = base.parts.index(_ANY_LEARNER)
        return any(Path(*place.parts[:end]).is_symlink() for end in range(depth + 1, len(place.parts) + 1))

    def strays(self) -> dict[str, str]:
        """Return what lies in the submitted directory and is no assignment's, with the reason, by relative name."""
        known = self.assignments()
        places = [self.path("submitted", name, _ANY_LEARNER) for name in known]
        found: dict[str, str] = {}
        for place in places:
            found |= dict(strays(place, _ANY_LEARNER, places))
        return found

    def kept_back(self, assignment: str) -> frozenset[str]:
        """Return the files beside the source notebooks that nbgrader does not hand out (`CourseDirectory.ignore`)."""
        directory = self.path("source", assignment)
        names = [path.relative_to(directory) for path in directory.rglob("*") if path.is_file()]
        return frozenset(str(name) for name in names if self._is_ignored(str(name)))

    def _outlines_of(self, assignment: str) -> dict[str, Outline]:
        if assignment not in self._outlines:
            sources = self.source_notebooks(assignment)
            self._outlines[assignment] = {name: outline_of(parse_notebook(text)) for name, text in sources.items()}
        return self._outlines[assignment]

    def _own_files(self) -> frozenset[tuple[int, int]]:
        """Return the files that no learner may hand in as their own, by device and number."""
        if self._own is None:
            places = [*self.root.glob("*"), *self.path("source", ".").rglob("*")]
            for package in self.options.masked_packages:
                place = package_place(package)
                places += [place, *place.rglob("*")] if place is not None else []
            found = [path.lstat() for path in places if path.is_file() and not path.is_symlink()]
            self._own = frozenset((status.st_dev, status.st_ino) for status in found)
        return self._own

    def settings(self, sources: dict[str, bytes]) -> Settings:
        """Return what a worker needs to grade these notebooks, the instructor's, by name.

        Raises:
            ValueError: a masked package is not there, or student code could read the course.
        """
        code = _code_of(sources)
        modules = _imports_of(sources)
        demand_masked(self.options.masked_packages)
        if self.options.sandbox:
            gradebook = make_url(self.db_url).database if self.db_url.startswith("sqlite") else None
            places = [self.root, self.state, *([Path(gradebook)] if gradebook else [])]
            places += [self.path(step, ".") for step in self._steps]
            demand_out_of_reach(places, [module.partition(".")[0] for module in modules])
        return Settings(
            preload=tuple(dict.fromkeys(modules)),
            warm_up=tuple(code) if self.options.warm_up else (),
            limits=self.limits(),
            masked=tuple(self.options.masked_packages),
            relayed=tuple(self.options.relayed_functions),
            confined=self.options.sandbox,
        )

    def permissions(self) -> tuple[int | None, bool]:
        """Return the permissions of what is written below `autograded/`, and whether a group shares its folders.

        Where the course chooses none, they are what the umask leaves.
        """
        shared = bool(self._directory.get("groupshared", False))
        chosen = value_of(self.config, "Autograde.permissions", 664 if shared else None)
        try:
            return None if chosen is None else int(str(chosen), 8), shared
        except ValueError:
            raise ValueError(f"Autograde.permissions must be octal digits such as 444, got {chosen!r}") from None

    def hook(self, name: str) -> Callable[..., object] | None:
        """Return what a course has nbgrader call before or after a submission, or None.

        Args:
            name: "pre_convert_hook" or "post_convert_hook".

        Raises:
            ValueError: there is no such function.
        """
        chosen = value_of(self.config, f"Autograde.{name}")
        with self.importable():
            try:
                found = import_item(chosen) if isinstance(chosen, str) else chosen
            except ImportError as error:
                raise ValueError(f"Autograde.{name} must be a function's place, got {chosen!r}: {error}") from None
        if found is not None and not callable(found):
            raise ValueError(f"Autograde.{name} must be a function, got {chosen!r}")
        return cast("Callable[..., object] | None", found)

    @contextmanager
    def importable(self) -> Iterator[None]:
        """Let plugins and hooks be imported from the course's folder, as nbgrader does from where it is called."""
        sys.path.append(str(self.root))
        try:
            yield
        finally:
            sys.path.remove(str(self.root))

    def limits(self) -> Limits:
        """Return the allowances of one notebook: ours, and `Execute.timeout` for cells and tests if a course sets it.

        Raises:
            ValueError: it is no number of seconds.
        """
        own = self.config.get("QlabGrading", {})
        timeout = value_of(self.config, "Execute.timeout", _UNSET)
        limits = self.options.limits()
        if timeout is _UNSET:
            return limits
        if timeout is not None and (isinstance(timeout, bool) or not isinstance(timeout, int | float)):
            raise ValueError(f"Execute.timeout must be a number of seconds or None, got {timeout!r}")
        seconds = float(timeout) if timeout is not None and timeout > 0 else None
        whole = self.options.notebook_seconds
        if seconds is not None and "notebook_seconds" not in own:
            whole = max(whole, 4 * seconds)
        each = whole if seconds is None else seconds
        return replace(
            limits,
            cell_seconds=limits.cell_seconds if "cell_seconds" in own else each,
            test_seconds=limits.test_seconds if "test_seconds" in own else each,
            notebook_seconds=whole,
            cpu_seconds=int(whole) + 1,
        )

    def shown(self) -> Shown:
        """Return what of a notebook's output is written, as nbgrader's own preprocessors would."""
        get = partial(value_of, self.config)
        pattern = str(get("IgnorePattern.pattern", "")) if get("IgnorePattern.enabled", False) else ""
        if not get("LimitOutput.enabled", True):
            return Shown(-1, -1, pattern)
        return Shown(get("LimitOutput.max_lines", 1000), get("LimitOutput.max_traceback", 100), pattern)

    def fingerprint(self, assignment: str) -> str:
        """Return a hash of all that decides an assignment's results but for the submission.

        It covers the source notebooks, the files beside them, the grading options, the runner and the code of the
        masked packages, which hold the answers, with all of the course's own that these and the notebooks import.
        """
        digest = hashlib.sha256(
            f"{RUNNER_VERSION}\0{self.options.trait_values(config=True)!r}{self._ignore!r}{self.limits()!r}"
            f"{sorted(self.not_overwritten(assignment))!r}{self.shown()!r}".encode()
        )
        if self.delimiters:
            digest.update(repr(self.delimiters).encode())
        directory = self.path("source", assignment)
        for path in sorted(p for p in directory.rglob("*") if p.is_file()):
            name = path.relative_to(directory)
            if not any(part.startswith(".") for part in name.parts):
                digest.update(f"\0{name}\0".encode() + path.read_bytes())
        digest.update(
            digest_of_own_code(self.options.masked_packages, _imports_of(self.source_notebooks(assignment))).encode()
        )
        return digest.hexdigest()


def _code_of(sources: dict[str, bytes]) -> list[str]:
    cells = [cell for content in sources.values() for cell in parse_notebook(content)["cells"]]
    return [cell["source"] for cell in cells if cell["cell_type"] == "code"]


def _imports_of(sources: dict[str, bytes]) -> list[str]:
    return [module for source in _code_of(sources) for module in imported_modules(source)]


def submission_key(submission: Submission, fingerprint: str) -> str:
    """Return the name of a submission's result: a hash of everything that decides it, and of whose it is."""
    digest = hashlib.sha256(fingerprint.encode())
    digest.update(submission.learner.encode("utf-8", "surrogateescape") + b"\0")
    for group in (submission.notebooks, submission.files):
        for name, content in sorted(group.items()):
            digest.update(f"\0{name}\0{len(content)}\0".encode() + content)
        digest.update(b"\1")
    for reasons in (submission.unreadable, submission.ignored):
        digest.update(repr(sorted(reasons.items())).encode("utf-8", "backslashreplace"))
    return digest.hexdigest()


def _gradebook_in(root: Path) -> str:
    """Return the address by which nbgrader opens a course's gradebook if it is told no other.

    Raises:
        ValueError: it leads elsewhere, out of the course.

    Example:
        >>> _gradebook_in(Path("/my course"))
        'sqlite:////my course/gradebook.db'
    """
    if "?" in str(root) or unquote(str(root)) != str(root):
        demand = "course-dir must have no ? and no % before two digits in its path, or a CourseDirectory.db_url"
        raise ValueError(f"{demand}: nbgrader reads the path of its gradebook as an address, got {str(root)!r}")
    return f"sqlite:///{root / 'gradebook.db'}"


def _load_config(root: Path) -> Config:
    config = Config()
    from jupyter_core.paths import jupyter_config_path

    try:
        places = jupyter_config_path()
    except RuntimeError:  # an account without a home folder has no configuration of its own
        places = []
    loaders = {"nbgrader_config.py": PyFileConfigLoader, "nbgrader_config.json": JSONFileConfigLoader}
    for place in [*reversed(places), str(root)]:
        for name, loader in loaders.items():
            if (Path(place) / name).is_file():
                try:
                    config.merge(loader(name, path=place).load_config())
                except Exception as error:  # it is the instructor's own program and may raise anything
                    raise ValueError(_broken(Path(place) / name, error)) from None
    return config


def _broken(path: Path, error: Exception) -> str:
    """Say which line of a configuration raised what."""
    if isinstance(error, SyntaxError):
        line = error.lineno if error.filename == str(path) else None
    else:
        line = next((f.lineno for f in reversed(extract_tb(error.__traceback__)) if f.filename == str(path)), None)
    says = error.msg if isinstance(error, SyntaxError) else str(error)
    where = f" in line {line}" if line else ""
    kind = "JSON" if path.suffix == ".json" else "Python that runs"
    return f"{path} must be {kind}, got {type(error).__name__}{where}: {says}"
