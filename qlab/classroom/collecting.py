"""What an LMS collected, brought to `submitted/` as nbgrader's own collect would have put it there."""

from __future__ import annotations

import datetime
import json
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from nbgrader.utils import parse_utc

from qlab._files import write_atomically
from qlab.classroom.archives import Archive, Damaged
from qlab.classroom.desk import Desk, utc
from qlab.classroom.downloads import Handed, canvas_files, moodle_files
from qlab.classroom.roster import enrol
from qlab.grading.notebooks.files import shown
from qlab.grading.reports.lms import People, Person, read_canvas_gradebook, read_worksheet, time_zone
from qlab.grading.reports.spreadsheets import cells, read_table

STAMP = "timestamp.txt"
_COPY = re.compile(
    r"(?P<stem>.+?)(?:\s*\((?P<a>\d+)\)|-(?P<b>\d+)|[-\s_]Copy(?P<c>\d*)|\s+copy(?:\s+(?P<d>\d+))?)", re.I
)
_MOST_NESTED = 256 << 20


@dataclass
class Collected:
    """What became of an LMS's files.

    Attributes:
        unit: the unit to which they were brought.
        new, replaced, same: ids of learners whose submission is new, newer than what was there, or the same.
        late: ids of those who are late by the gradebook's due date.
        odd: what an instructor should know, a line each.
        lost: lines about work that was not collected.
    """

    unit: str
    new: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Owner:
    """Who stands behind a number of the LMS's.

    Attributes:
        person: the learner, None if nobody is known.
        why: why nobody is.
        time: of submission, in UTC, where the LMS tells.
    """

    person: Person | None
    why: str
    time: datetime.datetime | None = None


def collect_moodle(
    desk: Desk, archive: Path, worksheet: Path, *, unit: str | None, zone: str = "UTC", new_learners: bool = False
) -> Collected:
    """Bring Moodle's "download all submissions" to `submitted/`.

    Args:
        desk: the course.
        archive: the ZIP file.
        worksheet: the grading worksheet of the same assignment, which says who is who and when they handed in.
        unit: name of the unit; by default the one whose notebooks lie in the ZIP file.
        zone: time zone of whoever downloaded the worksheet.
        new_learners: add those who are not in the gradebook, under login, number or address.

    Raises:
        ValueError: one of the files cannot be used.
    """
    sheet = read_worksheet(worksheet, zone)
    with Archive(archive, "ZIP") as files:
        handed, nobodys = moodle_files(files)
        done = Collected(_unit(desk, handed, unit))
        if new_learners:
            unknown = [
                p for p in sheet.participants if _people(desk).find(ids=p.ids, email=p.email, name=p.name)[0] is None
            ]
            _enrol(desk, [(next(filter(None, (*p.ids, p.email)), ""), p.name, p.email, "") for p in unknown], done)
        people = _people(desk)
        owners: dict[str, _Owner] = {}
        for p in sheet.participants:
            person, why = people.find(ids=p.ids, email=p.email, name=p.name)
            who = f"{p.name or 'somebody'} ({p.number})"
            owners[p.number] = _Owner(person, f"{who} in the worksheet: {why}", p.submitted)
            if p.unread:
                done.odd.append(f"time not read: {who}: {p.unread!r}; set Moodle to English and download again")
        _refuse_two(owners)
        with_files = {one.key for one in handed}
        done.lost += [f"no file: {p.name} ({p.number}) handed in something that is not in the ZIP file"
                      for p in sheet.participants if p.submitted and p.number not in with_files]  # fmt: skip
        strange = "is not in the worksheet: download both at once; of a group, hand in one by one"
        _bring(desk, files, handed, lambda key, name: owners.get(key, _Owner(None, f"{name} ({key}) {strange}")), done)
        _remember(desk, done, "moodle", handed, {key: one.person.id for key, one in owners.items() if one.person})
        _tell_odd(files, nobodys, done)
    return done


