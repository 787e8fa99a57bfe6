"""What the figures mean: faults by name, what limits the machine, which protocols it can carry, and the verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from qlab.networks.repeaters import chain_fidelity
from qlab.scorecard.estimates import Estimate, difference, median

Entry = dict[str, Any]
Record = Mapping[str, Any]

BIASED_READOUT = 0.25
"""A qubit that misreports a value more often than this is named as a fault."""

DRIFT_Z = 4.0
"""Repeats that disagree by more standard deviations than this are named as drift."""

BOUNDS = {"fidelity": (0, 1), "fidelity_corrected": (0, 1), "s": (-4, 4), "s_corrected": (-np.inf, np.inf)}
"""Where the interval of a median is cut."""

# Thresholds with their sources; all of them are derived or tested elsewhere in the package.
DENSE_CODING_FIDELITY = 0.810710
"""Werner fidelity at which superdense coding carries one bit a qubit (capacity 2 - S(ρ) = 1)."""
BBM92_QBER = 0.110028
"""Error rate at which the asymptotic key rate 1 - 2h(Q) vanishes (Shor, Preskill, PRL 85, 441, 2000)."""
DEVICE_INDEPENDENT_S = 2.4240
"""S of a Werner pair at QBER 7.149 %: no device-independent key below (Acín et al., PRL 98, 230501, 2007)."""
SURFACE_CODE_ERROR = 0.01
"""Two-qubit error below which larger surface codes begin to help; the threshold lies just under or around 1 %."""


def _estimates(rows: list[Entry], name: str) -> list[Estimate]:
    return [Estimate.from_data(row[name]) for row in rows if row[name] is not None]


def judge(record: Record) -> Entry:
    """Everything that is concluded from the figures, ready to be merged into the record."""
    limits = _limits(record)
    protocols = _protocols(record)
    faults = _faults(record)
    return {
        "faults": faults,
        "limits": limits,
        "protocols": protocols,
        "summary": _summary(record),
        "verdicts": _verdicts(record, limits, protocols, faults),
    }


def _summary(record: Record) -> Entry:
    rows = record["couplings"]
    found: Entry = {"couplings_measured": len(rows)}
    for name in ("fidelity", "fidelity_corrected", "s", "s_corrected"):
        figures = _estimates(rows, name)
        if figures:
            worst = min(range(len(figures)), key=lambda i: figures[i].value)
            kept = [row for row in rows if row[name] is not None]
            found[name] = {
                "median": median(figures, bounds=BOUNDS[name]).to_data(),
                "worst": figures[worst].to_data(),
                "worst_coupling": kept[worst]["labels"],
                "best": max(figures, key=lambda e: e.value).to_data(),
            }
    s = _estimates(rows, "s")
    found["violating"] = sum(e.low > 2 for e in s)
    found["not_violating"] = sum(e.value <= 2 for e in s)
    found["surely_not_violating"] = sum(e.high < 2 for e in s)
    for name in ("e0", "e1"):
        found[name] = median(_estimates(record["readout"], name), bounds=(0, 1)).to_data()
    found["ghz_largest"] = max((g["qubits"] for g in record["ghz"] if g["fidelity"]["low"] > 0.5), default=0)
    found["ghz_cliff"] = _cliff(record)
    found["error_per_cnot"] = _error_per_cnot(record)
    return found


def _cliff(record: Record) -> Entry:
    """Where GHZ fidelity passes 1/2: seen, or extrapolated by a straight line through log F."""
    rows = record["ghz"]
    below = [g["qubits"] for g in rows if g["fidelity"]["high"] < 0.5]
    if below:
        return {"kind": "measured", "qubits": min(below)}
    usable = [(g["qubits"], g["fidelity"]["value"]) for g in rows if g["fidelity"]["value"] > 0.1]
    if len(usable) < 2:
        return {"kind": "unknown", "qubits": None}
    slope, start = np.polyfit([n for n, _ in usable], np.log([f for _, f in usable]), 1)
    if slope > -1e-5:
        return {"kind": "none in sight", "qubits": None}
    return {"kind": "extrapolated", "qubits": int(np.ceil((np.log(0.5) - start) / slope))}


def _error_per_cnot(record: Record) -> Entry | None:
    """Average infidelity of one CNOT from the decay of F - 1/4 with depth, as for depolarizing noise."""
    rows = [r for r in record["depth"] if r["fidelity"]["low"] > 0.3]
    if len(rows) < 2:
        return None
    gates = np.array([r["cnots"] for r in rows], dtype=float)
    logs = np.log([r["fidelity"]["value"] - 0.25 for r in rows])
    errors = [Estimate.from_data(r["fidelity"]).half_width / (r["fidelity"]["value"] - 0.25) for r in rows]
    weights = 1 / np.maximum(errors, 1e-6) ** 2
    mean = np.average(gates, weights=weights)
    spread = float(np.sum(weights * (gates - mean) ** 2))
    slope = float(np.sum(weights * (gates - mean) * logs) / spread)
    # F - 1/4 shrinks by 1 - λ a gate, and r = 3λ/4.
    value, reach = -0.75 * np.expm1(slope), 0.75 * np.exp(slope) / np.sqrt(spread)
    value = float(np.clip(value, 0, 1))
    shots = sum(int(r["fidelity"]["shots"]) for r in rows)
    return Estimate(value, max(0.0, value - float(reach)), value + float(reach), shots).to_data()


def _limits(record: Record) -> list[Entry]:
    """Losses of pair fidelity by cause, the largest first."""
    rows = record["couplings"]
    raw, corrected = _estimates(rows, "fidelity"), _estimates(rows, "fidelity_corrected")
    causes: list[Entry] = []
    if corrected:
        both = [r for r in rows if r["fidelity_corrected"] is not None]
        raw = _estimates(both, "fidelity")
        readout = difference(median(corrected), median(raw))
        causes.append(_cause("readout", readout, "median fidelity of a pair that misreading hides"))
        one = Estimate(1.0, 1.0, 1.0, 0)
        lost = difference(one, median(corrected))
        causes.append(_cause("gates", lost, "median infidelity of a fresh pair with misreading taken out"))
    waits = record["idle"]
    if len(waits) > 1:
        first, last = waits[0], waits[-1]
        near = min(waits[1:], key=lambda w: abs(w["time_us"] - 1.0))
        lost = difference(Estimate.from_data(first["fidelity"]), Estimate.from_data(near["fidelity"]))
        whole = difference(Estimate.from_data(first["fidelity"]), Estimate.from_data(last["fidelity"]))
        text = f"fidelity lost by waiting {near['time_us']:g} µs (by {last['time_us']:g} µs: {whole.value:.3f})"
        causes.append(_cause("coherence", lost, text))
    routed = record["distance"]
    mean = float(record["device"]["mean_distance"])
    if len(routed) > 1:
        near = min(routed, key=lambda r: abs(r["distance"] - mean))
        first = routed[0]
        if near is not first:
            lost = difference(Estimate.from_data(first["fidelity"]), Estimate.from_data(near["fidelity"]))
            text = f"fidelity lost by {near['swaps']} SWAPs, to distance {near['distance']} (mean distance {mean:.1f})"
            causes.append(_cause("topology", lost, text))
    return sorted(causes, key=lambda c: -c["loss"]["value"])


def _cause(name: str, loss: Estimate, evidence: str) -> Entry:
    return {"cause": name, "loss": loss.to_data(), "evidence": evidence}


def _protocols(record: Record) -> list[Entry]:
    rows = record["couplings"]
    fidelity, s = _estimates(rows, "fidelity"), _estimates(rows, "s")
    qber = [_qber(row) for row in rows]
    table = [
        _row("Entangled pair", "Bell fidelity", 0.5, fidelity),
        _row("Bell test (CHSH)", "S", 2.0, s),
        _row("Superdense coding beats one plain bit", "Bell fidelity", DENSE_CODING_FIDELITY, fidelity),
        _row("Entanglement-based key, trusted devices (BBM92)", "error rate", BBM92_QBER, qber, below=True),
        _row("Key from untrusted devices", "S", DEVICE_INDEPENDENT_S, s),
        _row("Purification (BBPSSW, DEJMPS)", "Bell fidelity", 0.5, fidelity),
    ]
    if tele := _estimates(record["teleportation"]["paths"], "fidelity"):
        table.insert(3, _row("Teleportation beats every classical relay", "mean fidelity", 2 / 3, tele))
    if swaps := _estimates(record["swapping"], "fidelity"):
        table.append(_row("Entanglement swapping", "Bell fidelity of the ends", 0.5, swaps))
    if entry := _error_per_cnot(record):
        error = Estimate.from_data(entry)
        table.append(_row("Surface code begins to help", "error of one CNOT", SURFACE_CODE_ERROR, [error], below=True))
    if record["ghz"]:
        last = record["ghz"][-1]
        figures = [Estimate.from_data(last["fidelity"])]
        table.append(_row(f"GHZ state of {last['qubits']} qubits", "fidelity", 0.5, figures))
    return table


def _qber(row: Entry) -> Estimate:
    """Mean error rate of the X and Z bases, from the correlators; interval from that of the fidelity."""
    value = float(np.clip((2 - row["correlators"]["XX"] - row["correlators"]["ZZ"]) / 4, 0, 1))
    fidelity = Estimate.from_data(row["fidelity"])
    # Var(XX + ZZ)/16 is two thirds of Var(XX - YY + ZZ)/16 for like correlators.
    reach = fidelity.half_width * float(np.sqrt(2 / 3))
    return Estimate(value, max(0.0, value - reach), min(1.0, value + reach), fidelity.shots)


def _row(name: str, quantity: str, threshold: float, figures: list[Estimate], *, below: bool = False) -> Entry:
    middle = median(figures, bounds=(-4, 4) if quantity == "S" else (0, 1))

    def passes(e: Estimate) -> bool:
        return e.high < threshold if below else e.low > threshold

    def fails(e: Estimate) -> bool:
        return e.low > threshold if below else e.high < threshold

    verdict = "yes" if passes(middle) else "no" if fails(middle) else "cannot tell"
    return {
        "protocol": name, "quantity": quantity, "threshold": threshold, "below": below, "median": middle.to_data(),
        "passing": sum(map(passes, figures)), "failing": sum(map(fails, figures)), "measured": len(figures),
        "verdict": verdict,
    }  # fmt: skip


def _faults(record: Record) -> list[Entry]:
    labels = record["device"]["labels"]
    found: list[Entry] = []
    for row in record["couplings"]:
        fidelity = Estimate.from_data(row["fidelity"])
        corrected = row["fidelity_corrected"]
        if fidelity.high < 0.5 and (corrected is None or corrected["high"] < 0.5):
            text = f"coupling {row['labels'][0]}–{row['labels'][1]} makes no entangled pair: fidelity {fidelity}"
            found.append({"kind": "dead coupling", "where": row["qubits"], "text": text})
    found += _wiring(record, labels)
    for row in record["readout"]:
        for name, spoken in (("e0", "0 as 1"), ("e1", "1 as 0")):
            error = Estimate.from_data(row[name])
            if error.low > BIASED_READOUT:
                text = f"qubit {row['label']} reports {spoken} in {error} of the cases"
                found.append({"kind": "biased readout", "where": [row["qubit"]], "text": text})
    drift = record["drift"]
    if drift["z"] > DRIFT_Z or drift["worst_z"] > DRIFT_Z + 1:
        where = drift["worst_coupling"]
        names = "–".join(labels[q] for q in where)
        text = f"repeats of the Bell test disagree (z = {drift['z']:.1f} over all, {drift['worst_z']:.1f} on {names})"
        found.append({"kind": "drift", "where": where, "text": text})
    if record["failures"]:
        kinds = sorted({f["experiment"] for f in record["failures"]})
        text = f"the sampler failed {len(record['failures'])} times and was asked again, in {', '.join(kinds)}"
        found.append({"kind": "failing sampler", "where": kinds, "text": text})
    return found


def _wiring(record: Record, labels: list[str]) -> list[Entry]:
    """Qubits that answer for others, pairs first."""
    # A qubit that misreads half the time reports a wrong number too; that is named as biased readout.
    deaf = {r["qubit"] for r in record["readout"] if max(r["e0"]["value"], r["e1"]["value"]) > 0.4}
    answers = {m["qubit"]: m["reports"] for m in record["identity"] if m["qubit"] not in deaf}
    found: list[Entry] = []
    for q, other in answers.items():
        if other is not None and answers.get(other) == q:
            if q < other:
                text = f"qubits {labels[q]} and {labels[other]} are swapped: each answers with the other's bits"
                found.append({"kind": "swapped qubits", "where": [q, other], "text": text})
        else:
            says = "nothing stable" if other is None else f"the bits of {labels[other]}"
            found.append({"kind": "wrong answers", "where": [q], "text": f"qubit {labels[q]} answers with {says}"})
    return found


def _verdicts(record: Record, limits: list[Entry], protocols: list[Entry], faults: list[Entry]) -> list[Entry]:
    summary = _summary(record)
    fidelity = summary["fidelity"]
    tested = summary["couplings_measured"]
    by_name = {p["protocol"]: p for p in protocols}
    pairs, bell = by_name["Entangled pair"], by_name["Bell test (CHSH)"]
    worst = f"{_short(fidelity['worst'])} on {'–'.join(fidelity['worst_coupling'])}"
    made = f"Median fidelity {_short(fidelity['median'])}, worst {worst}; {pairs['passing']} of {tested} couplings "
    beyond = (
        f"Median S {_short(summary['s']['median'])}; {summary['violating']} of {tested} couplings surely exceed 2, "
    )
    return [
        _verdict("Does the hardware make entanglement on every coupling?", pairs, made + "are surely entangled."),
        _verdict(
            "Is it more than any shared seed could give?",
            bell,
            f"{beyond}{summary['not_violating']} were found at or below it.",
        ),
        _errors_verdict(summary, limits),
        _size_verdict(record, summary),
        _reach_verdict(record),
        _throughput_verdict(record),
        _stability_verdict(record, faults),
    ]


def _short(entry: Entry) -> str:
    return f"{entry['value']:.3f} ({entry['low']:.3f} to {entry['high']:.3f})"


def _verdict(question: str, protocol: Entry, text: str) -> Entry:
    everywhere = protocol["passing"] == protocol["measured"]
    answer = "yes" if everywhere else {"yes": "mostly", "no": "no", "cannot tell": "cannot tell"}[protocol["verdict"]]
    return {"question": question, "answer": answer, "text": text}


def _errors_verdict(summary: Entry, limits: list[Entry]) -> Entry:
    error = summary["error_per_cnot"]
    parts = [f"Misreading: 0 as 1 {_short(summary['e0'])}, 1 as 0 {_short(summary['e1'])}."]
    if error is not None:
        parts.append(f"One CNOT: {error['value']:.2e} ({error['low']:.1e} to {error['high']:.1e}).")
    if limits:
        top = limits[0]
        parts.append(f"Largest loss: {top['cause']}, {_short(top['loss'])}, {top['evidence']}.")
    answer = limits[0]["cause"] if limits and limits[0]["loss"]["low"] > 0 else "none found"
    return {"question": "What are the error rates, and which one limits?", "answer": answer, "text": " ".join(parts)}


def _size_verdict(record: Record, summary: Entry) -> Entry:
    cliff = summary["ghz_cliff"]
    largest = summary["ghz_largest"]
    tail = {
        "measured": f"at {cliff['qubits']} it is surely gone",
        "extrapolated": f"a straight line through log F puts the cliff near {cliff['qubits']}, an extrapolation",
        "none in sight": "no decline was seen",
        "unknown": "too little was measured to say where it ends",
    }[cliff["kind"]]
    text = f"Surely entangled together: {largest} qubits; {tail}."
    question = "How many qubits can share one entangled state?"
    return {"question": question, "answer": str(largest) if largest else "none", "text": text}


def _reach_verdict(record: Record) -> Entry:
    far = record["distance"][-1] if record["distance"] else None
    late = record["idle"][-1]
    parts = [f"After waiting {late['time_us']:g} µs the pairs keep {_short(late['fidelity'])}."]
    alive = late["fidelity"]["low"] > 0.5
    if far is not None:
        parts.insert(0, f"Routed over {far['distance']} couplings a pair keeps {_short(far['fidelity'])}.")
        alive = alive and far["fidelity"]["low"] > 0.5
    if record["swapping"]:
        ends = median(_estimates(record["swapping"], "fidelity"), bounds=(0, 1))
        chain = chain_fidelity([ends.value, ends.value]) if ends.value > 0.25 else 0.25
        parts.append(f"Swapping leaves {_short(ends.to_data())}; once more would leave about {chain:.2f}.")
    question = "Does entanglement survive routing and waiting?"
    return {"question": question, "answer": "yes" if alive else "not at the far end", "text": " ".join(parts)}


def _throughput_verdict(record: Record) -> Entry:
    flow = record["throughput"]
    text = (
        f"{flow['shots']:,} shots in {flow['circuits']} circuits and {flow['jobs']} jobs took {flow['seconds']:.1f} s. "
        f"The smallest job takes {flow['latency_s']:.3g} s (queue, network, overhead); beyond that "
        f"{flow['circuits_per_s']:.3g} circuits/s."
    )
    return {"question": "What throughput?", "answer": f"{flow['shots_per_s']:,.0f} shots/s", "text": text}


def _stability_verdict(record: Record, faults: list[Entry]) -> Entry:
    drift = record["drift"]
    kinds = {f["kind"] for f in faults}
    text = f"{drift['repeats']} repeats of the Bell test differ by z = {drift['z']:.1f} over all couplings."
    if record["failures"]:
        text += f" {len(record['failures'])} failed calls were repeated."
    steady = not kinds & {"drift", "failing sampler", "swapped qubits", "wrong answers"}
    return {
        "question": "Is it steady and does it answer for itself?",
        "answer": "yes" if steady else "no",
        "text": text,
    }
