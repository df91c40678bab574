"""W3C Trace Context as far as an event carries it: one `traceparent`, `00-<trace id>-<span id>-<flags>`. No library needed."""

from __future__ import annotations

import re
from contextvars import ContextVar

HEADER = b"traceparent"

current: ContextVar[str | None] = ContextVar("traceparent", default=None)  # of the request being answered

_SHAPE = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_KNOWN_FLAGS = 0b11  # sampled, random trace id


def read(value: bytes | None) -> str | None:
    """None for none, and for what is no traceparent: a header of somebody else's never stops a command or an event.

    A later version's is taken as far as version 00 goes, as the recommendation has it.
    """
    if value is None:
        return None
    found = _SHAPE.fullmatch(value.decode("latin-1"))
    if found is None or (found[1] == "00" and found[5]):
        return None
    return write(found[2], found[3], int(found[4], 16))


def write(trace: str, span: str, flags: int) -> str:
    return f"00-{trace}-{span}-{flags & _KNOWN_FLAGS:02x}"


def trace_id(traceparent: str) -> str:
    return traceparent[3:35]


def sampled(traceparent: str | None) -> bool:
    """Somebody records this trace; of any other no span is made."""
    return traceparent is not None and traceparent[-1] in "13"
