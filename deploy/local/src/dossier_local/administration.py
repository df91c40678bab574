"""What an administrator does from the command line, through the services' own HTTP interfaces."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition

from dossier_local.addresses import Addresses, token
from dossier_local.errors import StackError
from dossier_local.secret import setting
from dossier_shared.contracts.topics import BY_NAME, SERVICES, dead_letter, deployed
from dossier_shared.journal.dead_letters import unwrap

_MEDIA = {".json": "application/json", ".yaml": "application/yaml", ".yml": "application/yaml"}
_WORKBOOKS = (".xlsx", ".xls", ".ods", ".csv")
_NEEDED = (
    "It takes an access token with role admin, of the issuer the services trust: "
    "set DOSSIER_TOKEN, or put it into a file dossier_token in the folder SECRETS_DIR."
)


async def bearer(at: Addresses, account: str = "admin-1") -> str:
    """The access token that was given as DOSSIER_TOKEN, else one of the development issuer for this account."""
    given = setting("DOSSIER_TOKEN")
    if given is None:
        try:
            return await token(at.identity, account, "admin", name="dossier")
        except StackError as error:
            raise StackError(f"{error}\n{_NEEDED}") from None
    if not given.isascii() or not given.isprintable() or " " in given:  # no header could carry it; never shown
        raise StackError("DOSSIER_TOKEN must be the access token alone, in one line, without 'Bearer'.")
    return given


async def call(
    at: Addresses,
    service: str,
    method: str,
    path: str,
    content: bytes | None = None,
    media: str = "application/json",
    account: str = "admin-1",
    **json: Any,
) -> dict[str, Any]:
    """One request as administrator; a problem becomes a StackError that lists what to correct."""
    headers = {
        "Authorization": f"Bearer {await bearer(at, account)}",
        "Idempotency-Key": uuid4().hex,
    }
    body: dict[str, Any] = {"content": content} if content is not None else {"json": json} if json else {}
    if content is not None:
        headers["Content-Type"] = media
    async with httpx.AsyncClient(base_url=at.url(service), trust_env=False, timeout=120) as client:
        try:
            answer = await client.request(method, path, headers=headers, **body)
        except httpx.TransportError as error:
            raise StackError(f"{service} does not answer at {at.url(service)} ({type(error).__name__}).") from None
    if answer.is_error:
        refused = answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)
        raise StackError("\n".join([readable(answer), *([_NEEDED] if refused else [])]))
    result: dict[str, Any] = answer.json()
    return result


def readable(answer: httpx.Response) -> str:
    """A problem+json answer as lines: what is wrong in both languages, then each place."""
    try:
        problem = answer.json()
        lines = [problem["message"]["vi"], f"{problem['message']['en']}  ({problem['code']}, {answer.status_code})"]
    except (ValueError, KeyError, TypeError):
        return f"{answer.status_code}: {answer.text[:500]}"
    for error in problem.get("errors", []):
        where, what = error.get("path") or error.get("pointer") or "/", error.get("message", error)
        text = f"{what.get('vi', '')} / {what.get('en', '')}" if isinstance(what, dict) else str(what)
        line = f"dòng/line {error['line']}, " if error.get("line") else ""
        lines.append(f"  {line}{where}: {text}")
    return "\n".join(lines)


async def import_catalogue(at: Addresses, file: Path, **wishes: bool) -> dict[str, Any]:
    """YAML or JSON, told by the file's name. `wishes`: dry_run, replace, ids, as the address takes them."""
    media = _MEDIA.get(file.suffix.lower())
    if media is None:
        workbook = (
            " A workbook cannot say what belongs to what: write YAML." if file.suffix.lower() in _WORKBOOKS else ""
        )
        raise StackError(f"{file} is neither .yaml nor .json.{workbook}")
    content = await asyncio.to_thread(file.read_bytes)
    asked = "&".join(f"{name}=true" for name, wanted in wishes.items() if wanted)
    return await call(at, "intake", "PUT", f"/api/v1/catalogue{'?' if asked else ''}{asked}", content, media)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """`partition` and `offset` on the dead-letter topic; `came_from` on the topic it was read from."""

    service: str
    partition: int
    offset: int
    reason: str
    detail: str
    came_from: str
    key: str


async def dead_letters(at: Addresses, services: Sequence[str] = SERVICES) -> AsyncIterator[DeadLetter]:
    """Every record of the dead-letter topics as far as they go now; of a deployment's (`review.long-khanh`) where it is named."""
    for service in services:
        consumer = AIOKafkaConsumer(**at.kafka.client(), enable_auto_commit=False, auto_offset_reset="earliest")
        async with consumer:
            base, _, deployment = service.partition(".")
            topic = deployed(BY_NAME[dead_letter(base)], deployment)
            partitions = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
            consumer.assign(partitions)
            for place, end in (await consumer.end_offsets(partitions)).items():
                while await consumer.position(place) < end:
                    for record in (await consumer.getmany(place, timeout_ms=5000)).get(place, []):
                        original, reason, detail = unwrap(record)
                        key = (original.key or b"").decode(errors="replace")
                        source = f"{original.topic}/{original.partition}/{original.offset}"
                        yield DeadLetter(service, record.partition, record.offset, reason, detail, source, key)


async def replay(at: Addresses, service: str, places: Sequence[tuple[int, int]]) -> list[dict[str, Any]]:
    """Hands dead letters to the service's handler again; per record `applied`, or why it is still bad."""
    items: list[dict[str, Any]] = []
    for first in range(0, len(places), 500):
        records = [{"partition": p, "offset": o} for p, o in places[first : first + 500]]
        items += (await call(at, service, "POST", "/internal/dead-letters:replay", records=records))["items"]
    return items


async def hearing(at: Addresses, service: str) -> list[dict[str, Any]]:
    """By consumer group of a service: who stands still and why, and what cannot be read from there on."""
    return list((await call(at, service, "GET", "/internal/hearing"))["groups"])


async def pass_over(at: Addresses, service: str, found: dict[str, Any], reason: str) -> None:
    """A person's decision: the group goes on without what cannot be read, as far as they have seen it."""
    wanted = {"group": found["group"], "reason": reason, "until": found["until"]}
    await call(at, service, "POST", "/internal/hearing:pass", **wanted)


async def waiting(at: Addresses, service: str) -> list[dict[str, Any]]:
    """The oldest events that wait in a service, with the reason."""
    return list((await call(at, service, "GET", "/internal/waiting"))["items"])


async def skip(at: Addresses, service: str, dossier: str, source: str, seq: int, reason: str) -> None:
    """A person's decision: the service goes on without this event; who and why is kept with the dossier."""
    await call(at, service, "POST", "/internal/waiting:skip", dossier=dossier, source=source, seq=seq, reason=reason)


async def republish(at: Addresses, service: str, dossiers: Sequence[str]) -> dict[str, int]:
    """Sends whole journals again; readers drop what they have."""
    total = {"dossiers": 0, "events": 0}
    for first in range(0, len(dossiers), 500):
        some = await call(at, service, "POST", "/internal/republish", dossiers=list(dossiers[first : first + 500]))
        total = {key: total[key] + some[key] for key in total}
    return total
