"""The registers over HTTP: bounded in time, in size, in how many are asked at once, and given up for a while when they are dead.

A number never stands in an address, nor an answer in a log or an error.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final, TypeVar

import httpx
import structlog
from pydantic import BaseModel, ValidationError

from dossier_intake.registers.circuit import Circuit
from dossier_intake.registers.ports import Answer, HeldResult, PersonFacts, Question, RegisterUnavailable
from dossier_shared.vocabulary.identity import CitizenId

log = structlog.get_logger()
WITHIN: Final = 2.0  # seconds for one question, all in all: somebody waits for it
DOCUMENT_WITHIN: Final = 10.0
AT_ONCE: Final = 8  # questions under way in this process
LARGEST: Final = 256 * 1024  # bytes of an answer
MOST: Final = 500  # results of one person
_AGAIN = frozenset({502, 503, 504})  # nothing was looked up: asked once more
Model = TypeVar("Model", bound=BaseModel)


class _Person(PersonFacts):
    number: CitizenId


class _Found(BaseModel):
    person: _Person | None


class _Held(BaseModel):
    number: CitizenId
    results: list[HeldResult]


class Neighbour:
    """One register's address. `within`: seconds for a question, all in all; None: WITHIN."""

    def __init__(
        self,
        name: str,
        url: str,
        token: str | None = None,
        *,
        within: float | None = None,
        circuit: Circuit | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.name, self._within, self._circuit = name, within or WITHIN, circuit or Circuit()
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"authorization": f"Bearer {token}"} if token else {},
            timeout=DOCUMENT_WITHIN,  # of one step; the whole question has its own
            follow_redirects=False,
            limits=httpx.Limits(max_connections=AT_ONCE, keepalive_expiry=5.0),
            transport=transport,
            trust_env=False,
        )

    async def ask(self, path: str, body: Mapping[str, Any], *, largest: int = LARGEST, within: float = 0.0) -> bytes:
        """Raises RegisterUnavailable."""
        if not self._circuit.lets_through():
            raise RegisterUnavailable("circuit-open")
        try:
            content = await self._bounded(path, body, largest, within or self._within)
        except RegisterUnavailable as why:
            self._fail(why.reason)
            raise
        self._circuit.worked()
        return content

    async def aclose(self) -> None:
        await self._client.aclose()

    def unusable(self, reason: str) -> RegisterUnavailable:
        """Of what came and is no answer: counts as a failure."""
        self._fail(reason)
        return RegisterUnavailable(reason)

    def _fail(self, reason: str) -> None:
        self._circuit.failed()
        log.warning("register did not answer", register=self.name, reason=reason)

    async def _bounded(self, path: str, body: Mapping[str, Any], largest: int, within: float) -> bytes:
        try:
            async with asyncio.timeout(within), self._turn:
                try:
                    return await self._once(path, body, largest)
                except _Again:
                    await asyncio.sleep(0.05)
                    return await self._once(path, body, largest)
        except TimeoutError:
            raise RegisterUnavailable("timeout") from None
        except (_Again, httpx.HTTPError, httpx.InvalidURL):
            raise RegisterUnavailable("down") from None

    async def _once(self, path: str, body: Mapping[str, Any], largest: int) -> bytes:
        try:
            async with self._client.stream("POST", path, json=body) as answer:
                if answer.status_code in _AGAIN:
                    raise _Again()
                if answer.status_code != httpx.codes.OK:
                    raise RegisterUnavailable("refused")
                content = bytearray()
                async for piece in answer.aiter_bytes():
                    content += piece
                    if len(content) > largest:
                        raise RegisterUnavailable("too-large")
                return bytes(content)
        except httpx.TransportError:
            raise _Again() from None


class _Again(Exception):
    """Asking only reads: it may be done again."""


class HttpPopulation:
    def __init__(self, neighbour: Neighbour) -> None:
        self._neighbour = neighbour

    async def person(self, question: Question) -> Answer[PersonFacts]:
        content = await self._neighbour.ask("/v1/persons:query", _asked(question))
        found = _read(self._neighbour, _Found, content).person
        if found is not None and found.number != question.number:
            raise self._neighbour.unusable("other-person")
        facts = None if found is None else PersonFacts.model_validate(found.model_dump())
        return Answer(facts, sha256(content).hexdigest())

    async def aclose(self) -> None:
        await self._neighbour.aclose()


class HttpResults:
    """`largest`: bytes of a document."""

    def __init__(self, neighbour: Neighbour, largest: int) -> None:
        self._neighbour, self._largest = neighbour, largest

    async def results(self, question: Question) -> Answer[list[HeldResult]]:
        content = await self._neighbour.ask("/v1/results:query", _asked(question))
        held = _read(self._neighbour, _Held, content)
        if held.number != question.number:
            raise self._neighbour.unusable("other-person")
        if len(held.results) > MOST:
            raise self._neighbour.unusable("too-large")
        return Answer(held.results or None, sha256(content).hexdigest())

    async def document(self, question: Question, sha256_: str) -> bytes | None:
        """What is empty is not there."""
        asked = {**_asked(question), "sha256": sha256_}
        content = await self._neighbour.ask(
            "/v1/results:document", asked, largest=self._largest, within=DOCUMENT_WITHIN
        )
        if not content:
            return None
        if (await asyncio.to_thread(sha256, content)).hexdigest() != sha256_:
            raise self._neighbour.unusable("unreadable")
        return content

    async def aclose(self) -> None:
        await self._neighbour.aclose()


def _asked(question: Question) -> dict[str, Any]:
    return question._asdict()


def _read(neighbour: Neighbour, model: type[Model], content: bytes) -> Model:
    try:
        return model.model_validate_json(content)
    except ValidationError:  # what it says is somebody's data: told to nobody
        raise neighbour.unusable("unreadable") from None
