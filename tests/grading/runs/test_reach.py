"""The course and the packages with the answers are out of the learners' reach, or grading is refused by name."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from qlab.grading.runs import reach
from qlab.grading.runs.course import Course
from qlab.grading.runs.runner import grade_assignment
from qlab.grading.student import bubblewrap
from tests.grading.courses import WORDS, write_course

CONFIG = "c = get_config()\n"


@pytest.mark.parametrize("name", ["nowhere", "qlab.nothing", "json.nothing", "qlab..checks", "sys", "no such", ""])
def test_a_masked_name_that_hides_nothing_is_refused(course: Any, name: str) -> None:
    course.solve("ada")
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write(f"\nc.QlabGrading.masked_packages = ['json', {name!r}]\n")
    with pytest.raises(ValueError, match=r"masked_packages must name packages or modules .*, got " + repr(name)):
        grade_assignment(Course(course.root), "ps1", workers=1)
    assert not (course.root / "autograded").exists()


@pytest.fixture
def readable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package installed from its sources: `tmp_path/lib/words_tools`, which the notebooks import."""
    package = tmp_path / "lib" / "words_tools"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path / "lib"))
    sys.modules.pop("words_tools", None)
    return package


def source_that_imports(name: str) -> dict[str, Any]:
    cells = [dict(cell) for cell in WORDS["cells"]]
    for cell in cells:
        if cell["source"].startswith("import string"):
            cell["source"] += f"\nimport {name}"
    return {**WORDS, "cells": cells}


@pytest.mark.parametrize("place", ["course", "deep/in/it/course", "data/.course"])
def test_a_course_below_a_package_that_notebooks_import_is_refused(readable: Path, place: str) -> None:
    root = readable / place
    write_course(root, CONFIG, source_that_imports("words_tools"))
    course = Course(root)
    with pytest.raises(ValueError, match="course-dir must lie outside of what student code may read") as refused:
        course.settings(course.source_notebooks("ps1"))
    assert str(readable) in str(refused.value)


@pytest.mark.parametrize("step", ["source", "submitted", "autograded", "release"])
def test_a_part_of_the_course_there_is_refused_too(readable: Path, tmp_path: Path, step: str) -> None:
    root = tmp_path / "course"
    write_course(root, CONFIG, source_that_imports("words_tools"))
    hidden = readable / "kept"
    hidden.mkdir()
    if (root / step).exists():
        shutil.copytree(root / step, hidden, dirs_exist_ok=True)
        shutil.rmtree(root / step)
    (root / step).symlink_to(hidden)
    course = Course(root)
    with pytest.raises(ValueError, match="course-dir must lie outside"):
        course.settings(course.source_notebooks("ps1"))


def test_so_is_its_gradebook(readable: Path, tmp_path: Path) -> None:
    config = f"{CONFIG}c.CourseDirectory.db_url = 'sqlite:///{readable / 'marks.db'}'\n"
    write_course(tmp_path / "course", config, source_that_imports("words_tools"))
    course = Course(tmp_path / "course")
    with pytest.raises(ValueError, match=r"got '.*marks.db' below"):
        course.settings(course.source_notebooks("ps1"))


@pytest.mark.parametrize("where", ["/usr/share/course", "/usr/local/course", "/lib/course", sys.prefix + "/course"])
def test_the_system_and_python_are_no_place_for_a_course(where: str) -> None:
    with pytest.raises(ValueError, match="course-dir must lie outside"):
        reach.demand_out_of_reach([Path(where)], [])


def test_a_course_that_is_apart_is_taken(readable: Path, tmp_path: Path) -> None:
    for place in ("course", "lib/course", "lib/words_tools_course"):
        write_course(tmp_path / place, CONFIG, source_that_imports("words_tools"))
        course = Course(tmp_path / place)
        assert course.settings(course.source_notebooks("ps1")).preload


@pytest.mark.parametrize("legacy", [False, True])
def test_a_masked_modules_compiled_copies_are_masked_with_it(readable: Path, tmp_path: Path, legacy: bool) -> None:
    module = readable / "answers.py"
    module.write_text("KEY = 'a-secret-constant'\n")
    subprocess.run([sys.executable, "-m", "compileall", "-q", *(["-b"] if legacy else []), str(readable)], check=True)
    stub = tmp_path / "stub.py"
    stub.write_text("")
    copies = [path for path in readable.rglob("*.pyc") if path.name.startswith("answers")]
    assert copies
    found = f"glob.glob({str(readable)!r} + '/**/answers*', recursive=True)"
    look = f"import glob\nfor name in {found}:\n    print(open(name, 'rb').read())"
    line = bubblewrap.command(
        [sys.executable, "-c", look], modules=["words_tools"], masked={"words_tools.answers": stub}
    )
    said = subprocess.run(line, capture_output=True, text=True, check=False)
    assert "a-secret-constant" not in said.stdout + said.stderr
    assert said.stdout or "Permission" in said.stderr
