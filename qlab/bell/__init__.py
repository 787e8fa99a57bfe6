"""Bell tests: correlations, the CHSH game, statistics, witnesses, other games and what loss allows."""

from qlab.bell.chsh import (
    ALICE_ANGLES,
    BOB_ANGLES,
    LOCAL_BOUND,
    TSIRELSON_BOUND,
    chsh_value,
    local_strategies,
    play_classical,
    play_quantum,
    play_with_message,
    strategy_chsh_value,
    winning_probability,
)
from qlab.bell.correlations import behaviour, chsh_maximum, correlation_matrix, correlator, observable
from qlab.bell.games import biased_chsh_classical_value, biased_chsh_quantum_value
from qlab.bell.lost_rounds import (
    EFFICIENCY_THRESHOLD_MAXIMALLY_ENTANGLED,
    deceiving_local_behaviour,
    play_lossy,
    post_selected_local_bound,
)
from qlab.bell.statistics import HENSEN_2015, BellTestResult, trials_needed
from qlab.bell.witnesses import bell_fidelity, bell_fidelity_from_counts, witness_value

__all__ = [
    "ALICE_ANGLES",
    "BOB_ANGLES",
    "EFFICIENCY_THRESHOLD_MAXIMALLY_ENTANGLED",
    "HENSEN_2015",
    "LOCAL_BOUND",
    "TSIRELSON_BOUND",
    "BellTestResult",
    "behaviour",
    "bell_fidelity",
    "bell_fidelity_from_counts",
    "biased_chsh_classical_value",
    "biased_chsh_quantum_value",
    "chsh_maximum",
    "chsh_value",
    "correlation_matrix",
    "correlator",
    "deceiving_local_behaviour",
    "local_strategies",
    "observable",
    "play_classical",
    "play_lossy",
    "play_quantum",
    "play_with_message",
    "post_selected_local_bound",
    "strategy_chsh_value",
    "trials_needed",
    "winning_probability",
    "witness_value",
]
