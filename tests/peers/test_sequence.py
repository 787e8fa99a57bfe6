"""A link, two links and a swap, run in SeQUeNCe event by event and in ours.

What the two assume, side by side:

====================================  =====================================================================
SeQUeNCe (single-heralded, Bell      ours
diagonal)
====================================  =====================================================================
two photons cross half the fibre;     the same: `FibreLink.herald_probability` = b·(e·η^½)², and b = ½; e is
success ½ with both there; memory     memory times detector
and detector efficiencies
an attempt is agreed on first: ask    `FibreLink.attempt_period_us` is the photons' way and the herald's, one
and answer over the whole length,     length: attempts at a fixed beat need no agreement. A third, therefore,
then photons and herald: 3 lengths    of their period, and 10 ps that they leave between events
light crosses 200,000 km in a second  group index 1.468; here 1.49896, so that both say the same
a memory decays from the photon's     `stored_pair_fidelity`, `survival_per_round`: from where the caller says;
emission on                           here one length of fibre, from emission to herald
after a swap the message says         (1 + 3·w₁w₂)/4 with w = (4F-1)/3, which the states themselves have:
f₁·f₂·degradation                     theirs, swapped by their circuit, agree with ours
====================================  =====================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sequence.components.memory import Memory
from sequence.components.optical_channel import ClassicalChannel, QuantumChannel
from sequence.constants import BELL_DIAGONAL_STATE_FORMALISM, DENSITY_MATRIX_FORMALISM, SINGLE_HERALDED
from sequence.entanglement_management.generation import EntanglementGenerationA, EntanglementGenerationB
from sequence.entanglement_management.swapping import EntanglementSwappingA, EntanglementSwappingB
from sequence.kernel.quantum_manager import QuantumManager
from sequence.kernel.timeline import Timeline
from sequence.resource_management.memory_manager import MemoryInfo
from sequence.topology.node import BSMNode, Node

from qlab.channels import apply_channel, depolarizing
from qlab.measures import fidelity
from qlab.networks import FibreLink, chain_fidelity, mean_rounds_two_links, waiting_time
from qlab.networks.links import LIGHT_SPEED_KM_PER_S
from qlab.protocols import entanglement_swapping
from qlab.states import epr_pair, partial_trace, werner_state
from tests.peers.bridges import close
from tests.peers.exceptions import allowed

FIBRE_KM_PER_S = 200_000.0
ATTENUATION_DB_PER_KM = 0.2


class Report:
    """Stands where SeQUeNCe has its resource manager: hands the protocol's end to the experiment."""

    def __init__(self, node: Node, ended: Callable[[Node, Any, str], None]) -> None:
        self.node, self.ended = node, ended

    def update(self, protocol: Any, memory: Memory, state: str) -> None:
        if protocol in self.node.protocols:
            self.node.protocols.remove(protocol)
        self.ended(self.node, protocol, state)


class End(Node):
    """A router: memories that send photons, and protocols that are told of messages."""

    def __init__(self, name: str, timeline: Timeline, seed: int, ended: Callable[[Node, Any, str], None]) -> None:
        super().__init__(name, timeline, seed)
        self.resource_manager = Report(self, ended)

    def add_memory(self, name: str, **figures: Any) -> Memory:
        memory = Memory(name, self.timeline, **figures)
        memory.add_receiver(self)
        self.add_component(memory)
        return memory

    def get(self, photon: Any, **kwargs: Any) -> None:
        self.send_qubit(kwargs["dst"], photon)


