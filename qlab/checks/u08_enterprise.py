"""Unit 08: from a device's description to a pair, and from counts to a certificate."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from qlab.channels import run_density_matrix
from qlab.checks import _forms as forms
from qlab.checks._families import (
    CONVENTION,
    ENTANGLED_MEANS_USEFUL,
    HEADLINE_FIGURE,
    IGNORANCE,
    JUDGE_DEVICES,
    NOISE_ARITHMETIC,
    ONE_SETTING,
    PREDICT_MEASUREMENT,
    SAMPLE_IS_TRUTH,
    SHARED_SEED,
    TELL_ENTANGLEMENT,
)
from qlab.checks._task import Arguments, Misconception, Task
from qlab.chsh import chsh_value
from qlab.circuits import Circuit
from qlab.measures import fidelity
from qlab.states import epr_pair
from qlab.witnesses import bell_fidelity, witness_value

# --- 08.pair_figures ---------------------------------------------------------------------------------------------


def _figures_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [
        (float(rng.uniform(0.002, 0.006)), float(rng.uniform(0.01, 0.04)), float(rng.uniform(0.01, 0.05)))
        for _ in range(3)
    ]


def _figures(one_qubit_error: float, two_qubit_error: float, readout_error: float) -> dict[str, float]:
    """Average infidelity r is a Pauli error of chance 3r/2 on one qubit and 5r/4 on two."""
    circuit = Circuit(2).h(0).noise("depolarizing", 0, params=[1.5 * one_qubit_error])
    rho = run_density_matrix(circuit.cnot(0, 1).noise("depolarizing", 0, 1, params=[1.25 * two_qubit_error]))
    return {"fidelity": fidelity(epr_pair(), rho), "s": float(chsh_value(rho)) * (1 - 2 * readout_error) ** 2}


def _figures_closed(one_qubit_error: float, two_qubit_error: float, readout_error: float) -> dict[str, float]:
    kept, phase = 1 - 4 * two_qubit_error / 3, 1 - 2 * one_qubit_error
    zz, xx, yy = kept, kept * phase, -kept * phase
    return {"fidelity": (1 + zz + xx - yy) / 4, "s": math.sqrt(2) * (zz + xx) * (1 - 2 * readout_error) ** 2}


def _figures_by_matrices(one_qubit_error: float, two_qubit_error: float, readout_error: float) -> dict[str, float]:
    plus = np.full((2, 2), 0.5)
    first = (1 - 2 * one_qubit_error) * plus + 2 * one_qubit_error * np.eye(2) / 2
    cnot = np.eye(4)[[0, 1, 3, 2]]
    rho = cnot @ np.kron(first, np.diag([1, 0])) @ cnot.T
    rho = (1 - 4 / 3 * two_qubit_error) * rho + 4 / 3 * two_qubit_error * np.eye(4) / 4
    x = np.array([[0, 1], [1, 0]])
    z = np.diag([1, -1])
    flip = 1 - 2 * readout_error
    zz, xx = (float(np.trace(rho @ np.kron(p, p))) * flip**2 for p in (z, x))
    bell = np.array([1, 0, 0, 1]) / math.sqrt(2)
    return {"fidelity": float(bell @ rho @ bell), "s": (zz + xx) * math.sqrt(2)}


def _figures_by_pauli_errors(one_qubit_error: float, two_qubit_error: float, readout_error: float) -> dict[str, float]:
    """Which Bell state each error leads to: after H, X does nothing and Y, Z flip the phase; then 15 equal errors."""
    flipped = one_qubit_error
    weights = np.array([1 - flipped, flipped, 0, 0])
    spread = 4 * two_qubit_error / 3
    weights = (1 - spread) * weights + spread / 4
    zz, xx = np.array([1, 1, -1, -1]) @ weights, np.array([1, -1, 1, -1]) @ weights
    return {"fidelity": float(weights[0]), "s": float(np.sqrt(2) * (zz + xx) * (1 - 2 * readout_error) ** 2)}


def _figures_no_readout(one_qubit_error: float, two_qubit_error: float, readout_error: float) -> dict[str, float]:
    return _figures_closed(one_qubit_error, two_qubit_error, 0.0)


def _figures_one_readout(one_qubit_error: float, two_qubit_error: float, readout_error: float) -> dict[str, float]:
    given = _figures_closed(one_qubit_error, two_qubit_error, 0.0)
    return {**given, "s": given["s"] * (1 - 2 * readout_error)}


def _figures_error_is_weight(one_qubit_error: float, two_qubit_error: float, readout_error: float) -> dict[str, float]:
    return _figures_closed(one_qubit_error / 2, 0.75 * two_qubit_error, readout_error)


def _figures_s_from_fidelity(one_qubit_error: float, two_qubit_error: float, readout_error: float) -> dict[str, float]:
    f = _figures_closed(one_qubit_error, two_qubit_error, readout_error)["fidelity"]
    return {"fidelity": f, "s": 2 * math.sqrt(2) * f * (1 - 2 * readout_error) ** 2}


def _figures_all_in_fidelity(one_qubit_error: float, two_qubit_error: float, readout_error: float) -> dict[str, float]:
    given = _figures_closed(one_qubit_error, two_qubit_error, readout_error)
    return {**given, "fidelity": given["fidelity"] * (1 - readout_error) ** 2}


PAIR_FIGURES = Task(
    id="08.pair_figures",
    title="From a device's description to a pair",
    outcome=JUDGE_DEVICES,
    inputs=_figures_inputs,
    reference=_figures,
    returns=forms.record(fidelity=forms.number(0, 1), s=forms.number(-4, 4)),
    misconceptions=(
        Misconception(
            "readout-forgotten",
            "You left the readout out of S. The pair may be excellent; what a customer measures is the pair as seen "
            "through two readouts, and on many machines they cost more than the gate.",
            _figures_no_readout,
            HEADLINE_FIGURE,
        ),
        Misconception(
            "one-side-misread",
            "You let only one side misread. Each correlation passes through both readouts, so the factor comes twice.",
            _figures_one_readout,
            NOISE_ARITHMETIC,
        ),
        Misconception(
            "infidelity-is-weight",
            "You took the average infidelity for the weight of complete noise. Complete noise still looks right part "
            "of "
            "the time, so the weight is larger than the infidelity.",
            _figures_error_is_weight,
            CONVENTION,
        ),
        Misconception(
            "s-in-proportion-to-fidelity",
            "You scaled S with the fidelity. A state with no correlation has fidelity one quarter and S zero, so S "
            "falls "
            "faster.",
            _figures_s_from_fidelity,
            NOISE_ARITHMETIC,
        ),
        Misconception(
            "readout-damages-the-pair",
            "You charged the readout to the pair's fidelity. It spoils what you see of the pair and not the pair; a "
            "protocol that corrects for it gets the difference back.",
            _figures_all_in_fidelity,
            HEADLINE_FIGURE,
        ),
    ),
    alternatives=(_figures_closed, _figures_by_matrices, _figures_by_pauli_errors),
    hints=(
        "Build it: H on qubit 0, noise, CNOT, noise. Then take fidelity and S of the density matrix.",
        "A depolarizing channel with average infidelity r applies a Pauli error with chance 3r/2 on one qubit and 5r/4 "
        "on two. channels.run_density_matrix runs the noisy circuit.",
        "Each side's readout flips with chance e and multiplies every correlation by 1 - 2e; S has it from both sides. "
        "The fidelity asked for is that of the pair itself.",
    ),
    points=4,
)

# --- 08.fidelity_range -------------------------------------------------------------------------------------------


def _range_inputs(rng: np.random.Generator) -> list[Arguments]:
    cases: list[Arguments] = [({"00": 500, "01": 0, "10": 0, "11": 500},)]
    for _ in range(3):
        counts = rng.multinomial(int(rng.integers(800, 3000)), rng.dirichlet([30, 1.2, 1.2, 14]))
        cases.append(({key: int(n) for key, n in zip(("00", "01", "10", "11"), counts, strict=True)},))
    return cases


def _range(counts: dict[str, int]) -> dict[str, Any]:
    total = sum(counts.values())
    same, reach = (counts["00"] + counts["11"]) / total / 2, math.sqrt(counts["00"] * counts["11"]) / total
    low = max(0.0, same - reach)
    return {"lowest": low, "highest": same + reach, "certified": low > 0.5}


def _range_squares(counts: dict[str, int]) -> dict[str, Any]:
    n = sum(counts.values())
    a, b = math.sqrt(counts["00"] / n), math.sqrt(counts["11"] / n)
    return {"lowest": (a - b) ** 2 / 2, "highest": (a + b) ** 2 / 2, "certified": False}


def _range_by_matrices(counts: dict[str, int]) -> dict[str, Any]:
    """The state with these counts and the largest coherence, once with each sign."""
    p = np.array([counts[key] for key in ("00", "01", "10", "11")]) / sum(counts.values())
    bell = np.array([1, 0, 0, 1]) / np.sqrt(2)
    found = []
    for sign in (-1, 1):
        rho = np.diag(p)
        rho[0, 3] = rho[3, 0] = sign * np.sqrt(p[0] * p[3])
        found.append(float(bell @ rho @ bell))
    return {"lowest": found[0], "highest": found[1], "certified": found[0] > 0.5}


def _range_by_eigenvalues(counts: dict[str, int]) -> dict[str, Any]:
    n = sum(counts.values())
    p, q = counts["00"] / n, counts["11"] / n
    mean, spread = (p + q) / 2, math.sqrt(((p + q) / 2) ** 2 - ((p - q) / 2) ** 2)
    return {"lowest": mean - spread, "highest": mean + spread, "certified": bool(mean - spread > 0.5)}


def _range_agreement(counts: dict[str, int]) -> dict[str, Any]:
    f = (counts["00"] + counts["11"]) / sum(counts.values())
    return {"lowest": f, "highest": f, "certified": f > 0.5}


def _range_best_case(counts: dict[str, int]) -> dict[str, Any]:
    high = _range(counts)["highest"]
    return {"lowest": high, "highest": high, "certified": high > 0.5}


def _range_coin(counts: dict[str, int]) -> dict[str, Any]:
    f = (counts["00"] + counts["11"]) / sum(counts.values()) / 2
    return {"lowest": f, "highest": f, "certified": f > 0.5}


def _range_above_coin(counts: dict[str, int]) -> dict[str, Any]:
    given = _range(counts)
    return {**given, "lowest": (counts["00"] + counts["11"]) / sum(counts.values()) / 2}


def _range_certified_at_the_top(counts: dict[str, int]) -> dict[str, Any]:
    given = _range(counts)
    return {**given, "certified": given["highest"] > 0.5}


FIDELITY_RANGE = Task(
    id="08.fidelity_range",
    title="Fifty-fifty counts that certify nothing",
    outcome=TELL_ENTANGLEMENT,
    inputs=_range_inputs,
    reference=_range,
    returns=forms.record(
        lowest=forms.number(0, 1.000001), highest=forms.number(0, 1.000001), certified=forms.boolean()
    ),
    misconceptions=(
        Misconception(
            "agreement-is-fidelity",
            "You took the share of equal results for the fidelity. Equal results are half of the story; the other half "
            "is a coherence that Z counts cannot show.",
            _range_agreement,
            ONE_SETTING,
        ),
        Misconception(
            "best-case-reported",
            "You reported the best that the counts allow. That is what they do not exclude, which is a different thing "
            "from what they show.",
            _range_best_case,
            SAMPLE_IS_TRUTH,
        ),
        Misconception(
            "it-is-a-coin",
            "You settled on the shared coin. The counts do not show a coin either; they are silent about everything "
            "outside the Z basis, in both directions.",
            _range_coin,
            SHARED_SEED,
        ),
        Misconception(
            "coin-is-the-worst",
            "You took the coin for the worst case. A pair with the opposite phase gives the same counts and has less "
            "fidelity with the wanted state than the coin.",
            _range_above_coin,
            IGNORANCE,
        ),
        Misconception(
            "possible-so-certified",
            "You certified what is merely possible. A certificate must hold for every state that could have given the "
            "counts.",
            _range_certified_at_the_top,
            SAMPLE_IS_TRUTH,
        ),
    ),
    alternatives=(_range_squares, _range_by_matrices, _range_by_eigenvalues),
    hints=(
        "The fidelity with |Φ+⟩ is (ρ₀₀,₀₀ + ρ₁₁,₁₁)/2 plus the real part of the coherence ρ₀₀,₁₁.",
        "The counts give the first part. Of the second they only say that its size is at most √(P₀₀P₁₁).",
        "Lowest and highest are the first part minus and plus that size. Certified asks whether even the lowest is "
        "above "
        "one half.",
    ),
)

# --- 08.witness --------------------------------------------------------------------------------------------------


def _witness_inputs(rng: np.random.Generator) -> list[Arguments]:
    cases = []
    for low, high in ((0.3, 0.48), (0.55, 0.7), (0.9, 0.98)):
        v = (4 * rng.uniform(low, high) - 1) / 3
        cases.append(tuple(float(x) for x in (v * rng.uniform(0.9, 1.0), -v * rng.uniform(0.9, 1.0), v)))
    return [*cases, (0.0, 0.0, 1.0)]


def _witness(xx: float, yy: float, zz: float) -> dict[str, Any]:
    value = float(witness_value(xx, yy, zz))
    return {"value": value, "entangled": value < -1e-12}


def _witness_formula(xx: float, yy: float, zz: float) -> dict[str, Any]:
    value = (1 - xx + yy - zz) / 4
    return {"value": value, "entangled": value < 0}


def _witness_from_fidelity(xx: float, yy: float, zz: float) -> dict[str, Any]:
    f = float(bell_fidelity(xx, yy, zz))
    return {"value": 0.5 - f, "entangled": f > 0.5}


def _witness_by_sum(xx: float, yy: float, zz: float) -> dict[str, Any]:
    wanted = float(np.dot([1, -1, 1], [xx, yy, zz]))
    return {"value": (1 - wanted) / 4, "entangled": bool(wanted > 1)}


def _witness_plus(xx: float, yy: float, zz: float) -> dict[str, Any]:
    value = (1 - xx - yy - zz) / 4
    return {"value": value, "entangled": value < 0}


def _witness_z_only(xx: float, yy: float, zz: float) -> dict[str, Any]:
    return {**_witness_formula(xx, yy, zz), "entangled": zz > 0.5}


def _witness_bell_bound(xx: float, yy: float, zz: float) -> dict[str, Any]:
    return {**_witness_formula(xx, yy, zz), "entangled": math.sqrt(2) * (xx + zz) > 2}


def _witness_any_correlation(xx: float, yy: float, zz: float) -> dict[str, Any]:
    return {**_witness_formula(xx, yy, zz), "entangled": min(abs(xx), abs(yy), abs(zz)) > 1e-9}


def _witness_fidelity_itself(xx: float, yy: float, zz: float) -> dict[str, Any]:
    f = (1 + xx - yy + zz) / 4
    return {"value": f, "entangled": f > 0.5}


WITNESS = Task(
    id="08.witness",
    title="A witness from three settings",
    outcome=TELL_ENTANGLEMENT,
    inputs=_witness_inputs,
    reference=_witness,
    returns=forms.record(value=forms.number(-1, 1), entangled=forms.boolean()),
    misconceptions=(
        Misconception(
            "all-signs-alike",
            "You gave all three correlations one sign. In |Φ+⟩ the Y results are opposite, and with the wrong sign the "
            "best pair looks no better than a poor one.",
            _witness_plus,
            CONVENTION,
        ),
        Misconception(
            "z-decides",
            "You let Z decide. The last case agrees perfectly in Z and in nothing else, as a copied coin does.",
            _witness_z_only,
            ONE_SETTING,
        ),
        Misconception(
            "needs-a-violation",
            "You asked for a Bell violation. A witness trusts the instruments and therefore sees entanglement that is "
            "too weak for a violation.",
            _witness_bell_bound,
            ENTANGLED_MEANS_USEFUL,
        ),
        Misconception(
            "any-correlation-counts",
            "You let any correlation in all three settings count. Separable states have some too; what they cannot "
            "have "
            "is so much of it in all three.",
            _witness_any_correlation,
            SHARED_SEED,
        ),
        Misconception(
            "fidelity-is-the-witness",
            "You gave the fidelity. A witness is built so that its negative sign is the alarm, one half less the "
            "fidelity.",
            _witness_fidelity_itself,
            CONVENTION,
        ),
    ),
    alternatives=(_witness_formula, _witness_from_fidelity, _witness_by_sum),
    hints=(
        "No separable state has a fidelity above one half with |Φ+⟩. The witness is one half less the fidelity.",
        "The fidelity is (1 + XX - YY + ZZ)/4.",
        "Subtract that from one half, and look at the sign.",
    ),
)

# --- 08.replay ---------------------------------------------------------------------------------------------------

OUTCOMES = ("00", "01", "10", "11")


def _replay_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [
        (
            {
                "backend": "bench-2",
                "calibration": {
                    "pair_fidelity": float(rng.uniform(0.85, 0.95)),
                    "e0": 0.01,
                    "e1": float(rng.uniform(0.04, 0.09)),
                },
                "shots": int(rng.integers(3000, 9000)),
                "seed": int(rng.integers(1, 2**31)),
            },
        )
        for _ in range(2)
    ]


def _chances(calibration: dict[str, float]) -> Any:
    """Outcomes of a Werner pair read in Z, through a readout that misreads 0 with chance e0 and 1 with e1."""
    unequal = (1 - calibration["pair_fidelity"]) / 3
    pair = np.array([0.5 - unequal, unequal, unequal, 0.5 - unequal])
    e0, e1 = calibration["e0"], calibration["e1"]
    seen = np.array([[1 - e0, e1], [e0, 1 - e1]])
    return np.kron(seen, seen) @ pair


def _drawn(record: dict[str, Any], seed: int, shots: int, chances: Any) -> dict[str, int]:
    counts = np.random.default_rng(seed).multinomial(shots, chances)
    return {outcome: int(n) for outcome, n in zip(OUTCOMES, counts, strict=True)}


def _replay(record: dict[str, Any]) -> dict[str, int]:
    return _drawn(record, record["seed"], record["shots"], _chances(record["calibration"]))


def _replay_spelled_out(record: dict[str, Any]) -> dict[str, int]:
    c = record["calibration"]
    u = (1 - c["pair_fidelity"]) / 3
    s = 0.5 - u
    a, b = 1 - c["e0"], 1 - c["e1"]
    p00 = s * a * a + 2 * u * a * c["e1"] + s * c["e1"] ** 2
    p11 = s * c["e0"] ** 2 + 2 * u * c["e0"] * b + s * b * b
    rest = (1 - p00 - p11) / 2
    counts = np.random.default_rng(record["seed"]).multinomial(record["shots"], [p00, rest, rest, p11])
    return dict(zip(OUTCOMES, map(int, counts), strict=True))


def _replay_with_einsum(record: dict[str, Any]) -> dict[str, int]:
    calibration = record["calibration"]
    wrong = (1 - calibration["pair_fidelity"]) / 3
    table = np.array([[0.5 - wrong, wrong], [wrong, 0.5 - wrong]])
    read = np.array([[1 - calibration["e0"], calibration["e1"]], [calibration["e0"], 1 - calibration["e1"]]])
    chances = np.einsum("ai,bj,ij->ab", read, read, table).ravel()
    generator = np.random.Generator(np.random.PCG64(record["seed"]))
    return {f"{k:02b}": int(n) for k, n in enumerate(generator.multinomial(record["shots"], chances))}


def _replay_copies_counts(record: dict[str, Any]) -> dict[str, int]:
    found = _replay(dict(record))
    return {key: found[key] for key in sorted(found)}


def _replay_other_seed(record: dict[str, Any]) -> dict[str, int]:
    return _drawn(record, 0, record["shots"], _chances(record["calibration"]))


def _replay_expected(record: dict[str, Any]) -> dict[str, int]:
    return {o: round(record["shots"] * p) for o, p in zip(OUTCOMES, _chances(record["calibration"]), strict=True)}


def _replay_ideal(record: dict[str, Any]) -> dict[str, int]:
    return _drawn(record, record["seed"], record["shots"], [0.5, 0, 0, 0.5])


def _replay_habitual_shots(record: dict[str, Any]) -> dict[str, int]:
    return _drawn(record, record["seed"], 1024, _chances(record["calibration"]))


def _replay_symmetric_readout(record: dict[str, Any]) -> dict[str, int]:
    c = record["calibration"]
    mean = (c["e0"] + c["e1"]) / 2
    return _drawn(record, record["seed"], record["shots"], _chances({**c, "e0": mean, "e1": mean}))


REPLAY = Task(
    id="08.replay",
    title="A record that replays",
    outcome=PREDICT_MEASUREMENT,
    inputs=_replay_inputs,
    reference=_replay,
    returns=forms.mapping(forms.whole_number(0), OUTCOMES),
    misconceptions=(
        Misconception(
            "seed-of-ones-own",
            "You used a seed of your own. A replay must give the very counts of the record, and for that the "
            "simulator's randomness is part of it.",
            _replay_other_seed,
            SAMPLE_IS_TRUTH,
        ),
        Misconception(
            "expected-counts",
            "You returned what is expected on average. The record holds one run, with its scatter; a log that shows "
            "averages cannot be audited.",
            _replay_expected,
            SAMPLE_IS_TRUTH,
        ),
        Misconception(
            "ideal-backend",
            "You replayed on an ideal machine. The calibration of that day is part of the job; without it the result "
            "belongs to another device.",
            _replay_ideal,
            HEADLINE_FIGURE,
        ),
        Misconception(
            "habitual-shots",
            "You ran the customary number of shots. It stands in the record, and every error bar that was reported "
            "depends on it.",
            _replay_habitual_shots,
            SAMPLE_IS_TRUTH,
        ),
        Misconception(
            "readout-averaged",
            "You averaged the two readout errors. Reading 1 fails more often than reading 0 on most machines, and the "
            "histogram leans because of it.",
            _replay_symmetric_readout,
            NOISE_ARITHMETIC,
        ),
    ),
    alternatives=(_replay_spelled_out, _replay_with_einsum, _replay_copies_counts),
    hints=(
        "Work out the four chances first: a Werner pair read in Z, then each side through its readout.",
        "The pair gives unequal results with chance (1 - F)/3 each. The readout matrix [[1-e0, e1], [e0, 1-e1]] acts "
        "on "
        "both sides; np.kron of it with itself acts on the four outcomes.",
        "np.random.default_rng(seed).multinomial(shots, chances), with the four in the order 00, 01, 10, 11, gives the "
        "counts of the record.",
    ),
    points=4,
)

TASKS = (PAIR_FIGURES, FIDELITY_RANGE, WITNESS, REPLAY)
