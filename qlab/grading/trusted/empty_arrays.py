"""Make comparisons with an empty answer fail, whatever was expected.

``np.allclose(np.empty((0, 2)), [1.0, 2.0])`` is true, because nothing is compared; so would be a test that
asks it.  On the trusted side, and there only, an empty answer is neither close to nor comparable with numbers.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

from qlab.grading.wire.codec import CannotCross

_ASKS = ("allclose",)
_INSISTS = ("assert_allclose", "assert_array_equal", "assert_array_almost_equal", "assert_array_less",
            "assert_equal", "assert_almost_equal", "assert_approx_equal")  # fmt: skip


def refuse_empty_comparisons() -> None:
    """Let NumPy's comparisons fail where one side alone is empty, if NumPy is imported."""
    numpy, testing = sys.modules.get("numpy"), sys.modules.get("numpy.testing")
    for name in _ASKS if numpy is not None else ():
        setattr(numpy, name, _guarded(getattr(numpy, name), insists=False))
    for name in _INSISTS if testing is not None else ():
        setattr(testing, name, _guarded(getattr(testing, name), insists=True))


def _guarded(compare: Callable[..., Any], *, insists: bool) -> Callable[..., Any]:
    @functools.wraps(compare)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        one, other = [*args, *kwargs.values(), None, None][:2]
        if _is_empty(one) == _is_empty(other):
            return compare(*args, **kwargs)
        if insists:
            raise AssertionError("one side is empty, the other is not")
        return False

    return guarded


def _is_empty(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_empty, value))
    return type(value).__module__ != "builtins" and hasattr(type(value), "__array_ufunc__") and value.size == 0


@functools.cache
def _empty_answer() -> Any:
    import numpy

    class EmptyAnswer(numpy.ndarray):
        """A learner's empty array, which refuses to be stretched to nothing beside one that is not."""

        def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
            plain = [one.view(numpy.ndarray) if isinstance(one, EmptyAnswer) else one for one in inputs]
            if method == "__call__" and any(numpy.ndim(one) and numpy.size(one) for one in plain):
                raise CannotCross("an empty array cannot be compared or combined with one that is not")
            return getattr(ufunc, method)(*plain, **options)

    return EmptyAnswer


def guard_empty(array: Any) -> Any:
    """Return a learner's array; one without items refuses to be combined with one that has some.

    Example:
        >>> import numpy as np
        >>> guard_empty(np.empty((0, 2))) == np.ones(2)
        Traceback (most recent call last):
            ...
        qlab.grading.wire.codec.CannotCross: an empty array cannot be compared or combined with one that is not
    """
    return array if array.size else array.view(_empty_answer())
