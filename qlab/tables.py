"""A captioned table for notebooks and chapters: accessible HTML, never a raw print."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from numbers import Integral, Real

import numpy as np

from qlab import _validate

NUMERIC = re.compile(r"[+−-]?[\d.,]+(?:·10[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)?\s?%?|nan|inf|-inf")
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def _scientific(text: str) -> str:
    """Python's ``4.2e-07`` as people write it.

    >>> _scientific("4.2e-07")
    '4.2·10⁻⁷'
    """
    digits, mark, exponent = text.partition("e")
    return f"{digits}·10{str(int(exponent)).translate(_RAISED)}" if mark else digits


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, (bool, np.bool_)) and bool(-1e15 < value < 1e15)  # type: ignore[operator]


@dataclass(frozen=True)
class Table:
    """Rows under named columns; the first column names its row.

    Attributes:
        caption: what the table shows, one sentence.
        columns: column heads, none of them empty.
        rows: as many entries per row as there are columns; columns of numbers are set flush right.
        digits: significant digits of numbers that are not whole.

    >>> print(Table("Bounds of S", ["resource", "S"], [["shared seed", 2], ["entangled pair", 2.828427]]))
    Bounds of S
    resource        S
    shared seed     2.000
    entangled pair  2.828
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    digits: int = 4

    def __post_init__(self) -> None:
        if not isinstance(self.caption, str) or not self.caption:
            raise _validate.fail("caption", "must be a string that is not empty", self.caption)
        names = _validate.sequence("columns", self.columns)
        if not names or not all(isinstance(name, str) and name for name in names):
            raise _validate.fail("columns", "must be names, none of them empty", self.columns)
        for row in _validate.sequence("rows", self.rows):
            if len(_validate.sequence("each row", row)) != len(names):
                raise _validate.fail("each row", f"must have {len(names)} entries", row)
        _validate.integer("digits", self.digits, 1, 17)

    def _text(self, value: object) -> str:
        if isinstance(value, (bool, np.bool_)):
            return "yes" if value else "no"
        if isinstance(value, Integral):
            return f"{int(value):,}"
        if not isinstance(value, Real):
            return str(value)
        number = float(value)
        if not math.isfinite(number):
            return str(number)
        return f"{int(number):,}" if number == int(number) else _scientific(f"{number:.{self.digits}g}")

    def _column(self, values: Sequence[object]) -> list[str]:
        """Texts of one column; its numbers have as many decimals as the one that needs most, points below points.

        Columns that span more than four orders of magnitude stay as they are.
        """
        texts = [self._text(value) for value in values]
        plain = [_is_number(value) and "·" not in text for value, text in zip(values, texts, strict=True)]
        sizes = [abs(float(value)) for value, same in zip(values, plain, strict=True) if same and value]  # type: ignore[arg-type]
        if not sizes or max(sizes) > 1e4 * min(sizes):
            return texts
        decimals = max(len(text.partition(".")[2]) for text, same in zip(texts, plain, strict=True) if same)
        return [
            f"{float(value):,.{decimals}f}" if same else text  # type: ignore[arg-type]
            for value, text, same in zip(values, texts, plain, strict=True)
        ]

    def _texts(self) -> list[list[str]]:
        columns = [self._column(column) for column in zip(*self.rows, strict=True)]
        return [list(row) for row in zip(*columns, strict=True)]

    def _repr_html_(self) -> str:
        texts = self._texts()
        right = [bool(texts) and all(NUMERIC.fullmatch(row[i]) for row in texts) for i in range(len(self.columns))]
        kinds = [' class="number"' if flush else "" for flush in right]
        head = "".join(
            f'<th scope="col"{kind}>{escape(name)}</th>' for name, kind in zip(self.columns, kinds, strict=True)
        )
        body = []
        for row in texts:
            cells = [f'<th scope="row">{escape(row[0])}</th>']
            cells += [f"<td{kind}>{escape(text)}</td>" for text, kind in zip(row[1:], kinds[1:], strict=True)]
            body.append(f"<tr>{''.join(cells)}</tr>")
        caption = f"<caption>{escape(self.caption)}</caption>"
        return f'<table class="q-table">{caption}<thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table>'

    def __str__(self) -> str:
        lines = [list(self.columns), *self._texts()]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.columns))]
        rows = [
            "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines
        ]
        return "\n".join([self.caption, *rows])
