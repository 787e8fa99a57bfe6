"""Keys at their edges, against sums with many digits, matrices of states and dense searches."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from math import comb, isinf, isnan, sqrt
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from scipy.optimize import brentq

from qlab.keys import (
    abort_rules,
    authentication,
    bb84,
    decoy,
    entangled_pairs,
    intercept_resend,
    rates,
    reach,
    small_blocks,
    tolerable_noise,
    white_noise,
)
from qlab.keys.decoy import PulsedLink
from qlab.states import epr_pair, random_density_matrix, werner_state
from tests.edges.chances import digits, log10_between, scatter
from tests.edges.frame import RNG, Case, edges_of, law
from tests.edges.matrices import matrix


def h(p: Any) -> Any:
    """Binary entropy with many digits."""
    q = digits(p)
    return mp.mpf(0) if q in (0, 1) else -(q * mp.log(q) + (1 - q) * mp.log(1 - q)) / mp.log(2)


# Abort rules: tails with many digits.


def false_alarm_of(n: int, m: int, q: float) -> float:
    """Of the honest line: directly where it is rare, else as what is left."""
    if m >= n or m + 1 > n * q:
        return log10_between(n, m + 1, n, q)
    with mp.workdps(60):
        return float(mp.log10(1 - mp.mpf(10) ** log10_between(n, 0, m, q)))


def rule_holds(result: Any, sample_size: Any, max_errors: Any, expected_qber: Any) -> bool:
    fields = dataclasses.astuple(result) == (sample_size, max_errors, float(expected_qber))
    wanted = false_alarm_of(int(sample_size), int(max_errors), float(expected_qber))
    found = result.log10_false_alarm()
    return fields and (found == wanted or abs(found - wanted) < 1e-9 * abs(wanted) + 1e-12)


def strictest(result: Any, sample_size: Any, expected_qber: Any, false_alarm: Any) -> bool:
    n, m, q, allowed = int(sample_size), result.max_errors, float(expected_qber), float(mp.log10(digits(false_alarm)))
    slack = 1e-9 * (1 + abs(allowed))
    if n * q > 10**6:  # the normal quantile, within a few tenths of a standard deviation
        with mp.workdps(400):
            quantile = mp.sqrt(2) * mp.erfinv(1 - 2 * digits(false_alarm))
        return bool(abs((m - n * q) / sqrt(n * q * (1 - q)) - quantile) < 0.5)
    return false_alarm_of(n, m, q) <= allowed + slack and (m == 0 or false_alarm_of(n, m - 1, q) > allowed - slack)


def enough(result: Any, expected_qber: Any, attacked_qber: Any, false_alarm: Any, miss: Any) -> bool:
    """Both mistakes are rare enough, and with two thirds of the sample one is not."""
    n, m = result.sample_size, result.max_errors
    if n > 20_000:
        return bool(miss_is_rare(n, m, float(attacked_qber), miss))
    fine = false_alarm_of(n, m, float(expected_qber)) <= float(mp.log10(digits(false_alarm))) + 1e-9
    fine = fine and log10_between(n, 0, m, float(attacked_qber)) <= float(mp.log10(digits(miss))) + 1e-9
    less = 2 * n // 3
    if not less:
        return bool(fine)
    strict = next(
        e for e in range(less + 1)
        if false_alarm_of(less, e, float(expected_qber)) <= float(mp.log10(digits(false_alarm))) + 1e-9
    )  # fmt: skip
    return bool(fine and log10_between(less, 0, strict, float(attacked_qber)) > float(mp.log10(digits(miss))) - 1e-9)


def miss_is_rare(n: int, m: int, p: float, miss: Any) -> bool:
    """Chernoff's bound and half a digit."""
    share = m / n
    exponent = share * mp.log(share / digits(p)) if share else mp.mpf(0)
    exponent += (1 - share) * mp.log((1 - share) / (1 - digits(p)))
    return share < p and -n * exponent < mp.log(digits(miss)) + mp.log(n)


# Authentication.


def tag(message: Any, key: Any, prime: Any) -> int:
    """Horner's way undone: each block times its own power."""
    p, (r, s) = int(prime), (int(v) for v in key)
    size = (len(bin(p)) - 3) // 8
    blocks = [message[i : i + size] for i in range(0, len(message), size)]
    numbers = [sum(b << 8 * (len(block) - 1 - i) for i, b in enumerate(block)) for block in blocks] + [len(message)]
    return (s + sum(number * pow(r, i + 1, p) for i, number in enumerate(numbers))) % p


