"""How long the whole book takes on each route: ``{hours}`` leader, with the speed of the line under each title."""

from __future__ import annotations

from collections.abc import Iterable

from docutils import nodes
from docutils.parsers.rst.states import Inliner
from sphinx.application import Sphinx

from .exercises import exercise_notebook, time_estimate
from .pages import is_chapter, reading_minutes

ROUTES = ("leader", "engineer")


class hours(nodes.inline):
    """A place where the hours of a route will stand, once every chapter has been read."""


def hours_role(
    _name: str, rawtext: str, text: str, lineno: int, inliner: Inliner, *_: object
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """Return the place; the route is ``leader`` or ``engineer``."""
    if text not in ROUTES:
        return [], [inliner.reporter.error(f"hours must be of one of {', '.join(ROUTES)}, got {text}", line=lineno)]
    return [hours(rawtext, "", route=text)], []


def in_hours(minutes: float) -> str:
    """Return minutes as hours, to the half hour below three hours and to the hour beyond."""
    number = round(minutes / 30) / 2 if minutes < 180 else round(minutes / 60)
    number = max(number, 0.5)
    return f"{number:g} hour" + ("" if number <= 1 else "s")


def total_minutes(pages: Iterable[nodes.document], announced: Iterable[int | None]) -> tuple[int, int]:
    """Return the minutes of both routes: reading, and for engineers the notebooks as they announce themselves."""
    read = [reading_minutes(page) for page in pages]
    return sum(leader for leader, _ in read), sum(engineer for _, engineer in read) + sum(n or 0 for n in announced)


def fill(app: Sphinx, doctree: nodes.document, _docname: str) -> None:
    """Write the hours into their places (event ``doctree-resolved``)."""
    places = list(doctree.findall(hours))
    if not places:
        return
    names = sorted(name for name in app.env.found_docs if is_chapter(app, name) and is_unit(name))
    notebooks = [exercise_notebook(unit(name)) for name in names]
    totals = total_minutes(map(app.env.get_doctree, names), [time_estimate(book) for book in notebooks if book])
    for place in places:
        place.replace_self(nodes.Text(in_hours(totals[ROUTES.index(place["route"])])))


def unit(pagename: str) -> str:
    """Return a page's unit: two digits, or ``faq``."""
    name = pagename.rsplit("/", 1)[-1]
    return name[:2] if name[:2].isdigit() else name


def is_unit(pagename: str) -> bool:
    """Return whether a page is one of the eleven chapters or the questions behind them."""
    return unit(pagename).isdigit() or unit(pagename) == "faq"


def setup(app: Sphinx) -> None:
    """Register the role."""
    app.add_node(hours)
    app.add_role("hours", hours_role)
    app.connect("doctree-resolved", fill)
