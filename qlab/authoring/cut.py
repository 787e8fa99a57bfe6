"""Cut the learners' notebooks in exercises/ from solutions/, with nbgrader's own `generate_assignment`.

    python -m qlab.authoring.cut            all units
    python -m qlab.authoring.cut 04 faq     some

Cutting twice gives the same bytes. The gradebook that nbgrader insists on is a temporary one: releasing to a
class is `nbgrader generate_assignment`'s business, cutting is only a build step.
"""

from __future__ import annotations

import logging
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]


def notebooks(root: Path = ROOT) -> list[Path]:
    """The source notebooks ``solutions/NN_slug/NN_slug.ipynb``, in order."""
    return sorted(root.glob("solutions/*/*.ipynb"))


def cut(
    units: Iterable[str] = (), *, root: Path = ROOT, target: Path | None = None, keep_answers: bool = False
) -> list[Path]:
    """Cut notebooks and return those that changed.

    Args:
        units: numbers of units, or ``"faq"``; none means all.
        root: the course's folder, with ``solutions`` in it.
        target: where the cut notebooks go, by default ``exercises`` in the course's folder.
        keep_answers: leave notebooks alone that somebody has written answers in, and files of their own.

    Raises:
        ValueError: where a unit has no source notebook, or nbgrader refuses one.
    """
    slugs = [path.parent.name for path in notebooks(root)]
    wanted = list(units)
    unknown = [unit for unit in wanted if not any(slug.split("_")[0] == unit for slug in slugs)]
    if unknown:
        raise ValueError(f"units must have a notebook in solutions/, got {unknown}")
    chosen = [slug for slug in slugs if not wanted or slug.split("_")[0] in wanted]
    with tempfile.TemporaryDirectory(prefix="qlab-cut-") as folder:
        generate(chosen, root, Path(folder))
        goal = target or root / "exercises"
        return _bring(Path(folder) / "exercises", chosen, goal, drop_others=not wanted, keep_answers=keep_answers)


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


def answered(path: Path) -> bool:
    """Whether a notebook holds other answers than it was handed out with; also where it cannot be read."""
    import nbformat
    from nbgrader.utils import compute_checksum

    try:
        cells = nbformat.read(path, as_version=4).cells
        marks = [(cell.metadata.get("nbgrader", {}), cell) for cell in cells]
        return any(mark.get("solution") and compute_checksum(cell) != mark.get("checksum") for mark, cell in marks)
    except Exception:
        return True


def _bring(source: Path, slugs: list[str], target: Path, *, drop_others: bool, keep_answers: bool) -> list[Path]:
    """Copy what differs, remove what has no source any more."""
    changed = []
    fresh = {path.relative_to(source) for slug in slugs for path in (source / slug).rglob("*") if path.is_file()}
    for relative in sorted(fresh):
        content, goal = (source / relative).read_bytes(), target / relative
        if keep_answers and goal.exists() and answered(goal):
            continue
        if not goal.exists() or goal.read_bytes() != content:
            goal.parent.mkdir(parents=True, exist_ok=True)
            goal.write_bytes(content)
            changed.append(goal)
    if keep_answers:
        return changed
    folders = [target] if drop_others else [target / slug for slug in slugs]
    for path in sorted(p for folder in folders for p in folder.rglob("*.ipynb")):
        if path.relative_to(target) not in fresh and ".ipynb_checkpoints" not in path.parts:
            path.unlink()
            changed.append(path)
    return changed


if __name__ == "__main__":
    for path in cut(sys.argv[1:]):
        print(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)
