"""Chances with many digits, and how far counts may scatter."""

from __future__ import annotations

from math import sqrt
from typing import Any

import mpmath as mp

mp.mp.dps = 60


def digits(value: Any) -> Any:
    """A real number of any kind with many digits."""
    return value if isinstance(value, mp.mpf) else mp.mpf(float(value))


def log10_between(n: int, low: int, high: int, p: float) -> float:
    """log₁₀ P(low ≤ Bin(n, p) ≤ high), term by term from the largest on."""
    with mp.workdps(50):
        q = digits(p)
        if low > high:
            return -mp.inf
        if q in (0, 1):
            return 0.0 if low <= n * int(q) <= high else -mp.inf
        start = min(max(low, int(n * q)), high)
        term = mp.exp(
            mp.loggamma(n + 1) - mp.loggamma(start + 1) - mp.loggamma(n - start + 1)
            + start * mp.log(q) + (n - start) * mp.log1p(-q)
        )  # fmt: skip
        total, odds = term, q / (1 - q)
        for step in (1, -1):
            now, k = term, start
            while low <= k + step <= high and (now > total * mp.mpf(10) ** -30 or abs(k - start) < 3):
                now = now * odds * (n - k) / (k + 1) if step == 1 else now / odds * k / (n - k + 1)
                total, k = total + now, k + step
                if abs(k - start) > 20_000:
                    raise AssertionError("too long a tail to add")
        return float(mp.log10(total))


def scatter(found: float, wanted: float, n: float) -> bool:
    """Within five standard errors; a mean that is certain exactly."""
    return n == 0 or abs(found - wanted) <= 5 * sqrt(max(wanted * (1 - wanted), 0) / n) + 3 / n
