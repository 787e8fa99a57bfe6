"""A circuit as wires, boxes and controls; wires stop at boxes, so nothing needs a background to hide it."""

from __future__ import annotations

from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.patches import Arc, Circle, Rectangle

from qlab.circuits import Circuit, Operation, as_circuit, columns
from qlab.gates import GATES
from qlab.plotting._figure import Figure, Palette

_NAMES = {"measure": "M", "reset": "|0⟩", "unitary": "U", "kraus": "noise"}
_NOISE = {
    "bit_flip": "flip",
    "phase_flip": "phase flip",
    "depolarizing": "depolarize",
    "dephasing": "dephase",
    "amplitude_damping": "damp",
    "thermal_relaxation": "relax",
}
_UNIT = 0.5
"""Inches from one wire to the next."""


def _text(operation: Operation, position: int) -> str:
    if operation.name in GATES:
        symbol = GATES[operation.name].symbols[position]
        numbers = [float(p.real) for p in operation.params]
        if numbers and position == len(operation.qubits) - 1:
            symbol += "\n" + ", ".join(f"{v:.3g}" for v in numbers).replace("-", "−")
        return symbol
    if operation.name in _NAMES:
        return _NAMES[operation.name]
    return _NOISE[operation.name] + f"\n{float(operation.params[0].real):.2g}"


def _width(operation: Operation) -> float:
    """Width of an operation's boxes in wire distances."""
    texts = [line for i in range(len(operation.qubits)) for line in _text(operation, i).split("\n")]
    return max(0.66, 0.19 * max(map(len, texts)) + 0.22)


def circuit(circuit: Circuit, *, alt: str) -> Figure:
    """Drawing of a circuit: time from left to right, qubit 0 on top, wires named by number.

    Args:
        circuit: what to draw.
        alt: what the circuit does, in words.
    """
    circuit = as_circuit(circuit)
    names = [f"q{q}" for q in range(circuit.num_qubits)]
    steps = columns(circuit) or [[]]
    widths = [max([0.5, *map(_width, step)]) for step in steps]
    starts = [0.35 + sum(widths[:i]) + 0.3 * i for i in range(len(steps) + 1)]
    margin = 0.2 + 0.23 * max(map(len, names))

    def draw(figure: FigureBase, palette: Palette) -> None:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_aspect("equal")
        axes.set(xlim=(-margin, starts[-1] + 0.2), ylim=(circuit.num_qubits - 0.35, -0.65))
        boxes: dict[int, list[tuple[float, float]]] = {q: [] for q in range(circuit.num_qubits)}
        for step, start, width in zip(steps, starts, widths, strict=False):
            for operation in step:
                _draw_operation(axes, operation, start + width / 2, boxes, palette)
        for q, name in enumerate(names):
            axes.text(-0.12, q, name, ha="right", va="center", fontsize=12)
            _draw_wire(axes, q, starts[-1] + 0.1, boxes[q], palette)

    span = margin + starts[-1] + 0.2
    width = max(1.6, min(span * _UNIT, 9.0))
    unit = width / span
    height = (circuit.num_qubits + 0.3) * unit
    return Figure(alt, max(height, 0.5), draw, width=width, constrained=False)


def _draw_wire(axes: Axes, q: int, end: float, boxes: list[tuple[float, float]], palette: Palette) -> None:
    left = 0.0
    for start, stop in [*sorted(boxes), (end, end)]:
        axes.plot([left, start], [q, q], color=palette["ink"], linewidth=1.2, zorder=1)
        left = stop


def _draw_operation(
    axes: Axes, operation: Operation, x: float, boxes: dict[int, list[tuple[float, float]]], palette: Palette
) -> None:
    half = _width(operation) / 2
    texts = [_text(operation, i) for i in range(len(operation.qubits))]
    role = "accent-2" if operation.is_channel() else "bad" if operation.name in ("measure", "reset") else "accent"
    tops = sorted(operation.qubits)
    by_qubit = dict(zip(operation.qubits, texts, strict=True))
    if len(tops) > 1 and operation.name != "measure":
        for upper, lower in pairwise(tops):
            low, high = (upper + _reach(by_qubit[upper]), lower - _reach(by_qubit[lower]))
            axes.plot([x, x], [low, high], color=palette[role], linewidth=1.6, zorder=2)
    for q, text in by_qubit.items():
        if text == "@":
            axes.add_patch(Circle((x, q), 0.09, color=palette[role], zorder=3))
        elif text == "X" and operation.name in ("cnot", "ccx"):
            axes.add_patch(Circle((x, q), 0.22, fill=False, edgecolor=palette[role], linewidth=1.6, zorder=3))
            axes.plot([x, x], [q - 0.22, q + 0.22], color=palette[role], linewidth=1.6)
            axes.plot([x - 0.22, x + 0.22], [q, q], color=palette[role], linewidth=1.6)
        elif text == "×":
            for sign in (1, -1):
                axes.plot([x - 0.12, x + 0.12], [q - 0.12 * sign, q + 0.12 * sign], color=palette[role], linewidth=1.8)
        else:
            _draw_box(axes, (x, q), half, text, palette[role])
            boxes[q].append((x - half, x + half))
    if operation.condition is not None:
        axes.text(x, tops[0] - 0.36, f"if {operation.condition}", ha="center", va="bottom", fontsize=9.5)


def _reach(text: str) -> float:
    """How far a symbol extends from its wire towards the next one."""
    return {"@": 0.0, "×": 0.0, "X": 0.22}.get(text, 0.31)


def _draw_box(axes: Axes, centre: tuple[float, int], half: float, text: str, colour: str) -> None:
    x, q = centre
    axes.add_patch(Rectangle((x - half, q - 0.31), 2 * half, 0.62, facecolor=colour, alpha=0.14, linewidth=0))
    axes.add_patch(Rectangle((x - half, q - 0.31), 2 * half, 0.62, fill=False, edgecolor=colour, linewidth=1.4))
    if text == "M":
        axes.add_patch(Arc((x, q + 0.12), 0.42, 0.42, theta1=180, theta2=360, color=colour, linewidth=1.4))
        axes.plot([x, x + 0.16], [q + 0.12, q - 0.2], color=colour, linewidth=1.4)
        return
    lines = text.split("\n")
    size = 12.0 if len(lines) == 1 else 10.0
    axes.text(x, q, text, ha="center", va="center", fontsize=size, linespacing=1.0)
