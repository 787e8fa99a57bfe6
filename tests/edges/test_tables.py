"""Tables at their edges: every entry is in the text and in the HTML."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import numpy as np

from qlab.tables import Table
from tests.edges.frame import Case, edges_of, law


def shows_all(result: Table, caption: Any, columns: Any, rows: Any, digits: Any) -> bool:
    """The lines of the text: the caption, the heads, and for each row its entries, as many as there are heads."""
    caption_line, head, *lines = str(result).splitlines()
    html = result._repr_html_()
    named = [str(row[0]) in line for row, line in zip(rows, lines, strict=True) if isinstance(row[0], str)]
    precise = [f"{row[1]:.{digits}g}" in line for row, line in zip(rows, lines, strict=True) if row[1] == 2.828]
    return (
        caption_line == caption
        and all(name.strip() in head for name in columns)
        and all(named)
        and all(precise)
        and html.count("<tr>") == len(rows) + 1
        and html.count("</t") >= len(columns) * (len(rows) + 1)
    )


GOOD = {"caption": "Bounds", "columns": ["resource", "S"], "rows": [["seed", 2], ["pair", 2.828]], "digits": 4}
ENTRIES = [1e300, 10**400, nan, inf, None, 1 + 2j, True, np.bool_(False), np.float32(0.5), 5e-324, "<b>"]
ROWS = [[], [["a"]], [["a", 1, 2]], *([["a", entry]] for entry in ENTRIES)]
CASES = [
    Case(Table, GOOD, law(shows_all), odd={"rows": ROWS, "digits": [17, 18]}, says=["row", "rows", "columns"]),
]

test_no_function_is_forgotten, test_one_odd_argument, test_two_odd_arguments, test_many_odd_pairs = edges_of(
    "qlab.tables", CASES
)
