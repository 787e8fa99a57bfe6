"""One notebook through the sandbox: honest, hostile and hanging students; every kind of test."""

# ruff: noqa: E501 - whole programs as one string each
from __future__ import annotations

import contextlib
import functools
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from qlab.grading.notebooks.plan import make_job, make_plan
from qlab.grading.notebooks.reading import parse_notebook
from qlab.grading.notebooks.rebuilding import rebuild
from qlab.grading.runs.worker import Settings, Worker
from qlab.grading.wire.limits import Limits
from tests.notebooks import graded, locked, notebook, solution
from tests.waiting import wait_for

LIMITS = Limits(cell_seconds=2, test_seconds=2, notebook_seconds=12, grace_seconds=5, memory_mb=600, processes=40)
Run = Callable[..., dict[str, Any]]
SOON_S = 60.0
"""What hangs here hangs for ever, or for ten minutes: a bound far from what a busy machine needs."""


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker(Settings(preload=("numpy", "math"), limits=LIMITS)) as one:
        yield one


@pytest.fixture
def run(worker: Worker, tmp_path: Path) -> Run:
    """Grade one answer against a reference and some tests; return verdicts and outputs."""
    return functools.partial(run_one, worker, tmp_path)


def run_one(
    worker: Worker,
    directory: Path,
    answer: str,
    *tests: str,
    reference: str | None = None,
    extra: str = "",
    limits: Limits = LIMITS,
) -> dict[str, Any]:
    cells = [
        locked("setup", "import math\nimport numpy as np"),
        solution("answer", reference if reference is not None else answer),
        *(graded(f"test{number}", text) for number, text in enumerate(tests)),
        solution("later", ""),
    ]
    source = notebook(*cells)
    plan = make_plan("n", json.dumps(source).encode())
    cells[1]["source"], cells[-1]["source"] = answer, extra
    submitted = rebuild(plan.released, parse_notebook(json.dumps(source).encode()))
    found = worker.run(make_job(plan, submitted, directory=directory, limits=limits))
    judgements = [found.tests[f"test{number}"] for number in range(len(tests))]
    return {
        "cells": found.cells,
        "tests": found.tests,
        "verdicts": [one.verdict for one in judgements],
        "messages": [one.message for one in judgements],
        "printed": json.dumps(found.cells),
    }


HIDDEN = "### BEGIN HIDDEN TESTS\n{}\n### END HIDDEN TESTS"
REFERENCE = "def f(x):\n    return x + 1"


@pytest.mark.parametrize(
    ("answer", "test"),
    [
        ("def f(x):\n    return x + 1", "assert f(1) == 2 and f(x=2) == 3"),
        ("x = [1, 2]", "assert x == [1, 2]\nassert isinstance(x, list)"),
        ("def f(a):\n    return a * 2", "assert np.allclose(f(np.ones(3)), 2)"),
        ("def f(xs):\n    xs.sort()", "xs = [3, 1]\nf(xs)\nassert xs == [1, 3]"),
        ("def f(d, *, key):\n    d[key] = 1", "d = {}\nf(d, key='a')\nassert d == {'a': 1}"),
        ("def f():\n    yield from range(3)", "assert list(f()) == [0, 1, 2]"),
        ("f = lambda: (lambda y: y + 1)", "assert f()(1) == 2"),
        ("def f(g):\n    return g(g(1))", "assert f(lambda v: v * 10) == 100"),
        ("def f(g):\n    return g(0.5)", "assert f(math.sin) == math.sin(0.5)"),
        ("def f():\n    raise KeyError('k')", "try:\n    f()\nexcept KeyError as e:\n    assert e.args == ('k',)\nelse:\n    assert 0"),
        ("class A:\n    def __init__(self, v):\n        self.v = v\n    def double(self):\n        return 2 * self.v",
         "a = A(3)\nassert a.double() == 6\na.v = 5\nassert a.v == 5 and isinstance(a, A) and not isinstance(3, A)"),
        ("class B:\n    def __len__(self):\n        return 4\n    def __getitem__(self, i):\n        return i\n"
         "    def __contains__(self, i):\n        return i == 9\n    def __add__(self, o):\n        return 7",
         "b = B()\nassert len(b) == 4 and b[2] == 2 and 9 in b and 8 not in b and b + 1 == 7"),
        ("def f(rng):\n    return rng.integers(0, 9, 5).tolist()",
         "assert f(np.random.default_rng(1)) == np.random.default_rng(1).integers(0, 9, 5).tolist()"),
        ("def f(a, b=2):\n    '''Doc.'''\n    return a",
         "import inspect\nassert list(inspect.signature(f).parameters) == ['a', 'b']\nassert f.__doc__ == 'Doc.' and f.__name__ == 'f'"),
        ("async def f():\n    return 1\nv = await f()", "assert v == 1"),
        ("%precision 4\nv = 3", "assert v == 3"),
        ("import fractions\ndef f():\n    return fractions.Fraction(1, 3)", "from fractions import Fraction\nassert f() == Fraction(1, 3)"),
    ],
)  # fmt: skip
def test_what_tests_do_works_across_the_boundary(run: Run, answer: str, test: str) -> None:
    outcome = run(answer, test)
    assert outcome["verdicts"] == ["passed"], outcome["tests"]


