"""Feedback: pages made by nbgrader where they are missing or old, and handed out by exchange, folder or LMS."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.utils import notebook_hash

from qlab._files import write_atomically
from qlab.classroom.collecting import remembered
from qlab.classroom.desk import Desk, one_learner
from qlab.grading.runs.course import MARK

WAYS = ("exchange", "folder", "canvas", "moodle")
_SECRET = "submission_secret.txt"
Progress = Callable[[int, int, str], None]


@dataclass
class Published:
    """What became of a unit's feedback.

    Attributes:
        unit: the unit.
        made: learners whose pages were made anew.
        out: learners whose pages were handed out.
        waiting: learners with answers that a person has still to mark.
        odd: what an instructor should know, a line each.
    """

    unit: str
    made: list[str] = field(default_factory=list)
    out: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)


def publish(
    desk: Desk, units: list[str], way: str, to: Path | None, *, finished: bool = False, progress: Progress | None = None
) -> list[Published]:
    """Make feedback pages and hand them out.

    Args:
        desk: the course.
        units: names of the units.
        way: "exchange", "folder", "canvas" or "moodle".
        to: the folder, or the ZIP file that Canvas or Moodle takes.
        finished: only learners for whom nothing waits for a mark by hand.
        progress: called with (done, all, learner) after each page.

    Raises:
        ValueError: the way is unknown or cannot be gone, or nbgrader fails.
    """
    if way not in WAYS:
        raise ValueError(f"by must be one of {', '.join(WAYS)}, got {way!r}")
    if (to is None) != (way == "exchange"):
        raise ValueError(
            f"to must be given for folder, canvas and moodle alone, got {str(to) if to else 'none'} for {way}"
        )
    if way == "exchange" and not desk.exchange:
        raise ValueError(
            f"exchange must be a folder that you may write, got {desk.api.exchange_root!r}: give feedback to a folder "
            f"or an LMS, or set Exchange.root"
        )
    if way in ("canvas", "moodle") and len(units) > 1:
        raise ValueError(f"{way} must be given one unit at a time, got {len(units)}")
    done = []
    for unit in units:
        one = Published(unit)
        chosen = _pages(desk, unit, finished, one, progress)
        if way == "exchange":
            _to_exchange(desk, unit, chosen, one)
        elif way == "folder":
            _to_folder(desk, unit, chosen, to or Path(), one)
        else:
            _to_zip(desk, unit, chosen, way, to or Path(), one)
        _note(desk, "published", unit, {learner: page_hash(desk, unit, learner) for learner in one.out})
        done.append(one)
    return done


def _pages(desk: Desk, unit: str, finished: bool, one: Published, progress: Progress | None) -> list[str]:
    """Make the pages that are missing or old; return who has one that may go out."""
    stamps = stamps_of(desk, unit)
    one.waiting = sorted(learner for learner, (_, waiting) in stamps.items() if waiting)
    known = notes(desk, "made").get(unit, {})
    chosen = [learner for learner in sorted(stamps) if not (finished and stamps[learner][1])]
    for number, learner in enumerate(chosen, start=1):
        if known.get(learner) != stamps[learner][0] or not page_hash(desk, unit, learner):
            desk.call(f"feedback of {learner!r} in {unit}", desk.api.generate_feedback, unit, one_learner(learner))
            one.made.append(learner)
            _note(desk, "made", unit, {learner: stamps[learner][0]})
        if progress:
            progress(number, len(chosen), learner)
    return [learner for learner in chosen if page_hash(desk, unit, learner)]


def stamps_of(desk: Desk, unit: str) -> dict[str, tuple[str, bool]]:
    """Return a hash of all that a learner's page shows, and whether something waits for a mark, by learner."""
    found: dict[str, tuple[str, bool]] = {}
    with desk.gradebook() as book:
        for one in book.assignment_submissions(unit):
            place = desk.course.path("autograded", unit, one.student.id)
            if not place.is_dir() or place.is_symlink():
                continue
            shown: list[object] = []
            for notebook in sorted(one.notebooks, key=lambda n: str(n.name)):
                shown.append((notebook.name, notebook.late_submission_penalty))
                shown += sorted(
                    (g.name, g.auto_score, g.manual_score, g.extra_credit, g.max_score) for g in notebook.grades
                )
                shown += sorted((c.name, c.auto_comment, c.manual_comment) for c in notebook.comments)
            mark = place / MARK
            if mark.is_file():
                shown.append(mark.read_text().split(" ", 1)[0])
            else:
                shown += [(p.name, p.stat().st_mtime_ns) for p in sorted(place.glob("*.ipynb"))]
            digest = hashlib.sha256(repr(shown).encode("utf-8", "backslashreplace")).hexdigest()
            found[one.student.id] = (digest[:16], bool(one.needs_manual_grade))
    return found


