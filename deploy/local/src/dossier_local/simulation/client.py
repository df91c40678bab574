"""Citizens and officers as HTTP clients: patient, and with a key per action that stays the same through every retry.

A service that is killed and started again in the midst changes nothing: connection errors, 503, 429, "not heard of yet" and
"not ready yet" are tried again for `patience` seconds; then the action is written down as given up.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import aiohttp
import orjson

from dossier_local.reconciliation.world import ACTIONS, GIVEN_UP, VERBS, Ack
from dossier_local.simulation.acks import AckFile
from dossier_local.simulation.papers import id_of

if TYPE_CHECKING:
    from dossier_local.simulation.plan import Step

Json = dict[str, Any]
# all but the first two: what was asked for, or the answer to it, is still on its way from one service to the other
NOT_YET = frozenset(
    {
        "dossier-not-found",
        "dossier-not-ready",
        "nothing-awaited",
        "dossier-waits",
        "no-withdrawal-asked",
        "not-signed-yet",
    }
)
AWAY = frozenset({429, 502, 503, 504})
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 3.0
TOKEN_LIFE = 3600
CONNECTIONS = 8  # per service; requests wait their turn on them


@dataclass(frozen=True, slots=True)
class Account:
    """Whoever a token is for. `replay` is always among the roles: business time is given by the client."""

    sub: str
    roles: tuple[str, ...]
    agency: str | None = None
    name: str = ""


class Refused(Exception):
    """A service said no, and meant it."""

    def __init__(self, action: str, answer: Json) -> None:
        self.code = str(answer.get("code", answer.get("status", "?")))
        self.problem = answer
        super().__init__(f"{action}: {self.code}: {answer.get('detail', '')} {answer.get('errors', '')}")


class Answer(NamedTuple):
    status: int
    content: bytes
    retry_after: bool = False  # it says when to come back


class Unanswered(Exception):
    """No answer within the patience; it may have happened or not."""


class Client:
    """`limit`: requests in flight at once. `patience`: seconds an action is tried before it is given up.

    On aiohttp: measured, an eighth of httpx's CPU per request, which the services beside it need more.
    """

    def __init__(
        self, services: Mapping[str, str], acks: AckFile, *, limit: int = 24, patience: float = 120.0, seed: int = 0
    ) -> None:
        self._urls = dict(services)
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, limit_per_host=CONNECTIONS),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=30),
        )
        self._acks, self._gate, self._patience = acks, asyncio.Semaphore(limit), patience
        self._tokens: dict[Account, tuple[str, float]] = {}
        self._uploaded: dict[tuple[str, str], asyncio.Task[str]] = {}
        self._random = random.Random(seed)  # noqa: S311 - jitter
        self.requests = self.retries = 0

    async def close(self) -> None:
        await self._http.close()

    # -- actions -------------------------------------------------------------------------------------------------------

    async def take(self, step: Step, dossier: str, *, key: str) -> Json:
        """A step of a plan, alone."""
        times, waits = step.events, step.waits_on
        return await self.act(
            step.action, dossier, step.body, step.who, key=key, at=step.occurred_at, times=times, waits_on=waits
        )

    async def act(
        self,
        action: str,
        dossier: str,
        body: Json,
        who: Account,
        *,
        key: str,
        at: str | None,
        path: str | None = None,
        times: int = 1,
        waits_on: Collection[str] = (),
    ) -> Json:
        """One command on one dossier, acknowledged on disk before it is told. Raises Refused or Unanswered.

        `times`: how many events it asks for. `waits_on`: codes that here mean "not yet".
        """
        service = ACTIONS[action][1]
        path = path or f"/api/v1/dossiers/{dossier}/{VERBS.get(action, action)}"
        ack = Ack(action, key, GIVEN_UP, dossier, at=at or "", times=times)
        try:
            send = partial(self._post, service, path, orjson.dumps(body), who, key, at)
            view = await self._patiently(send, action, key, waits_on)
        except Unanswered:
            await self._acks.write([ack])
            raise
        await self._acks.write([_told(ack, view)])
        return view

    async def file(self, filing: Json, who: Account, *, key: str, at: str | None) -> Json:
        return await self.act("file", "", filing, who, key=key, at=at, path="/api/v1/dossiers")

    async def many(
        self,
        action: str,
        items: Sequence[tuple[str, str, Json]],
        who: Account,
        *,
        at: str | None,
        waits_on: Collection[str] = (),
    ) -> dict[str, Refused]:
        """One batch of (key, dossier, body), each with its own outcome; those not ready yet are asked for again.

        Answers the refusals by key; raises Unanswered where some were given up.
        """
        left = {key: {"key": key, "dossier": dossier, **body} for key, dossier, body in items}
        refused, deadline = dict[str, Refused](), time.monotonic() + self._patience
        service, path, pause = ACTIONS[action][1], f"/api/v1/dossiers:{action}", FIRST_PAUSE
        while left:
            body = orjson.dumps({"items": list(left.values())})
            name = f"{action}:{id_of(body)[:24]}"  # other items, another key
            answer = await self._patiently(partial(self._post, service, path, body, who, name, at), action, name)
            done = []
            for item in answer["items"]:
                problem, dossier = item.get("problem"), left[item["key"]]["dossier"]
                if problem is None:
                    done.append(_told(Ack(action, item["key"], "", dossier, at=at or ""), item["dossier"]))
                elif not _worth_waiting(item["status"], problem, waits_on):
                    refused[item["key"]] = Refused(action, problem)
                else:
                    continue
                del left[item["key"]]
            await self._acks.write(done)
            if left and time.monotonic() > deadline:
                await self._acks.write([Ack(action, key, GIVEN_UP, item["dossier"]) for key, item in left.items()])
                raise Unanswered(f"{action}: {len(left)} dossiers")
            if left:
                pause = await self._wait(pause)
        return refused

    async def upload(self, content: bytes, name: str, who: Account, *, anew: bool = False) -> str:
        """Its id; each account sends the same content once a run, or `anew`: only who has uploaded a file may attach it."""
        key = (who.sub, id_of(content))
        task = None if anew else self._uploaded.get(key)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._uploaded[key] = asyncio.create_task(self._upload(content, name, who))
        return await asyncio.shield(task)

    async def _upload(self, content: bytes, name: str, who: Account) -> str:
        path = f"/api/v1/documents?name={quote(name)}"
        send = partial(self._send, "intake", "POST", path, content, who, {"Content-Type": "application/pdf"})
        return str((await self._patiently(send, "upload", name))["id"])

    async def get(self, service: str, path: str, who: Account | None = None) -> Json:
        return await self._patiently(partial(self._send, service, "GET", path, None, who, {}), "get", path)

    # -- beneath -------------------------------------------------------------------------------------------------------

    async def token(self, who: Account) -> str:
        """From the development issuer; a new one well before it expires."""
        known = self._tokens.get(who)
        if known is None or known[1] < time.monotonic():
            body = {"sub": who.sub, "roles": [*who.roles, "replay"], "agency": who.agency, "name": who.name}
            json = {"Content-Type": "application/json"}
            answer = await self._send(
                "identity", "POST", "/token", orjson.dumps({**body, "ttl": TOKEN_LIFE}), None, json
            )
            if answer.status != 200:
                raise aiohttp.ClientError(f"the issuer answers {answer.status}")
            token = str(orjson.loads(answer.content)["access_token"])
            known = self._tokens[who] = (token, time.monotonic() + TOKEN_LIFE * 0.8)
        return known[0]

    async def _post(self, service: str, path: str, body: bytes, who: Account, key: str, at: str | None) -> Answer:
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        if at is not None:
            headers["X-Occurred-At"] = at
        return await self._send(service, "POST", path, body, who, headers)

    async def _send(
        self, service: str, method: str, path: str, body: bytes | None, who: Account | None, headers: Mapping[str, str]
    ) -> Answer:
        if who is not None:
            headers = {**headers, "Authorization": f"Bearer {await self.token(who)}"}
        async with self._http.request(method, self._urls[service] + path, data=body, headers=headers) as answer:
            return Answer(answer.status, await answer.read(), "Retry-After" in answer.headers)

    async def _patiently(
        self, send: Callable[[], Awaitable[Answer]], action: str, what: str, waits_on: Collection[str] = ()
    ) -> Json:
        deadline, pause, last = time.monotonic() + self._patience, FIRST_PAUSE, ""
        while time.monotonic() < deadline:
            self.requests += 1
            try:
                async with self._gate:
                    status, raw, _ = await send()
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                last = repr(error)
            else:
                content: Json = orjson.loads(raw) if raw[:1] == b"{" else {}
                if status < 300:
                    return content
                last = f"{status} {content.get('code', '')}"
                if not _worth_waiting(status, content, waits_on):
                    raise Refused(action, content or {"status": status, "detail": raw[:300].decode(errors="replace")})
            self.retries += 1
            pause = await self._wait(pause)
        raise Unanswered(f"{action} {what}: {last}")

    async def _wait(self, pause: float) -> float:
        await asyncio.sleep(pause * (0.5 + self._random.random()))
        return min(pause * 1.7, LONGEST_PAUSE)


def _worth_waiting(status: int, problem: Json, waits_on: Collection[str]) -> bool:
    code = problem.get("code")
    return status in AWAY or (status in (404, 409) and (code in NOT_YET or code in waits_on))


def _told(ack: Ack, view: Json) -> Ack:
    """What the answer says of the dossier now."""
    return replace(ack, outcome=str(view.get("status")), dossier=str(view["id"]), code=view.get("code"))