def test_each_test_sees_a_fresh_copy(run: Run) -> None:
    outcome = run("n = []\ndef f():\n    n.append(1)\n    return len(n)", "assert f() == 1", "assert f() == 1")
    assert outcome["verdicts"] == ["passed", "passed"]


def test_state_is_frozen_where_the_test_stands(run: Run) -> None:
    outcome = run(REFERENCE, "assert f(1) == 2", extra="def f(x):\n    return 0")
    assert outcome["verdicts"] == ["passed"]


ALWAYS = "class E:\n    def __eq__(self, o): return True\n    def __ne__(self, o): return False\n    def __lt__(self, o): return True\n    __le__ = __gt__ = __ge__ = __contains__ = __lt__\n    def __sub__(self, o): return 0\n    __rsub__ = __add__ = __sub__\n    def __abs__(self): return 0\n    def __array__(self, *a, **k): import numpy; return numpy.array(2)\n    def __float__(self): return 2.0\n    __hash__ = None\ndef f(x):\n    return E()"


@pytest.mark.parametrize(
    "test", ["assert f(1) == 2", "assert 2 == f(1)", "assert f(1) <= 2", "assert abs(f(1) - 2) < 1e-9", "assert f(1) in [2]",
             "assert not f(1) != 2", "assert [f(1)] == [2]", "assert (f(1), 1) == (2, 1)"],
)  # fmt: skip
def test_always_equal_objects_win_nothing(run: Run, test: str) -> None:
    assert run(ALWAYS, test, reference=REFERENCE)["verdicts"] == ["failed"]


@pytest.mark.parametrize(
    "answer",
    [
        "import builtins\nbuiltins.AssertionError = ValueError\ndef f(x): return 0",
        "get_ipython().ast_transformers.append(type('T', (), {'visit': lambda s, n: __import__('ast').parse('pass')})())\ndef f(x): return 0",
        "get_ipython().run_cell = lambda *a, **k: None\ndef f(x): return 0",
        "import numpy as np\nnp.allclose = lambda *a, **k: True\ndef f(x): return 0",
        "import sys\nsys.exit(0)",
        "import os\nos._exit(0)",
        "raise KeyboardInterrupt",
        "def f(x):\n    import os\n    os._exit(0)",
        "def f(x):\n    raise SystemExit",
        "def f(x):\n    raise type('AssertionError', (Exception,), {'verdict': 'passed'})()",
        "import os\nos.write(3, b'\\0' * 64)\ndef f(x): return 0",
        "def f(x):\n    import os\n    os.write(3, b'\\xff' * 4096)\n    return 0",
        "import os\nfor n in range(3, 64):\n    try: os.close(n)\n    except OSError: pass\n",
        "test0 = 'passed'\nassert True",
        "import signal, os\nos.kill(os.getppid(), 9)\nos.kill(1, 9)\ndef f(x): return 0",
        "import ctypes\nctypes.string_at(0)",
        "import sys\nsys.setrecursionlimit(10**9)\ndef f(x): return f(x)",
        "f = None",
        "",
        "def f(x",
    ],
)  # fmt: skip
def test_forgeries_win_nothing(run: Run, answer: str) -> None:
    outcome = run(answer, "assert f(1) == 2", HIDDEN.format("assert f(5) == 6"), reference=REFERENCE)
    assert "passed" not in outcome["verdicts"], outcome["tests"]