def unnoticed(result: Any, pulses: Any, rng: Any, compared_bits: Any, authenticated: Any, prime: Any) -> bool:
    n, compared = int(pulses), int(compared_bits)
    whole = 0 <= result.equal_bits <= result.key_bits <= n and max(result.alice_sample, result.bob_sample) <= compared
    spread = abs(result.equal_bits - result.key_bits / 2) <= 3 * sqrt(result.key_bits) + 1
    sifted = result.key_bits + max(result.alice_sample, result.bob_sample)
    balance = abs(sifted - n / 2) <= 4 * sqrt(n) + 1
    tagged = result.tags_valid is not bool(authenticated) or int(prime) < 1e4
    return (result.alice_errors, result.bob_errors) == (0, 0) and whole and spread and balance and tagged


# Rounds, and what Eve changes: density matrices in place of angles.

_AXES = {"z": np.eye(2), "x": np.array([[1, 1], [1, -1]]) / sqrt(2)}
_HALF_WAY = np.array([[np.cos(np.pi / 8), -np.sin(np.pi / 8)], [np.sin(np.pi / 8), np.cos(np.pi / 8)]])


def eves(eve: str, basis: str) -> list[Any]:
    """Eve's bases, each as likely, as columns."""
    return {
        "random basis": [_AXES["z"], _AXES["x"]], "fixed basis": [_AXES["z"]], "breidbart": [_HALF_WAY],
        "knows basis": [_AXES[basis]],
    }[eve]  # fmt: skip


def disturbed(fraction: float, eve: str, basis: str) -> tuple[float, float]:
    """Error rate that Eve causes in a basis, and how often her bit is right."""
    wrong, right = 0.0, 0.0
    for theirs in eves(eve, basis):
        odds = abs(_AXES[basis].T @ theirs) ** 2  # [sent, seen], and again [seen, received]
        wrong += (1 - (odds @ odds.T).trace() / 2) / len(eves(eve, basis))
        right += odds.trace() / 2 / len(eves(eve, basis))
    return fraction * wrong, right


def counted(result: Any, rounds: Any, fraction: Any, eve: str, z: Any, flips: dict[str, float]) -> bool:
    n, share, chance = int(rounds), float(fraction), float(z)
    fine = result.rounds == n and result.eve_agreements <= result.intercepted <= result.sifted_bits
    for i, (basis, weight) in enumerate((("z", chance**2), ("x", (1 - chance) ** 2))):
        eves_part = disturbed(share, eve, basis)[0]
        other = flips[basis]
        wanted = eves_part + other - 2 * eves_part * other
        fine = fine and scatter(result.sifted[i] / n, weight, n) and result.errors[i] <= result.sifted[i]
        fine = fine and scatter(result.errors[i] / max(1, result.sifted[i]), wanted, result.sifted[i])
    return bool(fine and scatter(result.intercepted / max(1, result.sifted_bits), share, result.sifted_bits))


def bb84_counts(result: Any, pulses: Any, rng: Any, intercepted_fraction: Any, eve: Any, **rest: Any) -> bool:
    flip = float(rest["flip_probability"])
    flips = {"z": flip, "x": flip}
    return counted(result, pulses, intercepted_fraction, eve, rest["z_probability"], flips)


def unequal(rho: Any, basis: str) -> float:
    axes = np.kron(_AXES[basis], _AXES[basis])
    chances = (axes.conj().T @ matrix(epr_pair() if rho is None else rho) @ axes).diagonal().real
    return float(chances[1] + chances[2])


def bbm92_counts(result: Any, pairs: Any, rng: Any, rho: Any, intercepted_fraction: Any, eve: Any, **rest: Any) -> bool:
    pair = epr_pair() if rho is None else rho
    flips = {basis: unequal(pair, basis) for basis in "zx"}
    if float(intercepted_fraction) and np.abs(matrix(pair) - matrix(epr_pair())).max() > 1e-9 and eve != "knows basis":
        return result.rounds == int(pairs)  # the flips are then not independent of Eve's
    return counted(result, pairs, intercepted_fraction, eve, rest["z_probability"], flips)