def page_hash(desk: Desk, unit: str, learner: str) -> str:
    """Return a hash of a learner's pages, empty if there are none."""
    pages = sorted(desk.course.path("feedback", unit, learner).glob("*.html"))
    digest = hashlib.sha256()
    for page in pages:
        digest.update(page.name.encode() + b"\0" + page.read_bytes())
    return digest.hexdigest()[:16] if pages else ""


def is_out(desk: Desk, unit: str, learner: str, published: dict[str, str]) -> bool:
    """Return whether a learner's present pages have been handed out, by us or by nbgrader's `release_feedback`."""
    now = page_hash(desk, unit, learner)
    if not now:
        return False
    if published.get(learner) == now:
        return True
    place = desk.course.path("feedback", unit, learner)
    secret = place / _SECRET
    if not desk.exchange or not secret.is_file():
        return False
    folder = Path(desk.exchange) / desk.course.course_id / "feedback"
    pages = sorted(place.glob("*.html"))
    released = [folder / f"{notebook_hash(secret=secret.read_text(), notebook_id=page.stem)}.html" for page in pages]
    return all(
        one.is_file() and one.read_bytes() == page.read_bytes() for one, page in zip(released, pages, strict=True)
    )


def notes(desk: Desk, kind: str) -> dict[str, dict[str, str]]:
    """Return what was noted of feedback, by unit and learner: "made" from what, "published" which page."""
    path = desk.course.state / f"feedback-{kind}.json"
    try:
        found = json.loads(path.read_text()) if path.is_file() else {}
    except ValueError:
        found = {}
    return found if isinstance(found, dict) else {}


def _note(desk: Desk, kind: str, unit: str, learners: dict[str, str]) -> None:
    kept = notes(desk, kind)
    kept.setdefault(unit, {}).update(learners)
    path = desk.course.state / f"feedback-{kind}.json"
    write_atomically(path, json.dumps(kept, indent=1, sort_keys=True, ensure_ascii=False))


def _to_exchange(desk: Desk, unit: str, learners: list[str], one: Published) -> None:
    """Release by nbgrader; what did not come through the exchange cannot go back through it."""
    for learner in learners:
        place = desk.course.path("feedback", unit, learner)
        if (place / _SECRET).is_file() and (place / "timestamp.txt").is_file():
            desk.call(f"feedback of {learner!r} in {unit}", desk.api.release_feedback, unit, one_learner(learner))
            one.out.append(learner)
        else:
            one.odd.append(f"not out: {learner} did not hand in {unit} through the exchange; use a folder or the LMS")


def _to_folder(desk: Desk, unit: str, learners: list[str], to: Path, one: Published) -> None:
    """Copy pages to LEARNER/UNIT/ below a folder, whole or not at all."""
    for learner in learners:
        goal = to / learner / unit
        for page in desk.course.path("feedback", unit, learner).glob("*.html"):
            write_atomically(goal / page.name, page.read_bytes())
        one.out.append(learner)


def _to_zip(desk: Desk, unit: str, learners: list[str], way: str, to: Path, one: Published) -> None:
    """Write the ZIP file that Canvas or Moodle takes, with the names under which it handed the submissions out.

    Raises:
        ValueError: nobody of the unit was collected from there.
    """
    kept = remembered(desk).get(unit, {})
    names: dict[str, str] = {}
    for learner in learners:
        about = kept.get(learner, {})
        if about.get("lms") != way:
            one.odd.append(f"not out: {learner} did not hand in {unit} through {way.title()}")
            continue
        one.out.append(learner)
        for page in sorted(desk.course.path("feedback", unit, learner).glob("*.html")):
            between = "/" if way == "moodle" else ""
            names[f"{about['prefix']}{between}{page.name}"] = str(page)
    if not names:
        raise ValueError(f"{unit} must have feedback for somebody collected from {way.title()}, got none")
    to.parent.mkdir(parents=True, exist_ok=True)
    fresh = to.with_name(f".new-{to.name}")
    try:
        with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, page_path in names.items():
                archive.write(page_path, name)
        shutil.move(fresh, to)
    finally:
        fresh.unlink(missing_ok=True)
