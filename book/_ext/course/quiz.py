"""The quiz before and after reading: one question for each family of misconceptions.

Without scripts it is a list of questions with folded answers. With scripts it can be answered
twice, and shows what changed; results stay on the reader's device and count for nothing.
"""

from __future__ import annotations

import hashlib
import html
from dataclasses import dataclass
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from .elements import site_html

QUIZ = Path(__file__).parents[2] / "quiz.yml"
FIELDS = {"id", "unit", "question", "right", "wrong"}


@dataclass(frozen=True)
class Option:
    """One answer of a question.

    Attributes:
        text: What the reader may choose.
        right: Whether it is the right one.
        because: Why it is right or wrong.
    """

    text: str
    right: bool
    because: str


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes:
        id: The family of misconceptions that it asks about.
        unit: Two digits.
        text: What is asked.
        options: The answers in the order shown.
    """

    id: str
    unit: str
    text: str
    options: tuple[Option, ...]


def load_quiz(path: Path = QUIZ) -> list[Question]:
    """Read and check the questions.

    Raises:
        ValueError: A row lacks a field, repeats an id, or has fewer than two wrong options.
    """
    rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    questions = [parse_question(row, number) for number, row in enumerate(rows, start=1)]
    names = [question.id for question in questions]
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise ValueError(f"quiz.yml: id must be unique, got {sorted(repeated)[0]!r} twice")
    return questions


def parse_question(row: dict[str, object], number: int) -> Question:
    """Return one checked question, its options in an order that its id decides."""
    if not isinstance(row, dict) or set(row) != FIELDS:
        raise ValueError(f"quiz.yml row {number}: fields must be {', '.join(sorted(FIELDS))}, got {row!r}")
    right, wrong = row["right"], row["wrong"]
    if not isinstance(wrong, list) or len(wrong) < 2:
        raise ValueError(f"quiz.yml row {number}: wrong must list at least two options")
    options = [parse_option(right, True, number), *(parse_option(option, False, number) for option in wrong)]
    options.sort(key=lambda option: hashlib.sha256(f"{row['id']}{option.text}".encode()).digest())
    return Question(str(row["id"]), str(row["unit"]), " ".join(str(row["question"]).split()), tuple(options))


def parse_option(option: object, right: bool, number: int) -> Option:
    """Return one checked option."""
    if not isinstance(option, dict) or set(option) != {"text", "because"}:
        raise ValueError(f"quiz.yml row {number}: an option must have text and because, got {option!r}")
    text, because = (" ".join(str(option[key]).split()) for key in ("text", "because"))
    return Option(text, right, because)


class Quiz(SphinxDirective):
    """Insert the whole quiz."""

    def run(self) -> list[nodes.Node]:
        """Return the quiz as one block of HTML."""
        self.env.note_dependency(str(QUIZ))
        try:
            questions = load_quiz()
        except ValueError as error:
            raise self.error(str(error)) from error
        return [site_html("", site=quiz_html(questions), ebook=quiz_static(questions))]


def quiz_html(questions: list[Question]) -> str:
    """Return the form: questions, the button, the result, and folded answers."""
    parts = [question_html(number, question) for number, question in enumerate(questions, start=1)]
    return (
        '<form class="quiz" data-quiz="course">'
        '<fieldset class="quiz-sitting" hidden="hidden"><legend>When do you answer?</legend>'
        '<label><input type="radio" name="sitting" value="before" checked="checked"/> Before reading</label>'
        '<label><input type="radio" name="sitting" value="after"/> After reading</label></fieldset>'
        f"{''.join(parts)}"
        '<p class="quiz-buttons" hidden="hidden"><button type="submit">Show my result</button> '
        '<button type="reset">Forget my answers</button></p>'
        '<p class="quiz-result" role="status"></p></form>'
    )


def quiz_static(questions: list[Question]) -> str:
    """Return the questions with their options and reasons, for the EPUB."""
    parts = []
    for number, question in enumerate(questions, start=1):
        options = "".join(f"<li>{html.escape(option.text)}</li>" for option in question.options)
        title = f'<p class="quiz-title">{number}. {html.escape(question.text)}</p>'
        parts.append(f"{title}<ul>{options}</ul>{answer_html(number, question)}")
    return "".join(parts)


def question_html(number: int, question: Question) -> str:
    """Return one question with its options and its folded answer."""
    options = "".join(
        f'<label><input type="radio" name="{question.id}" value="{index}"'
        f"{' data-right=' + chr(34) + 'yes' + chr(34) if option.right else ''}/> "
        f"<span>{html.escape(option.text)}</span></label>"
        for index, option in enumerate(question.options)
    )
    return (
        f'<fieldset class="quiz-question"><legend>{number}. {html.escape(question.text)}</legend>{options}'
        f'<p class="quiz-mark"></p>{answer_html(number, question)}</fieldset>'
    )


def answer_html(number: int, question: Question) -> str:
    """Return the folded answer: what is right and why, and what is wrong with the rest."""
    right = next(option for option in question.options if option.right)
    reasons = "".join(
        f"<li><strong>{html.escape(option.text)}</strong> {html.escape(option.because)}</li>"
        for option in question.options
        if not option.right
    )
    return (
        f'<details class="fold fold-answer"><summary>Answer to question {number}</summary>'
        f"<div><p><strong>{html.escape(right.text)}</strong> {html.escape(right.because)}</p>"
        f"<ul>{reasons}</ul></div></details>"
    )


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("quiz", Quiz)
