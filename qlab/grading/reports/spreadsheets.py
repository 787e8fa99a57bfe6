"""Tables as spreadsheets save them: CSV in any of their dialects, headings in any order and language."""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_MOST_BYTES = 64 << 20
_DELIMITERS = ",;\t|"
_OTHER_FILES = {b"PK\x03\x04": "a workbook", b"\xd0\xcf\x11\xe0": "an old workbook", b"%PDF": "a PDF"}
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True)
class Table:
    """A table with headings.

    Attributes:
        headings: as they stand in the file, in its order.
        rows: one mapping a row, from heading to text; rows in which nothing stands are left out.
        lines: the line of the file on which each row begins.
        delimiter: what parts the cells.
    """

    headings: list[str]
    rows: list[dict[str, str]]
    lines: list[int]
    delimiter: str

    def heading(self, *names: str) -> str | None:
        """Return the heading that says one of some names, the first of them that is there; case and signs are free.

        Example:
            >>> Table(["E-mail", "Last Name"], [], [], ",").heading("surname", "last_name")
            'Last Name'
        """
        found = {plain_heading(one): one for one in self.headings}
        return next((found[plain_heading(name)] for name in names if plain_heading(name) in found), None)


def plain_heading(text: str) -> str:
    """Return a heading's letters and digits, so that headings can be compared.

    Example:
        >>> plain_heading("E-Mail address"), plain_heading("Vollständiger Name")
        ('emailaddress', 'vollständigername')
    """
    return "".join(c for c in unicodedata.normalize("NFC", text).casefold() if c.isalnum())


def read_table(path: Path, what: str, *, encoding: str | None = None) -> Table:
    """Read a CSV file: comma, semicolon, tab or bar; UTF-8 or UTF-16, or the encoding that is named.

    Args:
        path: the file.
        what: what errors call it, such as "roster".
        encoding: name of its encoding, where it is neither UTF-8 nor UTF-16.

    Raises:
        ValueError: it is no such table, or not in that encoding; the line is named where there is one.
        OSError: it cannot be read.
    """
    content = path.read_bytes()
    if len(content) > _MOST_BYTES:
        raise ValueError(f"{what} must hold at most {_MOST_BYTES >> 20} MB, got {len(content) >> 20} MB")
    text = _decoded(content, f"{what} {path.name!r}", encoding)
    first, _, rest = text.partition("\n")
    skipped = 0
    if first.strip().casefold().startswith("sep=") and len(first.strip()) == 5:  # a line of Excel's own
        text, skipped, delimiters = rest, 1, first.strip()[4]
    else:
        delimiters = _DELIMITERS
    best = max((_parsed(text, one, what) for one in delimiters), key=lambda parsed: len(parsed[1][0][1]))
    delimiter, rows = best
    return _with_headings(rows, delimiter, what, skipped)


def _decoded(content: bytes, what: str, encoding: str | None) -> str:
    for start, kind in _OTHER_FILES.items():
        if content.startswith(start):
            raise ValueError(f"{what} must be CSV, got {kind}: save it as 'CSV UTF-8' in the spreadsheet")
    chosen = encoding or next((name for mark, name in _MARKS.items() if content.startswith(mark)), None)
    if (
        chosen is None and b"\0" in content[:200]
    ):  # UTF-16 without its mark: the zero of an ASCII letter tells the order
        chosen = "utf-16-le" if content[1:2] == b"\0" else "utf-16-be"
    try:
        text = content.decode(chosen or "utf-8")
    except LookupError:
        raise ValueError(f"encoding must be one that Python knows, such as latin-1, got {encoding!r}") from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        demand = f"{what} must be {encoding or 'UTF-8 or UTF-16'}"
        raise ValueError(
            f"{demand}, got other bytes in line {line}: save it as 'CSV UTF-8', or name its encoding "
            f"(--encoding cp1252 for Windows, latin-1, mac-roman)"
        ) from None
    if "\0" in text:
        raise ValueError(f"{what} must be text, got zero bytes")
    return text.removeprefix("\ufeff")


def _parsed(text: str, delimiter: str, what: str) -> tuple[str, list[tuple[int, list[str]]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows, line = [], 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((line, row))
            line = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"{what} must be CSV, got line {line} that is none: {error}") from None
    if not rows:
        raise ValueError(f"{what} must have a line of headings, got an empty file")
    return delimiter, rows


def _with_headings(rows: list[tuple[int, list[str]]], delimiter: str, what: str, skipped: int) -> Table:
    headings = [unicodedata.normalize("NFC", cell.strip()) for cell in rows[0][1]]
    while headings and not headings[-1]:
        headings.pop()
    twice = [one for one in headings if one and headings.count(one) > 1]
    if twice:
        raise ValueError(f"{what} must have each heading once, got {twice[0]!r} twice")
    found: list[dict[str, str]] = []
    lines: list[int] = []
    for line, cells in rows[1:]:
        if any(cell.strip() for cell in cells[len(headings) :]):
            raise ValueError(
                f"{what} must have {len(headings)} cells a row, got {len(cells)} in line {line + skipped}: "
                f"a text with a {delimiter!r} in it must stand between double quotes"
            )
        padded = cells[: len(headings)] + [""] * (len(headings) - len(cells))
        found.append({name: cell for name, cell in zip(headings, padded, strict=True) if name})
        lines.append(line + skipped)
    return Table([one for one in headings if one], found, lines, delimiter)


def cells(row: dict[str, str], names: Iterable[str | None]) -> list[str]:
    """Return some cells of a row without the blanks around them; empty where there is no such column."""
    return [unicodedata.normalize("NFC", row.get(name or "", "").strip()) for name in names]
