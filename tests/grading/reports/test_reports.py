"""Reports: explanations, statistics, marks for other systems, lateness by days."""

from __future__ import annotations

import csv
import io
import re
import shutil
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbgrader.api import Gradebook
from typer.testing import CliRunner

from qlab.grading.cli import app
from qlab.grading.hooks.late import LateByDays
from qlab.grading.reports import statistics, tables
from qlab.grading.reports.export import export
from qlab.grading.runs.course import Course
from qlab.grading.runs.runner import grade_assignment
from tests.grading.courses import CourseOnDisk, nbgrader

LATE = (
    '\nc.AssignLatePenalties.plugin_class = "qlab.grading.hooks.late.LateByDays"\nc.LateByDays.percent_per_day = 10.0\n'
)
HINTED = (
    'class Known(AssertionError):\n    verdict = "failed"\n    misconception = "forgot_the_mark"\n'
    'if shout("a") == "A":\n    raise Known("A <b>mark</b> is missing.")\nassert shout("a") == "A!"'
)

FAULTY = 'if count([]) == "odd":\n    raise RuntimeError("the test itself is at fault")\n'


def prepare(root: Path) -> None:
    """Give one test a named misconception, and the assignment a due date."""
    import json

    source = root / "source" / "ps1" / "words.ipynb"
    content = json.loads(source.read_text())
    for cell in content["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "shout-visible":
            cell["source"] = HINTED
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "count-test":
            cell["source"] = FAULTY + cell["source"]
    source.write_text(json.dumps(content))
    nbgrader(root, "generate_assignment", "ps1", "--force")
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        book.update_or_create_assignment("ps1", duedate="2026-03-01 12:00:00 UTC")
        book.update_or_create_student("ada", first_name="Ada", last_name="=HYPERLINK(1)", email="ada@example.org")
        book.update_or_create_student("nobody", first_name="No", last_name="Body")


@pytest.fixture(scope="module")
def graded(released_course: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    root = tmp_path_factory.mktemp("desk") / "course"
    shutil.copytree(released_course, root)
    with (root / "nbgrader_config.py").open("a") as file:
        file.write(LATE)
    prepare(root)
    course = CourseOnDisk(root)
    course.solve("ada")
    course.solve("bob", {"shout": "def shout(word):\n    return word.upper()"})
    course.solve(
        "cyd",
        {
            "shout": "def shout(word):\n    raise RuntimeError('\\x1b[31moops')",
            "count": "def count(words):\n    return 'odd'",
        },
    )
    course.solve("dan", {"shout": "def shout(word):\n    return word.upper()"})
    course.submit("zoe").write_text("{")
    (root / "submitted" / "bob" / "ps1" / "timestamp.txt").write_text("2026-03-02 12:00:01 UTC")
    grade_assignment(Course(root), "ps1", workers=2)
    return course


def contents(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def refusal(course: Any, *arguments: str) -> str:
    """What a command says that must fail without a traceback and without writing anything."""
    before = contents(course.root)
    result = run(course, *arguments)
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    assert contents(course.root) == before
    return " ".join(result.output.split())


def run(course: Any, *arguments: str) -> Any:
    return CliRunner().invoke(app, [*arguments, "--course-dir", str(course.root)])


def test_tasks_are_solution_cells_with_the_tests_that_follow(graded: Any) -> None:
    tasks = tables.tasks_of(Course(graded.root), "ps1")
    assert [task.name for task in tasks] == ["shout", "count", "drop", "stack", "apply", "essay"]
    assert tasks[0].points == {"shout-visible": 1.0, "shout-hidden": 2.0}
    assert [task.name for task in tasks if task.manual] == ["essay"]


def test_explanation_shows_answer_points_and_reasons(graded: Any) -> None:
    result = run(graded, "--explain", "bob", "shout")
    assert result.exit_code == 0, result.output
    assert "return word.upper()" in result.output
    assert "shout-visible: 0 of 1 points; not right" in result.output
    assert "Misconception: forgot_the_mark" in result.output
    assert "For you only: line" in result.output
    by_test = run(graded, "--explain", "bob", "shout-hidden")
    assert by_test.output == result.output


def test_explanation_of_other_fates(graded: Any) -> None:
    crashed = run(graded, "ps1", "--explain", "cyd", "shout").output
    assert "the learner's code stopped" in crashed
    assert "oops" in crashed
    assert "\x1b" not in crashed
    right = run(graded, "--explain", "ada", "count").output
    assert "count-test: 2 of 2 points; passed" in right
    assert "A person grades this; up to 3 points." in run(graded, "--explain", "ada", "essay").output
    assert "The notebook was refused: the file does not hold JSON" in run(graded, "--explain", "zoe", "shout").output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--explain", "ada", "nothing"], "task must be one of apply, count, drop, essay, shout, stack, got 'nothing'"),
        (["--explain", "nobody", "shout"], "learner must have a graded submission of ps1, got 'nobody'"),
        (["--export", "excel"], "export must be one of csv, canvas, moodle, moodle-worksheet, got 'excel'"),
        (["ps9", "--statistics"], "assignment must be one of ps1, got 'ps9'"),
        (["ps9", "--export", "csv"], "assignment must be in the gradebook, got 'ps9'"),
        (["--statistics", "--export", "csv", "--to", "x"], "to must name one file"),
        (["--statistics", "--to", "/"], "to must be a file, got the folder '/'"),
        (["--export", "csv", "--to", "/"], "to must be a file, got the folder '/'"),
    ],
)
def test_what_cannot_be_told_is_said(graded: Any, arguments: list[str], says: str) -> None:
    result = run(graded, *arguments)
    assert result.exit_code == 1
    assert says in " ".join(result.output.split())


def test_statistics_count_each_learner_once(graded: Any) -> None:
    of_tasks, found = statistics.assignment_statistics(Course(graded.root), "ps1")
    by_name = {one.task.name: one for one in of_tasks}
    assert list(by_name) == ["shout", "count", "drop", "stack", "apply"]
    shout = by_name["shout"]
    assert shout.verdicts == {
        "passed": 1,
        "failed": 2,
        "timed_out": 0,
        "crashed": 1,
        "needs_a_look": 0,
        "could_not_tell": 0,
    }
    assert shout.share_right == pytest.approx(1 / 4)
    assert [(one.key, one.learners) for one in shout.misconceptions] == [("forgot_the_mark", 2)]
    assert shout.median_seconds is not None
    assert by_name["count"].share_right == pytest.approx(3 / 4)
    assert len(found) == 5


def test_page_is_self_contained_and_escaped(graded: Any, tmp_path: Path) -> None:
    result = run(graded, "--statistics", "--to", str(tmp_path / "page.html"))
    assert result.exit_code == 0, result.output
    page = (tmp_path / "page.html").read_text()
    assert "A &lt;b&gt;mark&lt;/b&gt; is missing." in page
    assert '25 %\n<span class="whole">(1 of 4)</span>' in page
    assert page.count('role="columnheader"') == 9
    assert "5 graded submissions, 1 with a refused notebook" in page
    assert "<script" not in page
    assert not re.search(r"(src|href)=|url\(|https?://", page)
    assert not any(name in page for name in ("ada", "bob", "cyd", "zoe"))
    headings = page.count('scope="col"')
    assert page.count('scope="row"') == 5
    assert page.count("<td") == 5 * (headings - 1)


def test_statistics_after_stock_autograde(graded: Any, tmp_path: Path) -> None:
    root = tmp_path / "copy"
    shutil.copytree(graded.root, root)
    shutil.rmtree(root / ".qlab_grading")
    of_tasks, _ = statistics.assignment_statistics(Course(root), "ps1")
    assert of_tasks[0].verdicts == {
        "passed": 1,
        "failed": 2,
        "timed_out": 0,
        "crashed": 2,  # one of them is the page of a notebook that was refused
        "needs_a_look": 0,
        "could_not_tell": 0,
    }
    assert of_tasks[0].median_seconds is None


def table(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text())))


