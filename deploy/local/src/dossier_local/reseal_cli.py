"""`dossier privacy reseal`: what was filed before personal data were encrypted. What it does is in `resealing.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from dossier_local import addresses
from dossier_local.addresses import Addresses
from dossier_local.frame import AsJson, Folder, print_json, run

if TYPE_CHECKING:
    from dossier_local.clear_topics import Cut
    from dossier_local.resealing import Report

_SHOWN = 20


def reseal(
    apply: Annotated[bool, typer.Option("--apply", help="Seal it. Without: only count, and change nothing.")] = False,
    topics: Annotated[
        bool, typer.Option("--topics/--no-topics", help="With --apply: publish again, then delete what is in clear.")
    ] = True,
    as_json: AsJson = False,
    folder: Folder = addresses.HOME,
) -> None:
    """Count what is in clear of persons in journals, file stores and topics; with --apply, seal it under their keys."""
    report = run(_run(addresses.find(folder), apply=apply, topics=topics, quiet=as_json))
    if as_json:
        print_json(report.view())
    else:
        typer.echo("\n".join(lines(report)))
    if report.failed or any(one.altered for one in report.services.values()) or (apply and not report.clean):
        raise typer.Exit(1)


async def _run(at: Addresses, *, apply: bool, topics: bool, quiet: bool) -> Report:
    from dossier_local import clear_topics, resealing

    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=Console(stderr=True), disable=quiet
    ) as bar:
        rows = {name: bar.add_task(f"{name}: looked through", total=None) for name in resealing.asked(at)}
        services = await resealing.look(at, lambda name, count: bar.advance(rows[name], count))
        failed: dict[str, dict[str, str]] = {}
        gone: list[Cut] = []
        kept: dict[str, str] = {}
        if apply:
            going = {name: bar.add_task(f"{name}: sealed", total=len(one.clear)) for name, one in services.items()}
            failed = await resealing.seal(at, services, lambda name, count: bar.advance(going[name], count))
            services = await resealing.look(at, lambda *_: None)
        read = bar.add_task("topics read", total=None)
        partitions = await clear_topics.in_clear(at.kafka, lambda _: bar.advance(read))
        if apply and topics and partitions:
            if all(one.sealed for one in services.values()):
                gone, kept = await resealing.cut_topics(at, partitions)
                partitions = await clear_topics.in_clear(at.kafka, lambda _: None)
            else:
                kept = {
                    one.topic: "journals are not sealed yet" for one in partitions if clear_topics.can_be_cut(one.topic)
                }
        return resealing.Report(services, partitions, failed, gone, kept)


def lines(report: Report) -> Iterator[str]:
    for name, one in report.services.items():
        span = f", {one.first} to {one.last}" if one.first else ""
        files = one.files
        yield (
            f"{name}: {one.entries} sealed parts in clear in {len(one.clear)} of {one.dossiers} dossiers{span}; "
            f"{files['files']} files in clear"
            + (f", stored {files['first']} to {files['last']}" if files["files"] else "")
            + (f"; {one.parked} parked events in clear" if one.parked else "")
        )
        if one.altered:
            yield f"{name}: not vouched for, or altered since they were sealed: {_some(one.altered)}"
    for place in report.topics:
        until = place.until or "kept for ever"
        yield (
            f"{place.topic}/{place.partition}: {place.records} records in clear, offsets {place.offsets[0]} to "
            f"{place.offsets[1]}, {place.first} to {place.last}; gone by themselves: {until}"
        )
    if not report.topics:
        yield "No topic has anything in clear."
    for cut in report.gone:
        yield (
            f"{cut.topic}/{cut.partition}: nothing in clear from offset {cut.offset} on; what was before is gone since "
            f"{cut.since}, off the broker's disks by {cut.disk}"
        )
    for topic, why in report.kept.items():
        yield f"{topic}: not deleted: {why}"
    for service, failed in report.failed.items():
        yield from (f"{service} {id_}: not sealed: {why}" for id_, why in list(failed.items())[:_SHOWN])


def _some(ids: list[str]) -> str:
    return ", ".join(ids[:_SHOWN]) + (f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else "")
