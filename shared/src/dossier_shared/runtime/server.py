"""Runs one service's application as one process."""

from __future__ import annotations

import gc
import signal
import sys

import uvicorn
from fastapi import FastAPI

from dossier_shared.runtime import recovering
from dossier_shared.runtime.bounded_protocol import BoundedProtocol
from dossier_shared.runtime.memory import tame
from dossier_shared.settings import reading as configuration
from dossier_shared.settings.service import ServiceSettings
from dossier_shared.telemetry.logs import configure_logging

GRACE_SECONDS = 5  # open streams are cut after this; batches in hand are finished by the lifespan, which has no limit


def run(app: FastAPI, settings: ServiceSettings) -> None:
    """Serves until SIGTERM or SIGINT, then stops cleanly: the process exits with 0.

    Where another process has its name it exits with 78 and one line. With `recover` as first argument it does not serve
    but recovers the database (`recovering.py`).
    """
    configure_logging(settings.service, settings.log_level, instance=settings.instance)
    if sys.argv[1:2] == ["recover"]:
        raise SystemExit(recovering.command(app.state.runtime, sys.argv[2:]))
    configuration.check_address(settings)
    settings.tell_risks()
    # uvicorn raises the signal again after its shutdown; by then there is nothing left to stop
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)  # a batch makes many objects and few cycles
    tame()
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = uvicorn.Server(config)
    server.run()
    runtime = getattr(app.state, "runtime", None)  # an app may have none
    if runtime is not None and runtime.refused:
        configuration.refuse(settings.service, runtime.refused)
    if not server.started:
        raise SystemExit(3)
