"""The pages' templates, and how they write a figure with its interval."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from qlab.scorecard.estimates import Estimate

if TYPE_CHECKING:
    from jinja2 import Environment, Template

_TEMPLATES = Path(__file__).parent / "templates"


def interval(figure: Estimate | None, digits: int = 4) -> str:
    """Value and interval, as in ``0.9951 (0.9930 to 0.9968)``; a dash for none."""
    if figure is None:
        return "—"
    return f"{figure.value:.{digits}f} ({figure.low:.{digits}f} to {figure.high:.{digits}f})".replace("-", "−")


@cache
def _environment(autoescape: bool) -> Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=autoescape,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"interval": interval}
    return environment


def template(name: str) -> Template:
    """A template by the name of its file; HTML is escaped, Markdown is not."""
    return _environment(name.endswith(".html.j2")).get_template(name)


def style() -> str:
    """The style sheet of the HTML pages."""
    return (_TEMPLATES / "report.css").read_text(encoding="utf-8")