def collect_canvas(
    desk: Desk,
    archive: Path,
    gradebook: Path | None,
    *,
    unit: str | None,
    zone: str = "UTC",
    times: Path | None = None,
    new_learners: bool = False,
) -> Collected:
    """Bring Canvas's "download submissions" to `submitted/`.

    Canvas does not say when something was handed in, only that it was late. What is late counts as one second
    late, what is not as handed in when it was due, unless `times` says better.

    Args:
        desk: the course.
        archive: the ZIP file.
        gradebook: Canvas's gradebook as CSV, which says whose number is whose; not needed where the gradebook of
            nbgrader holds Canvas's numbers (lms_user_id).
        unit: name of the unit; by default the one whose notebooks lie in the ZIP file.
        zone: time zone of times that name none.
        times: a CSV of learners and times of submission.
        new_learners: add those who are not in the gradebook, under their login.

    Raises:
        ValueError: one of the files cannot be used.
    """
    rows = read_canvas_gradebook(gradebook).people if gradebook else []
    when = _times(times, zone) if times else {}
    with Archive(archive, "ZIP") as files:
        handed, nobodys = canvas_files(files)
        done = Collected(_unit(desk, handed, unit))
        if new_learners:
            missing = [r for r in rows if _people(desk).find(ids=(r[2], r[1]), lms=r[0], name=r[3])[0] is None]
            _enrol(desk, [(r[2] or r[1], r[3], "", r[0]) for r in missing], done)
        people = _people(desk)
        due = _due(desk, done.unit)
        by_number = {r[0]: people.find(ids=(r[2], r[1]), lms=r[0], name=r[3]) for r in rows}
        late = {one.key for one in handed if one.late}
        unsure = {one.key: one.name for one in handed if one.unsure}
        if late and due is None:
            done.odd.append(f"late: Canvas says so of {len(late)}, but the unit has no due date: "
                            f"`qlab class init --due {done.unit}=TIME`")  # fmt: skip

        def owner(key: str, name: str) -> _Owner:
            person, why = by_number.get(key) or people.find(lms=key)
            if person is None:
                return _Owner(None, f"{name} ({key}): {why}; give Canvas's gradebook too")
            if key in unsure and _letters(unsure[key]) != _letters(person.first + person.last):
                return _Owner(None, f"{unsure[key]} ({key}): the file's numbers fit {person.id}, its name does not")
            found = when.get(person.id)
            if found is None and due is not None:
                found = due + datetime.timedelta(seconds=1 if key in late else 0)
                if key in late:
                    done.odd.append(f"late: {person.id}, Canvas does not say by how much: counted as one second; "
                                    "name it with --times FILE")  # fmt: skip
            return _Owner(person, "", found)

        owners = {key: owner(key, name) for key, name in {one.key: one.name for one in handed}.items()}
        _refuse_two(owners)
        _bring(desk, files, handed, lambda key, _: owners[key], done)
        _remember(desk, done, "canvas", handed, {key: one.person.id for key, one in owners.items() if one.person})
        _tell_odd(files, nobodys, done)
    return done


def _letters(name: str) -> list[str]:
    """Return a name's letters in one order: Canvas drops all signs between them."""
    return sorted(c for c in unicodedata.normalize("NFC", name).casefold() if c.isalnum())


def _people(desk: Desk) -> People:
    with desk.gradebook() as book:
        return People([Person.of(student) for student in book.students])


def _due(desk: Desk, unit: str) -> datetime.datetime | None:
    with desk.gradebook() as book:
        found = [one.duedate for one in book.assignments if one.name == unit]
        return found[0] if found else None


def _times(path: Path, zone: str) -> dict[str, datetime.datetime]:
    table = read_table(path, "times")
    who = table.heading("SIS Login ID", "Username", "Login", "Learner", "ID")
    when = table.heading("Submitted at", "Submitted", "Time", "Timestamp")
    if who is None or when is None:
        raise ValueError(f"times must have the columns Learner and Submitted, got {', '.join(table.headings)}")
    clock = time_zone(zone)
    pairs = [cells(row, (who, when)) for row in table.rows]
    return {one: utc(time, "times", clock) for one, time in pairs if one and time}


def _enrol(desk: Desk, rows: Iterable[tuple[str, str, str, str]], done: Collected) -> None:
    people = []
    for identity, name, email, number in rows:
        last, comma, first = name.partition(",")
        if not comma:
            first, _, last = name.rpartition(" ")
        if identity and "/" not in identity and not identity.startswith("."):
            people.append(Person(identity, first.strip(), last.strip(), email, number))
    with desk.gradebook() as book:
        added = enrol(book, people).added
    done.odd += [f"enrolled: {one}" for one in added]


def _refuse_two(owners: dict[str, _Owner]) -> None:
    """Let nobody have the work of two: whoever stands behind several numbers stands behind none."""
    by_id: dict[str, list[str]] = {}
    for key, one in owners.items():
        if one.person is not None:
            by_id.setdefault(one.person.id, []).append(key)
    for learner, keys in by_id.items():
        if len(keys) > 1:
            for key in keys:
                owners[key] = _Owner(None, f"{key}: {learner} fits several of the LMS's ({', '.join(keys)})")


