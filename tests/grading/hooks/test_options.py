"""nbgrader's options: none is forgotten, those refused are named, those honoured act as under stock."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import nbgrader.preprocessors as of_nbgrader
import pytest
from nbconvert.preprocessors import ClearMetadataPreprocessor, CSSHTMLHeaderPreprocessor
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config
from typer.testing import CliRunner

from qlab.grading.cli import app
from qlab.grading.hooks.drop_in import configure, demand_sandbox
from qlab.grading.notebooks.language import foreign_language
from qlab.grading.runs.course import Course
from qlab.grading.runs.options import OPTIONS, Fate, demand_honoured, page, value_of, without_effect
from qlab.grading.runs.runner import grade_assignment
from tests.grading.courses import WORDS, CourseOnDisk, nbgrader
from tests.notebooks import graded, notebook, solution

DROP_IN = "\nfrom qlab.grading.hooks.drop_in import configure\nconfigure(c)\n"
DOORS: tuple[Any, ...] = ("nbgrader", "qlab")


def add_config(course: CourseOnDisk, text: str) -> None:
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write(f"\n{text}\n")


def test_the_table_holds_every_option_of_nbgraders_and_no_other() -> None:
    classes = [Autograde, GenerateFeedback, CourseDirectory, ClearMetadataPreprocessor, CSSHTMLHeaderPreprocessor]
    classes += [getattr(of_nbgrader, name) for name in of_nbgrader.__all__]
    known = {f"{one.__name__}.{trait}" for one in classes for trait in one.class_traits(config=True)}
    generic = {name for name in known if name.endswith((".default_language", ".display_data_priority"))}
    assert OPTIONS.keys() - known == set()
    assert known - OPTIONS.keys() - generic == set()


def test_the_page_for_instructors_is_made_from_the_table() -> None:
    import qlab.grading

    assert (Path(qlab.grading.__file__).parent / "OPTIONS.md").read_text() == page()


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("fate", [Fate.REFUSED, Fate.IDLE])
def test_what_is_not_honoured_is_named(door: Any, fate: Fate) -> None:
    for name, option in OPTIONS.items():
        owner, _, trait = name.partition(".")
        if option.at(door) is not fate:
            continue
        value: Any = ["mine.Own"] if trait.endswith("preprocessors") else "mine.Own"
        config = Config({owner: {trait: value}})
        if fate is Fate.REFUSED:
            with pytest.raises(ValueError, match=rf"c\.{owner}\.{trait} must be left out: .*, got .*mine\.Own"):
                demand_honoured(config, door=door)
        else:
            assert [line for line in without_effect(config, door=door) if f"c.{name} has nothing to act on" in line]


@pytest.mark.parametrize("door", DOORS)
def test_the_drop_in_and_the_usual_values_are_neither_refused_nor_named(door: Any) -> None:
    config = Config()
    configure(config)
    for name, option in OPTIONS.items():
        owner, _, trait = name.partition(".")
        if option.usual and not trait.endswith("exporter_class"):
            config[owner][trait] = option.usual[0]
    config.Execute.on_notebook_start = demand_sandbox
    demand_honoured(config, door=door)
    assert without_effect(config, door=door) == []


def test_a_course_keeps_its_own_lists_and_hooks() -> None:
    config = Config()
    config.Autograde.autograde_preprocessors = ["mine.Own"]
    config.GenerateFeedback.post_convert_hook = "mine.hook"
    config.HTMLExporter.template_file = "mine.html.j2"
    config.HTMLExporter.filters = {"mine": "mine.filter"}
    configure(config)
    assert config.Autograde.autograde_preprocessors == ["mine.Own"]
    assert config.GenerateFeedback.post_convert_hook == "mine.hook"
    assert config.HTMLExporter.template_file == "mine.html.j2"
    assert config.HTMLExporter.filters["mine"] == "mine.filter"


@pytest.mark.parametrize(
    ("lines", "cell", "test", "notebook_seconds"),
    [
        ("c.Execute.timeout = 60", 60, 60, 240),
        ("c.ExecutePreprocessor.timeout = 20", 20, 20, 120),
        ("c.ExecutePreprocessor.timeout = 20\nc.Execute.timeout = 40", 40, 40, 160),
        ("c.Execute.timeout = None", 120, 120, 120),
        ("c.Execute.timeout = -1\nc.QlabGrading.notebook_seconds = 50.0", 50, 50, 50),
        ("c.Execute.timeout = 60\nc.QlabGrading.test_seconds = 5.0", 60, 5, 240),
        ("", 30, 15, 120),
    ],
)
def test_the_time_of_a_cell_is_nbgraders(
    tmp_path: Path, lines: str, cell: float, test: float, notebook_seconds: float
) -> None:
    (tmp_path / "nbgrader_config.py").write_text(f"c = get_config()\n{lines}\n")
    limits = Course(tmp_path).limits()
    assert (limits.cell_seconds, limits.test_seconds, limits.notebook_seconds) == (cell, test, notebook_seconds)


def test_a_value_of_the_command_line_is_read() -> None:
    from traitlets.config.loader import DeferredConfigString

    assert value_of({"Execute": {"timeout": DeferredConfigString("2")}}, "Execute.timeout") == 2


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        ({"kernelspec": {"name": "ir", "language": "R"}}, "kernel 'ir' (R)"),
        ({"kernelspec": {"name": "ir"}}, "kernel 'ir'"),
        ({"kernelspec": {"name": "julia-1.10"}, "language_info": {"name": "julia"}}, "kernel 'julia-1.10' (julia)"),
        ({"language_info": {"name": "R"}}, "language 'R'"),
        ({"kernelspec": {"name": "xcpp17"}}, "kernel 'xcpp17'"),
        ({"kernelspec": {"name": "conda-env-class-py", "language": "python"}}, "None"),
        ({"kernelspec": {"name": "my class"}}, "None"),
        ({"kernelspec": {"name": 3}, "language_info": []}, "None"),
        ({}, "None"),
    ],
)
def test_a_language_is_told_by_its_kernel(metadata: dict[str, Any], says: str) -> None:
    assert str(foreign_language(metadata)) == says


def test_a_notebook_of_another_language_is_named_and_the_rest_is_graded(course: CourseOnDisk) -> None:
    other = {**WORDS, "metadata": {"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}}}
    place = course.root / "source" / "ps1" / "stats.ipynb"
    other["cells"] = [solution("mean-r", "m <- 1"), graded("mean-test", "stopifnot(m == 1)")]
    place.write_text(json.dumps(other))
    add_config(course, "c.ClearSolutions.code_stub = {'python': '#', 'R': '#'}")
    nbgrader(course.root, "generate_assignment", "ps1", "--force")
    course.solve("ada")
    shutil.copy(course.root / "release" / "ps1" / "stats.ipynb", course.root / "submitted" / "ada" / "ps1")
    report = grade_assignment(Course(course.root), "ps1", workers=1)
    assert "kernel 'ir' (R)" in report.foreign["stats"]
    assert report.exit_code == 2
    assert report.rows[0].ignored == {}
    assert (course.scores()["ada"]["shout-hidden"], course.scores()["ada"].get("mean-test")) == (2, None)


def test_options_that_decide_whom_and_how_qlab_grades(course: CourseOnDisk) -> None:
    for learner in ("ada", "bob", "eve"):
        course.solve(learner)
    lines = [
        "c.CourseDirectory.student_id_exclude = 'bob'",
        "c.CourseDirectory.groupshared = True",
        "c.CourseDirectory.ignore = ['*.log']",
        "c.Autograde.exclude_overwriting = {'ps1': ['helper.py']}",
        "c.Execute.iopub_timeout = 10",
        "c.Autograde.create_student = False",
        "c.Autograde.post_convert_hook = 'own_hook.wrote'",
    ]
    add_config(course, "\n".join(lines))
    (course.root / "own_hook.py").write_text(
        "from pathlib import Path\ndef wrote(assignment, student, notebooks):\n"
        "    (Path(__file__).parent / 'called').write_text(f'{assignment} {student} {len(notebooks)}')\n"
    )
    (course.root / "source" / "ps1" / "helper.py").write_text("x = 1\n")
    own = course.root / "submitted" / "ada" / "ps1"
    (own / "helper.py").write_text("x = 2\n")
    (own / "run.log").write_text("noise")
    nbgrader(course.root, "db", "student", "add", "ada")
    report = grade_assignment(Course(course.root), "ps1", workers=1)
    assert [row.learner for row in report.rows] == ["ada"]
    assert list(report.ignored) == ["eve"]
    assert any("c.Execute.iopub_timeout" in line for line in report.remarks)
    assert (course.root / "called").read_text() == "ps1 ada 1"
    written = course.root / "autograded" / "ada" / "ps1"
    assert (written / "helper.py").read_text() == "x = 2\n"
    assert not (written / "run.log").exists()
    assert oct((written / "words.ipynb").stat().st_mode)[-3:] == "664"
    assert written.stat().st_mode & 0o2770 == 0o2770


def test_a_damaged_time_stamp_is_refused_where_it_could_cost_points(course: CourseOnDisk) -> None:
    nbgrader(course.root, "db", "assignment", "add", "ps1", "--duedate", "2026-01-01")
    (course.solve("ada").parent / "timestamp.txt").write_text("some day")
    report = grade_assignment(Course(course.root), "ps1", workers=1)
    assert report.rows[0].refused == {"words": "timestamp.txt must hold a time, got 'some day'"}
    assert report.exit_code == 2


def test_a_refused_option_stops_the_command_before_anything_runs(course: CourseOnDisk) -> None:
    course.solve("ada")
    add_config(course, "c.Execute.timeout_func = len")
    run = CliRunner().invoke(app, ["ps1", "--course-dir", str(course.root)])
    assert run.exit_code == 1
    assert "c.Execute.timeout_func must be left out" in run.output
    assert not (course.root / "autograded").exists()


def test_the_drop_in_is_not_switched_off_by_what_stands_below_it(course: CourseOnDisk) -> None:
    course.solve("ada", {"shout": "import os\nos.environ.get('USER')\n" + "def shout(word): return word.upper() + '!'"})
    own = (
        "c.Autograde.autograde_preprocessors = ['nbgrader.preprocessors.Execute', 'own_step.Own', "
        "'nbgrader.preprocessors.SaveAutoGrades']"
    )
    add_config(course, f"{DROP_IN}\n{own}")
    (course.root / "own_step.py").write_text(
        "from pathlib import Path\nfrom nbgrader.preprocessors import NbGraderPreprocessor\n"
        "class Own(NbGraderPreprocessor):\n    def preprocess(self, nb, resources):\n"
        "        names = [type(one).__name__ for one in self.parent._preprocessors]\n"
        "        Path('ran').write_text(' '.join(names))\n        return nb, resources\n"
    )
    nbgrader(course.root, "autograde", "ps1")
    assert (course.root / "ran").read_text() == "SplitExecute Own SaveAutoGrades AskPerson"
    assert course.scores()["ada"]["shout-hidden"] == 2
    add_config(course, "c.Autograde.exporter_class = 'nbconvert.exporters.NotebookExporter'")
    run = nbgrader(course.root, "autograde", "ps1", "--force", check=False)
    assert run.returncode == 1
    assert "student code would run in a kernel and not in the sandbox" in run.stderr


def test_a_source_without_answers_judges_by_both_runs(tmp_path: Path) -> None:
    source = notebook(
        solution("typed", "# YOUR CODE HERE\nraise NotImplementedError()"),
        graded("typed-test", "assert a == 1"),
        solution("stub", "def double(n):\n    # YOUR CODE HERE\n    raise NotImplementedError()"),
        graded("stub-test", "assert double(2) == 4"),
    )
    place = tmp_path / "source" / "ps1" / "words.ipynb"
    place.parent.mkdir(parents=True)
    place.write_text(json.dumps(source))
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    nbgrader(tmp_path, "generate_assignment", "ps1")
    course = CourseOnDisk(tmp_path)
    course.submit("right", {"typed": "a = 1", "stub": "def double(n): return 2 * n"})
    course.submit("wrong", {"typed": "a = 2", "stub": "def double(n): return n"})
    report = grade_assignment(Course(tmp_path), "ps1", workers=1)
    assert course.scores() == {"right": {"typed-test": 1, "stub-test": 1}, "wrong": {"typed-test": 0, "stub-test": 0}}
    assert report.exit_code == 0
