"""Stand-ins, in the tests, for student functions, classes and objects.

What a stand-in relays decides what a student can forge.  A question whose answer is plain data
gives the student nothing but the question: calls, attributes, lengths, items, iteration.  A
comparison would hand the expected value over and let the student's `__eq__` say yes, so comparisons
and arithmetic are relayed only for classes that the instructor's own solution defines, and only the
special methods that it defines there.  So it is with methods of texts, lists and sets that compare.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from typing import Any

from qlab.grading.notebooks.scope import EQUALS_PLAIN
from qlab.grading.wire.codec import CannotCross, CannotHandOver
from qlab.grading.wire.limits import IMPORTABLE
from qlab.grading.wire.peer import Peer

_COMPARISONS = frozenset({"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"})
_OPERATORS = ("add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor", "divmod")
_ARITHMETIC = frozenset(f"__{side}{name}__" for name in _OPERATORS for side in ("", "r"))
_SHIFTS = frozenset({"__lshift__", "__rlshift__", "__rshift__", "__rrshift__"})
_IN_PLACE = frozenset(f"__i{name}__" for name in (*_OPERATORS[:-1], "lshift", "rshift"))
_NUMBERS = frozenset({"__float__", "__int__", "__index__", "__complex__", "__bool__", "__abs__", "__round__"})

RELAYED: dict[str, frozenset[str]] = {
    "function": frozenset(),
    "class": frozenset(),
    "callable": _NUMBERS | {"__len__", "__getitem__", "__iter__"},
    "instance": _NUMBERS | {"__len__", "__getitem__", "__iter__"},
    "iterator": _NUMBERS | {"__getitem__", "__next__"},
}
"""By kind of object, the special methods that are asked of the student's side whatever its class is.

Their answers are plain data, or objects that are asked in turn: nothing of the test's is handed over.
"""

REFUSED: dict[str, frozenset[str]] = {
    "function": _COMPARISONS | _ARITHMETIC | {"__contains__"},
    "class": _COMPARISONS | _ARITHMETIC | {"__contains__"},
    "callable": _COMPARISONS | _ARITHMETIC,
    "instance": _COMPARISONS | _ARITHMETIC,
    "iterator": _COMPARISONS | _ARITHMETIC,
}
"""By kind, those that would hand a value of the test's over: they say so instead of saying yes or no."""

OWN = (
    _COMPARISONS | _ARITHMETIC | _SHIFTS | _IN_PLACE | _NUMBERS
    | {"__neg__", "__pos__", "__invert__", "__trunc__", "__floor__", "__ceil__"}
    | {"__len__", "__length_hint__", "__getitem__", "__setitem__", "__delitem__", "__missing__", "__contains__"}
    | {"__iter__", "__next__", "__reversed__", "__call__", "__enter__", "__exit__"}
    | {"__bytes__", "__format__", "__fspath__", "__copy__", "__deepcopy__", "__dir__", "__sizeof__"}
)  # fmt: skip
"""Those that are relayed, for objects only, where a class of that name in the instructor's solution defines them."""

_COMPARING = frozenset({"startswith", "endswith", "find", "rfind", "index", "rindex", "count", "issubset", "issuperset",
                        "isdisjoint", "union", "intersection", "difference", "symmetric_difference",
                        "removeprefix", "removesuffix", "equals", "isclose", "allclose"})  # fmt: skip
_CALLED = ("function", "class", "callable")
_OBJECTS = ("callable", "instance", "iterator")


