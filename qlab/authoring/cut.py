"""Cut the learners' notebooks in exercises/ from solutions/, with nbgrader's own `generate_assignment`.

    python -m qlab.authoring.cut            all units
    python -m qlab.authoring.cut 04 faq     some

Cutting twice gives the same bytes, and what somebody changed is never replaced (`qlab._editions`). The gradebook that
nbgrader insists on is a temporary one: releasing to a class is `nbgrader generate_assignment`'s business, cutting is
only a build step.
"""

from __future__ import annotations

import logging
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from qlab._editions import Laid, lay_out

ROOT = Path(__file__).parents[2]


def notebooks(root: Path = ROOT) -> list[Path]:
    """The source notebooks ``solutions/NN_slug/NN_slug.ipynb``, in order."""
    return sorted(root.glob("solutions/*/*.ipynb"))


def cut(units: Iterable[str] = (), *, root: Path = ROOT, target: Path | None = None) -> Laid:
    """Cut notebooks; those that differ in any way from what was released stay, with the newer edition beside them.

    Args:
        units: numbers of units, or ``"faq"``; none means all.
        root: the course's folder, with ``solutions`` in it.
        target: where the cut notebooks go, by default ``exercises`` in the course's folder.

    Raises:
        ValueError: where a unit has no source notebook, or nbgrader refuses one.
        OSError: where a file cannot be written; every file is whole, the old one or the new one.
    """
    slugs = [path.parent.name for path in notebooks(root)]
    wanted = list(units)
    unknown = [unit for unit in wanted if not any(slug.split("_")[0] == unit for slug in slugs)]
    if unknown:
        raise ValueError(f"units must have a notebook in solutions/, got {unknown}")
    chosen = [slug for slug in slugs if not wanted or slug.split("_")[0] in wanted]
    goal = target or root / "exercises"
    with tempfile.TemporaryDirectory(prefix="qlab-cut-") as folder:
        generate(chosen, root, Path(folder))
        source = Path(folder) / "exercises"
        found = [path for slug in chosen for path in (source / slug).rglob("*") if path.is_file()]
        fresh = {path.relative_to(source).as_posix(): path.read_bytes() for path in found}
    return lay_out(fresh, goal, drop_others_in=tuple(goal / slug for slug in chosen) if wanted else (goal,))


def said(laid: Laid) -> list[str]:
    """What became of each file that is not as it was, a line each."""

    def name(path: Path) -> str:
        return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)

    lines = [name(path) for path in laid.written]
    lines += [f"{name(path)} removed: it has no source any more" for path in laid.removed]
    lines += [f"{name(path)} kept: it differs from what was released" for path in laid.kept]
    return lines + [f"{name(path)}: the newer edition, beside the one that was kept" for path in laid.beside]


def generate(slugs: list[str], root: Path, folder: Path) -> None:
    """Run nbgrader's `generate_assignment` in another folder, with a gradebook of its own.

    Args:
        slugs: names of the assignments.
        root: the course's folder.
        folder: gets ``solutions``, ``exercises`` and ``gradebook.db``.

    Raises:
        ValueError: where nbgrader refuses a notebook.
    """
    from nbgrader.converters import GenerateAssignment, NbGraderException
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    config = Config()
    config.CourseDirectory.root = str(folder)
    config.CourseDirectory.course_id = "correlation-is-not-enough"
    config.CourseDirectory.source_directory = "solutions"
    config.CourseDirectory.release_directory = "exercises"
    config.CourseDirectory.db_url = f"sqlite:///{folder}/gradebook.db"
    for slug in slugs:
        shutil.copytree(root / "solutions" / slug, folder / "solutions" / slug)
        course = CourseDirectory(config=config)
        course.assignment_id = slug
        converter = GenerateAssignment(coursedir=course, config=config)
        converter.create_assignment = True
        converter.log = logging.getLogger("qlab.authoring.cut")
        converter.log.setLevel(logging.ERROR)
        try:
            converter.start()
        except (NbGraderException, SystemExit) as error:
            raise ValueError(f"notebook must satisfy nbgrader, got {slug}: {error}") from None


if __name__ == "__main__":
    try:
        laid = cut(sys.argv[1:])
    except OSError as error:
        sys.exit(f"Not cut: {error.strerror}: {error.filename}. What was cut so far is whole; run it again.")
    except ValueError as error:
        sys.exit(str(error))
    for line in said(laid):
        print(line)
