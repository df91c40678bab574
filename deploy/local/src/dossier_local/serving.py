"""Runs a development-only web process on loopback; SIGTERM ends it with status 0."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import uvicorn
from starlette.types import ASGIApp

from dossier_shared.settings import reading as configuration


class ReadAtStart(NamedTuple):
    """A file the app reads: the variable that names it, where it is, and what is said where it is of another kind."""

    variable: str
    path: Path | None
    otherwise: str


def simulate(
    name: str, make: Callable[[], ASGIApp], read: ReadAtStart, host: str, port: int, *, development: bool, instead: str
) -> None:
    """`instead`: what production has. Exits as an invalid configuration does where it may not start, or cannot."""
    if not development:
        configuration.refuse(
            name, f"It is simulated and starts only with DEVELOPMENT=true. In production set {instead}."
        )
    try:
        app = make()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or read.otherwise
        configuration.refuse(name, f"{read.variable}: {read.path}: {why}")
    serve(app, host, port)


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


def serve(app: ASGIApp, host: str, port: int) -> None:
    signal.signal(signal.SIGTERM, _leave)  # uvicorn shuts down first, then raises the signal again for us
    uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False, timeout_graceful_shutdown=2)
