"""Counters of the services' /metrics: whether a fault really bit."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import httpx
from prometheus_client.parser import text_string_to_metric_families

from dossier_local.loopback import http

DUPLICATES_DROPPED = "dossier_duplicates_dropped_total"
GUARDS_LOST = "dossier_guards_lost_total"
REPUBLISHED = "dossier_sweeper_republished_total"
WATCHED = (
    DUPLICATES_DROPPED, GUARDS_LOST, REPUBLISHED, "dossier_events_published_total", "dossier_events_heard_total",
    "dossier_publish_failed_total", "dossier_events_parked_total", "dossier_dead_letters_total",
    "dossier_consumer_outages_total",
)  # fmt: skip


async def read_counters(services: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """Since each process started; a service that does not answer has none."""
    async with http() as client:
        answers = await asyncio.gather(*(_read(client, url) for url in services.values()))
    return dict(zip(services, answers, strict=True))


async def _read(client: httpx.AsyncClient, url: str) -> dict[str, float]:
    try:
        answer = await client.get(f"{url}/metrics")
    except httpx.TransportError:
        return {}
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            if sample.name in WATCHED:
                found[sample.name] = found.get(sample.name, 0.0) + sample.value
    return found
