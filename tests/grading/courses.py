"""A small course about words and lists on disk, and nbgrader's commands in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.notebooks import essay, graded, hidden, locked, notebook, solution, text

ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}

WORDS = notebook(
    text("# Words"),
    locked("setup", "import string\nfrom collections import Counter"),
    solution(
        "shout",
        'def shout(word):\n    """Return the word in capitals with a mark."""\n'
        '    ### BEGIN SOLUTION\n    return word.upper() + "!"\n    ### END SOLUTION',
    ),
    graded("shout-visible", 'assert shout("a") == "A!"'),
    graded(
        "shout-hidden",
        hidden('for word in ["secret-one", "secret-two"]:\n    assert shout(word) == word.upper() + "!"'),
        2,
    ),
    solution(
        "count",
        "def count(words):\n    ### BEGIN SOLUTION\n    return dict(Counter(words))\n    ### END SOLUTION",
    ),
    graded("count-test", 'assert count(["a", "b", "a"]) == {"a": 2, "b": 1}\n' + hidden("assert count([]) == {}"), 2),
    solution(
        "drop",
        "def drop_vowels(words):\n    ### BEGIN SOLUTION\n    words[:] = [w for w in words if w[0] not in 'aeiou']\n"
        "    ### END SOLUTION",
    ),
    graded("drop-test", 'given = ["ape", "bee"]\ndrop_vowels(given)\nassert given == ["bee"]'),
    solution(
        "stack",
        "class Stack:\n    ### BEGIN SOLUTION\n    def __init__(self):\n        self.items = []\n\n"
        "    def push(self, item):\n        self.items.append(item)\n\n    def __len__(self):\n"
        "        return len(self.items)\n\n    def __eq__(self, other):\n        return self.items == other.items\n"
        "    ### END SOLUTION",
    ),
    graded(
        "stack-test",
        "stack, other = Stack(), Stack()\nassert isinstance(stack, Stack) and stack == other\n"
        "stack.push(3)\nassert len(stack) == 1 and not stack == other",
    ),
    solution(
        "apply",
        "def apply(change, words):\n    ### BEGIN SOLUTION\n    return [change(w) for w in words]\n    ### END SOLUTION",  # noqa: E501
    ),
    graded("apply-test", 'assert apply(lambda w: w[::-1], ["ab", "cd"]) == ["ba", "dc"]'),
    essay("essay", "Your thoughts", 3),
)


def nbgrader(root: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nbgrader", *arguments]
    return subprocess.run(command, cwd=root, env=ENVIRONMENT, capture_output=True, text=True, check=check)


class CourseOnDisk:
    """A course directory with one released assignment."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def submit(self, learner: str, edits: dict[str, str] | None = None, name: str = "words") -> Path:
        """Submit the released notebook with the text of some cells replaced, by grade id."""
        released = self.root / "release" / "ps1" / f"{name}.ipynb"
        content = json.loads(released.read_text())
        for cell in content["cells"]:
            found = cell["metadata"].get("nbgrader", {}).get("grade_id")
            if edits and found in edits:
                cell["source"] = edits[found]
        place = self.root / "submitted" / learner / "ps1" / f"{name}.ipynb"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(content))
        return place

    def solve(self, learner: str, but: dict[str, str] | None = None) -> Path:
        """Submit the instructor's own solutions, some cells replaced."""
        answers = {
            cell["metadata"]["nbgrader"]["grade_id"]: cell["source"]
            for cell in WORDS["cells"]
            if cell["metadata"].get("nbgrader", {}).get("solution") and cell["cell_type"] == "code"
        }
        return self.submit(learner, {**answers, **(but or {})})

    def scores(self) -> dict[str, dict[str, float | None]]:
        """Return the automatic score of each graded cell, by learner."""
        from nbgrader.api import Gradebook

        with Gradebook(f"sqlite:///{self.root / 'gradebook.db'}") as book:
            return {
                one.student.id: {grade.name: grade.auto_score for n in one.notebooks for grade in n.grades}
                for one in book.assignment_submissions("ps1")
            }


def write_course(root: Path, config: str, source: dict[str, Any]) -> None:
    """Write an instructor's course: its configuration and one notebook."""
    place = root / "source" / "ps1" / "words.ipynb"
    place.parent.mkdir(parents=True)
    (root / "nbgrader_config.py").write_text(config)
    place.write_text(json.dumps(source))
