"""Intake alone, listening, for tests of its pages that need no other service; and a phone in front of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import uvicorn
from playwright.async_api import Browser
from tests.component.desks import Desk, desk

from dossier_intake.app import build
from dossier_intake.inspection.inspectors import Inspectors
from dossier_intake.settings import Settings
from dossier_local.stack import Stack
from dossier_local.waiting import patience
from dossier_shared.http.auth import COOKIE

from .visitor import Theme, Visitor

SMALL = (360, 640)
FOURFOLD = (320, 256)  # 1280 × 1024 at a zoom of 400 %
Place = tuple[Desk, str]  # intake, and its address


@asynccontextmanager
async def listening(stack: Stack, inspectors: Inspectors) -> AsyncIterator[Place]:
    settings = Settings(
        mongodb_url=stack.mongodb, database=f"intake-{uuid4().hex}", development=True, person_key="of these tests alone"
    )
    async with desk(build(settings, inspectors)) as intake, served(intake) as base:
        yield intake, base


@asynccontextmanager
async def served(intake: Desk) -> AsyncIterator[str]:
    """Its address. Open pages are told of what moves, as in a service that runs."""
    server = uvicorn.Server(uvicorn.Config(intake.app, port=0, lifespan="off", log_level="warning"))
    serving, telling = asyncio.create_task(server.serve()), asyncio.create_task(intake.app.state.changes.run())
    while not server.started:
        await asyncio.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        telling.cancel()
        server.force_exit = server.should_exit = True  # streams of pages that are open would hold it
        await serving


@asynccontextmanager
async def phone(
    browser: Browser, base: str, who: dict[str, str] | None, *, scripts: bool = True, moving: bool = False,
    theme: Theme = "light", size: tuple[int, int] = SMALL, sharp: int = 1,
) -> AsyncIterator[Visitor]:  # fmt: skip
    """`who`: as `officer` makes them, whatever their role; None: nobody who is signed in. `sharp`: dots to a pixel."""
    width, height = size
    context = await browser.new_context(
        base_url=base, viewport={"width": width, "height": height}, is_mobile=True, has_touch=True,
        java_script_enabled=scripts, reduced_motion="no-preference" if moving else "reduce", color_scheme=theme,
        locale="vi-VN", device_scale_factor=sharp,
    )  # fmt: skip
    context.set_default_timeout(patience(15) * 1000)
    if who is not None:
        session = who["authorization"].removeprefix("Bearer ")
        await context.add_cookies([{"name": COOKIE, "value": session, "url": base}])
    try:
        yield Visitor(await context.new_page(), base)
    finally:
        await context.close()
