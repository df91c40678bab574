"""A provider of text messages, simulated: it records what it was asked to send, and fails as providers fail, on request.

It never removes a duplicate for its client: a reference sent twice is sent twice. It takes messages from anybody and keeps their
texts, so it refuses to start without DEVELOPMENT=true.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from fastapi import FastAPI, HTTPException
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from dossier_local.provider_ledger import Entry, ProviderLedger
from dossier_local.serving import ReadAtStart, simulate
from dossier_shared.settings import reading as configuration
from dossier_shared.settings.types import Host, Port


class Settings(BaseSettings):
    development: bool = False
    provider_host: Host = "127.0.0.1"
    provider_port: Port = 8011
    provider_ledger: Path = Path(".dossier/provider/ledger.jsonl")


class Message(BaseModel):
    reference: str = Field(min_length=1, max_length=200)
    to: str = Field(min_length=1, max_length=32)
    text: str = Field(min_length=1, max_length=2000)


class Messages(BaseModel):
    messages: list[Message] = Field(min_length=1, max_length=1000)


class Outcome(BaseModel):
    """What became of one message. `accepted` means it is on its way and cannot be called back."""

    reference: str
    provider_id: str
    status: Literal["accepted", "refused"]
    reason: str | None = None


class Outcomes(BaseModel):
    messages: list[Outcome]


class Known(BaseModel):
    """Every time a reference was sent; empty if it never arrived."""

    reference: str
    entries: list[Outcome]


class References(BaseModel):
    references: list[str] = Field(max_length=10_000)


class KnownList(BaseModel):
    messages: list[Known]


class Behaviour(BaseModel):
    """How to misbehave. Counters are spent by requests to send; posting a new behaviour replaces the old one."""

    delay_ms: int = Field(default=0, ge=0, description="wait before every answer")
    drop_answers: int = Field(default=0, ge=0, description="record, then break the connection off")
    hang_answers: int = Field(default=0, ge=0, description="record, then never answer")
    unavailable: int = Field(default=0, ge=0, description="503 before anything is recorded")
    refuse_suffixes: list[str] = Field(default=[], description="refuse numbers that end so")

    def spend(self, counter: Literal["drop_answers", "hang_answers", "unavailable"]) -> bool:
        left: int = getattr(self, counter)
        setattr(self, counter, max(left - 1, 0))
        return left > 0


class BrokenOff(Response):
    """Begins an answer and ends the connection in the middle of it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})


def create_app(settings: Settings) -> FastAPI:
    ledger = ProviderLedger(settings.provider_ledger)
    behaviour = Behaviour()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        ledger.close()

    app = FastAPI(title="Message provider (simulated)", docs_url=None, redoc_url=None, lifespan=lifespan)

    def decide(message: Message) -> Entry:
        refused = any(message.to.endswith(suffix) for suffix in behaviour.refuse_suffixes)
        return {
            "reference": message.reference,
            "provider_id": f"sim-{secrets.token_hex(8)}",
            "status": "refused" if refused else "accepted",
            "reason": "number-refused" if refused else None,
            "to": message.to,
            "text": message.text,
            "at": time.time(),
        }

    def known(reference: str) -> Known:
        return Known(
            reference=reference, entries=[Outcome.model_validate(entry) for entry in ledger.entries(reference)]
        )

    @app.get("/health/live")
    @app.get("/health/ready")
    async def ready() -> dict[str, str]:
        return {"status": "ready"}

    @app.post("/v1/messages", response_model=Outcomes)
    async def send(body: Messages) -> Response:
        if behaviour.spend("unavailable"):
            raise HTTPException(503, "unavailable", {"Retry-After": "1"})
        drop, hang = behaviour.spend("drop_answers"), behaviour.spend("hang_answers")
        entries = [decide(message) for message in body.messages]
        await ledger.record(entries)
        if hang:
            await asyncio.Event().wait()
        await asyncio.sleep(behaviour.delay_ms / 1000)
        if drop:
            return BrokenOff()
        outcomes = Outcomes(messages=[Outcome.model_validate(entry) for entry in entries])
        return JSONResponse(outcomes.model_dump(mode="json"))

    @app.get("/v1/messages/{reference:path}")
    async def one(reference: str) -> Known:
        return known(reference)

    @app.post("/v1/messages:query")
    async def many(body: References) -> KnownList:
        return KnownList(messages=[known(reference) for reference in body.references])

    @app.get("/v1/ledger")
    async def whole() -> StreamingResponse:
        return StreamingResponse(ledger.stream(), media_type="application/x-ndjson")

    @app.get("/v1/behaviour")
    async def current() -> Behaviour:
        return behaviour

    @app.post("/v1/behaviour")
    async def behave(new: Behaviour) -> Behaviour:
        nonlocal behaviour
        behaviour = new
        return behaviour

    return app


def main() -> None:
    settings = configuration.read_plain(Settings, "provider")
    simulate(
        "provider",
        lambda: create_app(settings),
        ReadAtStart("PROVIDER_LEDGER", settings.provider_ledger, "is no ledger"),
        settings.provider_host,
        settings.provider_port,
        development=settings.development,
        instead="NOTIFY_PROVIDER_URL to a real one",
    )


if __name__ == "__main__":
    main()
