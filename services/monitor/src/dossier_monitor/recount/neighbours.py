"""The four services and their deployments, asked for what they themselves hold: nobody reads another's database."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

import httpx
import orjson

from dossier_monitor.recount.journals import SOURCES
from dossier_monitor.recount.machine_token import MachineToken
from dossier_shared.problems import Invalid, ServiceUnavailable

AT_ONCE: Final = 1000
PATIENCE: Final = 60.0  # seconds a service may be away

Found = dict[str, dict[str, Any]]  # source -> facts


class Neighbours:
    """`urls`: source, or a deployment of it (`review.long-khanh`) → base URL. Raises Invalid where one is not known."""

    def __init__(self, urls: Mapping[str, str], token: MachineToken, client: httpx.AsyncClient) -> None:
        missing = [source for source in SOURCES if source not in urls]
        if missing:
            raise Invalid(
                "neighbours-unknown",
                f"Chưa biết địa chỉ của {', '.join(missing)}. Hãy đặt MONITOR_SERVICES.",
                f"The address of {', '.join(missing)} is not known. Set MONITOR_SERVICES.",
                status=409,
            )
        self._urls, self._token, self._client = urls, token, client
        self._source = {name: source for name in urls if (source := name.partition(".")[0]) in SOURCES}  # whose facts

    async def everything(self) -> AsyncIterator[dict[str, Found]]:
        """Every dossier any of them knows, in the order of ids, joined by id, some at a time."""
        waiting: dict[str, deque[dict[str, Any]]] = {name: deque() for name in self._source}
        coming = {name: asyncio.create_task(self._after(name, "")) for name in self._source}  # asked for ahead

        async def refill(name: str) -> None:
            items = await coming.pop(name)
            waiting[name].extend(items)
            if len(items) == AT_ONCE:
                coming[name] = asyncio.create_task(self._after(name, items[-1]["id"]))

        try:
            while True:
                await asyncio.gather(*(refill(name) for name in list(coming) if not waiting[name]))
                # as far as all of them have answered
                horizon = min((waiting[name][-1]["id"] for name in coming), default=None)
                found: dict[str, Found] = {}
                for name, items in waiting.items():
                    while items and (horizon is None or items[0]["id"] <= horizon):
                        facts = items.popleft()
                        found.setdefault(facts["id"], {})[self._source[name]] = facts
                if found:
                    yield found
                if horizon is None:
                    return
        finally:
            for task in coming.values():
                task.cancel()
            await asyncio.gather(*coming.values(), return_exceptions=True)

    async def _after(self, name: str, id_: str) -> list[dict[str, Any]]:
        return await self._ask(name, "GET", params={"after": id_, "limit": AT_ONCE})

    async def some(self, ids: Sequence[str]) -> dict[str, Found]:
        """At most AT_ONCE; one that nobody knows has no facts."""
        answers = await asyncio.gather(*(self._ask(s, "POST", json={"dossiers": list(ids)}) for s in self._source))
        found: dict[str, Found] = {id_: {} for id_ in ids}
        for source, items in zip(self._source.values(), answers, strict=True):
            for facts in items:
                found[facts["id"]][source] = facts
        return found

    async def _ask(self, name: str, method: str, **request: Any) -> list[dict[str, Any]]:
        """A service may be restarted meanwhile: asked again until PATIENCE ends."""
        deadline, pause = time.monotonic() + PATIENCE, 0.2
        while True:
            try:
                answer = await self._client.request(
                    method, f"{self._urls[name]}/internal/facts", headers=await self._token.headers(), **request
                )
                if answer.status_code == httpx.codes.UNAUTHORIZED:
                    self._token.forget()
                answer.raise_for_status()
                items: list[dict[str, Any]] = orjson.loads(answer.content)["items"]
                return items
            except (httpx.HTTPError, ServiceUnavailable) as error:
                status = error.response.status_code if isinstance(error, httpx.HTTPStatusError) else 503
                if time.monotonic() > deadline or (
                    status < httpx.codes.INTERNAL_SERVER_ERROR and status not in (401, 429)
                ):
                    raise _refused(name, error, status) from error
            await asyncio.sleep(pause)
            pause = min(pause * 2, 3.0)


def _refused(source: str, error: Exception, status: int) -> Exception:
    if isinstance(error, ServiceUnavailable):
        return error
    return ServiceUnavailable(
        "neighbour-away",
        f"Dịch vụ {source} không trả lời việc kiểm đếm ({status}).",
        f"{source} did not answer the recount ({status}: {type(error).__name__}).",
    )
