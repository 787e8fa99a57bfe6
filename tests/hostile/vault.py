"""A small course to attack, and the case files that attack it."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.notebooks import answered, essay, graded, hidden, locked, notebook, solution

CASES = Path(__file__).parent / "cases"
SECRETS = ("918273", "918274", "kestrel", "771177", "HIDDEN TESTS", "ESCAPED")
CONFIG = """c = get_config()
c.CourseDirectory.course_id = "vault"
c.QlabGrading.masked_packages = ["qlab.checks"]
c.QlabGrading.relayed_functions = ["qlab.checks.check", "qlab.checks.hint"]
c.QlabGrading.cell_seconds = 3.0
c.QlabGrading.test_seconds = 3.0
c.QlabGrading.notebook_seconds = 20.0
c.QlabGrading.memory_mb = 600
c.QlabGrading.processes = 60
from qlab.grading.hooks.drop_in import configure
configure(c)
"""


@dataclass(frozen=True)
class Case:
    """One hostile or damaged submission, as its file describes it.

    Attributes:
        name: the file's name without suffix; also the learner's id.
        tries: what it attempts.
        must: what must happen.
        earns: the points that its honest part deserves.
        solved: whether the cells that it does not replace hold the right answers.
        cells: new text by grade id.
        build: code of the harness that damages `notebook` or writes files into `place`.
    """

    name: str
    tries: str
    must: str
    earns: float
    solved: bool
    cells: dict[str, str]
    build: str


def read_case(path: Path) -> Case:
    """Read a case file: lines `key: value`, then sections `--- grade_id`, or `--- build`.

    Raises:
        ValueError: the file does not say what it tries and what must happen.
    """
    head, *sections = ("\n" + path.read_text()).split("\n--- ")
    fields = dict(line.split(": ", 1) for line in head.strip().splitlines())
    cells = {name.strip(): text for name, _, text in (section.partition("\n") for section in sections)}
    if not fields.keys() >= {"tries", "must"} or not fields.keys() <= {"tries", "must", "earns", "others"}:
        raise ValueError(f"{path.name} must say what it tries and what must happen, got {sorted(fields)}")
    build = cells.pop("build", "")
    if unknown := cells.keys() - SOLUTIONS.keys() - {"essay"}:
        raise ValueError(f"{path.name} must name cells of the vault, got {sorted(unknown)}")
    return Case(
        name=path.stem,
        tries=fields["tries"],
        must=fields["must"],
        earns=float(fields.get("earns", 0)),
        solved=fields.get("others") == "solved",
        cells=cells,
        build=build,
    )


def all_cases() -> list[Case]:
    """Return every case in the order of its name."""
    return [read_case(path) for path in sorted(CASES.glob("*.case"))]


SOLUTIONS = {
    "first": "",
    "add": "def add(x):\n    return x + 1",
    "scale": "def scale(a):\n    return 2 * a",
    "shout": 'def shout(word):\n    return word.upper() + "!"',
    "number": "number = 42",
    "stack": (
        "class Stack:\n    def __init__(self):\n        self.items = []\n\n    def push(self, item):\n"
        "        self.items.append(item)\n\n    def __len__(self):\n        return len(self.items)\n\n"
        "    def __eq__(self, other):\n        return self.items == getattr(other, 'items', None)\n\n"
        "    def __add__(self, other):\n        return len(self.items) + other\n\n"
        "    def __enter__(self):\n        return self\n\n    def __exit__(self, *error):\n        return None"
    ),
    "twice": "def twice(h, x):\n    return h(h(x))",
    "grow": "def grow(x):\n    return 3 * x",
    "draw": "def draw(rng):\n    return [int(rng.integers(0, 6)) for _ in range(5)]",
    "extra": "",
}
_HIDDEN = {
    "add": ("assert add(918273) == 918274", 2),
    "scale": ("got = scale(np.array([771177.0, 2.0]))\nassert np.allclose(got, [1542354.0, 4.0])", 2),
    "shout": ('for word in ("kestrel", "nest"):\n    assert shout(word) == word.upper() + "!", shout(word)', 1),
    "number": ("assert number == limit", 1),
    "twice": ("h = lambda v: v * 10 + 771177\nassert twice(h, 1) == h(h(1))", 1),
    "grow": ("assert all(map(lambda x: grow(x) == 3 * x, range(918273, 918280)))", 1),
    "draw": (
        "rng, twin = np.random.default_rng(771177), np.random.default_rng(771177)\n"
        "assert draw(rng) == [int(twin.integers(0, 6)) for _ in range(5)]",
        1,
    ),
}
_OPEN = {
    "add": ("assert add(1) == 2", 1),
    "stack": (
        "stack, other = Stack(), Stack()\nstack.push(3)\n"
        "with stack as opened:\n    assert opened.items == [3] and len(stack) == 1\nassert stack + 1 == 2",
        1,
    ),
}
FULL = sum(points for _, points in [*_HIDDEN.values(), *_OPEN.values()])


def source() -> dict[str, Any]:
    """Return the instructor's notebook."""
    setup = (
        "import numpy as np\nfrom qlab.checks import check, hint\n\nlimit = int(open('table.csv').read().split()[1])"
    )
    cells = [locked("setup", setup)]
    for name, answer in SOLUTIONS.items():
        cells.append(solution(name, answered(answer) if answer else ""))
        if name in _OPEN:
            cells.append(graded(f"{name}-visible", *_OPEN[name]))
        if name in _HIDDEN:
            text, points = _HIDDEN[name]
            cells.append(graded(f"{name}-hidden", hidden(text), points))
    return notebook(*cells, locked("relax", "limit = 0"), essay("essay", "Your thoughts.", 3))


def filled(released: dict[str, Any], cells: dict[str, str], *, solved: bool) -> dict[str, Any]:
    """Return the released notebook with some cells' text replaced, the rest stubs or right answers."""
    made = copy.deepcopy(released)
    for cell in made["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        cell["source"] = "".join(cell["source"])
        if name in cells:
            cell["source"] = cells[name]
        elif solved and SOLUTIONS.get(name):
            cell["source"] = SOLUTIONS[name]
    return made


def submit(case: Case, released: dict[str, Any], place: Path, words: dict[str, str]) -> None:
    """Write a case's submission into its directory.

    Args:
        case: the case.
        released: the released notebook.
        place: the submission's directory.
        words: what `{{word}}` in the case's text stands for.
    """
    texts = {name: fill_in(text, words) for name, text in case.cells.items()}
    made = filled(released, texts, solved=case.solved)
    place.mkdir(parents=True)
    space = {"notebook": made, "place": place, "file": place / "vault.ipynb", **words}
    exec(compile(fill_in(case.build, words), f"{case.name}.case", "exec"), space)
    if space["notebook"] is not None:
        (place / "vault.ipynb").write_text(json.dumps(space["notebook"]))


def fill_in(text: str, words: dict[str, str]) -> str:
    """Replace each `{{word}}` by what it stands for."""
    for word, value in words.items():
        text = text.replace("{{" + word + "}}", value)
    return text
