"""Where a peer is not compared to the last digit: how far it may be off, and why; and what is left out."""

from __future__ import annotations

ROOT = 4e-7
"""A root of an eigenvalue that is 0 but for rounding, 1e-16, is 1e-8; ours drops what rounding alone may leave."""

ALLOWED = {
    "fidelity, QuTiP": (ROOT, "roots of eigenvalues that are 0 but for rounding"),
    "fidelity, Qiskit": (ROOT, "roots of eigenvalues that are 0 but for rounding"),
    "fidelity, toqito": (ROOT, "roots of eigenvalues that are 0 but for rounding"),
    "trace distance, QuTiP": (ROOT, "the root of the squared difference, of eigenvalues that are 0 but for rounding"),
    "concurrence, QuTiP": (2e-6, "entries below 1e-12 are dropped (auto_tidyup), and a root is taken of the rest"),
    "concurrence, Qiskit": (ROOT, "roots of eigenvalues of ρ(Y⊗Y)ρ*(Y⊗Y)"),
    "concurrence, toqito": (ROOT, "roots of eigenvalues of ρ(Y⊗Y)ρ*(Y⊗Y)"),
    "formation, Qiskit": (ROOT, "from its concurrence"),
    "channel fidelity, Qiskit": (ROOT, "from its fidelity"),
    "Kraus from Choi, Qiskit": (5e-8, "eigenvalues of the Choi matrix below 1e-8 are dropped"),
    "negativity, all": (3e-8, "ours is 0 where no eigenvalue is below what the precision of a state can tell"),
    "log-negativity, all": (9e-8, "from the negativity"),
    "W state, toqito": (1e-4, "amplitudes are rounded to four digits"),
    "values of games, toqito": (5e-6, "semidefinite programmes are solved to some 1e-6"),
    "fidelity of a link, SeQUeNCe": (1e-6, "10 ps of waiting between events"),
    "period of a link, SeQUeNCe": (1e-4, "in µs: 10 ps of waiting between events, delays in whole picoseconds"),
}

LEFT_OUT = {
    "trace distance, toqito": "1.1.2 takes magnitudes by entry: ½ for |0⟩ and |+⟩, not √½; its trace norm is compared",
    "diamond norm": "ours has none: process fidelity and average fidelity are what sheets and papers here quote",
    "fidelity after a swap, SeQUeNCe": "the message says f₁·f₂·degradation; the states themselves are compared",
}


def allowed(name: str) -> float:
    """How far a peer may be from ours."""
    return ALLOWED[name][0]
