"""One JSON object per line on stdout: structlog's own and, through it, everything the standard `logging` says."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import orjson
import structlog

from dossier_shared.contracts.traceparent import current, trace_id
from dossier_shared.telemetry.masking import mask_event, mask_text
from dossier_shared.telemetry.request import request_id

Event = MutableMapping[str, Any]

_QUIET = {"aiokafka": "WARNING", "httpx": "WARNING", "httpcore": "WARNING", "pymongo": "WARNING", "asyncio": "WARNING"}


def configure_logging(service: str, level: str = "INFO", *, instance: str = "1") -> None:
    """Once, before anything logs. `level` is a standard name, in any case."""
    threshold = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)

    def identify(logger: Any, _method: str, event: Event) -> Event:
        event["service"], event["instance"] = service, instance
        if name := getattr(logger, "name", ""):
            event["logger"] = name
        if "request_id" not in event and (ident := request_id.get()):
            event["request_id"] = ident
        if "trace_id" not in event and (traceparent := current.get()):
            event["trace_id"] = trace_id(traceparent)
        return event

    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        identify,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        mask_event,
        _render,
    ]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=_Stdout,
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_ThroughStructlog()], level=threshold, force=True)
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(max(threshold, getattr(logging, quiet)))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], name != "uvicorn.access"
    logging.captureWarnings(True)


class _Stdout:
    """Looks stdout up at each line, so that capture and redirection work."""

    def __init__(self, *names: str) -> None:
        self.name = names[0] if names else ""

    def msg(self, line: bytes) -> None:
        sys.stdout.write(line.decode() + "\n")
        sys.stdout.flush()

    log = debug = info = warn = warning = error = critical = fatal = exception = msg


class _ThroughStructlog(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        try:
            extra = {"exc_info": record.exc_info} if record.exc_info else {}
            logger = structlog.get_logger(record.name)
            logger.log(record.levelno, mask_text(record.getMessage()), **extra)
        except Exception:
            self.handleError(record)


def _render(_logger: Any, _method: str, event: Event) -> bytes:
    ordered = {
        key: event.pop(key) for key in ("time", "level", "service", "instance", "logger", "event") if key in event
    }
    return orjson.dumps({**ordered, **event}, default=str, option=orjson.OPT_NON_STR_KEYS)
