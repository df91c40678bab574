"""The provider of text messages that is spoken to over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Literal, TypeVar

import httpx
import structlog
from pydantic import BaseModel, ValidationError

from dossier_notify.channels import MAX_BATCH, Answer, Message, ProviderUnavailable, QueryRefused

log = structlog.get_logger()
_REFUSED_REQUEST = frozenset({400, 413, 422})  # nothing of it was taken


class _Outcome(BaseModel):
    reference: str
    provider_id: str = ""
    status: Literal["accepted", "refused"]
    reason: str | None = None

    def answer(self) -> Answer:
        return Answer(self.provider_id, None if self.status == "accepted" else self.reason or "refused")


class _Known(BaseModel):
    reference: str
    entries: list[_Outcome]


class _KnownList(BaseModel):
    messages: list[_Known]


class _Outcomes(BaseModel):
    messages: list[dict[str, Any]]


Model = TypeVar("Model", bound=BaseModel)


class HttpProvider:
    """`timeout`: seconds for one `send` or `query`, all in all."""

    def __init__(
        self, url: str, *, timeout: float, token: str | None = None, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.timeout = timeout
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"authorization": f"Bearer {token}"} if token else {},
            timeout=timeout,
            limits=httpx.Limits(max_connections=8, keepalive_expiry=2.0),
            transport=transport,
            trust_env=False,
        )

    async def send(self, messages: Sequence[Message]) -> dict[str, Answer]:
        known: dict[str, Answer] = {}
        try:
            async with asyncio.timeout(self.timeout):
                for start in range(0, len(messages), MAX_BATCH):
                    await self._send(messages[start : start + MAX_BATCH], known)
        except (TimeoutError, ProviderUnavailable) as error:
            log.warning(
                "messages without an answer", error=repr(error), sent=len(known), unknown=len(messages) - len(known)
            )
        return known

    async def query(self, references: Sequence[str]) -> dict[str, Answer]:
        try:
            async with asyncio.timeout(self.timeout):
                response = await self._post("/v1/messages:query", {"references": list(references)})
        except TimeoutError as error:
            raise ProviderUnavailable("no answer in time") from error
        if response.status_code in _REFUSED_REQUEST:
            raise QueryRefused(f"HTTP {response.status_code}")
        found = {item.reference: item.entries for item in _parsed(_KnownList, response).messages}
        if missing := [reference for reference in references if reference not in found]:
            raise ProviderUnavailable(f"nothing said about {len(missing)} of {len(references)} references")
        return {
            reference: min((entry.answer() for entry in found[reference]), key=lambda answer: answer.reason is not None)
            for reference in references
            if found[reference]
        }

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _send(self, messages: Sequence[Message], known: dict[str, Answer]) -> None:
        response = await self._post("/v1/messages", {"messages": [message._asdict() for message in messages]})
        if response.status_code in _REFUSED_REQUEST:
            await self._send_apart(messages, known, response.status_code)
            return
        asked = {message.reference for message in messages}
        for item in _parsed(_Outcomes, response).messages:
            try:
                outcome = _Outcome.model_validate(item)
            except ValidationError:
                continue
            if outcome.reference in asked:
                known[outcome.reference] = outcome.answer()

    async def _send_apart(self, messages: Sequence[Message], known: dict[str, Answer], status: int) -> None:
        """One message the provider cannot read must not hold up the others: halves, until it stands alone."""
        if len(messages) == 1:
            known[messages[0].reference] = Answer("", f"request-refused-{status}")
            return
        middle = len(messages) // 2
        await self._send(messages[:middle], known)
        await self._send(messages[middle:], known)

    async def _post(self, path: str, body: object) -> httpx.Response:
        try:
            response = await self._client.post(path, json=body)
        except httpx.HTTPError as error:
            raise ProviderUnavailable(type(error).__name__) from error
        if not response.is_success and response.status_code not in _REFUSED_REQUEST:
            raise ProviderUnavailable(f"HTTP {response.status_code}")
        return response


def _parsed(model: type[Model], response: httpx.Response) -> Model:
    try:
        return model.model_validate_json(response.content)
    except ValidationError as error:
        raise ProviderUnavailable(f"HTTP {response.status_code} with an answer nobody understands") from error
