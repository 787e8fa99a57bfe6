"""Whose the files of an LMS's ZIP are: Moodle's and Canvas's names taken apart.

Moodle names a folder, or with "download in folders" off the beginning of a file, `name_number_assignsubmission_file`,
where the name is the full one without underscores and the number that of the grading worksheet; versions before 4.1
put another underscore behind. Online texts are `…_assignsubmission_onlinetext`. With group submissions, the name and
number are the group's.

- https://github.com/moodle/moodle/blob/main/mod/assign/classes/downloader.php (what is written)
- https://github.com/moodle/moodle/blob/main/mod/assign/feedback/file/importziplib.php (what is read back)

Canvas names a file `name_LATE_user_attachment_file.ext`, where `name` is the sortable name in small letters without
signs, `LATE` stands there if it was late, and the two numbers are Canvas's of user and attachment. A second file of
one name gets `-1`. Texts and links are `name_user_text.html` and `…_link.html`; anonymous submissions say `anon_` and
a code. The ZIP holds no time of submission.

- https://github.com/instructure/canvas-lms/blob/master/lib/content_zipper.rb
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from qlab.classroom.archives import Archive, Member

_MOODLE = re.compile(r"(?P<name>.*?)_(?P<number>\d+)_assignsubmission_(?P<plugin>[a-z]+)(?:_|$)(?P<rest>.*)", re.DOTALL)
_CANVAS = re.compile(r"(?P<name>.+?)_(?P<late>LATE_)?(?P<user>\d+)_(?P<file>\d+)_(?P<rest>.+)", re.DOTALL)
_CANVAS_PAGE = re.compile(r".*?_(?:LATE_)?\d+_(?:text|link)\.html", re.DOTALL)


@dataclass(frozen=True)
class Handed:
    """A file that somebody handed in.

    Attributes:
        key: the LMS's number of the person.
        name: how the LMS calls the person.
        path: the file's own name.
        member: where it is in the ZIP file.
        late: the LMS says that it was late.
        order: grows with the time of upload, where the LMS tells.
        prefix: what stands before the file's own name in the ZIP file.
        unsure: the numbers may be part of the person's own name, or of the file's.
    """

    key: str
    name: str
    path: PurePosixPath
    member: Member
    late: bool = False
    order: int = 0
    prefix: str = ""
    unsure: bool = False


def moodle_files(archive: Archive) -> tuple[list[Handed], dict[str, str]]:
    """Return the files of Moodle's ZIP, and why others are nobody's, by name."""
    found: list[Handed] = []
    odd: dict[str, str] = {}
    for member in archive.members:
        parts = member.path.parts
        depth = next((number for number, part in enumerate(parts) if _MOODLE.fullmatch(part)), None)
        match = None if depth is None else _MOODLE.fullmatch(parts[depth])
        if depth is None or match is None:
            odd[str(member.path)] = "its name is none that Moodle gives"
            continue
        path = PurePosixPath(match["rest"], *parts[depth + 1 :])
        if match["plugin"] != "file":
            odd[str(member.path)] = f"{match['name']} handed in a text online, not a file"
        elif not path.name:
            odd[str(member.path)] = "it has no name of its own"
        else:
            prefix = f"{match['name']}_{match['number']}_assignsubmission_file"
            found.append(Handed(match["number"], match["name"], path, member, prefix=prefix))
    return found, odd


def canvas_files(archive: Archive) -> tuple[list[Handed], dict[str, str]]:
    """Return the files of Canvas's ZIP, and why others are nobody's, by name."""
    found: list[Handed] = []
    odd: dict[str, str] = {}
    for member in archive.members:
        name = member.path.name
        match = _CANVAS.fullmatch(name)
        if _CANVAS_PAGE.fullmatch(name):
            odd[str(member.path)] = "a text or link was handed in, not a file"
        elif name.startswith("anon_"):
            odd[str(member.path)] = "it was handed in without a name: reveal the names in Canvas, then download again"
        elif match is None:
            odd[str(member.path)] = "its name is none that Canvas gives"
        else:
            prefix = name.removesuffix(match["rest"])
            path = PurePosixPath(match["rest"])
            unsure = re.match(r"\d+_", match["rest"]) is not None
            late, order = bool(match["late"]), int(match["file"])
            found.append(Handed(match["user"], match["name"], path, member, late, order, prefix, unsure))
    return found, odd
