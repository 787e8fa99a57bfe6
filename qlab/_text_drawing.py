"""A circuit as text: a line for each qubit, a column for each step, controls joined by a vertical bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Box = Mapping[int, str]
"""One operation: the label on each of its qubits."""


def text_drawing(num_qubits: int, columns: Sequence[Sequence[Box]]) -> str:
    """The drawing of columns of boxes that do not overlap."""
    prefix = len(f"q{num_qubits - 1}: ")
    lines = [f"q{q}: ".ljust(prefix) + "─" for q in range(num_qubits)]
    gaps = [" " * (prefix + 1)] * num_qubits
    for boxes in columns:
        labels = {q: label for box in boxes for q, label in box.items()}
        width = max(map(len, labels.values()))
        inside = {q for box in boxes for q in range(min(box), max(box) + 1)}
        joined = {q for box in boxes for q in range(min(box), max(box))}  # a bar below these
        for q in range(num_qubits):
            lines[q] += labels.get(q, "┼" if q in inside else "─").ljust(width, "─") + "─"
            gaps[q] += ("│" if q in joined else " ").ljust(width) + " "
    rows = [row.rstrip() for pair in zip(lines, gaps, strict=True) for row in pair]
    return "\n".join(rows[:-1])
