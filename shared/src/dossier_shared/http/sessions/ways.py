"""Where a sign-in may lead: to pages of ours, never to whatever an address says."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

_LONGEST = 2000
_ODD = re.compile(r"[\\\x00-\x20\x7f]")  # what browsers read as something else, or leave out


def allowed(wanted: str, ours: Iterable[str], otherwise: str) -> str:
    """`wanted` where it is a path of this origin, or an address below one of `ours` (public base URLs)."""
    if not wanted or len(wanted) > _LONGEST or _ODD.search(wanted):
        return otherwise
    if wanted.startswith("/"):
        return wanted if not wanted.startswith("//") else otherwise
    try:
        parts = urlsplit(wanted)
        bases = [urlsplit(base) for base in ours]
    except ValueError:
        return otherwise
    for base in bases:
        path, at = base.path.rstrip("/"), (parts.scheme, parts.netloc)
        if at == (base.scheme, base.netloc) and (parts.path == path or parts.path.startswith(f"{path}/")):
            return wanted
    return otherwise
