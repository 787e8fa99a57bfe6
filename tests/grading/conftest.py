"""A small course about words and lists, made anew for each test that asks for one."""

from __future__ import annotations

import copy
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.grading.courses import WORDS, CourseOnDisk, nbgrader, write_course


@pytest.fixture(scope="session")
def words() -> dict[str, Any]:
    """The source notebook of the course about words."""
    return copy.deepcopy(WORDS)


@pytest.fixture(scope="session")
def released_course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("released")
    write_course(root, "c = get_config()\nc.QlabGrading.test_seconds = 3.0\n", WORDS)
    nbgrader(root, "generate_assignment", "ps1")
    return root


@pytest.fixture
def course(released_course: Path, tmp_path: Path) -> CourseOnDisk:
    """A fresh copy of the released course, without submissions."""
    root = tmp_path / "course"
    shutil.copytree(released_course, root)
    return CourseOnDisk(root)


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """An empty folder whose name leaves room for a socket's: a path to one holds 107 bytes."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
