"""The small tested package under the course "Correlation Is Not Enough"."""

from qlab.circuits import Circuit, Operation, as_circuit
from qlab.states import (
    bell_state,
    classically_correlated_state,
    density_matrix,
    epr_pair,
    ghz_state,
    ket,
    partial_trace,
    w_state,
    werner_state,
)

__version__ = "0.1.0"

__all__ = [
    "Circuit",
    "Operation",
    "as_circuit",
    "bell_state",
    "classically_correlated_state",
    "density_matrix",
    "epr_pair",
    "ghz_state",
    "ket",
    "partial_trace",
    "w_state",
    "werner_state",
]
