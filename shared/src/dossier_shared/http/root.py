"""The path under which a proxy serves us, which it takes off before it asks us: empty, or `/intake`.

Routes do not have it. Every address given to a browser or client (a link, a form's action, a redirect, an address in a page for a
script) begins with it. Templates write `{{ root }}/late`, Python `own_url("/late")`; scripts know no address.
"""

from __future__ import annotations

_root = ""


def set_root(path: str) -> None:
    """Of the process, as `<SERVICE>_PATH` says it."""
    global _root  # one process is one service
    _root = path


def own_url(path: str) -> str:
    """`own_url("/work")` is `/intake/work` where INTAKE_PATH is `/intake`."""
    return _root + path
