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
from qlab.bell.eberhard import EberhardAnalysis, analyse_terms
from qlab.bell.games import biased_chsh_classical_value, biased_chsh_quantum_value
from qlab.bell.inequalities import (
    I3322,
    behaviour_at,
    chained_inequality,
    from_collins_gisin,
    from_correlators,
    local_bound,
    quantum_value,
)
from qlab.bell.locality import LocalityCheck, check_locality
from qlab.bell.lost_rounds import (
    EFFICIENCY_THRESHOLD_MAXIMALLY_ENTANGLED,
    deceiving_local_behaviour,
    play_lossy,
    post_selected_local_bound,
)
from qlab.bell.published import GIUSTINA_2015, SHALM_2015, Pooled, pool, s_standard_error, two_p_values
from qlab.bell.statistics import HENSEN_2015, BellTestResult, trials_needed
from qlab.bell.witnesses import bell_fidelity, bell_fidelity_from_counts, witness_value
from qlab.bell.xor_games import XorBias, odd_cycle, xor_bias

__all__ = [
    "ALICE_ANGLES",
    "BOB_ANGLES",
    "EFFICIENCY_THRESHOLD_MAXIMALLY_ENTANGLED",
    "GIUSTINA_2015",
    "HENSEN_2015",
    "I3322",
    "LOCAL_BOUND",
    "SHALM_2015",
    "TSIRELSON_BOUND",
    "BellTestResult",
    "EberhardAnalysis",
    "LocalityCheck",
    "Pooled",
    "XorBias",
    "analyse_terms",
    "behaviour",
    "behaviour_at",
    "bell_fidelity",
    "bell_fidelity_from_counts",
    "biased_chsh_classical_value",
    "biased_chsh_quantum_value",
    "chained_inequality",
    "check_locality",
    "chsh_maximum",
    "chsh_value",
    "correlation_matrix",
    "correlator",
    "deceiving_local_behaviour",
    "from_collins_gisin",
    "from_correlators",
    "local_bound",
    "local_strategies",
    "observable",
    "odd_cycle",
    "play_classical",
    "play_lossy",
    "play_quantum",
    "play_with_message",
    "pool",
    "post_selected_local_bound",
    "quantum_value",
    "s_standard_error",
    "strategy_chsh_value",
    "trials_needed",
    "two_p_values",
    "winning_probability",
    "witness_value",
    "xor_bias",
]
