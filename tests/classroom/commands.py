"""Looks whether a command that somebody is told to type exists, with those options."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import click
from nbgrader.apps import NbGraderApp

from qlab.cli import app

ROOT = Path(__file__).parents[2]
SYSTEMS = frozenset({"chmod", "chgrp", "find", "umask", "ulimit", "sysctl", "apt", "dnf", "jupyter"})
"""Programs of the system's, or of others, which these tests do not look into."""
OURS = ("qlab", "nbgrader", "make", "pip")


def objection(command: str) -> str:
    """Say why a command leads nowhere, empty if it leads somewhere."""
    words = shlex.split(command.replace("…", "").replace("...", ""))
    first, rest = words[0], words[1:]
    if first == "qlab":
        return _of_qlab(rest)
    if first == "nbgrader":
        return _of_nbgrader(rest)
    if first == "make":
        targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        return "" if {word for word in rest if "=" not in word} <= targets else f"no such target: {rest}"
    if first == "pip":
        extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
        named = re.findall(r"\[(\w+)\]", command)
        return "" if set(named) <= set(extras) else f"no such extra: {named}"
    return "" if first in SYSTEMS else f"no such program: {first}"


def _of_qlab(words: list[str]) -> str:
    from typer.main import get_command

    command: Any = get_command(app)
    context = click.Context(click.Command("qlab"))
    while hasattr(command, "resolve_command"):
        if not words or words[0] not in command.list_commands(context):
            return f"no such subcommand: {words}"
        _, command, words = command.resolve_command(context, words)
    known = {one: each for each in command.params for one in each.opts}
    for word in words:
        if word.startswith("--") and word.partition("=")[0] not in known:
            return f"no such option: {word}"
    return ""


def _of_nbgrader(words: list[str]) -> str:
    if not words or words[0] not in NbGraderApp.subcommands:
        return f"no such subcommand: {words}"
    found, *rest = words
    kind: Any = NbGraderApp.subcommands[found][0]
    if not isinstance(kind, type):
        return f"{found} cannot be loaded"
    known = {*kind().flags, *kind().aliases}
    for word in rest:
        if word.startswith("--") and word[2:].partition("=")[0] not in known:
            return f"no such option: {word}"
    return ""
