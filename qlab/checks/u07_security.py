"""Unit 07: what an eavesdropper leaves behind, what she does not, and what is left as key."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._families import (
    CONVENTION,
    ENTANGLED_MEANS_USEFUL,
    HEADLINE_FIGURE,
    JUDGE_SECURITY,
    NOISE_ARITHMETIC,
    PLAN_LINKS,
    PLAN_SHOTS,
    QUANTUM_MEANS_SECURE,
    SAMPLE_IS_TRUTH,
    SHARED_SEED,
    SIGNALLING,
)
from qlab.checks._task import Arguments, Misconception, Task
from qlab.decoy import PulsedLink, rate_with_endless_decoys
from qlab.measures import binary_entropy
from qlab.qkd import intercept_resend_qber, intercept_resend_s
from qlab.qkd_rates import bb84_rate, device_independent_rate, werner_qber, werner_s

# --- 07.marks ----------------------------------------------------------------------------------------------------


def _marks_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [(float(rng.uniform(0.1, 0.5)),), (float(rng.uniform(0.6, 0.9)),), (1.0,)]


def _marks(fraction: float) -> dict[str, float]:
    return {"qber": float(intercept_resend_qber(fraction)), "s": float(intercept_resend_s(fraction))}


def _marks_formula(fraction: float) -> dict[str, float]:
    return {"qber": fraction / 4, "s": math.sqrt(2) * (2 - fraction)}


def _marks_mixture(fraction: float) -> dict[str, float]:
    clean, touched = {"qber": 0.0, "s": 2 * math.sqrt(2)}, {"qber": 0.25, "s": math.sqrt(2)}
    return {key: (1 - fraction) * clean[key] + fraction * touched[key] for key in clean}


def _marks_by_correlations(fraction: float) -> dict[str, float]:
    """After a measurement in a random one of Z and X, both correlations of the pair are halved."""
    kept = 1 - fraction / 2
    correlation = {"zz": kept, "xx": kept}
    qber = (1 - (correlation["zz"] + correlation["xx"]) / 2) / 2
    return {"qber": qber, "s": math.sqrt(2) * (correlation["zz"] + correlation["xx"])}


def _marks_half_wrong(fraction: float) -> dict[str, float]:
    return {**_marks_formula(fraction), "qber": fraction / 2}


def _marks_no_trace(fraction: float) -> dict[str, float]:
    return {"qber": 0.0, "s": 2 * math.sqrt(2)}


def _marks_all_wrong(fraction: float) -> dict[str, float]:
    return {**_marks_formula(fraction), "qber": fraction}


def _marks_shared_seed(fraction: float) -> dict[str, float]:
    return {**_marks_formula(fraction), "s": 2 * math.sqrt(2) * (1 - fraction) + 2 * fraction}


def _marks_jump(fraction: float) -> dict[str, float]:
    return {"qber": 0.25, "s": math.sqrt(2)}


MARKS = Task(
    id="07.marks",
    title="The marks that an eavesdropper leaves",
    outcome=JUDGE_SECURITY,
    inputs=_marks_inputs,
    reference=_marks,
    returns=forms.record(qber=forms.number(0, 1), s=forms.number(-4, 4)),
    misconceptions=(
        Misconception(
            "every-touched-bit-is-random",
            "You let every bit that she touched come out at random. Half of the time she measures in the right basis "
            "and sends on exactly what was there.",
            _marks_half_wrong,
            SAMPLE_IS_TRUTH,
        ),
        Misconception(
            "a-good-copy",
            "You let her copy and pass on without a trace. She must choose a basis before she knows the right one, and "
            "half of the time her choice destroys what the other basis would have shown.",
            _marks_no_trace,
            SHARED_SEED,
        ),
        Misconception(
            "every-touched-bit-is-wrong",
            "You counted every touched bit as an error. She is not out to flip bits; most of those she touches arrive "
            "as they were.",
            _marks_all_wrong,
            SIGNALLING,
        ),
        Misconception(
            "seed-value-at-once",
            "You let the touched pairs still reach S = 2. That is the best for classical data under settings made for "
            "it; at the settings in use, pairs read in Z or X reach less.",
            _marks_shared_seed,
            ENTANGLED_MEANS_USEFUL,
        ),
        Misconception(
            "presence-is-enough",
            "You gave the full effect however little she touches. Statistics see a fraction in proportion, which is "
            "why "
            "a small fraction is hard to see.",
            _marks_jump,
            NOISE_ARITHMETIC,
        ),
    ),
    alternatives=(_marks_formula, _marks_mixture, _marks_by_correlations),
    hints=(
        "Take the rounds apart: those that she leaves alone, and those that she touches.",
        "In a touched round she guesses the basis right half of the time; if not, the bit is right half of the time.",
        "Touched pairs have ZZ and XX correlations of one half on average. At the best settings S is √2·(ZZ + XX).",
    ),
)

# --- 07.bits_to_catch --------------------------------------------------------------------------------------------

ATTACKS = ("random basis", "knows basis", "in the middle")


def _catch_inputs(rng: np.random.Generator) -> list[Arguments]:
    sure = [float(c) for c in rng.choice([0.9, 0.95, 0.99, 0.999], size=3, replace=False)]
    some = float(rng.uniform(0.2, 0.7))
    return [
        ("random basis", 1.0, sure[0]),
        ("random basis", some, sure[1]),
        ("knows basis", some, sure[2]),
        ("in the middle", 1.0, sure[0]),
    ]


def _catch(attack: str, fraction: float, confidence: float) -> int:
    if attack != "random basis":
        return 0
    return math.ceil(math.log(1 - confidence) / math.log(1 - intercept_resend_qber(fraction)))


def _catch_counting(attack: str, fraction: float, confidence: float) -> int:
    miss, n = 1.0, 0
    if attack in ("knows basis", "in the middle"):
        return 0
    while miss > 1 - confidence:
        miss, n = miss * (1 - fraction / 4), n + 1
    return n


def _catch_log1p(attack: str, fraction: float, confidence: float) -> int:
    error_rate = {"random basis": fraction / 4}.get(attack, 0.0)
    return int(np.ceil(np.log1p(-confidence) / np.log1p(-error_rate))) if error_rate else 0


def _catch_by_powers(attack: str, fraction: float, confidence: float) -> int:
    if attack != ATTACKS[0]:
        return 0
    sizes = np.arange(1, 2000)
    return int(sizes[1 - (1 - fraction / 4) ** sizes >= confidence][0])


def _catch_everyone(attack: str, fraction: float, confidence: float) -> int:
    return _catch("random basis", fraction, confidence)


def _catch_middle_man(attack: str, fraction: float, confidence: float) -> int:
    return _catch("random basis" if attack == "in the middle" else attack, fraction, confidence)


def _catch_insider(attack: str, fraction: float, confidence: float) -> int:
    return _catch("random basis" if attack == "knows basis" else attack, fraction, confidence)


def _catch_expected_error(attack: str, fraction: float, confidence: float) -> int:
    return math.ceil(4 / fraction) if attack == "random basis" else 0


def _catch_whole_fraction(attack: str, fraction: float, confidence: float) -> int:
    return _catch(attack, 1.0, confidence)


CATCH = Task(
    id="07.bits_to_catch",
    title="How many bits to compare, and against whom it is in vain",
    outcome=PLAN_SHOTS,
    inputs=_catch_inputs,
    reference=_catch,
    returns=forms.whole_number(0, what="a number of bits"),
    misconceptions=(
        Misconception(
            "quantum-catches-everyone",
            "You let the comparison catch every attack. It catches those that disturb the qubits; who knows the basis, "
            "or is taken for the partner, disturbs nothing.",
            _catch_everyone,
            QUANTUM_MEANS_SECURE,
        ),
        Misconception(
            "middle-man-is-seen",
            "You let error rates give away the man in the middle. He runs the whole protocol with each side, bits "
            "compared included; only authentication tells who is there.",
            _catch_middle_man,
            QUANTUM_MEANS_SECURE,
        ),
        Misconception(
            "insider-is-seen",
            "You let somebody be caught who knows the basis in advance. Reading a state in its own basis changes "
            "nothing, so there is nothing to see.",
            _catch_insider,
            SIGNALLING,
        ),
        Misconception(
            "one-error-expected",
            "You compared until one error is expected. At that size she still slips through in more than a third of "
            "the "
            "cases.",
            _catch_expected_error,
            SAMPLE_IS_TRUTH,
        ),
        Misconception(
            "greedy-eve",
            "You took it that she touches everything. She decides how much she touches, and touching less costs you a "
            "larger sample.",
            _catch_whole_fraction,
            HEADLINE_FIGURE,
        ),
    ),
    alternatives=(_catch_counting, _catch_log1p, _catch_by_powers),
    hints=(
        "Ask first of each attack whether it leaves any errors at all. If not, no number of bits helps: return 0.",
        "A touched bit is wrong with chance 1/4, so a compared bit shows an error with chance fraction/4.",
        "She is missed if all n bits agree. Solve (1 - fraction/4)ⁿ ≤ 1 - confidence for the smallest n.",
    ),
)

# --- 07.abort_limit ----------------------------------------------------------------------------------------------


def _abort_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [
        (int(rng.integers(150, 400)), float(rng.uniform(0.01, 0.02)), 1e-3),
        (int(rng.integers(700, 1000)), float(rng.uniform(0.02, 0.05)), 1e-6),
        (int(rng.integers(400, 900)), float(rng.uniform(0.03, 0.06)), 1e-2),
    ]


def _abort(sample_size: int, expected_qber: float, false_alarm: float) -> int:
    """Smallest k with P(more than k errors) ≤ false_alarm, by adding the tail from its small end."""
    logs = _log_chances(sample_size, expected_qber)
    tail, k = 0.0, sample_size
    while k > 0 and tail + math.exp(logs[k]) <= false_alarm:
        tail += math.exp(logs[k])
        k -= 1
    return k


def _log_chances(n: int, q: float) -> list[float]:
    """Logarithm of the binomial chance of each number of errors."""
    lost, kept = math.log(q), math.log1p(-q)
    top = math.lgamma(n + 1)
    return [top - math.lgamma(k + 1) - math.lgamma(n - k + 1) + k * lost + (n - k) * kept for k in range(n + 1)]


def _abort_with_arrays(sample_size: int, expected_qber: float, false_alarm: float) -> int:
    chances = np.exp(_log_chances(sample_size, expected_qber))
    more_than = np.append(np.cumsum(chances[::-1])[::-1][1:], 0.0)
    return int(np.argmax(more_than <= false_alarm))


def _abort_with_fractions(sample_size: int, expected_qber: float, false_alarm: float) -> int:
    """From above, with whole binomial coefficients."""
    tail, k = 0.0, sample_size
    while True:
        tail += math.comb(sample_size, k) * expected_qber**k * (1 - expected_qber) ** (sample_size - k)
        if tail > false_alarm:
            return k
        k -= 1


def _abort_by_ratio(sample_size: int, expected_qber: float, false_alarm: float) -> int:
    odds = expected_qber / (1 - expected_qber)
    chance = math.exp(sample_size * math.log1p(-expected_qber))
    chances = [chance]
    for k in range(sample_size):
        chance *= (sample_size - k) / (k + 1) * odds
        chances.append(chance)
    tail = 0.0
    for k in range(sample_size, 0, -1):
        tail += chances[k]
        if tail > false_alarm:
            return k
    return 0


def _abort_at_first(sample_size: int, expected_qber: float, false_alarm: float) -> int:
    return 0


def _abort_at_mean(sample_size: int, expected_qber: float, false_alarm: float) -> int:
    return math.floor(sample_size * expected_qber)


def _abort_at_eleven(sample_size: int, expected_qber: float, false_alarm: float) -> int:
    return math.floor(0.11 * sample_size)


def _abort_two_sigma(sample_size: int, expected_qber: float, false_alarm: float) -> int:
    spread = math.sqrt(sample_size * expected_qber * (1 - expected_qber))
    return math.floor(sample_size * expected_qber + 2 * spread)


ABORT = Task(
    id="07.abort_limit",
    title="An abort rule with a stated false-alarm chance",
    outcome=JUDGE_SECURITY,
    inputs=_abort_inputs,
    reference=_abort,
    returns=forms.whole_number(0, what="a number of errors"),
    misconceptions=(
        Misconception(
            "first-error-aborts",
            "You abort at the first error. The link has errors of its own, so the rule would stop it nearly every time "
            "with nobody listening.",
            _abort_at_first,
            SAMPLE_IS_TRUTH,
        ),
        Misconception(
            "mean-is-the-limit",
            "You put the limit at the expected number. Chance exceeds it about every other time; the limit must leave "
            "room for scatter.",
            _abort_at_mean,
            SAMPLE_IS_TRUTH,
        ),
        Misconception(
            "eleven-per-cent-rule",
            "You aborted at eleven per cent. That is where no key is left in theory; an honest link that usually has "
            "two per cent is under attack long before.",
            _abort_at_eleven,
            HEADLINE_FIGURE,
        ),
        Misconception(
            "two-sigma-for-all",
            "You took two standard deviations whatever the chance of a false alarm was to be. The limit follows from "
            "that "
            "chance, and far out a normal curve is a poor guide too.",
            _abort_two_sigma,
            SAMPLE_IS_TRUTH,
        ),
    ),
    alternatives=(_abort_with_arrays, _abort_with_fractions, _abort_by_ratio),
    hints=(
        "With nobody listening, the number of errors in the sample is binomial.",
        "You want the smallest limit k for which more than k errors happen with a chance of at most false_alarm.",
        "Add up chances from the largest number of errors downwards, and stop before the sum would exceed false_alarm. "
        "Use logarithms (math.lgamma) or math.comb.",
    ),
    points=4,
)

# --- 07.pair_earns -----------------------------------------------------------------------------------------------


def _earns_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [(float(rng.uniform(low, high)),) for low, high in ((0.79, 0.82), (0.845, 0.88), (0.92, 0.98), (0.6, 0.75))]


def _earned(s: float, qber: float, trusted: float, untrusted: float) -> dict[str, Any]:
    return {
        "violates": s > 2,
        "trusted": max(0.0, float(trusted)),
        "untrusted": max(0.0, float(untrusted)),
        "qber": qber,
    }


def _earns(fidelity: float) -> dict[str, Any]:
    s, qber = float(werner_s(fidelity)), float(werner_qber(fidelity))
    return _earned(s, qber, bb84_rate(qber), device_independent_rate(qber, s))


def _earns_by_formula(fidelity: float) -> dict[str, Any]:
    qber = 2 * (1 - fidelity) / 3
    s = 2 * math.sqrt(2) * (1 - 2 * qber)
    leak = binary_entropy((1 + math.sqrt((s / 2) ** 2 - 1)) / 2) if s > 2 else 1.0
    h = binary_entropy(qber)
    return _earned(s, qber, 1 - 2 * h, 1 - h - leak)


def _bits(p: float) -> float:
    return 0.0 if p in (0, 1) else -p * math.log2(p) - (1 - p) * math.log2(1 - p)


def _earns_by_visibility(fidelity: float) -> dict[str, Any]:
    visibility = (4 * fidelity - 1) / 3
    qber = (1 - visibility) / 2
    untrusted = 1 - _bits(qber) - _bits(0.5 + math.sqrt(max(0.0, 2 * visibility**2 - 1)) / 2)
    return _earned(2 * math.sqrt(2) * visibility, qber, 1 - 2 * _bits(qber), untrusted)


def _earns_as_entropies(fidelity: float) -> dict[str, Any]:
    wrong = (1 - fidelity) * 2 / 3
    correction = -float(np.array([wrong, 1 - wrong]) @ np.log2([wrong, 1 - wrong]))
    s = 2 * np.sqrt(2) - 4 * np.sqrt(2) * wrong
    hidden = float(np.sqrt(max(s * s / 4 - 1, 0.0)))
    lost = _bits((1 - hidden) / 2)
    return {
        "violates": bool(s > 2),
        "trusted": max(1 - 2 * correction, 0),
        "untrusted": max(1 - correction - lost, 0),
        "qber": wrong,
    }


def _earns_violation_is_key(fidelity: float) -> dict[str, Any]:
    given = _earns(fidelity)
    return {**given, "untrusted": max(0.0, (float(werner_s(fidelity)) - 2) / (2 * math.sqrt(2) - 2))}


def _earns_same_rate(fidelity: float) -> dict[str, Any]:
    given = _earns(fidelity)
    return {**given, "untrusted": given["trusted"]}


def _earns_needs_violation(fidelity: float) -> dict[str, Any]:
    given = _earns(fidelity)
    return {**given, "violates": given["trusted"] > 0}


def _earns_entangled(fidelity: float) -> dict[str, Any]:
    return {**_earns(fidelity), "violates": fidelity > 0.5}


def _earns_infidelity(fidelity: float) -> dict[str, Any]:
    return {**_earns(fidelity), "qber": 1 - fidelity}


EARNS = Task(
    id="07.pair_earns",
    title="S above 2 is not yet a key",
    outcome=JUDGE_SECURITY,
    inputs=_earns_inputs,
    reference=_earns,
    returns=forms.record(
        violates=forms.boolean(), trusted=forms.number(0, 1), untrusted=forms.number(0, 1), qber=forms.number(0, 1)
    ),
    misconceptions=(
        Misconception(
            "violation-is-key",
            "You turned every excess over 2 into key. The errors must be corrected and the eavesdropper's share "
            "squeezed out first, and near the bound that costs more than there is.",
            _earns_violation_is_key,
            QUANTUM_MEANS_SECURE,
        ),
        Misconception(
            "trust-costs-nothing",
            "You gave boxes that nobody trusts the rate of boxes that are known inside. Without that trust only S "
            "limits what the eavesdropper knows, and it limits less.",
            _earns_same_rate,
            QUANTUM_MEANS_SECURE,
        ),
        Misconception(
            "key-needs-violation",
            "You let the violation begin where the key does. With trusted devices these are two thresholds on the same "
            "noise, and they differ.",
            _earns_needs_violation,
            ENTANGLED_MEANS_USEFUL,
        ),
        Misconception(
            "entangled-so-it-violates",
            "You let every entangled pair violate the Bell bound. White noise ends the violation at a fidelity of "
            "about "
            "0.78, entanglement only at one half.",
            _earns_entangled,
            ENTANGLED_MEANS_USEFUL,
        ),
        Misconception(
            "infidelity-is-error-rate",
            "You took the infidelity for the error rate. Of the three wrong Bell states one agrees in Z and another in "
            "X, so each basis sees two thirds of the damage.",
            _earns_infidelity,
            CONVENTION,
        ),
    ),
    alternatives=(_earns_by_formula, _earns_by_visibility, _earns_as_entropies),
    hints=(
        "A Werner pair of fidelity F has error rate 2(1 - F)/3 and S = 2√2·(1 - 2·QBER).",
        "Trusted devices: 1 - 2h(QBER). Untrusted: 1 - h(QBER) - h((1 + √((S/2)² - 1))/2), and nothing where S ≤ 2.",
        "No rate is negative. qkd_rates has both formulas; which thresholds on the fidelity do you find for the three "
        "columns?",
    ),
)

# --- 07.reach_km -------------------------------------------------------------------------------------------------

BRIGHTNESS = 0.48
"""Mean photons a pulse of the signal, fixed for the task."""


def _reach_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [
        (float(rng.uniform(0.16, 0.24)), float(10 ** rng.uniform(-6.8, -5.5)), float(rng.uniform(0.01, 0.035)))
        for _ in range(3)
    ]


def _reach(attenuation_db_per_km: float, dark_chance: float, misalignment: float) -> float:
    def rate(distance_km: float) -> float:
        link = PulsedLink(
            distance_km, attenuation_db_per_km, dark_chance=dark_chance, misalignment=misalignment, **_RECEIVER
        )
        return float(rate_with_endless_decoys(link, BRIGHTNESS))

    return _last_positive(rate)


_RECEIVER = {"detector_efficiency": 0.1, "inefficiency": 1.16}


def _last_positive(rate: Any) -> float:
    low, high = 0.0, 800.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rate(middle) > 0 else (low, middle)
    return low


def _decoy_rate(eta: float, dark: float, misaligned: float, single_only: bool = True) -> float:
    """Rate a pulse at transmittance eta; the single-photon part, or all of the signal, is taken as safe."""
    lost, one_lost = math.exp(-eta * BRIGHTNESS), 1 - eta
    gain = 1 - (1 - dark) * lost
    wrong = (misaligned * (1 - lost) + 0.5 * dark * lost) / gain
    single_yield = 1 - (1 - dark) * one_lost
    single_wrong = (misaligned * eta + 0.5 * dark * one_lost) / single_yield
    safe = BRIGHTNESS * math.exp(-BRIGHTNESS) * single_yield if single_only else gain
    share = 1 - binary_entropy(single_wrong if single_only else wrong)
    return 0.5 * (safe * share - gain * 1.16 * binary_entropy(wrong))


def _reach_by_formula(attenuation_db_per_km: float, dark_chance: float, misalignment: float) -> float:
    def rate(distance_km: float) -> float:
        return _decoy_rate(0.1 * 10 ** (-attenuation_db_per_km * distance_km / 10), dark_chance, misalignment)

    return _last_positive(rate)


def _reach_in_decibels(attenuation_db_per_km: float, dark_chance: float, misalignment: float) -> float:
    """The loss that can be borne does not depend on the fibre; find it, then divide."""
    low, high = 0.0, 200.0
    for _ in range(80):
        loss = (low + high) / 2
        alive = _decoy_rate(10 ** (-(10 + loss) / 10), dark_chance, misalignment) > 0
        low, high = (loss, high) if alive else (low, loss)
    return low / attenuation_db_per_km


def _reach_by_steps(attenuation_db_per_km: float, dark_chance: float, misalignment: float) -> float:
    distance, step = 0.0, 64.0
    while step > 1e-9:
        eta = 0.1 * math.exp(-math.log(10) * attenuation_db_per_km * (distance + step) / 10)
        if _decoy_rate(eta, dark_chance, misalignment) > 0:
            distance += step
        else:
            step /= 2
    return distance


def _reach_no_dark_chances(attenuation_db_per_km: float, dark_chance: float, misalignment: float) -> float:
    return _reach_by_formula(attenuation_db_per_km, dark_chance / 100, misalignment)


def _reach_every_pulse_safe(attenuation_db_per_km: float, dark_chance: float, misalignment: float) -> float:
    def rate(distance_km: float) -> float:
        eta = 0.1 * 10 ** (-attenuation_db_per_km * distance_km / 10)
        return _decoy_rate(eta, dark_chance, misalignment, single_only=False)

    return _last_positive(rate)


def _reach_natural_logarithm(attenuation_db_per_km: float, dark_chance: float, misalignment: float) -> float:
    return _reach_by_formula(attenuation_db_per_km * math.log10(math.e) * 10, dark_chance, misalignment)


def _reach_no_correction(attenuation_db_per_km: float, dark_chance: float, misalignment: float) -> float:
    return _reach_by_formula(attenuation_db_per_km, dark_chance, 0.0)


def _reach_loss_both_ways(attenuation_db_per_km: float, dark_chance: float, misalignment: float) -> float:
    return _reach_by_formula(2 * attenuation_db_per_km, dark_chance, misalignment)


REACH = Task(
    id="07.reach_km",
    title="How far a decoy-state link reaches",
    outcome=PLAN_LINKS,
    inputs=_reach_inputs,
    reference=_reach,
    returns=forms.number(0, what="a distance in kilometres"),
    misconceptions=(
        Misconception(
            "only-loss-matters",
            "You let the link go on with next to no dark counts. Loss alone only thins the key; it ends where clicks "
            "without a photon drown those with one.",
            _reach_no_dark_chances,
            NOISE_ARITHMETIC,
        ),
        Misconception(
            "every-pulse-is-single",
            "You counted every detected pulse as safe. Pulses with two photons give one of them away unnoticed; only "
            "the single-photon part may be turned into key.",
            _reach_every_pulse_safe,
            QUANTUM_MEANS_SECURE,
        ),
        Misconception(
            "decibels-as-e-folds",
            "You read decibels as natural exponents. Ten decibels are a factor of ten, not of e to the ten.",
            _reach_natural_logarithm,
            CONVENTION,
        ),
        Misconception(
            "alignment-for-free",
            "You left out the misalignment. Photons that arrive at the wrong detector cost error correction at every "
            "distance, and reach as well.",
            _reach_no_correction,
            HEADLINE_FIGURE,
        ),
        Misconception(
            "there-and-back",
            "You let the photons travel the fibre twice. They go one way; the talk that follows is classical.",
            _reach_loss_both_ways,
            NOISE_ARITHMETIC,
        ),
    ),
    alternatives=(_reach_by_formula, _reach_in_decibels, _reach_by_steps),
    hints=(
        "Write the rate as a function of distance first; the reach is where it becomes zero.",
        "decoy.PulsedLink describes the link and decoy.rate_with_endless_decoys its rate at a mean photon number.",
        "The rate falls all the way. Halve an interval of distances again and again, and keep the half with the "
        "change of sign.",
    ),
    tolerance=1e-5,
    points=4,
)

TASKS = (MARKS, CATCH, ABORT, EARNS, REACH)
