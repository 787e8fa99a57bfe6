"""Ours and the peers in turn, in one run on this machine: `make bench`.

CPU time on one thread, wall time on two. Every round times ours and then each peer, so that whatever else loads
the machine meets all alike; only ratios are quoted. A peer that takes minutes is timed once and said so.
Writes _build/bench.json; with --keep also the figures that the book shows.
"""

from __future__ import annotations

import argparse
import datetime
import gc
import json
import math
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
ROUNDS = 5
PATIENCE_S = 15.0
"""A peer gets no further round after this much time."""

QSIM = ("qsim_fused2", "qsim_fused4")
ALL = ("cirq", *QSIM, "qulacs", "aer", "lightning")


@dataclass
class Goal:
    """A target: our time over that of the fastest of some peers, or, without peers, seconds alone."""

    peers: tuple[str, ...]
    target: float | None
    moonshot: float | None = None


@dataclass
class Contest:
    """One row of the table: work, ours, the peers, what is to be reached."""

    work: str
    ours: Callable[[], Callable[[], Any]]
    peers: dict[str, Callable[[], Callable[[], Any]]]
    goals: list[Goal]
    precision: str = "complex64"
    repeat: int = 1
    scale: dict[str, float] = field(default_factory=dict)
    rounds: int = ROUNDS


def timed(call: Callable[[], Any], clock: Callable[[], float], repeat: int) -> float:
    gc.collect()
    start = clock()
    for _ in range(repeat):
        call()
    return (clock() - start) / repeat


def measure(contest: Contest, clock: Callable[[], float]) -> tuple[dict[str, list[float]], list[str]]:
    """Seconds of each contestant by round, and who is missing."""
    calls: dict[str, Callable[[], Any]] = {"ours": contest.ours()}
    missing = []
    for name, build in contest.peers.items():
        try:
            calls[name] = build()
        except ImportError as error:
            missing.append(f"{name} ({error.name} is not installed)")
    spent = dict.fromkeys(calls, 0.0)
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(contest.rounds + 1):  # the first turn warms up, and counts only for the slow
        for name, call in calls.items():
            if spent[name] > PATIENCE_S and seconds[name]:
                continue
            once = timed(call, clock, contest.repeat)
            spent[name] += once * contest.repeat
            if turn > 0 or spent[name] > PATIENCE_S:
                seconds[name].append(once * contest.scale.get(name, 1.0))
    return seconds, missing


def rows_of(contest: Contest, threads: int, clock: Callable[[], float]) -> Iterator[dict[str, Any]]:
    seconds, missing = measure(contest, clock)
    ours = seconds["ours"]
    for goal in contest.goals:
        present = [p for p in goal.peers if p in seconds]
        row: dict[str, Any] = {
            "work": contest.work,
            "ours": "qlab",
            "threads": threads,
            "precision": contest.precision,
            "seconds_ours": ours,
            "target": goal.target,
            "moonshot": goal.moonshot,
            "missing": missing,
        }
        if goal.peers and not present:
            yield row | {"peer": " / ".join(goal.peers), "seconds_peer": [], "ratio": None, "verdict": "peer missing"}
            continue
        best = min(present, key=lambda p: median(seconds[p])) if present else None
        theirs = seconds[best] if best else [1.0] * len(ours)
        pairs = (
            list(zip(ours, theirs, strict=True)) if len(ours) == len(theirs) else [(o, median(theirs)) for o in ours]
        )
        ratios = sorted(o / t for o, t in pairs)
        middle = median(ratios)
        reached = "missed" if middle > (goal.target or math.inf) else "target"
        if goal.target is None:
            reached = "no moonshot"
        if goal.moonshot is not None and middle <= goal.moonshot:
            reached = "moonshot"
        yield row | {
            "peer": best or "seconds",
            "seconds_peer": theirs if best else [],
            "ratio": [ratios[0], middle, ratios[-1]],
            "verdict": reached,
        }