class StudentObject:
    """Stands for an object of the student's that is not plain data."""

    def __init__(self, link: Link, number: int, kind: str, name: str) -> None:
        vars(self).update(_q_link=link, _q_number=number, _q_kind=kind, _q_name=name)

    def __getattr__(self, name: str) -> Any:
        if name in ("__name__", "__qualname__"):
            return self._q_name
        if name.startswith("__") and name != "__doc__":
            raise AttributeError(f"{self._q_name!r} object has no attribute {name!r}")
        value = self._q_link.ask("get", self._q_number, name)
        if isinstance(value, StudentObject):
            value = known_as(value, name)
            if self._q_kind in ("instance", "callable", "iterator") and not self._q_link.defines(self._q_name):
                vars(value).setdefault("_q_foreign", name in _COMPARING)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        self._q_link.ask("set", self._q_number, name, value)

    def __delattr__(self, name: str) -> None:
        self._q_link.ask("delete", self._q_number, name)

    def __repr__(self) -> str:
        return str(self._q_link.ask("text", self._q_number, "repr"))

    def __str__(self) -> str:
        return str(self._q_link.ask("text", self._q_number, "str"))

    def __instancecheck__(self, value: Any) -> bool:
        if self._q_kind != "class" or not isinstance(value, StudentObject):
            return False
        return self._q_link.ask("isinstance", value, self._q_number) is True

    def __subclasscheck__(self, value: Any) -> bool:
        if self._q_kind != "class" or not isinstance(value, StudentObject):
            return False
        return self._q_link.ask("issubclass", value, self._q_number) is True

    def __hash__(self) -> int:
        return hash(self._q_number)


def known_as(value: Any, name: str) -> Any:
    """Remember by what name a test came to a student's object; the name that it gives itself proves nothing.

    Returns:
        The object; if it can be called and is known by another name already, another stand-in for it.
    """
    if not isinstance(value, StudentObject) or vars(value).setdefault("_q_path", name) == name:
        return value
    if value._q_kind not in ("function", "callable"):
        return value
    other = type(value)(value._q_link, value._q_number, value._q_kind, value._q_name)
    vars(other).update(vars(value), _q_path=name)
    return other


def _call(self: StudentObject, /, *args: Any, **kwargs: Any) -> Any:
    """Call the student's function, class or object."""
    if vars(self).get("_q_foreign") and (args or kwargs):
        raise CannotCross(f"an object cannot be asked for {self._q_path} here; a text, a list or a set can")
    return self._q_link.call(self._q_number, vars(self).get("_q_path"), self._q_name, args, kwargs)


def _relay(name: str) -> Callable[..., Any]:
    def method(self: StudentObject, /, *args: Any, **kwargs: Any) -> Any:
        return self._q_link.ask("method", self._q_number, name, args, kwargs)

    method.__name__ = name
    return method


def _relay_among_objects(name: str) -> Callable[..., Any]:
    """Relay a comparison with another object only: told plain data, a student's class would say yes to it."""
    relayed = _relay(name)

    def method(self: StudentObject, other: Any) -> Any:
        if isinstance(other, StudentObject) or type(other).__module__ == self._q_link.lent.module:
            return relayed(self, other)
        return NotImplemented

    method.__name__ = name
    return method


def _refuse(name: str) -> Callable[..., Any]:
    def method(self: StudentObject, other: Any) -> Any:
        same = isinstance(other, StudentObject) and (other._q_link, other._q_number) == (self._q_link, self._q_number)
        if same and name in ("__eq__", "__ne__"):
            return name == "__eq__"
        if other is None and name in ("__eq__", "__ne__"):
            return name == "__ne__"
        raise CannotCross(f"an object of type {self._q_name} cannot be compared or combined with other values")

    method.__name__ = name
    return method


class Lent:
    """What a test handed to the student's side, and what that side may ask of it: incoming questions.

    Args:
        module: name of the module that the test's cells are; instances of their classes may be handed over.

    Attributes:
        module: as given.
    """

    def __init__(self, module: str = "__main__") -> None:
        self.module = module
        self._values: list[Any] = []

    def add(self, value: Any) -> int:
        """Lend a value; return its number."""
        self._values.append(value)
        return len(self._values) - 1

    def find(self, number: Any) -> Any:
        """Return what was lent under a number.

        Raises:
            CannotCross: nothing was.
        """
        if type(number) is not int or not 0 <= number < len(self._values):
            raise CannotCross("no such object was handed over")
        return self._values[number]

    def operations(self) -> dict[str, Callable[..., Any]]:
        """Return what the student's side may ask for: calls of, and attributes of, what was lent."""
        return {"call": self._call, "attribute": self._attribute}

    def _call(self, number: Any, args: Any, kwargs: Any) -> Any:
        function = self.find(number)
        if not isinstance(args, tuple) or not isinstance(kwargs, dict):
            raise CannotCross("the arguments are malformed")
        if not callable(function):
            raise TypeError("the object is not callable")
        return function(*args, **kwargs)

    def _attribute(self, number: Any, name: Any) -> Any:
        owner = self.find(number)
        if not isinstance(name, str) or name.startswith("_") or type(owner).__module__ != self.module:
            raise AttributeError("this attribute cannot be read here")
        value = getattr(owner, name)
        if isinstance(value, types.FunctionType | types.MethodType) or not callable(value):
            return value
        raise AttributeError("this attribute cannot be read here")