def test_hidden_arguments_do_not_come_back(run: Run) -> None:
    spy = (
        "import os\ndef f(x):\n    print('saw', x)\n    open(os.environ['TMPDIR'] + '/seen', 'a').write(str(x))\n"
        "    if x == 987654321:\n        raise type(f'E{x}', (ValueError,), {})(f'it was {x}')\n    return x + 1"
    )
    outcome = run(
        spy,
        "assert f(1) == 2",
        HIDDEN.format("assert f(987654321) == 987654322"),
        "assert f(3) == open, f'got {f(3)}'",
        extra="import glob\nprint([open(n).read() for n in glob.glob(os.environ['TMPDIR'] + '/*')])",
        reference=REFERENCE,
    )
    assert outcome["verdicts"][:2] == ["passed", "crashed"]
    assert "987654321" not in outcome["printed"]
    assert "987654321" not in " ".join(outcome["messages"])
    assert outcome["messages"][1] == "Your code raised an error in a hidden test."


@pytest.mark.parametrize(
    "raised",
    ["ValueError(x)", "KeyError", "RecursionError", "MemoryError", "StopIteration", "AssertionError('no')", "NameError('y')",
     "NotImplementedError", "OSError(2, 'x')", "SystemExit(3)", "KeyboardInterrupt", "UnicodeDecodeError('a', b'', 0, 1, 'b')",
     "type('Mine', (LookupError, ValueError), {})", "ExceptionGroup('g', [TypeError()])", "np.linalg.LinAlgError", "Warning"],
)  # fmt: skip
def test_what_is_raised_in_a_hidden_test_writes_nothing_down(run: Run, raised: str) -> None:
    answer = f"def f(x):\n    if x > 1:\n        raise {raised}\n    return x + 1"
    outcome = run(answer, "assert f(1) == 2", HIDDEN.format("assert f(5) == 6"), reference=REFERENCE)
    assert outcome["verdicts"] == ["passed", "crashed"]
    assert outcome["messages"][1] == "Your code raised an error in a hidden test."


def test_answers_cannot_echo_hidden_arguments_either(run: Run) -> None:
    outcome = run(
        "def f(x):\n    return x",
        HIDDEN.format("for v in (987654321,):\n    assert f(v) == v + 1, f'got {f(v)}'"),
        HIDDEN.format("assert f(987654321) == 2, 'one more is wanted'"),
        reference=REFERENCE,
    )
    assert outcome["messages"] == ["A hidden test did not hold.", "one more is wanted"]


@pytest.mark.parametrize(
    "show",
    [
        "print('x' * 90_000)",
        "print(chr(0) * 30_000)",
        "display({'text/html': '€' * 30_000}, raw=True)",
        "1 / 0 if print('y' * 90_000) is None else 0",
    ],
)
def test_a_notebook_s_output_is_limited_as_a_whole(run: Run, show: str) -> None:
    answer = f"{REFERENCE}\n{show}" if not show.startswith("1") else f"print('z' * 90_000)\n{REFERENCE}"
    limits = replace(LIMITS, notebook_output_bytes=120_000)
    outcome = run(answer, "assert f(1) == 2", extra=f"{show}", reference=REFERENCE, limits=limits)
    assert outcome["verdicts"] == ["passed"]
    assert len(json.dumps([outcome["cells"][at] for at in sorted(outcome["cells"])])) < 121_000 + 1_000
    assert outcome["printed"].count("Output left out: the notebook holds more than it may") >= 1
    assert show.startswith("1") == ("ZeroDivisionError" in outcome["printed"])