def ket_contest(
    work: Any, label: str, peers: tuple[str, ...], goals: list[Goal], threads: int, repeat: int = 1
) -> Contest:
    import numpy as np

    from qlab.simulator import statevector
    from tests.bench import peers as builders

    circuit = work.circuit()

    def ours() -> Callable[[], Any]:
        return lambda: statevector.run(circuit, initial=work.initial, dtype=np.complex64, threads=threads)

    def peer(name: str) -> Callable[[], Callable[[], Any]]:
        return lambda: getattr(builders, f"{name}_ket")(work, threads)

    return Contest(label, ours, {name: peer(name) for name in peers}, goals, repeat=repeat)


Makers = Iterator[tuple[str, Callable[[], Contest]]]


def one_thread() -> Makers:
    """Makers of the contests, so that a large ket lives only while it is timed."""
    import numpy as np

    from tests.bench import workloads as w

    rng = np.random.default_rng(2026)

    def ket(label: str, n: int, steps: Any, peers: tuple[str, ...], *goals: Goal, start: bool = False, repeat: int = 1):
        def make() -> Contest:
            work = w.Work(label, n, steps, w.random_ket(n, rng) if start else None)
            return ket_contest(work, label, peers, list(goals), 1, repeat)

        return label, make

    brick = {n: w.brickwork(n, rng) for n in (10, 20, 22, 24)}  # a second of work; kets are drawn when their turn comes
    cirq = ("cirq",)
    yield ket("brickwork n=20", 20, brick[20], ("cirq", *QSIM), Goal(cirq, 0.08), Goal(QSIM, 1.3, 1.0))
    yield ket("brickwork n=24", 24, brick[24], ("cirq", *QSIM), Goal(cirq, 0.05), Goal(QSIM, 0.8, 0.5))
    for n in (20, 22, 24):
        yield ket(f"brickwork n={n}, any input", n, brick[n], QSIM, Goal(QSIM, 1.5, 1.0), start=True)
    far = w.brickwork(20, rng, far=True)
    yield ket("random pairs n=20", 20, far, ("cirq", *QSIM), Goal(cirq, 0.15), Goal(QSIM, 2.0, 1.0))
    yield ket("QFT n=20", 20, w.fourier(20, rng), ALL, Goal(ALL, 0.3, 0.1))
    yield ket("QFT n=24", 24, w.fourier(24, rng), ALL, Goal(ALL, 0.08, 0.05))
    plain = w.fourier(24, rng, product=False)
    yield ket("QFT n=24, any input", 24, plain, ("cirq", *QSIM), Goal(("cirq", *QSIM), 0.35), start=True)
    yield ket("GHZ n=20", 20, w.ghz(20), ALL, Goal(ALL, 0.9, 0.3))
    yield ket("GHZ n=24", 24, w.ghz(24), ALL, Goal(ALL, 0.4, 0.15))
    small = ("cirq", "qulacs")
    for name, steps in (("brickwork", brick[10]), ("QFT", w.fourier(10, rng)), ("GHZ", w.ghz(10))):
        yield ket(f"{name} n=10", 10, steps, small, Goal(cirq, 0.2), Goal(("qulacs",), None, 1.0), repeat=20)
    yield ket("Bell, one call", 2, w.ghz(2), small, Goal(cirq, 0.1), Goal(("qulacs",), None, 1.0), repeat=300)
    yield "1e6 Bell shots", bell_shots
    yield "teleportation, 1e5 shots", teleportation
    yield "GHZ-10 noisy density matrix", noisy_density
    yield "GHZ-10, 1e4 noisy trajectories", trajectories
    yield "CHSH, 1e8 rounds", bell_test
    yield "repeater chain", repeater


def bell_shots() -> Contest:
    import numpy as np

    from qlab import simulator
    from qlab.circuits import Circuit
    from tests.bench import peers

    circuit = Circuit(2).h(0).cnot(0, 1).measure(0, 1, key="m")
    rng = np.random.default_rng(1)
    shots = 1_000_000
    return Contest(
        "1e6 Bell shots",
        lambda: lambda: simulator.sample(circuit, shots, rng),
        {"cirq": lambda: peers.cirq_bell_shots(shots), "stim": lambda: peers.stim_bell_shots(shots)},
        [Goal(("cirq",), 0.005), Goal(("stim",), 0.25, 0.05)],
        "complex128",
    )