class Links:
    """Nodes a, b, … in a row, a station in the middle of each link, tried until every link is up.

    Attributes:
        attempts: for each delivery, how many attempts each link took.
        times_us: when each delivery was complete, from its beginning.
        pairs: Bell-diagonal weights of the first link's pair when it was heralded.
    """

    def __init__(self, count: int, distance_km: float, deliveries: int, seed: int, **figures: Any) -> None:
        EntanglementGenerationA.set_global_type(SINGLE_HERALDED)
        EntanglementGenerationB.set_global_type(SINGLE_HERALDED)
        self.timeline = Timeline(formalism=BELL_DIAGONAL_STATE_FORMALISM)
        self.wanted, self.count, self.created, self.open = deliveries, count, 0, [0] * count
        detectors = [{"efficiency": figures["detector"], "count_rate": 1e12}] * 2
        self.nodes = [End("abc"[i], self.timeline, seed + i, self.ended) for i in range(count + 1)]
        self.stations, self.memories = [], []
        for i in range(count):
            left, right = self.nodes[i : i + 2]
            station = BSMNode(
                f"m{i}",
                self.timeline,
                [left.name, right.name],
                seed + 100 + i,
                {"encoding_type": "single_heralded", "SingleHeraldedBSM": {"detectors": detectors}},
            )
            self.stations.append(station)
            half_m = distance_km * 500
            for node in (left, right):
                # Photons may leave at any picosecond, where the default is a beat of 12.5 ns.
                channel = QuantumChannel(
                    f"q{i}{node.name}", self.timeline, ATTENUATION_DB_PER_KM / 1000, half_m, frequency=1e12
                )
                channel.set_ends(node, station.name)
            for one, two, metres in ((left, station, half_m), (right, station, half_m), (left, right, 2 * half_m)):
                for here, there in ((one, two), (two, one)):
                    ps = metres / (FIBRE_KM_PER_S * 1e3) * 1e12
                    ClassicalChannel(f"c{i}{here.name}{there.name}", self.timeline, metres, ps).set_ends(
                        here, there.name
                    )
            memory = {
                "fidelity": figures["fidelity"],
                "frequency": 0,
                "efficiency": figures["memory"],
                "wavelength": 1550,
                "coherence_time": figures.get("coherence_s", -1),
                "cutoff_flag": False,
                "decoherence_errors": [1 / 3, 1 / 3, 1 / 3] if "coherence_s" in figures else None,
            }
            self.memories.append([node.add_memory(f"{i}{node.name}", **memory) for node in (left, right)])
        self.attempts: list[list[int]] = []
        self.times_us: list[float] = []
        self.pairs: list[Any] = []

    def run(self) -> Links:
        self.timeline.init()
        self.begin()
        self.timeline.run()
        return self

    def begin(self) -> None:
        self.started, self.up, self.tried = self.timeline.now(), 0, [0] * self.count
        for i in range(self.count):
            self.attempt(i)

    def attempt(self, i: int) -> None:
        self.tried[i] += 1
        left, right = self.nodes[i : i + 2]
        sides = [(left, right, self.memories[i][0]), (right, left, self.memories[i][1])]
        for _, _, memory in sides:
            memory.reset()
        # A new name each time: what the last attempt still sends must not reach this one.
        self.created += 1
        made = [
            EntanglementGenerationA.create(one, f"{i}{one.name}{self.created}", f"m{i}", two.name, memory)
            for one, two, memory in sides
        ]
        for (one, two, _), own, other, theirs in zip(sides, made, made[::-1], self.memories[i][::-1], strict=True):
            own.set_others(other.name, two.name, [theirs.name])
            one.protocols.append(own)
        self.open[i] = 2
        for own in made:
            own.start()

    def ended(self, node: Node, protocol: Any, state: str) -> None:
        i = int(protocol.name[0])
        self.open[i] -= 1
        if self.open[i]:
            return
        if state != MemoryInfo.ENTANGLED:
            self.attempt(i)
            return
        if i == 0:
            key = self.memories[0][0].qstate_key
            self.pairs.append(np.array(self.timeline.quantum_manager.get(key).state).real)
        self.up += 1
        if self.up == self.count:
            self.attempts.append(self.tried)
            self.times_us.append((self.timeline.now() - self.started) * 1e-6)
            if len(self.times_us) < self.wanted:
                self.begin()


def within(values: Any, mean: float, errors: float = 4.0) -> None:
    """The mean of independent values, by their own spread."""
    sample = np.asarray(values, dtype=float)
    error = max(sample.std(ddof=1) / np.sqrt(len(sample)), 1e-12)
    assert abs(sample.mean() - mean) < errors * error, (sample.mean(), mean, error)


CASES = [
    {"distance_km": 5.0, "memory": 1.0, "detector": 1.0},
    {"distance_km": 20.0, "memory": 0.9, "detector": 0.85},
    {"distance_km": 50.0, "memory": 1.0, "detector": 1.0},
]


def our_link(distance_km: float, memory: float, detector: float) -> FibreLink:
    return FibreLink(distance_km, attenuation_db_per_km=ATTENUATION_DB_PER_KM, efficiency=memory * detector,
                     group_index=LIGHT_SPEED_KM_PER_S / FIBRE_KM_PER_S)  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_rate_of_a_link(case: dict[str, float]) -> None:
    link = our_link(**case)
    theirs = Links(1, case["distance_km"], 300, 7, fidelity=1.0, memory=case["memory"], detector=case["detector"]).run()
    within([tried[0] for tried in theirs.attempts], 1 / link.herald_probability)
    # Three lengths an attempt, where ours takes one.
    period = np.array(theirs.times_us) / [tried[0] for tried in theirs.attempts]
    close(period, np.full(len(period), 3 * link.attempt_period_us), allowed("period of a link, SeQUeNCe"))
    within(np.array(theirs.times_us), 3e6 / link.pair_rate_hz)