def test_canvas_file(graded: Any) -> None:
    result = run(graded, "--export", "canvas")
    assert result.exit_code == 0, result.output
    assert "still to be graded by hand: 1" in result.output  # a test that could not tell
    assert "no mark in ps1: zoe was refused (the file does not hold JSON" in result.output
    rows = table(graded.root / "grades-canvas-ps1.csv")
    assert rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "ps1"]
    assert rows[1] == ["    Points Possible", "", "", "", "", "11"]
    marks = {row[3]: row[5] for row in rows[2:]}
    assert marks == {"ada": "8", "bob": "4", "cyd": "3", "dan": "5"}  # a blank would erase what Canvas has
    assert rows[2][0] == "'=HYPERLINK(1), Ada"


def test_moodle_file(graded: Any, tmp_path: Path) -> None:
    made = export(Course(graded.root), "moodle", tmp_path / "m.csv", assignments=["ps1"])
    rows = table(made.paths[0])
    assert rows[0] == ["Username", "ID number", "First name", "Last name", "Email address", "ps1"]
    assert rows[1] == ["ada", "", "Ada", "'=HYPERLINK(1)", "ada@example.org", "8"]
    assert {row[0]: row[5] for row in rows[1:]} == {"ada": "8", "bob": "4", "cyd": "3", "dan": "5"}
    assert made.learners == 4


