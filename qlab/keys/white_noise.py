"""S, error rate and fidelity of one pair under white noise, each from each, and what it means when two do not fit.

White noise turns |Φ+⟩ into a Werner pair: S = 2√2(1-2Q) at the best angles, Q = 2(1-F)/3 in every basis.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, inf

from qlab import _validate
from qlab.bell.chsh import TSIRELSON_BOUND


def werner_fidelity(*, qber: float | None = None, s: float | None = None) -> float:
    """Fidelity of the Werner pair with a given error rate, 1 - 3Q/2, or with a given S, (1 + 3S/2√2)/4.

    Args:
        qber: error rate Q in [0, ⅔]; or
        s: CHSH value at the best angles, in [-2√2/3, 2√2].

    >>> round(werner_fidelity(qber=0.110028), 5), round(werner_fidelity(s=2.0), 5)
    (0.83496, 0.78033)
    """
    if (qber is None) == (s is None):
        raise _validate.fail("qber and s", "must be given one without the other", (qber, s))
    if qber is not None:
        return 1 - 1.5 * _validate.in_range("qber", qber, 0, 2 / 3)
    value = _validate.in_range("s", s, -TSIRELSON_BOUND / 3, TSIRELSON_BOUND)
    return min(1.0, max(0.0, (1 + 3 * value / TSIRELSON_BOUND) / 4))


@dataclass(frozen=True)
class WhiteNoiseComparison:
    """A measured S and error rate beside what white noise ties together.

    Attributes:
        expected_s: S of white noise with the measured error rate, 2√2(1-2Q).
        expected_qber: error rate of white noise with the measured S, (1-S/2√2)/2.
        sigmas: (S - expected_s) over its error; infinite where no errors were given and the two differ.
        remark: in words.
    """

    expected_s: float
    expected_qber: float
    sigmas: float
    remark: str


def compare_with_white_noise(
    s: float, qber: float, *, s_error: float = 0.0, qber_error: float = 0.0
) -> WhiteNoiseComparison:
    """Does a measured pair of S and error rate fit white noise, or is S better or worse than that?

    Args:
        s: measured CHSH value, in [-4, 4].
        qber: measured error rate, in [0, 1].
        s_error: its standard error, at least 0.
        qber_error: likewise.

    >>> comparison = compare_with_white_noise(2.578, 0.078, s_error=0.075, qber_error=0.009)  # Zhang et al. 2022
    >>> round(comparison.expected_s, 3), round(comparison.sigmas, 1)
    (2.387, 2.1)
    """
    value, q = _validate.in_range("s", s, -4, 4), _validate.probability("qber", qber)
    error = hypot(
        _validate.non_negative("s_error", s_error),
        2 * TSIRELSON_BOUND * _validate.non_negative("qber_error", qber_error),
    )
    expected = TSIRELSON_BOUND * (1 - 2 * q)
    gap = value - expected
    sigmas = gap / error if error else (0.0 if abs(gap) < 1e-9 else inf if gap > 0 else -inf)
    if value > TSIRELSON_BOUND + 2 * s_error:
        remark = "S is above 2√2, which no quantum pair gives: look for dropped rounds or too strong a correction"
    elif abs(sigmas) <= 2:
        remark = "fits white noise within two standard errors"
    elif sigmas > 0:
        remark = "better than white noise: S is above what this error rate allows it, so the noise is of another kind"
    else:
        remark = "worse than white noise: S is below what this error rate allows it; check the angles of the Bell test"
    return WhiteNoiseComparison(expected, (1 - value / TSIRELSON_BOUND) / 2, sigmas, remark)