def e91_table(rho: Any, intercepted_fraction: Any, eve: Any) -> Any:
    """Eve's measurement as a channel on Bob's half, then projectors from eigenvectors of observables."""
    z, x = np.diag([1.0, -1.0]), np.array([[0.0, 1.0], [1.0, 0.0]])
    turned = [z, x, (z + x) / sqrt(2), (z - x) / sqrt(2)]
    alice, bob = [turned[0], turned[1]], [turned[2], turned[3], turned[0]]
    pair, q = matrix(epr_pair() if rho is None else rho), float(intercepted_fraction)
    table = np.zeros((2, 3, 2, 2))
    for i, first in enumerate(alice):
        for j, second in enumerate(bob):
            taps = {"random basis": [z, x], "fixed basis": [z], "breidbart": [turned[2]], "knows basis": [second]}[eve]
            after = (1 - q) * pair
            for tap in taps:
                for sign in (1, -1):
                    projector = np.kron(np.eye(2), (np.eye(2) + sign * tap) / 2)
                    after = after + q / len(taps) * projector @ pair @ projector
            for a in (0, 1):
                for b in (0, 1):
                    both = np.kron(np.eye(2) + (-1) ** a * first, np.eye(2) + (-1) ** b * second) / 4
                    table[i, j, a, b] = np.trace(both @ after).real
    return table / table.sum(axis=(2, 3), keepdims=True)


def e91_counts(result: Any, pairs: Any, rng: Any, rho: Any, intercepted_fraction: Any, eve: Any) -> bool:
    n, wanted = int(pairs), e91_table(rho, intercepted_fraction, eve) / 6
    return bool(result.counts.sum() == n) and all(
        scatter(float(found) / n, float(chance), n)
        for found, chance in zip(result.counts.ravel(), wanted.ravel(), strict=True)
    )


def e91_read(result: Any, counts: Any) -> bool:
    table = np.array(counts, dtype=int)
    z = table[0, 2].astype(float)
    share = (z[0, 1] + z[1, 0]) / z.sum() if z.sum() else float("nan")
    return (result.counts == table).all() and (result.qber == share or (isnan(result.qber) and isnan(share)))


# Links of weak pulses, with many digits.


class Line:
    """A link by the sums over photon numbers, with many digits."""

    def __init__(self, link: Any) -> None:
        loss = digits(link.attenuation_db_per_km) * digits(link.distance_km) / 10
        self.eta = mp.mpf(10) ** -loss * digits(link.detector_efficiency)
        self.dark, self.off, self.f = (
            digits(v) for v in (link.dark_count_probability, link.misalignment, link.inefficiency)
        )

    def clicks(self, missed: Any) -> Any:
        """Click probability and wrong answers where light is missed with a given probability."""
        click = 1 - (1 - self.dark) * missed
        return click, self.off * (1 - missed) + self.dark * missed / 2

    def of_number(self, photons: Any) -> Any:
        return self.clicks((1 - self.eta) ** int(photons))

    def of_mean(self, mean: Any) -> Any:
        return self.clicks(mp.exp(-self.eta * digits(mean)))

    def key(self, mean: Any, single: Any, error: Any) -> float:
        gain, wrong = self.of_mean(mean)
        if single <= 0 or error >= mp.mpf("0.5"):
            return 0.0
        spent = gain * self.f * h(wrong / gain) if gain else 0
        return float(max(0, (single * (1 - h(error)) - spent) / 2))


def ratio(pair: Any) -> float:
    return float(pair[1] / pair[0]) if pair[0] else 0.5


def blind(link: Any, mean_photons: Any) -> float:
    mu, line = digits(mean_photons), Line(link)
    gain, wrong = line.of_mean(mu)
    single = gain - (1 - (1 + mu) * mp.exp(-mu))
    return line.key(mu, single, wrong / single) if single > 0 else 0.0


def all_seeing(link: Any, mean_photons: Any) -> float:
    mu, line = digits(mean_photons), Line(link)
    click, wrong = line.of_number(1)
    return line.key(mu, mu * mp.exp(-mu) * click, wrong / click) if click else 0.0