def test_hanging_test_costs_only_itself(run: Run) -> None:
    started = time.monotonic()
    outcome = run(
        "import time\ndef f(x):\n    time.sleep(600)\n    return 2\nok = 1", "assert f(1) == 2", "assert ok == 1"
    )
    assert outcome["verdicts"] == ["timed_out", "passed"]
    assert time.monotonic() - started < SOON_S


def test_hanging_cell_is_interrupted(run: Run) -> None:
    outcome = run("ok = 1\nwhile True:\n    pass", "assert ok == 1", reference="ok = 1")
    assert outcome["verdicts"] == ["passed"]
    assert "CellTimeout" in outcome["printed"]


def test_cell_that_cannot_be_interrupted_is_ended(run: Run) -> None:
    started = time.monotonic()
    stubborn = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass"
    outcome = run(stubborn, "assert f(1) == 2", reference=REFERENCE)
    assert outcome["verdicts"] == ["timed_out"]
    assert time.monotonic() - started < SOON_S


@pytest.mark.parametrize(
    "loop",
    [
        "assert sum(1 for _ in iter(lambda: f(1), None)) == 0",
        "while True:\n    pass",
        "x = 10 ** f(1) ** 9",
    ],
)
def test_tests_that_never_end_are_ended(run: Run, loop: str) -> None:
    started = time.monotonic()
    outcome = run("def f(x):\n    return 10\nok = 1", loop, "assert ok == 1")
    assert outcome["verdicts"] == ["timed_out", "passed"]
    assert time.monotonic() - started < SOON_S


@pytest.mark.parametrize(
    "greedy",
    [
        "x = bytearray(10**10)",
        "x = [bytearray(10**8) for _ in range(100)]",
        "import os\nwhile True:\n    os.fork()",
        "import os\nfor n in range(10**6):\n    open(f'/tmp/{n}', 'w').write('x' * 10**6)",
        "open('/tmp/big', 'wb').write(b'x' * 10**9)",
        "while True:\n    print('x' * 10**6)",
        "def f(x):\n    return [0] * 10**8",
        "def f(x):\n    v = []\n    for _ in range(10**5): v = [v]\n    return v",
        "import numpy as np\ndef f(x):\n    return np.zeros(10**9)",
        "import threading, time\nfor _ in range(10**4): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        "open_files = [open('/dev/null') for _ in range(10**5)]",
    ],
)  # fmt: skip
def test_greed_is_bounded(run: Run, greedy: str) -> None:
    started = time.monotonic()
    outcome = run(greedy, "assert f(1) == 2", reference=REFERENCE)
    assert "passed" not in outcome["verdicts"]
    assert len(outcome["printed"]) < 3 * LIMITS.output_bytes
    assert time.monotonic() - started < SOON_S