def _unit(desk: Desk, handed: list[Handed], unit: str | None) -> str:
    """Return the unit that is meant.

    Raises:
        ValueError: it is unknown, or not to be told from the files.
    """
    if unit is not None:
        return desk.units(unit)[0]
    names = {one: {Path(n).stem.casefold() for n in desk.course.source_notebooks(one)} for one in desk.units(None)}
    votes = dict.fromkeys(names, 0)
    for one in handed:
        for name, stems in names.items():
            votes[name] += _stem(one.path)[0].casefold() in stems
    best = [name for name, count in votes.items() if count == max(votes.values()) and count]
    if len(best) != 1:
        raise ValueError(f"unit must be named (--unit), got a ZIP file that fits {', '.join(best) or 'none'}")
    return best[0]


def _stem(path: PurePosixPath) -> tuple[str, int]:
    """Return a notebook's name without the marks of a copy, and which copy it is.

    Example:
        >>> [_stem(PurePosixPath(n)) for n in ("hw.ipynb", "hw (2).ipynb", "hw-1.ipynb", "hw-Copy1.ipynb", "a-b.ipynb")]
        [('hw', 0), ('hw', 2), ('hw', 1), ('hw', 1), ('a-b', 0)]
    """
    if path.suffix.casefold() != ".ipynb":
        return "", 0
    match = _COPY.fullmatch(path.stem)
    if match is None:
        return path.stem, 0
    number = next((int(match[one]) for one in "abcd" if match[one]), 1)
    return match["stem"], number


def _bring(
    desk: Desk, archive: Archive, handed: list[Handed], owner: Callable[[str, str], _Owner], done: Collected
) -> None:
    """Write the submission of each learner who is known."""
    names = sorted(desk.course.source_notebooks(done.unit))
    due = _due(desk, done.unit)
    by_key: dict[str, list[Handed]] = {}
    for one in handed:
        by_key.setdefault(one.key, []).append(one)
    for key, files in sorted(by_key.items()):
        who = owner(key, files[0].name)
        if who.person is None:
            done.lost.append(f"not collected: {who.why}")
            continue
        learner = who.person.id
        found = _files_of(archive, files, learner, done)
        chosen = _arranged(found, names, learner, done)
        if not chosen:
            done.lost.append(f"not collected: {learner}: no file could be read")
            continue
        if who.time is None:
            done.odd.append(f"no time: {learner} counts as not late")
        elif due is not None and who.time > due:
            done.late.append(learner)
        _write(desk, learner, chosen, who.time, done)


@dataclass(frozen=True)
class _File:
    content: bytes
    rank: tuple[int, tuple[int, ...], int]


def _files_of(archive: Archive, files: list[Handed], learner: str, done: Collected) -> dict[PurePosixPath, _File]:
    """Read a learner's files; a ZIP file of their own is opened, once."""
    found: dict[PurePosixPath, _File] = {}
    for one in sorted(files, key=lambda each: (each.order, str(each.path))):
        try:
            content = archive.read(one.member)
        except Damaged as error:
            done.lost.append(f"damaged: {learner}, {shown(str(one.path))}: {error}")
            continue
        rank = (one.order, tuple(one.member.info.date_time), _stem(one.path)[1])
        if one.path.suffix.casefold() == ".zip" and content.startswith(b"PK"):
            try:
                with Archive(content, "ZIP", _MOST_NESTED) as inner:
                    for member in inner.members:
                        found[member.path] = _File(inner.read(member), rank)
                    done.lost += [f"refused: {learner}, {name}: {why}" for name, why in inner.refused.items()]
            except ValueError as error:
                done.lost.append(f"damaged: {learner}, {shown(str(one.path))}: {error}")
            else:
                done.odd.append(f"unpacked: {learner}, {shown(str(one.path))}")
        else:
            found[one.path] = _File(content, rank)
    return found