def test_nbgrader_file_is_nbgraders_own(graded: Any, tmp_path: Path) -> None:
    root = tmp_path / "copy"
    shutil.copytree(graded.root, root)
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        book.update_or_create_student("ada", last_name="Lovelace-King", first_name="Ada (A. K.)")
    export(Course(root), "csv", root / "ours.csv")
    nbgrader(root, "export", "--to", "stock.csv")
    assert (root / "ours.csv").read_bytes() == (root / "stock.csv").read_bytes()
    row = next(row for row in table(root / "stock.csv") if row[3] == "bob")
    assert [float(x) for x in row[7:]] == [5.0, 1.0, 4.0, 11.0]


BEGINNINGS = [
    "=",
    "+",
    "-",
    "@",
    "\t=",
    "\r=",
    "\n=",
    " =",
    "\u00a0@",
    "\ufeff=",
    "\u200b+",
    "\x01-",
    "\uff1d",
    "x;=",
    "x,=",
    '",=',
]


def hand_in(root: Path, assignment: str, learner: str) -> None:
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nbgrader's own way of adding a row
        book.add_submission(assignment, learner)


def test_no_text_acts_as_a_formula_in_any_file(graded: Any, tmp_path: Path) -> None:
    root = tmp_path / "copy"
    shutil.copytree(graded.root, root)
    with (root / "nbgrader_config.py").open("a") as file:
        file.write("from qlab.grading.hooks.drop_in import configure\nconfigure(c)\n")
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        for number, beginning in enumerate(BEGINNINGS):
            act = f"{beginning}cmd|' /C calc'!A0"
            book.update_or_create_student(act, first_name=f"{act}{number}", last_name=act, email=act)
            book.update_or_create_student(f"only{beginning!r}", first_name=act)
        book.add_assignment("=2+2|x")
    for beginning in BEGINNINGS:
        hand_in(root, "ps1", f"{beginning}cmd|' /C calc'!A0")
    hand_in(root, "=2+2|x", "ada")
    for kind in ("csv", "canvas", "moodle"):
        for path in export(Course(root), kind).paths:
            path.rename(root / f"{kind}{'-x' if '|x' in path.name else ''}.csv")
    nbgrader(root, "export", "--to", "stock.csv")
    assert (root / "csv.csv").read_bytes() == (root / "stock.csv").read_bytes()
    for kind in ("csv", "canvas", "moodle", "canvas-x", "moodle-x"):
        content = (root / f"{kind}.csv").read_bytes().decode()
        rows = list(csv.reader(io.StringIO(content, newline="")))
        assert {len(row) for row in rows} == {len(rows[0])}, kind
        for part in (part for row in rows for cell in row for part in re.split("[;\t\r\n]", cell)):
            assert not re.match(r"[^\w!-~\uff1d]*[=+\-@\uff1d]", part), (kind, part)


def test_stock_autograde_follows_the_same_late_policy(graded: Any, tmp_path: Path) -> None:
    root = tmp_path / "copy"
    shutil.copytree(graded.root, root)
    shutil.rmtree(root / "submitted" / "zoe")
    nbgrader(root, "autograde", "ps1", "--force", "--student", "bob")
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        assert book.find_submission("ps1", "bob").late_submission_penalty == pytest.approx(1.0)


@settings(deadline=None)
@given(
    score=st.floats(0, 100),
    seconds=st.floats(0, 1e7),
    percent=st.floats(0, 200),
    grace=st.floats(0, 1000),
    most=st.floats(0, 100),
    last=st.integers(0, 30),
)
def test_penalty_lies_between_nothing_and_the_score(
    score: float, seconds: float, percent: float, grace: float, most: float, last: int
) -> None:
    policy = LateByDays(percent_per_day=percent, grace_minutes=grace, most_percent=most, last_day=last)
    lost = policy.late_submission_penalty("ada", score, seconds) or 0.0
    later = policy.late_submission_penalty("ada", score, seconds + 86400) or 0.0
    assert 0 <= lost <= later <= score


def test_policy_counts_days_begun_and_ends() -> None:
    policy = LateByDays(percent_per_day=10, most_percent=25, last_day=4, grace_minutes=5)
    lost = [policy.late_submission_penalty("ada", 20.0, seconds) for seconds in (300, 301, 86401, 172801, 345601)]
    assert lost == [None, 2.0, 4.0, 5.0, 20.0]


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert tables.plain("a\x1b]0;x\x07b\u202ec\n") == "a]0;xbc\n"