WALLS = """
import os, socket, ctypes, subprocess, json
found = {}
def attempt(name, action):
    try:
        found[name] = repr(action())
    except BaseException as error:
        found[name] = 'refused ' + type(error).__name__
attempt('socket', lambda: socket.create_connection(('127.0.0.1', 1), 1))
attempt('inet', lambda: socket.socket())
attempt('course', lambda: os.listdir(COURSE))
attempt('home', lambda: open('/root/.bashrc').read())
attempt('shadow', lambda: open('/etc/shadow').read())
attempt('write', lambda: open('/usr/x', 'w'))
attempt('root', lambda: open('/x', 'w'))
attempt('dev', lambda: open('/dev/x', 'w'))
attempt('packages', lambda: open(json.__file__, 'a'))
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    if getattr(libc, name)(*arguments) < 0:
        raise OSError(name)
attempt('unshare', lambda: call('unshare', 0x10000000))
attempt('mount', lambda: call('mount', b'none', b'/tmp', b'tmpfs', 0, None))
attempt('ptrace', lambda: call('ptrace', 16, 1, 0, 0))
attempt('setuid', lambda: call('setuid', 0))
attempt('chroot', lambda: call('chroot', b'/tmp'))
attempt('keyctl', lambda: call('syscall', 250, 0, 0, 0))
attempt('supervisor', lambda: open('/proc/1/mem', 'rb'))
attempt('supervisor_fds', lambda: os.listdir('/proc/1/fd'))
attempt('environ', lambda: open('/proc/1/environ').read())
attempt('mknod', lambda: os.mknod('/tmp/d', 0o60666, os.makedev(8, 0)))
attempt('chown', lambda: os.chown('/tmp', 0, 0))
pids = [p for p in os.listdir('/proc') if p.isdigit()]
fds = sorted(os.listdir('/proc/self/fd'))
left = sorted(os.listdir(os.environ['TMPDIR'])) + sorted(os.listdir('/dev/shm')) + sorted(os.listdir(os.getcwd()))
open(os.environ['TMPDIR'] + '/mark', 'w').write('1'); open('/dev/shm/mark', 'w').write('1'); open('mark', 'w').write('1')
subprocess.Popen(['sleep', MARK])
print(json.dumps({'found': found, 'pids': pids, 'fds': fds, 'left': left, 'environment': dict(os.environ)}))
"""


def test_walls_hold_and_nothing_survives(run: Run) -> None:
    course = str(Path(__file__).resolve().parents[3] / "tests")
    mark = f"300.{random.SystemRandom().randrange(10**9)}"  # nobody else's
    for _ in range(2):
        outcome = run(WALLS.replace("COURSE", repr(course)).replace("MARK", repr(mark)), "assert True")
        seen = json.loads(outcome["cells"][1][0]["text"])
        assert {n: v for n, v in seen["found"].items() if not v.startswith("refused")} == {}
        assert len(seen["pids"]) <= 3
        assert set(seen["fds"]) <= {"0", "1", "2", "3", "4"}
        assert set(seen["left"]) <= {"mpl"}
        assert set(seen["environment"]) & set(os.environ) <= {
            "PATH", "HOME", "USER", "LANG", "LC_ALL", "TERM", "PYTHONDONTWRITEBYTECODE", "PWD", "SHLVL", "_", "OLDPWD",
            "PYTHONHASHSEED", "PAGER", "GIT_PAGER", "CLICOLOR", "NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE",
            "MPLBACKEND", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS",
        }  # fmt: skip
    wait_for(
        lambda: mark not in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    )


def test_global_randomness_differs_between_notebooks(run: Run) -> None:
    draw = "import random, numpy\nprint(random.random(), numpy.random.random())"
    first, second = (run(draw, "assert True")["printed"] for _ in range(2))
    assert first != second


def test_warnings_and_trailing_numbers_are_no_verdicts(run: Run) -> None:
    outcome = run(REFERENCE, "import warnings\nwarnings.warn('careful')\nassert f(1) == 2", "assert f(1) == 2\n0")
    assert outcome["verdicts"] == ["passed", "passed"]


def test_grader_fault_is_told_apart(run: Run) -> None:
    outcome = run(REFERENCE, "1 / 0", "[][0]", "f(open(__import__('os').devnull))")
    assert outcome["verdicts"] == ["could_not_tell"] * 3


def test_missing_name_is_the_learners(run: Run) -> None:
    outcome = run("g = 1", "assert f(1) == 2", reference=REFERENCE)
    assert outcome["verdicts"] == ["crashed"]
    assert outcome["messages"] == ["`f` is not defined."]


