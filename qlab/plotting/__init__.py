"""Figures of one style: inline SVG without a background that follows light and dark pages.

Every function returns a `Figure`, which shows itself in a notebook or chapter and saves itself to a
file. The argument ``alt`` is never optional: it says what a reader who cannot see the picture must know.
"""

from qlab.plotting._figure import Figure
from qlab.plotting.charts import bars, heat_map, intervals, waterfall
from qlab.plotting.circuit_drawing import circuit
from qlab.plotting.curves import lines, s_curve
from qlab.plotting.graphs import coupling_map
from qlab.plotting.setups import setup

__all__ = [
    "Figure",
    "bars",
    "circuit",
    "coupling_map",
    "heat_map",
    "intervals",
    "lines",
    "s_curve",
    "setup",
    "waterfall",
]
