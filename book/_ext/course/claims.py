"""The claim ledger: ``book/claims.yml`` read, checked and rendered.

Each entry names a claim in our words, who says it, the verdict, the precise statement and the test
that computes it. ``{claims} article`` shows those of the source article, ``{claims} often`` the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from .elements import inline, nothing

VERDICTS = ("holds", "holds with conditions", "imprecise", "wrong")
SAID = ("article", "often")
FIELDS = ("id", "unit", "said", "claim", "verdict", "statement", "test")
LEDGER = Path(__file__).parents[2] / "claims.yml"


@dataclass(frozen=True)
class Claim:
    """One row of the ledger.

    Attributes:
        id: Short name, unique in the ledger.
        unit: Two digits, or ``faq``.
        said: ``article``, in the section of the unit's number, or ``often``, by others.
        claim: The claim in our words.
        verdict: One of `VERDICTS`.
        statement: What is true, precisely.
        test: The deciding test, ``tests/path.py::name``.
    """

    id: str
    unit: str
    said: str
    claim: str
    verdict: str
    statement: str
    test: str


def load_claims(path: Path = LEDGER) -> list[Claim]:
    """Read the ledger and check every row.

    Raises:
        ValueError: A row lacks a field, repeats an id, or has an unknown speaker or verdict or a malformed test.
    """
    rows = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    if not isinstance(rows, list):
        raise ValueError(f"{path.name} must be a list of claims, got {type(rows).__name__}")
    claims = [parse_claim(row, number) for number, row in enumerate(rows, start=1)]
    seen: set[str] = set()
    for claim in claims:
        if claim.id in seen:
            raise ValueError(f"claims.yml: id must be unique, got {claim.id!r} twice")
        seen.add(claim.id)
    return claims


def parse_claim(row: object, number: int) -> Claim:
    """Return one checked row; ``number`` counts from 1 and only serves the message."""
    if not isinstance(row, dict):
        raise ValueError(f"claims.yml row {number}: must be a mapping, got {row!r}")
    name = f"claims.yml row {number} ({row.get('id', 'no id')})"
    if set(row) != set(FIELDS):
        raise ValueError(f"{name}: fields must be {', '.join(FIELDS)}, got {', '.join(map(str, row))}")
    texts = {field: " ".join(str(row[field] or "").split()) for field in FIELDS}
    empty = [field for field, text in texts.items() if not text]
    if empty:
        raise ValueError(f"{name}: {empty[0]} must not be empty")
    if texts["verdict"] not in VERDICTS:
        raise ValueError(f"{name}: verdict must be one of {', '.join(VERDICTS)}, got {texts['verdict']!r}")
    if texts["said"] not in SAID:
        raise ValueError(f"{name}: said must be one of {', '.join(SAID)}, got {texts['said']!r}")
    if not texts["test"].startswith("tests/") or ".py::" not in texts["test"]:
        raise ValueError(f"{name}: test must read tests/path.py::name, got {texts['test']!r}")
    if texts["unit"].isdigit():
        texts["unit"] = texts["unit"].zfill(2)
    return Claim(**texts)


class Claims(SphinxDirective):
    """The claims of the article, or the others: a count of verdicts, then one list for each unit."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the summary and the lists, each under a link to its chapter."""
        claims = [claim for claim in read_ledger(self) if claim.said == self.arguments[0]]
        if not claims:
            return nothing(self, f"no claim in book/claims.yml is said by {self.arguments[0]!r}")
        counts = [f"{sum(c.verdict == verdict for c in claims)} {verdict}" for verdict in VERDICTS]
        result: list[nodes.Node] = [
            nodes.paragraph("", f"{len(claims)} claims: {', '.join(counts[:-1])} and {counts[-1]}.")
        ]
        for unit in sorted({claim.unit for claim in claims}):
            page = next(LEDGER.parent.glob(f"{unit}*.md")).stem
            result.append(nodes.rubric("", "", *inline(self, f"{{doc}}`{page}`")))
            result.append(claim_list(self, [claim for claim in claims if claim.unit == unit]))
        return result


def read_ledger(directive: SphinxDirective) -> list[Claim]:
    """Load the ledger and note that the page depends on it."""
    directive.env.note_dependency(str(LEDGER))
    if not LEDGER.exists():
        return []
    try:
        return load_claims()
    except ValueError as error:
        raise directive.error(str(error)) from error


def claim_list(directive: SphinxDirective, claims: list[Claim]) -> nodes.Node:
    """Return the claims as a list: verdict and claim first, statement and test below."""
    items = nodes.bullet_list("", classes=["claim-list"])
    for claim in claims:
        verdict = nodes.inline("", claim.verdict, classes=["verdict", verdict_class(claim.verdict)])
        head = nodes.paragraph("", "", verdict, nodes.Text(" "), *inline(directive, claim.claim))
        body = nodes.paragraph("", "", *inline(directive, claim.statement), classes=["claim-statement"])
        test = nodes.paragraph("", "Decided by ", classes=["claim-test"])
        test += nodes.literal("", claim.test.split("::")[-1])
        item = nodes.list_item("", head, body, test, ids=[f"claim-{claim.id}"])
        items += item
    return items


def verdict_class(verdict: str) -> str:
    """Return the CSS class of a verdict."""
    return "verdict-" + verdict.replace(" ", "-")


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("claims", Claims)
