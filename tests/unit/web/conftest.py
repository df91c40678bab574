from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import structlog
from fastapi import FastAPI

from dossier_shared.telemetry.logs import configure_logging

from .support import Issuer, make_app


@pytest.fixture(autouse=True)
def logging_as_in_production() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, before = root.handlers[:], root.level, structlog.get_config()
    configure_logging("intake")
    yield
    structlog.configure(**before)
    logging.captureWarnings(False)
    root.handlers, root.level = handlers, level


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def app(issuer: Issuer) -> FastAPI:
    return make_app(issuer.verifier())


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as made:
        yield made