def ma_bounds(link: Any, mean_photons: Any, weak: Any) -> tuple[Any, Any]:
    """As they stand in the paper, with digits enough for what cancels."""
    with mp.workdps(400):
        mu, nu, line = digits(mean_photons), digits(weak), Line(link)
        signal, weaker = line.of_mean(mu), line.of_mean(nu)
        bracket = weaker[0] * mp.exp(nu) - signal[0] * mp.exp(mu) * nu**2 / mu**2
        single = mu / (mu * nu - nu**2) * (bracket - (mu**2 - nu**2) / mu**2 * line.dark)
        if single <= 0 or single < mp.mpf(10) ** -300:
            return mp.mpf(0), mp.mpf("0.5")
        return single, min(mp.mpf("0.5"), (weaker[1] * mp.exp(nu) - line.dark / 2) / single / nu)


def with_decoys(link: Any, mean_photons: Any, weak: Any) -> float:
    single, error = ma_bounds(link, mean_photons, weak)
    mu = digits(mean_photons)
    return Line(link).key(mu, mu * mp.exp(-mu) * single, error)


def line_read(result: Any, **fields: Any) -> bool:
    return all(getattr(result, name) == float(value) for name, value in fields.items()) and bool(
        abs(result.transmittance - Line(result).eta) <= 1e-12 * Line(result).eta + mp.mpf("1e-307")
    )


def strongest(misalignment: Any, inefficiency: Any) -> float:
    wanted = float(inefficiency) * float(h(misalignment)) / (1 - float(h(misalignment)))
    return float(1 - mp.lambertw(wanted * mp.e).real) if wanted else 1.0  # (1-μ)e^(1-μ) = e·wanted


def best_on(result: Any, link: Any, rate: Callable[..., float]) -> bool:
    best = max((rate(link, float(mu)), float(mu)) for mu in np.geomspace(1e-8, 3, 400))
    return result[1] >= best[0] * (1 - 1e-9) and (result[1] == 0 or rate(link, result[0]) == result[1])


def ends_there(result: Any, link: Any, rate: Callable[..., float], mean_photons: Any) -> bool:
    def alive(distance: float) -> bool:
        there = dataclasses.replace(link, distance_km=distance)
        if mean_photons is not None:
            return rate(there, float(mean_photons)) > 0
        return max(rate(there, float(mu)) for mu in np.geomspace(1e-8, 3, 200)) > 0

    if isinf(result):
        return link.dark_count_probability == 0 or link.attenuation_db_per_km == 0
    return not alive(result + 0.1) and (result == 0 or alive(max(0.0, result - 0.1)))


# Rates.


def asymptotic(qber: Any, other_qber: Any, inefficiency: Any) -> float:
    q = min(float(qber), 0.5)
    other = q if other_qber is None else min(float(other_qber), 0.5)
    return float(max(0, 1 - digits(inefficiency) * h(q) - h(other)))


def holevo(qber: Any, s: Any) -> float:
    """Eve's information as the entropy of the Bell-diagonal pair that just gives S."""
    value = min(abs(float(s)), 2 * sqrt(2))
    if value <= 2:
        return 0.0
    gap = mp.sqrt((mp.mpf(value) / 2) ** 2 - 1)
    return float(max(0, 1 - h(min(0.5, float(qber))) - h((1 + min(mp.mpf(1), gap)) / 2)))


def tomamichel(key_bits: Any, test_bits: Any, qber: Any, inefficiency: Any, secrecy: Any, correctness: Any) -> int:
    n, k, q, eps = int(key_bits), int(test_bits), digits(qber), digits(secrecy)
    margin = mp.sqrt(mp.mpf((n + k) * (k + 1)) / (n * k * k) * mp.log(2 / eps))
    if q + margin >= 0.5:
        return 0
    left = n * (1 - h(q + margin)) - digits(inefficiency) * n * h(q) - mp.log(2 / (eps**2 * digits(correctness)), 2)
    return max(0, int(mp.floor(left)))


def best_test(result: Any, sifted_bits: Any, **rest: Any) -> bool:
    total, (rate, test) = int(sifted_bits), result
    grid = {max(1, min(total - 1, int(total * share))) for share in np.geomspace(1e-4, 1, 60)}
    best = max(tomamichel(total - k, k, **rest) for k in grid)
    own = tomamichel(total - test, test, **rest) if test else 0
    return abs(rate * total - own) <= 1e-9 * own + 1 and own >= best * (1 - 1e-9) - 1


def ends(rate: Any) -> float:
    return float(brentq(lambda q: rate(q) - 1e-13, 0, 0.5, xtol=1e-13))


