"""The registers' HTTP, and how they fail on request.

They answer anybody about anybody, if only about made-up people, so they refuse to start without DEVELOPMENT=true. What they were
asked, for what and by which law, they keep for whoever looks (`GET /v1/asked`), as a register does.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings
from starlette.responses import JSONResponse, Response

from dossier_local.provider import BrokenOff
from dossier_local.registers.people import Person, people
from dossier_local.serving import ReadAtStart, simulate
from dossier_shared.settings import reading as configuration
from dossier_shared.settings.types import Host, Port


class Settings(BaseSettings):
    """`registers_persons`: a YAML file of other people. `registers_token`: who asks must show it; empty: nobody must."""

    development: bool = False
    registers_host: Host = "127.0.0.1"
    registers_port: Port = 8012
    registers_persons: Path | None = None
    registers_token: str = ""


class Question(BaseModel):
    number: str = Field(min_length=1, max_length=40)
    purpose: str = Field(min_length=1, max_length=100)
    legal_basis: list[str] = Field(max_length=200)
    reference: str = Field(min_length=1, max_length=100)


class DocumentQuestion(Question):
    sha256: str


class Behaviour(BaseModel):
    """How to misbehave. Counters are spent by questions; posting a new behaviour replaces the old one."""

    delay_ms: int = Field(default=0, ge=0, description="wait before every answer")
    unavailable: int = Field(default=0, ge=0, description="503 without looking")
    break_off: int = Field(default=0, ge=0, description="end the connection in the middle of the answer")
    garbage: int = Field(default=0, ge=0, description="200 with what is no answer")
    not_found: int = Field(default=0, ge=0, description="nobody of that number")
    other_person: int = Field(default=0, ge=0, description="the data of somebody else")
    huge_bytes: int = Field(default=0, ge=0, description="every answer is so long")

    def spend(self, counter: str) -> bool:
        left: int = getattr(self, counter)
        setattr(self, counter, max(left - 1, 0))
        return left > 0


class Registers:
    def __init__(self, settings: Settings) -> None:
        self.people, self.behaviour, self.asked = people(settings.registers_persons), Behaviour(), list[Question]()

    async def person(self, question: Question) -> Response:
        wrong, found = await self._begin(question)
        return wrong or JSONResponse({"person": found.told() if found else None})

    async def results(self, question: Question) -> Response:
        wrong, found = await self._begin(question)
        if wrong is not None:
            return wrong
        number = found.number if found else question.number
        return JSONResponse({"number": number, "results": [one.told() for one in found.results] if found else []})

    async def document(self, question: DocumentQuestion) -> Response:
        wrong, found = await self._begin(question)
        held = {one.told()["sha256"]: one.document for one in found.results} if found else {}
        return wrong or Response(held.get(question.sha256, b""), media_type="application/pdf")

    async def _begin(self, question: Question) -> tuple[Response | None, Person | None]:
        """What is answered instead, or about whom."""
        self.asked.append(question)
        behaviour = self.behaviour
        await asyncio.sleep(behaviour.delay_ms / 1000)
        if behaviour.spend("unavailable"):
            return JSONResponse({"detail": "unavailable"}, 503), None
        if behaviour.spend("break_off"):
            return BrokenOff(), None
        if behaviour.spend("garbage"):
            return Response(b'<html>{"person": 1', media_type="application/json"), None
        if behaviour.huge_bytes:
            return Response(b" " * behaviour.huge_bytes, media_type="application/json"), None
        if behaviour.spend("not_found"):
            return None, None
        if behaviour.spend("other_person"):
            return None, next(one for number, one in self.people.items() if number != question.number)
        return None, self.people.get(question.number)


def create_app(settings: Settings) -> FastAPI:
    registers = Registers(settings)
    app = FastAPI(title="Registers of the State (simulated)", docs_url=None, redoc_url=None)
    app.state.registers = registers

    @app.middleware("http")
    async def known(request: Any, onward: Any) -> Any:
        wanted, path = settings.registers_token, request.url.path
        asks = path.endswith((":query", ":document"))
        if asks and wanted and request.headers.get("authorization") != f"Bearer {wanted}":
            return JSONResponse({"detail": "unknown client"}, 401)
        return await onward(request)

    @app.get("/health/live")
    @app.get("/health/ready")
    async def ready() -> dict[str, str]:
        return {"status": "ready"}

    @app.post("/v1/persons:query")
    async def person(body: Question) -> Response:
        return await registers.person(body)

    @app.post("/v1/results:query")
    async def results(body: Question) -> Response:
        return await registers.results(body)

    @app.post("/v1/results:document")
    async def document(body: DocumentQuestion) -> Response:
        return await registers.document(body)

    @app.get("/v1/asked")
    async def asked() -> list[Question]:
        return registers.asked

    @app.get("/v1/behaviour")
    async def current() -> Behaviour:
        return registers.behaviour

    @app.post("/v1/behaviour")
    async def behave(new: Behaviour) -> Behaviour:
        registers.behaviour = new
        return new

    return app


def main() -> None:
    settings = configuration.read_plain(Settings, "registers")
    simulate(
        "registers",
        lambda: create_app(settings),
        ReadAtStart("REGISTERS_PERSONS", settings.registers_persons, "is no list of persons"),
        settings.registers_host,
        settings.registers_port,
        development=settings.development,
        instead="INTAKE_POPULATION_URL and INTAKE_RESULTS_URL to real ones",
    )
