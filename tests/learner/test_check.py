"""`qlab check`: the verdict, its sentence and the points, for honest notebooks and for damaged ones."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from qlab.checks import all_units
from qlab.checks._exam import exam
from qlab.cli import app
from qlab.grading.notebooks.reading import grade_id
from qlab.grading.wire.limits import Limits
from qlab.learner._cells import as_graded, read_notebook
from qlab.learner.notebook import NotebookReport, check_notebook, find_notebooks
from tests.learner.notebooks import TASKS, answered, find, released, save
from tests.notebooks import code

QUICK = Limits(cell_seconds=2, test_seconds=2, notebook_seconds=60)
FIRST, SECOND, THIRD, FOURTH = TASKS


def statuses(report: NotebookReport) -> list[str]:
    assert [task.task for task in report.tasks] == [task.id for task in TASKS]
    assert all(task.earned == (task.points if task.status == "passed" else 0) for task in report.tasks)
    return [task.status for task in report.tasks]


def manual(cell: dict[str, Any]) -> dict[str, Any]:
    """The mark of a text that a person grades."""
    mark = dict(cell["metadata"].get("nbgrader", {}))
    return mark if mark.get("solution") and mark.get("grade") else {}


def passed_but(**others: str) -> list[str]:
    return [others.get(task.name, "passed") for task in TASKS]


def test_right_answers_pass_and_earn_what_grading_gives(tmp_path: Path) -> None:
    report = check_notebook(save(answered(), tmp_path))
    assert statuses(report) == passed_but()
    assert report.all_passed
    assert not report.notes
    assert sum(task.earned for task in report.tasks) == sum(task.points for task in TASKS) > len(TASKS)


def test_each_fault_costs_its_own_task_and_is_called_by_its_name(tmp_path: Path) -> None:
    wrong = FIRST.misconceptions[0]
    source = answered(
        **{
            FIRST.name: f"from {wrong.answer.__module__} import {wrong.answer.__name__} as {FIRST.name}",
            SECOND.name: f"def {SECOND.name}(*given):\n    return {{}}['not there']",
            THIRD.name: "",
            FOURTH.name: f"{FOURTH.name} = 2.828",
        }
    )
    report = check_notebook(save(source, tmp_path))
    assert statuses(report) == ["failed", "crashed", "failed", "failed"]
    messages = [task.message for task in report.tasks]
    assert messages[0] == wrong.says
    assert "raised KeyError" in messages[1]
    assert messages[2].startswith(f"{THIRD.name} is not defined")
    assert messages[3] == f"{FOURTH.name} should be a function, but it is a number."
    assert not report.all_passed


def test_an_answer_made_for_the_inputs_that_are_shown_earns_their_point_only(tmp_path: Path) -> None:
    case = exam(FIRST, None)
    table = [(given[0].round(9).tolist(), due) for given, due in zip(case.cases, case.expected, strict=True)]
    learnt = f"def {FIRST.name}(chances):\n    table = dict((str(k), v) for k, v in {table})\n"
    learnt += "    return table.get(str(chances.round(9).tolist()), 0.5)"
    report = check_notebook(save(answered(**{FIRST.name: learnt}), tmp_path))
    assert (report.tasks[0].status, report.tasks[0].earned) == ("failed", 1.0)
    assert report.tasks[0].message.startswith("Right for the inputs that are shown, but grading tries others too. ")
    loop = learnt.replace("return table", "found = table").replace(
        ", 0.5)", ")\n    while not found: pass\n    return found"
    )
    report = check_notebook(save(answered(**{FIRST.name: loop}), tmp_path), limits=QUICK)
    assert (report.tasks[0].status, report.tasks[0].earned) == ("crashed", 1.0)
    assert report.tasks[0].message == f"{FIRST.name} had not answered after 2 s: look for a loop."


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def {name}(chances):\n    x = (1,\n    return 3", "SyntaxError in line 2: '(' was never closed: x = (1,"),
        ("import math\ndef {name}(chances)\n    return 3", "SyntaxError in line 2: expected ':': def {name}(chances)"),
        ("def {name}(chances):\nreturn 3", "IndentationError in line 2: "),
        ("import math\n\n1 / 0\ndef {name}(chances): return 3", "(line 3 of its cell: 1 / 0)"),
        ("import no_such_thing", "ModuleNotFoundError: No module named 'no_such_thing' (line 1 of its cell: "),
    ],
)
def test_a_cell_that_stops_is_shown_with_the_learners_line(source: str, said: str, tmp_path: Path) -> None:
    report = check_notebook(save(answered(**{FIRST.name: source.format(name=FIRST.name)}), tmp_path))
    assert statuses(report) == passed_but(**{FIRST.name: "crashed"})
    assert said.format(name=FIRST.name) in report.tasks[0].message
    assert report.tasks[0].message.startswith(f"The cell {FIRST.grade_id} ")
    assert report.notes == ()


def test_an_exception_is_shown_with_the_learners_line_and_not_with_numpys(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def deep(x):\n\n    return {}[x]\n")
    source = answered(
        **{
            FIRST.name: f"import numpy as np\ndef {FIRST.name}(chances):\n\n    return np.linalg.inv(np.ones((2, 3)))",
            SECOND.name: f"from mine import deep\ndef {SECOND.name}(*given):\n    return deep('x')",
        }
    )
    source["cells"][2:2] = [code("\n# Mine.\nhelp_me = missing")]
    report = check_notebook(save(source, tmp_path))
    assert statuses(report) == ["crashed", "crashed", "passed", "passed"]
    assert report.tasks[0].message.endswith("(line 4 of its cell: return np.linalg.inv(np.ones((2, 3))))")
    assert report.tasks[1].message.endswith(" (line 3 of mine.py: return {}[x])")
    assert report.notes == (
        "The cell that begins with '# Mine.' stopped with NameError: name 'missing' is not defined "
        "(line 3 of its cell: help_me = missing)",
    )


def test_loops_and_exits_cost_what_they_stand_in_and_nothing_else(tmp_path: Path) -> None:
    source = answered(
        **{
            FIRST.name: f"def {FIRST.name}(chances):\n    while True:\n        pass",
            SECOND.name: f"def {SECOND.name}(name, tilt):\n    import os\n    os._exit(0)",
            THIRD.name: f"def {THIRD.name}(x, y):\n    import sys\n    sys.exit(3)",
        }
    )
    extra = [
        "while True:\n    pass",
        "import sys\nsys.exit(1)",
        "1 / 0",
        "def (",
        "input('name? ')",
        "raise SystemExit",
    ]
    source["cells"][2:2] = [code(text) for text in extra]
    report = check_notebook(save(source, tmp_path), limits=QUICK)
    assert statuses(report) == ["crashed", "crashed", "crashed", "passed"]
    messages = [task.message for task in report.tasks]
    assert messages[0] == f"{FIRST.name} had not answered after 2 s: look for a loop."
    assert messages[1] == f"{SECOND.name} ended Python itself when it was called."
    assert "SystemExit" in messages[2]


def test_a_cell_that_ends_python_leaves_the_verdicts_before_it(tmp_path: Path) -> None:
    source = answered(**{THIRD.name: "import os\nos._exit(0)"})
    report = check_notebook(save(source, tmp_path))
    assert statuses(report) == ["passed", "passed", "crashed", "crashed"]
    assert report.tasks[3].message == "This task was not reached: a cell ended Python itself (exit status 0)."


def test_a_notebook_that_will_not_end_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    stubborn = (
        "import subprocess, sys, pathlib\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "pathlib.Path('child').write_text(str(child.pid))\n"
        "while True:\n    try:\n        import time; time.sleep(9)\n    except KeyboardInterrupt:\n        pass"
    )
    report = check_notebook(
        save(answered(**{SECOND.name: stubborn}), tmp_path), limits=Limits(cell_seconds=1, notebook_seconds=10)
    )
    assert statuses(report) == ["passed", "crashed", "crashed", "crashed"]
    assert report.tasks[1].message.startswith("This task was not reached: the notebook still ran after 10 s")
    child = Path("/proc") / (tmp_path / "child").read_text()
    assert not child.exists() or ") Z " in (child / "stat").read_text()


def test_magics_files_beside_the_notebook_and_figures_work(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("value = 7")
    (tmp_path / "random.py").write_text("raise ImportError('shadowed')")  # must not hurt the check itself
    source = answered()
    extra = (
        "%matplotlib inline\n%time 1\n!true\nimport matplotlib.pyplot as plt, mine\nplt.plot([mine.value])\nplt.show()"
    )
    source["cells"][2:2] = [code(extra), code("assert mine.value == 7\nreached = display(1) is None")]
    right = "".join(find(source, SECOND.grade_id)["source"])
    find(source, SECOND.grade_id)["source"] = f"assert reached\n{right}"
    assert statuses(check_notebook(save(source, tmp_path))) == passed_but()


def test_tests_that_were_changed_doubled_or_deleted_give_the_same_verdicts(tmp_path: Path) -> None:
    wrong = answered(**{SECOND.name: f"def {SECOND.name}(name, tilt):\n    return [0, 0, 0, 0]"})
    find(wrong, f"{SECOND.grade_id}-visible")["source"] = "pass"
    find(wrong, f"{SECOND.grade_id}-visible")["metadata"]["nbgrader"]["points"] = 100
    wrong["cells"].remove(find(wrong, f"{FIRST.grade_id}-visible"))
    doubled = find(wrong, f"{THIRD.grade_id}-visible")
    wrong["cells"].append(copy.deepcopy(doubled))
    find(wrong, f"{FOURTH.grade_id}-visible")["metadata"] = {}
    find(wrong, "set-up")["source"] = "check = print"
    report = check_notebook(save(wrong, tmp_path))
    assert statuses(report) == passed_but(**{SECOND.name: "failed"})
    assert [task.points for task in report.tasks] == [task.points for task in TASKS]
    assert "set-up was changed" in report.notes[0]
    assert f"The cell {FIRST.grade_id}-visible is missing; grading puts it back as it was handed out." in report.notes
    assert f"The cell {THIRD.grade_id}-visible is there 2 times; grading takes the first one." in report.notes
    assert any(f"{SECOND.grade_id}-visible was changed" in note for note in report.notes)
    assert any(f"{FOURTH.grade_id}-visible is missing" in note for note in report.notes)


def test_an_answer_cell_that_lost_its_mark_still_counts_where_it_stands(tmp_path: Path) -> None:
    source = answered()
    find(source, FIRST.grade_id)["metadata"] = {}
    source["cells"].remove(find(source, SECOND.grade_id))
    report = check_notebook(save(source, tmp_path))
    assert statuses(report) == passed_but(**{SECOND.name: "failed"})
    assert (
        report.tasks[1].message == f"{SECOND.name} is not defined: its cell is empty, or stopped before the definition."
    )


def test_a_fault_of_the_check_is_not_the_learners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    report = check_notebook(save(answered(), tmp_path))
    assert statuses(report) == ["could_not_tell"] * 4
    assert report.tasks[0].message.startswith("The check itself did not start (")


@pytest.mark.parametrize("unit", all_units())
def test_untouched_exercises_need_no_note(unit: str, tmp_path: Path) -> None:
    cells, notes = as_graded(read_notebook(save(released(unit), tmp_path, unit)), unit)
    waiting = [mark["grade_id"] for cell in released(unit)["cells"] if (mark := manual(cell))]
    assert notes == [f"The {name} is not written yet; a person grades it." for name in waiting]
    assert sum(task is not None for _, task in cells) >= 3
    shown = [cell["source"] for cell, _ in cells if not str(grade_id(cell)).endswith("-hidden")]
    given = list(read_notebook(save(released(unit), tmp_path, unit))["cells"])
    assert shown == [cell["source"] for cell in given if not str(grade_id(cell)).endswith("-hidden")]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"cells": 3}', b"\xff\xfe\x00", b"null", b"[" * 100_000])
def test_files_that_hold_no_notebook_are_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "04_bell_tests.ipynb"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="path must be a readable notebook, got"):
        check_notebook(path)


def test_cells_that_are_damaged_are_mended_as_in_grading(tmp_path: Path) -> None:
    source = answered()
    source["cells"][0] = {"cell_type": "markdown"}
    source["cells"].insert(2, 7)
    find_cells = [cell for cell in source["cells"] if isinstance(cell, dict)]
    find_cells[-1]["metadata"] = None
    assert check_notebook(save(source, tmp_path)).all_passed


def test_names_decide_the_unit(tmp_path: Path) -> None:
    path = save(answered(), tmp_path)
    copied = path.rename(tmp_path / "04_bell_tests-Copy1.ipynb")
    report = check_notebook(copied)
    assert report.all_passed
    assert report.notes == ("To be graded, the notebook must be called 04_bell_tests.ipynb.",)
    with pytest.raises(ValueError, match=r"notebook must be named after a unit of the course, got 'notes\.ipynb'"):
        check_notebook(copied.rename(tmp_path / "notes.ipynb"))


def test_a_folder_means_its_units_in_order(tmp_path: Path) -> None:
    for name in ("faq", "04_bell_tests", ".ipynb_checkpoints/04_bell_tests", "01_shared_state", "scratch"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.ipynb").write_text("{}")
    assert [path.stem for path in find_notebooks(tmp_path)] == ["01_shared_state", "04_bell_tests", "faq"]
    for nothing in (tmp_path / "absent", tmp_path / ".ipynb_checkpoints" / "none"):
        with pytest.raises(ValueError, match="path must be a unit's notebook or a folder that holds one"):
            find_notebooks(nothing)


def test_exit_code_zero_means_that_everything_passed(tmp_path: Path) -> None:
    run = CliRunner(env={"COLUMNS": "100"}).invoke
    good = run(app, ["check", str(save(answered(), tmp_path))])
    assert (good.exit_code, good.stdout.splitlines()[-1]) == (0, "4 of 4 tasks passed.")
    odd = answered(**{FIRST.name: f"def {FIRST.name}(chances):\n    raise ValueError('[/red] [bold]brackets')"})
    bad = run(app, ["check", str(save(odd, tmp_path)), "--timeout", "90"])
    assert (bad.exit_code, bad.stdout.splitlines()[-1]) == (1, "3 of 4 tasks passed.")
    assert "crashed" in bad.stdout
    assert "[/red] [bold]" in bad.stdout
    narrow = run(app, ["check", str(tmp_path)], env={"COLUMNS": "40"})
    assert f"crashed 0 / {FIRST.points} · {FIRST.title}" in " ".join(narrow.stdout.split())
    assert max(map(cell_len, narrow.stdout.splitlines())) <= 40
    missing = run(app, ["check", str(tmp_path / "[/no].ipynb")])
    assert missing.exit_code == 2
    assert "path must be a unit's notebook" in missing.stderr
    assert "Traceback" not in missing.output
    (tmp_path / "04_bell_tests.ipynb").write_text(json.dumps({"cells": None}))
    save(answered("faq"), tmp_path, "faq")
    both = run(app, ["check", str(tmp_path)])
    assert both.exit_code == 2, "the one cannot be read, the other is checked all the same"
    assert "tasks passed." in both.stdout