def unseen(result: Any, key_bits: Any, test_bits: Any, test_errors: Any, chance: Any) -> bool:
    """The next number of errors is unlikely enough, and this one is not, by SciPy or by whole numbers."""
    n, k, m, log_chance = int(key_bits), int(test_bits), int(test_errors), float(mp.log(digits(chance)))
    if n + k > 10**6:
        short = chance_of(n, k, m, result) >= log_chance - 1e-4 or m * (n + k) >= k * (m + result)
        return chance_of(n, k, m, result + 1) <= log_chance + 1e-4 and (result == 0 or short)

    def tail(e: int) -> float:
        if e > n:
            return -np.inf
        ways = sum(comb(k, j) * comb(n, m + e - j) for j in range(m + 1))
        return float(mp.log(mp.mpf(ways) / comb(n + k, m + e))) if ways else -np.inf

    likely = result == 0 or m * (n + k) >= k * (m + result) or tail(result) >= log_chance - 1e-9
    return bool(likely and (result == n or tail(result + 1) <= log_chance + 1e-9))


def chance_of(n: int, k: int, errors: int, e: int) -> float:
    """ln P(at most so many of errors + e marked bits fall among k of n + k), term by term with many digits."""

    def choose(all_of: int, some: int) -> Any:
        return mp.loggamma(all_of + 1) - mp.loggamma(some + 1) - mp.loggamma(all_of - some + 1)

    if e > n:
        return -np.inf
    marked, total, j = errors + e, mp.mpf(0), min(errors, k)
    while j >= 0 and marked - j <= n:
        term = mp.exp(choose(k, j) + choose(n, marked - j) - choose(n + k, marked))
        total, j = total + term, j - 1
        if term < total * mp.mpf(10) ** -15:
            break
    return float(mp.log(total)) if total else -np.inf


def short_key(result: Any, key_bits: Any, test_bits: Any, qber: Any, **rest: Any) -> bool:
    n, k, q = int(key_bits), int(test_bits), float(qber)
    errors = min(k, int(mp.ceil(digits(q) * k - mp.mpf("1e-9"))))
    eps = digits(rest["secrecy"])
    most = small_blocks.largest_unseen_errors(n, k, errors, chance=float((eps / 2) ** 2))
    if 2 * most >= n:
        return result == 0
    overhead = mp.log(2 / (eps**2 * digits(rest["correctness"])), 2)
    left = n * (1 - h(mp.mpf(most) / n)) - digits(rest["inefficiency"]) * n * h(q) - overhead
    return bool(abs(result - max(0, int(mp.floor(left)))) <= 1e-12 * n)


def eigenvalue_rate(qber: Any, protocol: Any) -> float:
    """Eve's conditional states as matrices, over a grid of added noise."""
    q = float(qber)
    weights = (
        np.array([(1 - q) ** 2, q * (1 - q), q * (1 - q), q * q])
        if protocol == "bb84" else np.array([1 - 1.5 * q, q / 2, q / 2, q / 2])
    )  # fmt: skip
    best = 0.0
    for low, high in ((0.001, 1.0), (0.9, 1.0)):
        kept = np.linspace(low, high, 2001)
        entropy = np.zeros_like(kept)
        for one, two in (weights[:2], weights[2:]):
            block = np.empty((len(kept), 2, 2))
            block[:, 0, 0], block[:, 1, 1] = one, two
            block[:, 0, 1] = block[:, 1, 0] = kept * np.sqrt(one * two)
            values = np.linalg.eigvalsh(block).clip(1e-300)
            entropy -= (values * np.log2(values)).sum(axis=1)
        p = (1 - kept) / 2
        flipped = np.clip(q + p - 2 * q * p, 1e-300, 1 - 1e-16)
        unclear = -flipped * np.log2(flipped) - (1 - flipped) * np.log2(1 - flipped)
        known = weights[weights > 0]
        best = max(best, float((1 + entropy + (known * np.log2(known)).sum() - unclear).max()))
    return best


THRESHOLDS = {  # Renner, Gisin, Kraus 2005, and roots
    ("bb84", "one-way"): 0.110028, ("bb84", "added noise"): 0.1241, ("bb84", "two-way"): 0.2,
    ("six-state", "one-way"): 0.126193, ("six-state", "added noise"): 0.1411,
    ("six-state", "two-way"): (5 - sqrt(5)) / 10,
}  # fmt: skip


