"""The entanglement scorecard: a short standard set of experiments that judges a machine by measurement."""

from qlab.scorecard.card import measure, recompute
from qlab.scorecard.comparison import compare_html, compare_markdown
from qlab.scorecard.estimates import Estimate, estimate, proportion
from qlab.scorecard.execution import DeviceError, Runner
from qlab.scorecard.named_machines import VirtualMachine, device_names, load_machine
from qlab.scorecard.planning import DEFAULT_TARGETS, QUICK, Plan, Settings, plan_shots
from qlab.scorecard.record import SCHEMA, Scorecard
from qlab.scorecard.report import render_html, render_markdown, write_report
from qlab.scorecard.runs import run, sweep
from qlab.scorecard.sheet_comparison import SheetRow, compare_with_sheet

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
    "SheetRow",
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
    "recompute",
    "render_html",
    "render_markdown",
    "run",
    "sweep",
    "write_report",
]