@pytest.mark.parametrize("fresh", [1.0, 0.9])
def test_fidelity_of_a_link(fresh: float) -> None:
    """Both memories depolarise from emission to herald, one length of fibre; exact, since nothing is drawn."""
    distance_km, coherence_s = 40.0, 0.002
    theirs = Links(1, distance_km, 5, 8, fidelity=fresh, memory=1.0, detector=1.0, coherence_s=coherence_s).run()
    waited_s = our_link(distance_km, 1.0, 1.0).attempt_period_us * 1e-6
    rho = werner_state(fresh)
    # Errors X, Y and Z at a third of the rate 1/T each: a Pauli has acted with probability ¾(1 - e^(-4t/3T)).
    for q in (0, 1):
        rho = apply_channel(rho, depolarizing(-0.75 * np.expm1(-4 * waited_s / (3 * coherence_s))), [q])
    for weights in theirs.pairs:
        close(weights[0], fidelity(epr_pair(), rho), allowed("fidelity of a link, SeQUeNCe"))
        close(weights.sum(), 1.0)


def test_two_links_wait_for_the_later() -> None:
    link = our_link(20.0, 0.95, 0.95)
    theirs = Links(2, 20.0, 250, 9, fidelity=1.0, memory=0.95, detector=0.95).run()
    within([max(tried) for tried in theirs.attempts], mean_rounds_two_links(link.herald_probability))
    within([max(tried) for tried in theirs.attempts], waiting_time(2, link.herald_probability).mean)


def swapped(first: float, second: float, seed: int, success: float = 1.0) -> tuple[Any, Any, float]:
    """One swap in SeQUeNCe of two Werner pairs as density matrices: the far memories' state, the message, the time."""
    timeline = Timeline(formalism=DENSITY_MATRIX_FORMALISM)
    ended: dict[str, str] = {}
    nodes = [End(name, timeline, seed + i, lambda node, _, state: ended.update({node.name: state}))
             for i, name in enumerate("abc")]  # fmt: skip
    figures = {"fidelity": 1.0, "frequency": 0, "efficiency": 1.0, "coherence_time": -1, "wavelength": 1550}
    near, left, right, far = (
        nodes[place].add_memory(name, **figures) for place, name in ((0, "near"), (1, "left"), (1, "right"), (2, "far"))
    )
    for here, there in ((nodes[1], nodes[0]), (nodes[1], nodes[2])):
        ClassicalChannel(f"{here.name}{there.name}", timeline, 20_000, 1e8).set_ends(here, there.name)
    timeline.init()
    manager = timeline.quantum_manager
    for one, two, quality in ((near, left, first), (right, far, second)):
        manager.set([one.qstate_key, two.qstate_key], werner_state(quality).tolist())
        for own, other, node in ((one, two, two.owner), (two, one, one.owner)):
            own.entangled_memory = {"node_id": node.name, "memo_id": other.name}
            own.fidelity = quality
    middle = EntanglementSwappingA(nodes[1], "middle", left, right, success_prob=success, degradation=1.0)
    ends = [
        EntanglementSwappingB(node, f"end{node.name}", memory) for node, memory in ((nodes[0], near), (nodes[2], far))
    ]
    for end, own in zip(ends, (left, right), strict=True):
        end.set_others("middle", "b", [left.name, right.name])
        end.owner.protocols.append(end)
        middle.set_others(end.name, end.owner.name, [own.name])
    nodes[1].protocols.append(middle)
    middle.start()
    timeline.run()
    if not middle.is_success:
        assert ended["a"] == ended["c"] == MemoryInfo.RAW
        return None, 0.0, timeline.now() * 1e-6
    state = manager.get(near.qstate_key)
    # The measured memories stay in the state, each in |0⟩ or |1⟩.
    matrix = partial_trace(np.array(state.state), [state.keys.index(memory.qstate_key) for memory in (near, far)])
    return matrix, near.fidelity, timeline.now() * 1e-6


@pytest.mark.parametrize("pair", [(1.0, 1.0), (0.9, 0.8), (0.95, 0.6), (0.7, 0.25)])
def test_state_after_a_swap(pair: tuple[float, float]) -> None:
    """Each outcome leaves the same Werner pair once it is corrected: theirs, whatever was drawn, is ours."""
    expected = entanglement_swapping(werner_state(pair[0]), werner_state(pair[1]))
    for seed in range(6):
        theirs, said, _ = swapped(*pair, seed)
        close(theirs, expected, 1e-9)
        close(fidelity(epr_pair(), theirs), chain_fidelity(pair), 1e-9)
        # What the message says is a product of fidelities, which leaves out that wrong pairs may swap to a right one.
        close(said, pair[0] * pair[1])
        assert said <= chain_fidelity(pair) + 1e-12


def test_chance_of_a_swap() -> None:
    """Tries until a swap succeeds are geometric: `waiting_time` with links that are always there counts them."""
    tries, seed = [], 1000
    for _ in range(150):
        count = 1
        while swapped(0.9, 0.9, seed, success=0.5)[0] is None:
            count, seed = count + 1, seed + 3
        tries.append(count)
        seed += 3
    within(tries, waiting_time(2, 1.0, swap_success=0.5).mean)


@pytest.fixture(autouse=True)
def formalism_of_others_is_left_alone() -> Any:
    """SeQUeNCe keeps the form of its states for all timelines together."""
    yield
    QuantumManager.clear_active_formalism()