def test_new_policy_or_due_date_reaches_the_gradebook_without_running_anything(graded: Any, tmp_path: Path) -> None:
    root = tmp_path / "copy"
    shutil.copytree(graded.root, root)
    with (root / "nbgrader_config.py").open("a") as file:
        file.write("c.LateByDays.percent_per_day = 30.0\n")
    rows = {row.learner: row for row in grade_assignment(Course(root), "ps1", workers=1).rows}
    assert rows["bob"].reused
    assert rows["bob"].score == pytest.approx(2.0)
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        book.update_or_create_submission("ps1", "bob", timestamp="2026-03-02 12:00:01 UTC", extension=None)
        book.grant_extension("ps1", "bob", days=1)
    rows = {row.learner: row for row in grade_assignment(Course(root), "ps1", workers=1).rows}
    assert rows["bob"].score == pytest.approx(3.5)


def test_no_marks_come_from_a_folder_without_a_gradebook(tmp_path: Path) -> None:
    says = refusal(CourseOnDisk(tmp_path), "--export", "csv")
    assert says == f"Not done. course-dir must hold a graded course, got {str(tmp_path)!r}, which has no gradebook"
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}"):
        pass
    assert "must know an assignment, got an empty one" in refusal(CourseOnDisk(tmp_path), "--export", "canvas")


def test_an_unknown_assignment_is_refused_by_name(course: Any, tmp_path: Path) -> None:
    assert refusal(course, "[/ps9]") == "Not graded. assignment must be one of ps1, got '[/ps9]'"
    empty = CourseOnDisk(tmp_path / "empty")
    empty.root.mkdir()
    wanted = f"assignment must have its notebooks in {empty.root / 'source'}, got 'ps1'"
    assert refusal(empty, "ps1") == f"Not graded. {wanted}"
    assert "course-dir must hold assignments in" in refusal(empty)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("c = get_config(", "nbgrader_config.py must be Python that runs, got SyntaxError in line 2: '(' was never"),
        ("1 / 0", "nbgrader_config.py must be Python that runs, got ZeroDivisionError in line 2: division by zero"),
        ("import nowhere", "must be Python that runs, got ModuleNotFoundError in line 2: No module named 'nowhere'"),
        ("c.QlabGrading.test_seconds = 'long'", "'test_seconds' trait of a QlabGrading instance expected a float"),
        ("c.CourseDirectory.directory_structure = '{odd}'", "must be made of {nbgrader_step}, {student_id} and"),
        ("c.CourseDirectory.db_url = 'secret'", "Could not parse SQLAlchemy URL from given URL string"),
    ],
)
def test_a_broken_configuration_is_told_in_a_sentence(course: Any, line: str, says: str) -> None:
    (course.root / "nbgrader_config.py").write_text(f"c = get_config()\n{line}\n")
    assert says in refusal(course, "--export", "csv")


@pytest.mark.parametrize("damage", [b"nonsense", b"SQLite format 3\0" + bytes(984)])
def test_a_damaged_gradebook_is_named_and_left_as_it_is(course: Any, damage: bytes) -> None:
    (course.root / "gradebook.db").write_bytes(damage)
    says = refusal(course, "--export", "csv")
    assert "The gradebook cannot be used: " in says
    assert says.endswith(f"({str(course.root / 'gradebook.db')!r})")


@pytest.mark.parametrize("address", ["nonsense", "foo://here:1", "tls://127.0.0.1:1"])
def test_an_address_without_a_scheduler_is_refused_by_name(course: Any, address: str) -> None:
    says = refusal(course, "ps1", "--dask", address)
    assert f"dask must be the address of a scheduler that takes us, such as tcp://host:8786, got {address!r}" in says


@pytest.mark.parametrize(("kind", "first"), [("canvas", 3), ("moodle", 0)])
def test_what_a_system_matches_by_stays_exact_unless_it_could_act(
    graded: Any, tmp_path: Path, kind: str, first: int
) -> None:
    root = tmp_path / "copy"
    shutil.copytree(graded.root, root)
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        book.update_or_create_student("-eve", first_name="-Eve", last_name="@E", email="+eve@example.org")
        book.update_or_create_student("=cmd|'/C calc'!A0", email="@SUM(A1)")
        book.add_assignment("=2+2")
    for learner in ("-eve", "=cmd|'/C calc'!A0"):
        hand_in(root, "=2+2", learner)
    rows = table(export(Course(root), kind, tmp_path / "marks.csv", assignments=["=2+2"]).paths[0])
    assert "'=2+2" in rows[0]
    found = {row[first]: row for row in rows}
    assert "'=cmd|'/C calc'!A0" in found
    if kind == "moodle":
        assert found["-eve"][2:5] == ["'-Eve", "'@E", "+eve@example.org"]
        assert found["'=cmd|'/C calc'!A0"][4] == "'@SUM(A1)"
    else:
        assert found["-eve"][0] == "'@E, -Eve"
