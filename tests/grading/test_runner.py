from __future__ import annotations

import json
from typing import Any

from qlab.grading.course import Course
from qlab.grading.runner import grade_assignment


def test_class_of_honest_and_wrong(course: Any) -> None:
    course.solve("ada")
    course.solve("bob", {"shout": "def shout(word):\n    return word"})
    course.submit("eve")
    report = grade_assignment(Course(course.root), "ps1", workers=2)
    scores = course.scores()
    assert scores["ada"] == {
        "shout-visible": 1, "shout-hidden": 2, "count-test": 2, "drop-test": 1, "stack-test": 1, "apply-test": 1,
        "essay": 0,
    }  # fmt: skip
    assert scores["bob"]["shout-visible"] == scores["bob"]["shout-hidden"] == 0
    assert scores["bob"]["count-test"] == 2
    assert set(scores["eve"].values()) == {0}
    assert [row.learner for row in report.rows] == ["ada", "bob", "eve"]
    assert report.exit_code == 0
    text = (course.root / "autograded/bob/ps1/words.ipynb").read_text()
    assert json.loads(text)["cells"][3]["outputs"][0]["ename"] == "Failed"
    again = grade_assignment(Course(course.root), "ps1", workers=2)
    assert all(row.reused for row in again.rows)
    assert course.scores() == scores
    assert [(r.learner, r.score, r.verdicts) for r in again.rows] == [
        (r.learner, r.score, r.verdicts) for r in report.rows
    ]