def from_either(qber: Any, s: Any) -> float:
    """F = ⟨Φ+|ρ|Φ+⟩ of the mixture with white noise whose correlation is 1-2Q, or S/2√2."""
    kept = 1 - 2 * float(qber) if qber is not None else float(s) / (2 * sqrt(2))
    mixed = kept * matrix(epr_pair()) + (1 - kept) * np.eye(4) / 4
    return float((epr_pair().conj() @ mixed @ epr_pair()).real)


def compared(result: Any, s: Any, qber: Any, s_error: Any, qber_error: Any) -> bool:
    value, q = float(s), float(qber)
    tied = sqrt(8) - 4 * sqrt(2) * q
    error = float(mp.sqrt(mp.mpf(float(s_error)) ** 2 + 32 * mp.mpf(float(qber_error)) ** 2))
    sigmas = (value - tied) / error if error else 0.0
    fine = abs(result.expected_s - tied) < 1e-12 and abs(result.expected_qber - (0.5 - value / sqrt(32))) < 1e-12
    if error and not isinf(sigmas):
        fine = fine and abs(result.sigmas - sigmas) <= 1e-9 * abs(sigmas) + 1e-12 / min(1.0, error)
    else:
        fine = fine and (result.sigmas == 0 if abs(value - tied) < 1e-10 else isinf(result.sigmas))
    if value > sqrt(8) + 2 * float(s_error) + 1e-12:
        return fine and "no quantum pair" in result.remark
    if abs(abs(result.sigmas) - 2) < 1e-9:
        return fine
    word = "fits" if abs(result.sigmas) < 2 else "better" if value > tied else "worse"
    return fine and (result.remark.startswith(word) or abs(value - sqrt(8)) < 1e-9)


LINK, RHO = PulsedLink(50), random_density_matrix(2, np.random.default_rng(2))
LINES: dict[str, Any] = {"link": [
    PulsedLink(0), PulsedLink(50, dark_count_probability=0), PulsedLink(1e5), PulsedLink(1e5, dark_count_probability=0),
    PulsedLink(0, detector_efficiency=1, dark_count_probability=0, misalignment=0),
    PulsedLink(0, dark_count_probability=1),
    PulsedLink(10, misalignment=0.5), PulsedLink(50, detector_efficiency=0), PulsedLink(50, inefficiency=1),
]}  # fmt: skip
PAIRS: list[Any] = [None, epr_pair(), werner_state(0.9), werner_state(0.9).astype(np.complex64), np.eye(4) / 4]
TAG_RULE = {"prime": [257, 256, 2**61 - 1, 2**61 - 3, 2**32 - 5, 2**32 + 15]}
EVES = {"eve": list(intercept_resend.EVE_STRATEGIES)}
FINITE: dict[str, Any] = {"inefficiency": 1.1, "secrecy": 1e-9, "correctness": 1e-15}
E91 = np.arange(24).reshape(2, 3, 2, 2)
RULE = abort_rules.AbortRule(100, 5, 0.02)

