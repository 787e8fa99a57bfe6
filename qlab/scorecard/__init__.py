"""The entanglement scorecard: a short standard set of experiments that judges a machine by measurement."""

from qlab.scorecard.card import QUICK, SCHEMA, Scorecard, Settings, measure
from qlab.scorecard.estimates import Estimate, estimate, proportion
from qlab.scorecard.execution import DeviceError, Runner
from qlab.scorecard.named_machines import VirtualMachine, device_names, load_machine, run, sweep
from qlab.scorecard.planning import DEFAULT_TARGETS, Plan, plan_shots
from qlab.scorecard.report import compare_html, compare_markdown, render_html, render_markdown, write_report
from qlab.scorecard.sheet_comparison import compare_with_sheet

__all__ = [
    "DEFAULT_TARGETS",
    "QUICK",
    "SCHEMA",
    "DeviceError",
    "Estimate",
    "Plan",
    "Runner",
    "Scorecard",
    "Settings",
    "VirtualMachine",
    "compare_html",
    "compare_markdown",
    "compare_with_sheet",
    "device_names",
    "estimate",
    "load_machine",
    "measure",
    "plan_shots",
    "proportion",
    "render_html",
    "render_markdown",
    "run",
    "sweep",
    "write_report",
]
