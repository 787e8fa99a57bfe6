"""A captioned table for notebooks and chapters: accessible HTML, never a raw print."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from numbers import Real

import numpy as np

from qlab import _validate

_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def _scientific(text: str) -> str:
    """Python's ``4.2e-07`` as people write it.

    >>> _scientific("4.2e-07")
    '4.2·10⁻⁷'
    """
    digits, mark, exponent = text.partition("e")
    return f"{digits}·10{str(int(exponent)).translate(_RAISED)}" if mark else digits


@dataclass(frozen=True)
class Table:
    """Rows under named columns; the first column names its row.

    Attributes:
        caption: what the table shows, one sentence.
        columns: column heads, none of them empty.
        rows: as many entries a row as there are columns; numbers are set flush right.
        digits: significant digits of numbers that are not whole.

    >>> print(Table("Bounds of S", ["resource", "S"], [["shared seed", 2], ["entangled pair", 2.828427]]))
    Bounds of S
    resource        S
    shared seed     2
    entangled pair  2.828
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    digits: int = 4

    def __post_init__(self) -> None:
        if not self.caption:
            raise _validate.fail("caption", "must not be empty", self.caption)
        if not self.columns or not all(self.columns):
            raise _validate.fail("columns", "must be names, none of them empty", self.columns)
        for row in self.rows:
            if len(row) != len(self.columns):
                raise _validate.fail("each row", f"must have {len(self.columns)} entries", row)

    def _text(self, value: object) -> str:
        if isinstance(value, (bool, np.bool_)):
            return "yes" if value else "no"
        if isinstance(value, Real) and not math.isfinite(value):
            return str(float(value))
        if isinstance(value, Real) and float(value) != int(float(value)):
            return _scientific(f"{float(value):.{self.digits}g}")
        if isinstance(value, Real):
            return f"{int(float(value)):,}"
        return str(value)

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in self.columns)
        body = []
        for row in self.rows:
            cells = [f'<th scope="row">{escape(self._text(row[0]))}</th>']
            for value in row[1:]:
                number = isinstance(value, Real) and not isinstance(value, (bool, np.bool_))
                opening = '<td class="number">' if number else "<td>"
                cells.append(f"{opening}{escape(self._text(value))}</td>")
            body.append(f"<tr>{''.join(cells)}</tr>")
        caption = f"<caption>{escape(self.caption)}</caption>"
        return f'<table class="q-table">{caption}<thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table>'

    def __str__(self) -> str:
        lines = [list(self.columns), *([self._text(value) for value in row] for row in self.rows)]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.columns))]
        rows = [
            "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines
        ]
        return "\n".join([self.caption, *rows])
