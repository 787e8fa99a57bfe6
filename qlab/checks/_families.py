"""The names that all units share: families of misconceptions and learning outcomes."""

from __future__ import annotations

from types import MappingProxyType

SHARED_SEED = "shared-seed"
IGNORANCE = "ignorance"
ONE_SETTING = "one-setting"
DISTURBANCE = "disturbance"
SIGNALLING = "signalling"
COPYING = "copying"
ANY_GATE_ENTANGLES = "any-gate-entangles"
ENTANGLED_MEANS_USEFUL = "entangled-means-useful"
SAMPLE_IS_TRUTH = "sample-is-truth"
SELECTED_DATA = "selected-data"
FREE_WIRING = "free-wiring"
NOISE_ARITHMETIC = "noise-arithmetic"
GROUP_OF_PAIRS = "group-of-pairs"
QUANTUM_MEANS_SECURE = "quantum-means-secure"
HEADLINE_FIGURE = "headline-figure"
CONVENTION = "convention"

FAMILIES = MappingProxyType(
    {
        SHARED_SEED: "Entanglement is a random value that both sides hold from the start.",
        IGNORANCE: "A superposition is an ordinary value that nobody has looked at yet.",
        ONE_SETTING: "Counts in one measurement setting show what the state is.",
        DISTURBANCE: "Looking always changes a quantum state, or never does.",
        SIGNALLING: "What is done to one half shows at the other half.",
        COPYING: "Quantum data can be copied, cached or read again like a file.",
        ANY_GATE_ENTANGLES: "A two-qubit gate entangles whatever it touches.",
        ENTANGLED_MEANS_USEFUL: "Once a pair is entangled, every advantage follows.",
        SAMPLE_IS_TRUTH: "A measured frequency is the probability itself.",
        SELECTED_DATA: "Rounds that failed may be dropped without consequence.",
        FREE_WIRING: "Any two qubits can be coupled at no cost.",
        NOISE_ARITHMETIC: "Fidelities of parts add up or multiply as they stand.",
        GROUP_OF_PAIRS: "Entanglement of many is the sum of entangled pairs.",
        QUANTUM_MEANS_SECURE: "What travels on quantum hardware is safe by that alone.",
        HEADLINE_FIGURE: "The number on the data sheet is the number that decides.",
        CONVENTION: "Angles, squares, logarithms and orders of qubits mean the same everywhere.",
    }
)
"""Every family of misconceptions: its key, and the belief in one sentence. The quiz asks one question for each."""

TELL_ENTANGLEMENT = "Tell entanglement from shared randomness by what can be measured"
PREDICT_MEASUREMENT = "Predict what a measurement shows, and what it leaves behind"
PLAN_SHOTS = "Plan how many repetitions a claim needs, and say how sure the result is"
BUILD_CIRCUITS = "Build, read and cost a small circuit"
RUN_BELL_TEST = "Set up a Bell test and judge the evidence that it gives"
NO_SIGNALLING = "Say what entanglement can and cannot do for distributed systems"
PLAN_LINKS = "Plan a quantum link: rate, fidelity, memory, purification"
JUDGE_SECURITY = "Judge what a quantum link proves about an eavesdropper, and what it does not"
JUDGE_DEVICES = "Judge a device by the figures that decide, with its noise and wiring"
JUDGE_CLAIMS = "Take a claim apart and name the test that would decide it"

OUTCOMES = (
    TELL_ENTANGLEMENT,
    PREDICT_MEASUREMENT,
    PLAN_SHOTS,
    BUILD_CIRCUITS,
    RUN_BELL_TEST,
    NO_SIGNALLING,
    PLAN_LINKS,
    JUDGE_SECURITY,
    JUDGE_DEVICES,
    JUDGE_CLAIMS,
)
"""Every learning outcome, as the words that a competency report prints."""