def _arranged(
    found: dict[PurePosixPath, _File], names: list[str], learner: str, done: Collected
) -> dict[PurePosixPath, bytes]:
    """Give each notebook its name; of several versions the last counts. Grading looks at files of other names."""
    taken: dict[PurePosixPath, PurePosixPath] = {}
    left: set[PurePosixPath] = set()
    exact = {name.casefold() for name in names}
    for name in names:
        versions = [
            path
            for path in found
            if path.suffix.casefold() == ".ipynb"
            and (path.stem.casefold() == name.casefold()
                 or (path.stem.casefold() not in exact and _stem(path)[0].casefold() == name.casefold()))
        ]  # fmt: skip
        if not versions:
            continue
        last = max(versions, key=lambda path: (found[path].rank, -len(path.parts)))
        others = [path for path in versions if path != last and found[path].content != found[last].content]
        if others:
            listed = ", ".join(sorted(shown(str(path)) for path in others))
            done.odd.append(f"several: {learner}, {shown(str(last))} is the last; left out: {listed}")
        left |= set(versions) - {last}
        taken[last] = PurePosixPath(f"{name}.ipynb")
        if str(last) != f"{name}.ipynb":
            done.odd.append(f"renamed: {learner}, {shown(str(last))} is {name}.ipynb")
    bases = {path.parent for path in taken if path.parent != PurePosixPath()}
    result: dict[PurePosixPath, bytes] = {}
    for path, file in found.items():
        if path in left:
            continue
        place = taken.get(path, path)
        if path not in taken and len(bases) == 1 and path.is_relative_to(next(iter(bases))):
            place = path.relative_to(next(iter(bases)))
        if place.name != STAMP:
            result.setdefault(place, file.content)
    for path, place in taken.items():  # the notebook itself, should another file stand in its way
        result[place] = found[path].content
    return {place: content for place, content in result.items() if not _in_the_way(place, result)}


def _in_the_way(place: PurePosixPath, others: Iterable[PurePosixPath]) -> bool:
    """Return whether another file lies below this one, which then cannot be a file."""
    return any(other != place and other.is_relative_to(place) for other in others)


def _write(
    desk: Desk, learner: str, files: dict[PurePosixPath, bytes], time: datetime.datetime | None, done: Collected
) -> None:
    place = desk.course.path("submitted", done.unit, learner)
    if desk.course.is_linked(done.unit, learner):
        done.lost.append(f"not collected: {learner}: {place} is a link")
        return
    stamp = b"" if time is None else f"{time:%Y-%m-%d %H:%M:%S} UTC\n".encode()
    wanted = {**files, PurePosixPath(STAMP): stamp} if stamp else dict(files)
    there = _there(place)
    if there == wanted:
        done.same.append(learner)
        return
    before = _stamp_of(there)
    if before is not None and time is not None and before > time:
        done.odd.append(f"kept: {learner} has a newer submission, of {before:%Y-%m-%d %H:%M:%S} UTC")
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".new-", dir=place.parent))
    try:
        for name, content in wanted.items():
            write_atomically(fresh / name, content)
        fresh.chmod(0o755)
        if place.exists():
            old = Path(tempfile.mkdtemp(prefix=".old-", dir=place.parent))
            place.rename(old / "was")
            fresh.rename(place)
            shutil.rmtree(old)
        else:
            fresh.rename(place)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    (done.replaced if there else done.new).append(learner)


def _there(place: Path) -> dict[PurePosixPath, bytes]:
    if not place.is_dir():
        return {}
    paths = [path for path in place.rglob("*") if path.is_file() and not path.is_symlink()]
    return {PurePosixPath(path.relative_to(place).as_posix()): path.read_bytes() for path in paths}


def _stamp_of(files: dict[PurePosixPath, bytes]) -> datetime.datetime | None:
    text = files.get(PurePosixPath(STAMP), b"").decode(errors="replace").strip()
    try:
        found = parse_utc(text) if text else None
    except (ValueError, OverflowError, TypeError):
        return None
    return found if isinstance(found, datetime.datetime) else None


def _remember(desk: Desk, done: Collected, lms: str, handed: list[Handed], learners: dict[str, str]) -> None:
    """Keep how the LMS calls each learner's file, so that feedback finds its way back."""
    path = desk.course.state / "lms.json"
    kept = remembered(desk)
    unit = kept.setdefault(done.unit, {})
    for one in sorted(handed, key=lambda each: each.order):
        if one.key in learners:
            unit[learners[one.key]] = {"lms": lms, "prefix": one.prefix}
    write_atomically(path, json.dumps(kept, indent=1, sort_keys=True, ensure_ascii=False))


def remembered(desk: Desk) -> dict[str, dict[str, dict[str, str]]]:
    """Return how the LMS calls each learner's files, by unit and learner."""
    path = desk.course.state / "lms.json"
    try:
        found = json.loads(path.read_text()) if path.is_file() else {}
    except ValueError:
        found = {}
    return found if isinstance(found, dict) else {}


def _tell_odd(archive: Archive, nobodys: dict[str, str], done: Collected) -> None:
    done.lost += [f"refused: {name}: {why}" for name, why in archive.refused.items()]
    done.lost += [f"nobody's: {shown(name)}: {why}" for name, why in nobodys.items()]
