"""Nothing that is advised leads nowhere: every command in an error or in the guide exists, with those options."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.classroom.commands import OURS, ROOT, SYSTEMS, objection
from tests.classroom.conftest import CONFIG, ROSTER
from tests.classroom.test_collecting import FOLDER, WORKSHEET
from tests.classroom.test_term import answered
from tests.grading.courses import ENVIRONMENT, WORDS, write_course

GUIDE = ROOT / "book" / "instructor_guide.md"
_WORDS = "|".join([*OURS, *sorted(SYSTEMS)])
_COMMAND = re.compile(
    rf"`((?:{_WORDS}) [^`]+)`|\brun ((?:{'|'.join(OURS)}) [\w. -]+)|^(pip install .+)$|\((--[a-z-]+)", re.MULTILINE
)


def texts(path: Path) -> Iterator[str]:
    """Yield what a module may say: its texts but for docstrings, what is filled in standing as X."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    passed_over: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, kinds) and node.body and isinstance(node.body[0], ast.Expr):
            passed_over.add(id(node.body[0].value))
        if isinstance(node, ast.JoinedStr):
            passed_over |= {id(value) for value in node.values}
            yield "".join(str(v.value) if isinstance(v, ast.Constant) else "X" for v in node.values)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in passed_over:
            yield node.value


def advised() -> Iterator[tuple[str, str]]:
    rooms = [*(ROOT / "qlab" / "grading").rglob("*.py"), *(ROOT / "qlab" / "classroom").rglob("*.py")]
    for path in sorted(rooms):
        for text in texts(path):
            for quoted, said, plain, option in _COMMAND.findall(text):
                yield str(path.relative_to(ROOT)), (quoted or said or plain or option).strip()


FOUND = list(advised())


def test_advice_is_found_at_all() -> None:
    assert {"qlab class init", "qlab grade", "qlab doctor", "--sheet"} <= {one for _, one in FOUND}


@pytest.mark.parametrize(("where", "command"), sorted(set(FOUND)))
def test_what_an_error_advises_exists(where: str, command: str) -> None:
    if command.startswith("--"):  # an option of the command that was typed: one of the room's
        owners = ("qlab grade", "qlab class init", "qlab class collect", "qlab class publish", "qlab class status")
        assert any(not objection(f"{owner} {command}") for owner in owners), f"{where}: {command}"
    else:
        assert not objection(command), f"{where}: {command}: {objection(command)}"


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("qlab clas init", "no such subcommand"), ("qlab class begin", "no such subcommand"),
        ("qlab class init --rooster x", "no such option: --rooster"), ("qlab grade --expert", "no such option"),
        ("nbgrader make_assignment x", "no such subcommand"), ("nbgrader collect x --upd", "no such option"),
        ("make everything-well", "no such target"), ("pip install 'qlab[magic]'", "no such extra"),
        ("rm -rf /", "no such program"),
    ],
)  # fmt: skip
def test_what_does_not_exist_is_seen(command: str, says: str) -> None:
    assert says in objection(command)


def guide_commands() -> list[str]:
    text = GUIDE.read_text(encoding="utf-8")
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL)).splitlines()
    inline = re.findall(rf"`((?:{'|'.join(OURS)}) [^`]+)`", text)
    return [one for one in [*blocks, *inline] if one.strip()]


def test_every_command_of_the_guide_exists() -> None:
    assert len(guide_commands()) > 20
    assert {one: why for one in guide_commands() if (why := objection(one))} == {}


def test_the_guides_calendar_runs_as_it_stands(tmp_path: Path) -> None:
    root = tmp_path / "course"
    write_course(root, CONFIG.replace('"exchange"', repr(str(tmp_path / "exchange"))), WORDS)
    unit = root / "source" / "01_shared_state"
    (root / "source" / "ps1").rename(unit)
    (unit / "words.ipynb").rename(unit / "01_shared_state.ipynb")
    (root / "class.csv").write_bytes(ROSTER.encode("utf-16"))
    (root / "worksheet.csv").write_text(WORKSHEET)
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 5
    for number, block in enumerate(blocks):
        if number == 1:  # learners have handed in
            handed_in(root)
        done = subprocess.run(
            ["bash", "-ec", block], cwd=root, env=ENVIRONMENT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
    back = zipfile.ZipFile(io.BytesIO((root / "feedback.zip").read_bytes()))
    assert len(back.namelist()) == 3
    rows = (root / "grades-moodle-worksheet-01_shared_state.csv").read_text().splitlines()
    assert len(rows) == 4
    assert (root / "statistics.html").is_file()
    assert "01_shared_state" in (root / "grades.csv").read_text()


def handed_in(root: Path) -> None:
    content = answered(root, unit="01_shared_state", name="01_shared_state")
    with zipfile.ZipFile(root / "submissions.zip", "w") as made:
        for name, number in (("Andreas Müller", 9001), ("Andreas Müller", 9002), ("Jan; Maria Łukasiewicz", 9003)):
            made.writestr(FOLDER.format(name, number) + "/01_shared_state.ipynb", content)
