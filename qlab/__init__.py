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


def __getattr__(name: str) -> str:
    """The version, as pyproject.toml alone states it. Looked up when asked for: that takes longer than this import."""
    if name == "__version__":
        from importlib.metadata import version

        return version("correlation-is-not-enough")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
