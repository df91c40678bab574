"""A browser that many people use, one after another (a kiosk): nothing of a person is to stay on it.

Which browser is one, a service knows by a cookie of its own and says here, of one request; every page drawn for it is told.
"""

from __future__ import annotations

import re
from contextvars import ContextVar
from typing import Final, NamedTuple

CLEARED: Final = {"clear-site-data": '"cache", "storage"'}  # headers by which a browser forgets all but cookies
_FORM: Final = re.compile(r"<form\b")
_AUTOFILL: Final = re.compile(r'(<(?:input|select|textarea)\b[^>]*?) autocomplete="[^"]*"')


class SharedMachine(NamedTuple):
    """`minutes`: without a touch, until whoever used it is signed out. `start`: address of the page everybody begins with."""

    minutes: int
    start: str


shared_machine: Final[ContextVar[SharedMachine | None]] = ContextVar("shared_machine", default=None)


def unremembered(html: str) -> str:
    """A page no form of which the browser fills in, or learns from. What people wrote is escaped, so a `<form` is ours."""
    return _FORM.sub('<form autocomplete="off"', _AUTOFILL.sub(r'\1 autocomplete="off"', html))
