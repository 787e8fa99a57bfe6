"""Links, purification, repeaters, waiting times and the budget of a chain."""

from qlab.networks.budget import Budget, chain_budget, direct_budget
from qlab.networks.links import (
    FibreLink,
    fibre_transmissivity,
    latency_us,
    mean_rounds_two_links,
    plob_bound,
    stored_pair_fidelity,
)
from qlab.networks.pair_source import PairSource
from qlab.networks.purification import bbpssw, dejmps, purification_schedule, werner_weights
from qlab.networks.repeaters import chain_fidelity, simulate_chain, swapped_weights
from qlab.networks.waiting_times import mean_rounds_all_links, waiting_time

__all__ = [
    "Budget",
    "FibreLink",
    "PairSource",
    "bbpssw",
    "chain_budget",
    "chain_fidelity",
    "dejmps",
    "direct_budget",
    "fibre_transmissivity",
    "latency_us",
    "mean_rounds_all_links",
    "mean_rounds_two_links",
    "plob_bound",
    "purification_schedule",
    "simulate_chain",
    "stored_pair_fidelity",
    "swapped_weights",
    "waiting_time",
    "werner_weights",
]
