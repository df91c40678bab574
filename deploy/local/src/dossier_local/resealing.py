"""What `dossier privacy reseal` does: counts what is in clear of persons, and seals it, service by service, then the topics."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from aiokafka.errors import KafkaError

from dossier_local import clear_topics
from dossier_local.addresses import Addresses
from dossier_local.administration import call
from dossier_local.clear_topics import Cut, Partition
from dossier_local.errors import StackError
from dossier_local.republish import PATH as REPUBLISHING
from dossier_shared.contracts.topics import BY_NAME, SERVICES, parted

HOLDERS_AT_ONCE: Final = 100  # dossiers of one call
AGAIN: Final = 3  # rounds: what was written meanwhile, keys that were on their way
PAUSE: Final = 2.0  # seconds between them
EVER: Final = "2000-01-01T00:00:00Z"
Advance = Callable[[str, int], None]
"""Of which service, how many dossiers more."""


@dataclass(slots=True)
class InService:
    """What a service has in clear. `unkept`: dossiers without a key; `altered`: those with a box nobody vouches for."""

    dossiers: int = 0
    clear: list[str] = field(default_factory=list)
    entries: int = 0
    first: str | None = None
    last: str | None = None
    unkept: int = 0
    files: dict[str, Any] = field(default_factory=dict)
    parked: int = 0
    altered: list[str] = field(default_factory=list)

    @property
    def sealed(self) -> bool:
        return not (self.clear or self.files["files"])

    def view(self) -> dict[str, Any]:
        return {
            "dossiers": self.dossiers, "in_clear": len(self.clear), "sealed_parts": self.entries, "first": self.first,
            "last": self.last, "without_key": self.unkept, "files": self.files, "parked": self.parked,
            "altered": self.altered,
        }  # fmt: skip


@dataclass(slots=True)
class Report:
    services: dict[str, InService]
    topics: list[Partition]
    failed: dict[str, dict[str, str]] = field(default_factory=dict)  # by service and dossier or file, why
    gone: list[Cut] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)  # by topic, why it was not cut

    @property
    def clean(self) -> bool:
        return all(one.sealed and not one.altered for one in self.services.values()) and not self.kept

    def view(self) -> dict[str, Any]:
        return {
            "services": {name: one.view() for name, one in self.services.items()},
            "topics": [one.view() for one in self.topics],
            "failed": self.failed,
            "gone": [one.view() for one in self.gone],
            "kept": self.kept,
        }


def asked(at: Addresses) -> list[str]:
    """The services, and deployments of them whose address is known; intake first, which makes the keys."""
    return sorted((n for n in at.services if n.partition(".")[0] in SERVICES), key=lambda name: name != "intake")


async def look(at: Addresses, advance: Advance) -> dict[str, InService]:
    return {name: await _look(at, name, advance) for name in asked(at)}


async def _look(at: Addresses, service: str, advance: Advance) -> InService:
    found, after = InService(), ""
    while True:
        page = await call(at, service, "GET", f"/internal/privacy/clear?after={quote(after)}")
        if not after:
            found.dossiers, found.files, found.parked = page["dossiers"], page["files"], page["parked"]
        for one in page["clear"]:
            found.clear.append(one["id"])
            found.entries += one["entries"]
            found.unkept += one["unkept"]
            found.first = min(filter(None, (found.first, one["first"])), default=None)
            found.last = max(filter(None, (found.last, one["last"])), default=None)
        found.altered += page["altered"]
        advance(service, page["looked"])
        if page["last"] is None:
            return found
        after = page["last"]


async def seal(at: Addresses, services: Mapping[str, InService], advance: Advance) -> dict[str, dict[str, str]]:
    """All of it; answers what could not be, by service. Run again it goes on where it was."""
    failed: dict[str, dict[str, str]] = {}
    for service in services:
        wanted, why = services[service].clear, dict[str, str]()
        for attempt in range(AGAIN):
            why = {}
            for some in _parts(wanted):
                why |= await _seal(at, service, some)
                advance(service, len(some) if not attempt else 0)
            if not why:
                break
            wanted = list(why)
            await asyncio.sleep(PAUSE)
        why |= await _files(at, service)
        if why:
            failed[service] = why
    return failed


async def _seal(at: Addresses, service: str, dossiers: Sequence[str]) -> dict[str, str]:
    told = await call(at, "intake", "POST", "/internal/privacy/holders", dossiers=list(dossiers))
    failed: dict[str, str] = told["failed"]
    if told["holders"]:
        done = await call(at, service, "POST", "/internal/privacy/reseal", holders=told["holders"])
        failed |= done["failed"]
    return failed


async def _files(at: Addresses, service: str) -> dict[str, str]:
    """intake's are papers; the others' results went with their dossiers, but for those stored at that moment."""
    after, failed = "", dict[str, str]()
    while True:
        done = await call(at, service, "POST", "/internal/privacy/reseal:files", after=after)
        failed |= done["failed"]
        if done["last"] is None:
            return failed
        after = done["last"]


async def cut_topics(at: Addresses, partitions: Sequence[Partition]) -> tuple[list[Cut], dict[str, str]]:
    """Those of the dossiers' events; answers which were cut, and why one was not."""
    gone, kept = list[Cut](), dict[str, str]()
    for name in sorted({one.topic for one in partitions if clear_topics.can_be_cut(one.topic)}):
        base, deployment = parted(name)
        service = ".".join(filter(None, (BY_NAME[base].writer, deployment)))
        if service not in at.services:
            kept[name] = f"{service} is not among DOSSIER_SERVICES"
        else:
            try:
                gone += await clear_topics.cut(at.kafka, name, partial(publish_again, at, service))
            except StackError as why:
                kept[name] = str(why)
            except KafkaError as why:  # no right to it, say
                kept[name] = f"the broker refused ({type(why).__name__})"
    return gone, kept


async def publish_again(at: Addresses, service: str) -> None:
    """Every journal, whole. Raises StackError where one was not taken."""
    view = await call(at, service, "POST", REPUBLISHING, since=EVER, until=None, dry_run=False)
    while view["state"] == "running":
        await asyncio.sleep(0.3)
        view = await call(at, service, "GET", REPUBLISHING)
    if view["state"] != "finished" or view.get("failed"):
        raise StackError(f"{service} has not published all again ({view['state']}): run it once more.")


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(ids), HOLDERS_AT_ONCE):
        yield ids[first : first + HOLDERS_AT_ONCE]
