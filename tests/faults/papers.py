"""Papers under fire: handed in in pieces, and opened, by clients that go on where they were interrupted."""

from __future__ import annotations

import asyncio
import time
from base64 import b64encode
from collections.abc import Mapping
from typing import NamedTuple

import aiohttp

from dossier_local.simulation.client import Account, Answer, Client, Unanswered

UPLOADS = "/api/v1/uploads"
UNREACHED = (aiohttp.ClientError, TimeoutError, OSError)
PAUSE = 0.3


class Told(NamedTuple):
    """`headers`: lower case. Status 0: the connection failed."""

    status: int
    headers: Mapping[str, str]


async def hand_in(client: Client, url: str, content: bytes, name: str, who: Account, *, within: float) -> str:
    """Its id. In two pieces, by the tus protocol; what was interrupted goes on where the service says it is."""
    deadline, place, offset = time.monotonic() + within, "", 0
    async with aiohttp.ClientSession(
        trust_env=False, timeout=aiohttp.ClientTimeout(sock_connect=5, sock_read=30)
    ) as http:

        async def ask(method: str, path: str, body: bytes | None = None, **headers: str) -> Told:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            try:
                named["Authorization"] = f"Bearer {await client.token(who)}"
                named["Tus-Resumable"] = "1.0.0"
                async with http.request(method, url + path, data=body, headers=named) as answer:
                    await answer.read()
                    return Told(answer.status, {key.lower(): value for key, value in answer.headers.items()})
            except UNREACHED:
                return Told(0, {})

        while time.monotonic() < deadline:
            if not place:
                metadata = f"filename {b64encode(name.encode()).decode()}"
                told = await ask("POST", UPLOADS, Upload_Length=str(len(content)), Upload_Metadata=metadata)
                place = told.headers.get("location", "")
                offset = 0
            else:
                end = len(content) if offset else len(content) // 2
                kind = "application/offset+octet-stream"
                told = await ask("PATCH", place, content[offset:end], Upload_Offset=str(offset), Content_Type=kind)
            if told.status >= 400 and told.status not in (409, 429, 502, 503):
                raise AssertionError(f"{name}: an upload in pieces is answered {told.status}")
            if told.status not in (201, 204):
                await asyncio.sleep(PAUSE)
                told = await ask("HEAD", place) if place else told
            if (document := told.headers.get("upload-document")) is not None:
                return document
            offset = int(told.headers.get("upload-offset", offset))
    raise Unanswered(f"upload {name} in pieces")


async def opened(client: Client, dossier: str, number: int, who: Account) -> bytes:
    """The paper's bytes; and the opening must be on record, or none of them may have been sent."""
    path, got = f"/api/v1/dossiers/{dossier}", list[bytes]()

    async def send() -> Answer:
        answer = await client._send("intake", "GET", f"{path}/documents/{number}", None, who, {})
        got.append(answer.content)
        return answer

    await client._patiently(send, "open", dossier)
    noted = await client.get("intake", f"{path}/openings", who)
    if not noted["items"]:
        raise AssertionError(f"{dossier}: paper {number} was sent and nobody knows who has opened it")
    return got[-1]