CASES = [
    Case(
        abort_rules.AbortRule, {"sample_size": 100, "max_errors": 5, "expected_qber": 0.02}, law(rule_holds),
        says=["max_errors"],
    ),
    Case(RULE.passes, {"errors": 5}, lambda errors: int(errors) < 6),
    Case(
        RULE.log10_miss, {"attacked_qber": 0.25}, lambda attacked_qber: log10_between(100, 0, 5, float(attacked_qber)),
    ),
    Case(abort_rules.abort_rule, {"sample_size": 100, "expected_qber": 0.02, "false_alarm": 1e-6}, law(strictest)),
    Case(
        abort_rules.smallest_sample,
        {"expected_qber": 0.02, "attacked_qber": 0.25, "false_alarm": 1e-6, "miss": 1e-6}, law(enough),
        says=["attacked_qber"],
    ),
    Case(authentication.draw_tag_key, {"rng": RNG, "prime": 257}, law(
        lambda result, rng, prime: len(result) == 2 and all(type(v) is int and 0 <= v < prime for v in result)
    ), odd=TAG_RULE),
    Case(authentication.one_time_tag, {"message": b"basis ZXXZ", "key": (123, 200), "prime": 257}, tag, odd={
        "message": [b"", b"\0", b"\0\0", b"x" * 256, b"x" * 257, bytearray(b"x"), memoryview(b"x"), "basis"],
        **TAG_RULE,
    }),
    Case(
        authentication.simulate_man_in_the_middle,
        {"pulses": 500, "rng": RNG, "compared_bits": 100, "authenticated": True, "prime": 2**61 - 1}, law(unnoticed),
        odd={"pulses": [10**6], **TAG_RULE}, says=["prime"],
    ),
    Case(bb84.simulate_bb84, {
        "pulses": 2000, "rng": RNG, "intercepted_fraction": 0.5, "eve": "random basis", "flip_probability": 0.05,
        "z_probability": 0.7,
    }, law(bb84_counts), odd=EVES),
    Case(PulsedLink, {
        "distance_km": 50.0, "attenuation_db_per_km": 0.21, "detector_efficiency": 0.045,
        "dark_count_probability": 1.7e-6, "misalignment": 0.033, "inefficiency": 1.22,
    }, law(line_read)),
    Case(LINK.yield_of, {"photons": 2}, lambda photons: float(Line(LINK).of_number(photons)[0]), absolute=0),
    Case(LINK.error_of, {"photons": 2}, lambda photons: ratio(Line(LINK).of_number(photons)), absolute=0),
    Case(LINK.gain, {"mean_photons": 0.48}, lambda mean_photons: float(
        Line(LINK).of_mean(mean_photons)[0]
    ), absolute=0),
    Case(LINK.qber, {"mean_photons": 0.48}, lambda mean_photons: ratio(Line(LINK).of_mean(mean_photons)), absolute=0),
    Case(decoy.multi_photon_probability, {"mean_photons": 0.48}, lambda mean_photons: float(
        mp.gammainc(2, 0, digits(mean_photons), regularized=True)
    ), absolute=1e-320),
    Case(decoy.rate_without_decoys, {"link": LINK, "mean_photons": 0.001}, blind, absolute=1e-15, odd=LINES),
    Case(decoy.rate_with_endless_decoys, {"link": LINK, "mean_photons": 0.48}, all_seeing, absolute=1e-15, odd=LINES),
    Case(decoy.decoy_bounds, {"link": LINK, "mean_photons": 0.48, "weak": 0.05}, lambda **given: tuple(
        float(v) for v in ma_bounds(**given)
    ), tolerance=1e-8, absolute=1e-15, odd=LINES, says=["weak"]),
    Case(
        decoy.rate_with_decoys, {"link": LINK, "mean_photons": 0.48, "weak": 0.05}, with_decoys, tolerance=1e-8,
        absolute=1e-15, odd=LINES, says=["weak"],
    ),
    Case(decoy.best_mean_photons, {"misalignment": 0.033, "inefficiency": 1.22}, strongest, says=["misalignment"]),
    Case(entangled_pairs.simulate_bbm92, {
        "pairs": 2000, "rng": RNG, "rho": None, "intercepted_fraction": 0.5, "eve": "random basis",
        "z_probability": 0.7,
    }, law(bbm92_counts), odd={"rho": PAIRS, **EVES}),
    Case(entangled_pairs.E91Result, {"counts": E91}, law(e91_read)),
    Case(
        entangled_pairs.e91_probabilities, {"rho": RHO, "intercepted_fraction": 0.5, "eve": "breidbart"}, e91_table,
        odd={"rho": PAIRS, **EVES},
    ),
    Case(
        entangled_pairs.simulate_e91,
        {"pairs": 2000, "rng": RNG, "rho": RHO, "intercepted_fraction": 0.5, "eve": "fixed basis"}, law(e91_counts),
        odd={"rho": PAIRS, **EVES},
    ),
    Case(
        intercept_resend.checked_eve, {"intercepted_fraction": 0.5, "eve": "breidbart"},
        lambda intercepted_fraction, eve: (float(intercepted_fraction), str(eve)), odd=EVES,
    ),
    Case(
        intercept_resend.intercept_resend_qber, {"intercepted_fraction": 0.5, "eve": "breidbart"},
        lambda intercepted_fraction, eve: sum(disturbed(float(intercepted_fraction), eve, b)[0] for b in "zx") / 2,
        odd=EVES,
    ),
    Case(
        intercept_resend.intercept_resend_s, {"intercepted_fraction": 0.5, "eve": "fixed basis"},
        lambda intercepted_fraction, eve: np.einsum(
            "xyab,xy,a,b->", e91_table(None, intercepted_fraction, eve)[:, :2], [[1, 1], [1, -1]], [1, -1], [1, -1]
        ), odd=EVES,
    ),
    Case(
        intercept_resend.eve_agreement_probability, {"eve": "breidbart"},
        lambda eve: sum(disturbed(1.0, eve, basis)[1] for basis in "zx") / 2, odd=EVES,
    ),
    Case(
        intercept_resend.detection_probability, {"compared_bits": 20, "qber": 0.25},
        lambda compared_bits, qber: float(-mp.expm1(int(compared_bits) * mp.log1p(-digits(qber)))) if qber != 1
        else float(compared_bits > 0), absolute=0,
    ),
    Case(rates.bb84_rate, {"qber": 0.05, "other_qber": 0.04, "inefficiency": 1.1}, asymptotic),
    Case(rates.device_independent_rate, {"qber": 0.02, "s": 2.7}, holevo, absolute=1e-7, odd={
        "s": [2.8285, 2.83, -2.8],
    }),
    Case(rates.werner_qber, {"fidelity": 0.9}, lambda fidelity: 1 - float(fidelity) - (1 - float(fidelity)) / 3),
    Case(rates.werner_s, {"fidelity": 0.9}, lambda fidelity: (4 * float(fidelity) - 1) / 3 * sqrt(8)),
    Case(
        rates.device_independent_werner_rate, {"qber": 0.02},
        lambda qber: holevo(qber, sqrt(8) * (1 - 2 * float(qber))), absolute=1e-7,
    ),
    Case(rates.largest_qber, {"rate": rates.bb84_rate}, ends, absolute=1e-9, odd={
        "rate": [lambda q: 0.25 - q, lambda q: 1.0 - 3 * q, rates.device_independent_werner_rate],
    }),
    Case(
        rates.finite_key_length, {"key_bits": 10_000, "test_bits": 5000, "qber": 0.025, **FINITE}, tomamichel,
        absolute=1.0,
    ),
    Case(rates.finite_key_rate, {"sifted_bits": 20_000, "qber": 0.025, **FINITE}, law(best_test)),
    Case(reach.best_intensity, {"link": LINK, "rate": decoy.rate_with_endless_decoys}, law(best_on), odd=LINES | {
        "rate": [decoy.rate_without_decoys],
    }),
    Case(
        reach.reach_km, {"link": LINK, "rate": decoy.rate_with_endless_decoys, "mean_photons": 0.48}, law(ends_there),
        odd=LINES | {"rate": [decoy.rate_without_decoys]},
    ),
    Case(
        small_blocks.largest_unseen_errors, {"key_bits": 300, "test_bits": 300, "test_errors": 5, "chance": 1e-10},
        law(unseen), says=["test_errors"],
    ),
    Case(
        small_blocks.small_block_key_length, {"key_bits": 1500, "test_bits": 1500, "qber": 0.045, **FINITE},
        law(short_key),
    ),
    Case(tolerable_noise.added_noise_rate, {"qber": 0.12, "protocol": "bb84"}, eigenvalue_rate, absolute=1e-6, odd={
        "protocol": ["six-state"], "qber": [0.1, 0.124, 0.125, 0.14],
    }),
    Case(
        tolerable_noise.tolerable_qber, {"protocol": "bb84", "processing": "one-way"},
        lambda protocol, processing: THRESHOLDS[protocol, processing], absolute=1.5e-4,
        odd={"protocol": ["six-state"], "processing": ["added noise", "two-way"]},
    ),
    Case(white_noise.werner_fidelity, {"qber": 0.05, "s": None}, from_either, says=["qber and s", "s"]),
    Case(
        white_noise.compare_with_white_noise, {"s": 2.578, "qber": 0.078, "s_error": 0.075, "qber_error": 0.009},
        law(compared),
    ),
]  # fmt: skip

test_no_function_is_forgotten, test_one_odd_argument, test_two_odd_arguments, test_many_odd_pairs = edges_of(
    "qlab.keys", CASES, records=(
        authentication.ManInTheMiddleResult, intercept_resend.KeyExchangeResult, white_noise.WhiteNoiseComparison,
    )
)  # fmt: skip


@pytest.mark.parametrize("mean_photons", [100.0, 1e4, 1e15])
def test_strong_pulses_bound_nothing_however_weak_the_decoy(mean_photons: float) -> None:
    """The terms of the bound rise until n = μ, and the first ones say nothing."""
    assert decoy.decoy_bounds(LINK, mean_photons, 1e-30) == (0.0, 0.5)
