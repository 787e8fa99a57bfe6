"""Circuits in; kets, density matrices and shots out.

`run` gives a ket, `run_density_matrix` a density matrix, `sample` the results of many runs, with or without noise;
each says in a table what runs when. `qlab.simulator.reference` is the same, slow and plain, to be read.
"""

from qlab.simulator.noisy import run_density_matrix as run_density_matrix
from qlab.simulator.sampling import counts as counts
from qlab.simulator.sampling import sample as sample
from qlab.simulator.statevector import apply_unitary as apply_unitary
from qlab.simulator.statevector import measure as measure
from qlab.simulator.statevector import probabilities as probabilities
from qlab.simulator.statevector import run as run
from qlab.simulator.statevector import run_shot as run_shot