def test_what_was_killed_once_is_run_again(run: Run, tmp_path: Path) -> None:
    """The frozen copies and the trusted side of a notebook at work are killed from outside, once."""
    slow = "import time\ndef f(x):\n    time.sleep(1.2 if x == 1 else 0)\n    return x + 1"
    for victim in ("student", "driver"):
        killer = threading.Thread(target=kill_one, args=(victim, tmp_path / victim))
        killer.start()
        outcome = run(slow, "assert f(1) == 2", "assert f(2) == 3", reference=REFERENCE)
        killer.join()
        assert (tmp_path / victim).read_text() == "killed", victim
        assert outcome["verdicts"] == ["passed", "passed"], (victim, outcome)


def kill_one(victim: str, done: Path) -> None:
    """Kill what works on the notebook, on either side, as soon as the first test has begun."""
    found: list[psutil.Process] = []
    with contextlib.suppress(AssertionError):
        wait_for(lambda: found.extend(at_work(victim)) or found, seconds=20)
    for one in found:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()
    done.write_text("killed" if found else "nobody")


def at_work(victim: str) -> list[psutil.Process]:
    """The frozen copies of the state, or the process that runs the tests."""
    with contextlib.suppress(psutil.NoSuchProcess):
        own = [one for one in psutil.Process().children(recursive=True) if one.status() != psutil.STATUS_ZOMBIE]
        lines = {one.pid: " ".join(one.cmdline()) for one in own}
        wanted = "zygote" if victim == "student" else "trusted"
        found = [one for one in own if wanted in lines[one.pid] and wanted in lines.get(one.ppid(), "")]
        if victim == "student":  # copies of the state: their parent is the supervisor, whose parent is the zygote
            found = [one for one in found if not one.children() and wanted in lines.get(one.parent().ppid(), "")]
        return found
    return []


def test_who_kills_the_own_process_each_time_has_crashed(run: Run) -> None:
    suicide = "import os, signal\ndef f(x):\n    os.kill(os.getpid(), signal.SIGKILL)"
    assert run(suicide, "assert f(1) == 2", reference=REFERENCE)["verdicts"] == ["crashed"]
    assert run(suicide + "\nf(1)", "assert f(1) == 2", reference=REFERENCE)["verdicts"] == ["crashed"]


@pytest.mark.parametrize("confined", [True, False])
def test_the_caller_s_environment_decides_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, confined: bool
) -> None:
    """Assertions count, output is UTF-8, sets have one order, no module comes from PYTHONPATH or from where we are."""
    for name in ("numpy", "random"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('not this one')")
    monkeypatch.chdir(tmp_path)
    fixed = {**os.environ, "PYTHONHASHSEED": "0"}
    order = subprocess.run([sys.executable, "-c", "print(hash('a'))"], env=fixed, capture_output=True, text=True).stdout
    for name, value in (
        ("PYTHONOPTIMIZE", "1"),
        ("PYTHONHASHSEED", "7"),
        ("PYTHONIOENCODING", "ascii"),
        ("PYTHONPATH", str(tmp_path)),
        ("LC_ALL", "C"),
        ("PYTHONUTF8", "0"),
        ("PYTHONCOERCECLOCALE", "0"),
    ):
        monkeypatch.setenv(name, value)
    beside = tmp_path / "beside"
    beside.mkdir()
    with Worker(Settings(limits=LIMITS, confined=confined)) as fresh:
        outcome = run_one(
            fresh,
            beside,
            f"{REFERENCE}\nimport random\norder = hash('a')",
            "assert f(1) == 3",
            "print('\u2713')\nassert f(1) == 2",
            "assert np.sum([1]) == 1",
            f"assert order == {order}",
        )
    assert outcome["verdicts"] == ["failed", "passed", "passed", "passed"], outcome["tests"]