class Link:
    """The trusted side's end of one copy of the student's state: outgoing questions, and the stand-ins.

    Args:
        classes: special methods, by name of a class that the instructor's solution defines.
        changes: by function name, the parameters (positions and names) that the instructor's
            solution changes in place.
        outer: names that the solution binds at its top level; no student's object may claim one of them.

    Attributes:
        peer: the connection, to be set before the first question; it needs the link's `handle`, `resolve`
            and `lent.operations()`.
        closed: whether the copy of the state has ended, and no question reaches it any more.
        lent: what the test handed over.
    """

    def __init__(
        self,
        classes: dict[str, list[str]],
        changes: dict[str, list[Any]],
        outer: frozenset[str] = frozenset(),
    ) -> None:
        self.peer: Peer | None = None
        self.closed = False
        self.lent = Lent()
        self._classes = classes
        self._changes = changes
        self._outer = outer
        self._proxies: dict[int, StudentObject] = {}
        self._types: dict[tuple[str, str], type[StudentObject]] = {}

    @property
    def stand_ins(self) -> int:
        """How many of the student's objects have a stand-in here so far."""
        return len(self._proxies)

    @property
    def objects(self) -> bool:
        """Whether one of them is no function or class, so that it may have been compared as less than it is."""
        return any(one._q_kind in _OBJECTS for one in self._proxies.values())

    def ask(self, operation: str, *arguments: Any) -> Any:
        """Ask the student's side.

        Raises:
            CannotCross: the object belongs to a copy of the state that has ended.
        """
        if self.closed or self.peer is None:
            raise CannotHandOver("this object was made in an earlier test; every test sees a fresh copy")
        try:
            answer = self.peer.ask(operation, *arguments)
        except (StopIteration, StopAsyncIteration) as error:
            if operation == "method" and arguments[1] == "__next__":
                raise
            raise _no_end_of_iteration(error) from None
        if operation == "names" and isinstance(answer, dict):
            return {name: known_as(value, name) for name, value in answer.items()}
        return answer

    def defines(self, name: str) -> bool:
        """Return whether a class of that name is one of the instructor's solution, and within the test's reach."""
        return name in self._classes

    def call(self, number: int, path: str | None, claimed: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a student's callable, then apply the changes in place that its task asks for.

        What a function is called decides which arguments it may change: the name that the test came by, or,
        for one that another returned, its own, unless it claims to be one that the test could name.
        """
        name = path if path is not None else "" if claimed in self._outer else claimed
        places = [p for p in self._changes.get(name, ()) if p in kwargs or p in range(len(args))]
        answer = self.ask("call", number, args, kwargs, places)
        if not isinstance(answer, tuple) or len(answer) != 2 or not isinstance(answer[1], dict):
            raise CannotCross("the answer is malformed")
        for place in places:
            target = kwargs[place] if place in kwargs else args[place]
            _change_inplace(target, answer[1].get(place, target))
        return answer[0]

    def handle(self, value: Any) -> Any:
        """Pack what is not plain data: the student's own objects, importable names, callables."""
        if isinstance(value, StudentObject):
            if value._q_link is not self or self.closed:
                raise CannotHandOver("this object was made in an earlier test; every test sees a fresh copy")
            return {"u": value._q_number}
        module = getattr(value, "__module__", None) or "numpy"
        name = getattr(value, "__name__", "")
        named = module in IMPORTABLE and isinstance(name, str)
        if named and getattr(__import__(module, fromlist=[name]), name, None) is value:
            return {"p": [module, name]}
        if callable(value) or type(value).__module__ == self.lent.module:
            return {"h": [self.lent.add(value), str(name)[:100]]}
        raise CannotHandOver(f"an argument of type {type(value).__name__} cannot be handed to student code")

    def resolve(self, tag: str, body: Any) -> Any:
        """Unpack the student's handles and our own."""
        if tag == "h" and isinstance(body, list) and len(body) == 3:
            number, kind, name = body
            if type(number) is int and isinstance(kind, str) and isinstance(name, str):
                return self._proxy(number, kind, name[:100])
        if tag == "u":
            return self.lent.find(body)
        if tag == "p" and isinstance(body, list) and len(body) == 2 and body[0] == "builtins":
            import builtins

            value = getattr(builtins, str(body[1]), None)
            if isinstance(value, type):
                return value
        raise CannotCross("the student's side sent something unknown")

    def _proxy(self, number: int, kind: str, name: str) -> StudentObject:
        known = self._proxies.get(number)
        if known is not None:
            return known
        if len(self._proxies) > 100_000:
            raise CannotCross("the student's side made too many objects")
        key = (kind, name)
        if key not in self._types:
            self._types[key] = self._type(kind, name)
        proxy = self._types[key](self, number, kind, name)
        self._proxies[number] = proxy
        return proxy

    def _type(self, kind: str, name: str) -> type[StudentObject]:
        """Return the class of the stand-ins for one kind of object and one class's name."""
        own = OWN & set(self._classes.get(name, ())) if kind in _OBJECTS else frozenset()
        body: dict[str, Any] = {each: _refuse(each) for each in REFUSED.get(kind, REFUSED["function"])}
        if kind in _CALLED:
            body.update(__call__=_call, __signature__=property(_signature), __doc__=property(_documentation))
        if kind == "iterator":
            body["__iter__"] = lambda self: self
        body.update({each: _relay(each) for each in RELAYED.get(kind, frozenset()) | own})
        if "__eq__" in own and EQUALS_PLAIN not in self._classes[name]:
            body["__eq__"] = _relay_among_objects("__eq__")
        if "__eq__" in own and "__ne__" not in own:
            del body["__ne__"]  # Python's own asks __eq__
        if own & {"__enter__", "__exit__"}:
            body["__exit__"] = _leave
        body["__hash__"] = StudentObject.__hash__
        return type(name if name.isidentifier() else "object", (StudentObject,), body)


def _no_end_of_iteration(error: Exception) -> RuntimeError:
    """Return what Python makes of a StopIteration in a generator: inside a test's `map` it would pass for the end."""
    raised = RuntimeError(f"the code raised {type(error).__name__}")
    raised.remote_name = getattr(error, "remote_name", "StopIteration")  # type: ignore[attr-defined]
    return raised


def _leave(self: StudentObject, kind: Any, error: Any, trace: Any) -> None:
    """Leave a student's context; what the test raised inside it is never the student's to swallow."""
    self._q_link.ask("method", self._q_number, "__exit__", (None, None, None), {})


def _signature(self: StudentObject) -> inspect.Signature:
    described = self._q_link.ask("signature", self._q_number)
    kinds = list(inspect._ParameterKind)
    return inspect.Signature(
        [
            inspect.Parameter(str(name), kinds[kind], default=None if optional else inspect.Parameter.empty)
            for name, kind, optional in described
        ]
    )


def _documentation(self: StudentObject) -> Any:
    return self._q_link.ask("get", self._q_number, "__doc__")


def _change_inplace(target: Any, value: Any) -> None:
    """Give a mutable argument the content that the student's function gave its copy."""
    if type(target) is not type(value):
        return
    if isinstance(target, list | bytearray):
        target[:] = value
    elif isinstance(target, dict | set):
        target.clear()
        target.update(value)
    elif hasattr(target, "bit_generator"):
        target.bit_generator.state = value.bit_generator.state
    elif hasattr(target, "getstate"):
        target.setstate(value.getstate())
    elif hasattr(target, "dtype") and target.dtype == value.dtype and target.shape == value.shape:
        target[...] = value
