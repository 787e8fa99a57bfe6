"""The command ``qlab scorecard``: measure a device, or set several side by side."""

from __future__ import annotations

import logging
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from qlab._files import write_atomically
from qlab.scorecard.card import measure
from qlab.scorecard.caveats import origin, resumed
from qlab.scorecard.comparison import compare_html, compare_markdown
from qlab.scorecard.execution import DeviceError, Measured
from qlab.scorecard.named_machines import device_names, load_machine
from qlab.scorecard.outlook import outlook, read_rates
from qlab.scorecard.planning import QUICK, Settings
from qlab.scorecard.queueing import Waiting
from qlab.scorecard.record import Scorecard
from qlab.scorecard.report import write_report
from qlab.scorecard.runs import sweep
from qlab.scorecard.sheet_comparison import check_sheet
from qlab.scorecard.vendors.files import FileMachine


def scorecard(
    names: Annotated[list[str] | None, typer.Argument(help="With --compare: devices or scorecard.json files.")] = None,
    device: Annotated[str | None, typer.Option(help="Name of a device that ships, or a data sheet (.yml).")] = None,
    shots: Annotated[int, typer.Option(help="Budget of shots for a whole card.")] = 200_000,
    out: Annotated[Path, typer.Option(help="Folder for the report and the finished batches.")] = Path("report"),
    sheet: Annotated[str | None, typer.Option(help="Data sheet to hold against the measurement.")] = None,
    compare: Annotated[bool, typer.Option("--compare", help="Set the devices or files named side by side.")] = False,
    seed: Annotated[int, typer.Option(help="Seed of a simulated device.")] = 0,
    couplings: Annotated[int | None, typer.Option(help="Measure only so many couplings, spread evenly.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Measure again what the folder already holds.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="A small card for a first look.")] = False,
    files: Annotated[Path | None, typer.Option(help="Folder of a machine reached by files, with machine.yml.")] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Say what would be sent, what it costs and decides; send nothing.")
    ] = False,
    rates: Annotated[Path | None, typer.Option(help="With --plan: prices and speed of the machine (.yml).")] = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Send, collect what is answered, and stop.")] = False,
    workers: Annotated[int, typer.Option(help="Processes for --compare.")] = 1,
    list_devices: Annotated[bool, typer.Option("--list", help="Name the devices that ship.")] = False,
) -> None:
    """Judge a machine by measurement: entanglement, errors, size, reach, throughput."""
    settings = QUICK if quick else Settings()
    settings = settings if couplings is None else replace(settings, couplings=couplings)
    try:
        if list_devices:
            typer.echo("\n".join(device_names()))
        elif compare:
            if sheet is not None:
                raise typer.BadParameter("--sheet holds one device against its sheet; it does not go with --compare")
            _compare(names or [], shots, out, seed, settings, workers, fresh)
        elif (device is None) != (files is None) and not names:
            machine = load_machine(device, seed=seed) if device is not None else FileMachine(files or out)
            if plan:
                asked = read_rates(rates) if rates is not None else None
                typer.echo(str(outlook(machine, shots=shots, settings=settings, rates=asked)), nl=False)
            else:
                _measure(machine, shots, out, sheet, settings, fresh=fresh, wait=not no_wait)
        else:
            raise typer.BadParameter("name a device with --device or --files, or two or more with --compare")
    except BrokenPipeError:
        raise
    except Waiting as error:
        typer.echo(f"scorecard: {error}", err=True)
        raise typer.Exit(3) from None
    except (ValueError, DeviceError, OSError) as error:
        typer.echo(f"scorecard: {error}", err=True)
        raise typer.Exit(1) from None


def _measure(
    machine: Measured, shots: int, out: Path, sheet: str | None, settings: Settings, *, fresh: bool, wait: bool
) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from qlab.devices import read_sheet

    stated = read_sheet(sheet) if sheet is not None else None
    if stated is not None:
        check_sheet(stated)
    # Failed calls stand in the report.
    logging.getLogger("stamina").setLevel(logging.ERROR)
    console = Console(stderr=True)
    columns = (TextColumn("{task.description:<16}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("starting", total=None)

        def show(experiment: str, done: int, planned: int) -> None:
            progress.update(bar, description=experiment, completed=done, total=planned)

        card = measure(
            machine,
            shots=shots,
            settings=settings,
            store=out / "batches",
            fresh=fresh,
            on_batch=show,
            wait=wait,
        )
    # Written first: whoever reads the output may stop early, as `| head -1` does.
    paths = write_report(card, out, sheet=stated)
    _print(card)
    for path in paths.values():
        typer.echo(str(path))


def _print(card: Scorecard) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"Entanglement scorecard: {card.name}", title_justify="left", show_lines=True)
    table.caption = f"{origin(card)} {resumed(card)}"
    table.caption_justify = "left"
    for heading in ("Question", "Answer", "Evidence"):
        table.add_column(heading)
    for verdict in card.verdicts:
        table.add_row(verdict.question, verdict.answer, verdict.text)
    console = Console()
    console.print(table)
    for gate in card.gates:
        if not gate.passed:
            console.print(f"check failed: {gate.name}? {gate.text}", markup=False, highlight=False)
    for fault in card.faults:
        console.print(f"{fault.kind}: {fault.text}", markup=False, highlight=False)
    console.print(card.plan.sentence, markup=False, highlight=False)


def _compare(names: list[str], shots: int, out: Path, seed: int, settings: Settings, workers: int, fresh: bool) -> None:
    if len(names) < 2:
        raise typer.BadParameter("--compare takes two or more devices or scorecard.json files")
    devices = [name for name in names if not name.endswith(".json")]
    stored = {name: _stored(name) for name in names if name not in devices}
    options = {"shots": shots, "seed": seed, "settings": settings, "store": out / "batches", "fresh": fresh}
    if workers > 1 and len(devices) > 1:
        with ProcessPoolExecutor(workers) as pool:
            measured = sweep(devices, executor=pool, **options)  # type: ignore[arg-type]
    else:
        measured = sweep(devices, **options)  # type: ignore[arg-type]
    by_name = dict(zip(devices, measured, strict=True))
    cards = [by_name[name] if name in by_name else stored[name] for name in names]
    for name, card in by_name.items():
        write_report(card, out / Path(name).stem)
    write_atomically(out / "comparison.html", compare_html(cards))
    write_atomically(out / "comparison.md", compare_markdown(cards))
    typer.echo(compare_markdown(cards))
    typer.echo(str(out / "comparison.html"))


def _stored(name: str) -> Scorecard:
    try:
        return Scorecard.from_json(Path(name).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
