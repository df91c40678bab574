"""Runs a development-only web process on loopback; SIGTERM ends it with status 0."""

from __future__ import annotations

import signal
import sys
from types import FrameType

import uvicorn
from starlette.types import ASGIApp


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


def serve(app: ASGIApp, host: str, port: int) -> None:
    signal.signal(signal.SIGTERM, _leave)  # uvicorn shuts down first, then raises the signal again for us
    uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False, timeout_graceful_shutdown=2)