def teleportation() -> Contest:
    import numpy as np

    from qlab import simulator
    from qlab.circuits import Circuit
    from tests.bench import peers

    circuit = Circuit(3).rx(1.1, 0).h(1).cnot(1, 2).cnot(0, 1).h(0).measure(0, key="a").measure(1, key="b")
    circuit = circuit.x(2, when="b").z(2, when="a").measure(2, key="out")
    rng = np.random.default_rng(1)
    shots = 100_000
    return Contest(
        "teleportation, 1e5 shots (cirq: 1e3 shots, times 100)",
        lambda: lambda: simulator.sample(circuit, shots, rng),
        {
            "cirq": lambda: peers.cirq_teleportation(shots // 100),
            "aer": lambda: peers.aer_teleportation(shots),
            "stim": lambda: peers.stim_teleportation(shots),
        },
        [Goal(("aer",), 0.001), Goal(("cirq",), 1e-4), Goal(("stim",), None, 0.5)],
        "complex128",
        scale={"cirq": 100.0},
    )


def noisy_ghz(n: int) -> Any:
    from qlab.circuits import Circuit
    from tests.bench.peers import NOISE

    circuit = Circuit(n).h(0).noise("depolarizing", 0, params=[NOISE])
    for a in range(n - 1):
        circuit = circuit.cnot(a, a + 1)
        circuit = circuit.noise("depolarizing", a, params=[NOISE]).noise("depolarizing", a + 1, params=[NOISE])
    return circuit


def noisy_density() -> Contest:
    from qlab import simulator
    from tests.bench import peers

    circuit = noisy_ghz(10)
    both = ("cirq", "aer")
    return Contest(
        "GHZ-10 noisy density matrix (peers in complex64)",
        lambda: lambda: simulator.run_density_matrix(circuit),
        {"cirq": lambda: peers.cirq_density(10), "aer": lambda: peers.aer_density(10)},
        [Goal(both, 0.15, 0.05)],
        "complex128",
    )


def trajectories() -> Contest:
    import numpy as np

    from qlab import simulator
    from tests.bench import peers

    circuit = noisy_ghz(10).measure(*range(10), key="m")
    rng = np.random.default_rng(1)
    shots = 10_000
    return Contest(
        "GHZ-10, 1e4 noisy trajectories",
        lambda: lambda: simulator.sample(circuit, shots, rng),
        {"qsim": lambda: peers.qsim_trajectories(10, shots), "stim": lambda: peers.stim_trajectories(10, shots)},
        [Goal(("qsim",), 0.05), Goal(("stim",), None, 2.0)],
        "complex128",
        repeat=3,
    )


def bell_test() -> Contest:
    import numpy as np

    from qlab import states
    from qlab.bell import chsh, correlations

    chances = correlations.behaviour(states.epr_pair(), chsh.ALICE_ANGLES, chsh.BOB_ANGLES)
    rng = np.random.default_rng(1)
    return Contest(
        "CHSH, 1e8 rounds, seconds",
        lambda: lambda: chsh.play_behaviour(chances, 100_000_000, rng),
        {},
        [Goal((), 1.0)],
        "float64",
        rounds=3,
    )


def repeater() -> Contest:
    import numpy as np

    from qlab.networks import repeaters

    rng = np.random.default_rng(1)
    pairs = 50_000
    return Contest(
        "repeater chain, 4 links, p = 0.1, q = 0.5: seconds for 50,000 pairs",
        lambda: lambda: repeaters.simulate_chain(pairs, rng, segments=4, success_probability=0.1, swap_success=0.5),
        {},
        [Goal((), 1.0)],
        "float64",
    )


def two_threads() -> Makers:
    import numpy as np

    from tests.bench import workloads as w

    rng = np.random.default_rng(2026)
    steps = w.brickwork(24, rng)
    name = "brickwork n=24"
    yield name, lambda: ket_contest(w.Work(name, 24, steps), name, QSIM, [Goal(QSIM, 0.9)], 2)


def import_row() -> dict[str, Any]:
    """CPU seconds of a fresh interpreter that imports qlab, against one that imports numpy."""

    def once(module: str) -> float:
        before = os.times()
        subprocess.run([sys.executable, "-c", f"import {module}"], check=True, cwd=ROOT)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    once("qlab")
    pairs = [(once("qlab"), once("numpy")) for _ in range(15)]
    ratios = sorted(a / b for a, b in pairs)
    return {
        "work": "import qlab",
        "ours": "qlab",
        "peer": "import numpy",
        "threads": 1,
        "precision": "",
        "seconds_ours": [a for a, _ in pairs],
        "seconds_peer": [b for _, b in pairs],
        "ratio": [ratios[0], median(ratios), ratios[-1]],
        "target": 1.2,
        "moonshot": None,
        "missing": [],
        "verdict": "target" if median(ratios) <= 1.2 else "missed",
    }


def line(row: dict[str, Any]) -> str:
    goal = " / ".join("–" if x is None else f"{x:g}" for x in (row["target"], row["moonshot"]))
    shown = "–".join(f"{x:.3g}" for x in row["ratio"]) if row["ratio"] else "–"
    return f"{row['work'][:58]:58} {row['threads']} {row['peer'][:13]:13} {shown:>26} {goal:>13}  {row['verdict']}"


def child(threads: int, only: str) -> None:
    """Time everything for one number of threads; rows go to standard output, one JSON object a line."""
    clock = time.process_time if threads == 1 else time.perf_counter
    for name, make in one_thread() if threads == 1 else two_threads():
        if only in name:
            for row in rows_of(make(), threads, clock):
                print(json.dumps(row), flush=True)


def replaced(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of an earlier run with those measured again in their places."""
    key = {(r["work"], r["threads"]) for r in new}
    result: list[dict[str, Any]] = []
    for row in old:
        here = (row["work"], row["threads"])
        if here not in key:
            result.append(row)
        elif not any((r["work"], r["threads"]) == here for r in result):
            result += [r for r in new if (r["work"], r["threads"]) == here]
    known = {(r["work"], r["threads"]) for r in result}
    return result + [r for r in new if (r["work"], r["threads"]) not in known]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--only", default="", help="only rows whose name contains this")
    parser.add_argument("--keep", action="store_true", help="also write the figures that the book shows")
    options = parser.parse_args()
    if options.child:
        child(options.child, options.only)
        return
    print(f"{'work':58} t {'peer':13} {'ratio min–median–max':>26} {'target':>13}  verdict")
    rows: list[dict[str, Any]] = []
    report = ROOT / "_build" / "bench.json"
    report.parent.mkdir(exist_ok=True)
    earlier = json.loads(report.read_text()) if options.only and report.exists() else []
    for row in measured(options.only):
        rows.append(row)
        print(line(row), flush=True)
        report.write_text(json.dumps(replaced(earlier, rows), indent=1))  # a run that is stopped loses nothing
    for absent in sorted({m for row in rows for m in row["missing"]}):
        print("skipped:", absent)
    if options.keep:
        shown = ("work", "peer", "threads", "precision", "ratio", "target", "moonshot", "verdict")
        kept = [{k: r[k] for k in shown} for r in replaced(earlier, rows)]
        machine = {"date": datetime.date.today().isoformat(), "processor": platform.machine(), "cpus": os.cpu_count()}
        (ROOT / "book" / "engine.json").write_text(json.dumps({"machine": machine, "rows": kept}, indent=1) + "\n")


def measured(only: str) -> Iterator[dict[str, Any]]:
    """Rows as they come out of one process for each number of threads."""
    for threads in (1, 2):
        limits = {"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OMP_NUM_THREADS": str(threads)}
        command = [sys.executable, __file__, "--child", str(threads), "--only", only]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | limits, cwd=ROOT) as run:
            for text in run.stdout or ():
                if text.startswith("{"):
                    yield json.loads(text)
        if run.returncode:
            raise SystemExit(f"the bench stopped with code {run.returncode}")
    if only in "import qlab":
        yield import_row()


if __name__ == "__main__":
    main()
