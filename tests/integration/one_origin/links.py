"""What a page gives a browser to ask for: addresses in its elements, and in the configuration of its scripts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any, NamedTuple
from urllib.parse import urlsplit

_ASKED = ("href", "src", "sse-connect", "hx-get", "poster")
_SENT = ("action", "formaction", "hx-post", "hx-put", "hx-patch", "hx-delete")
# within a config: names of figures begin with a slash too, but none is a value
_ADDRESS = re.compile(r"(?:/[a-z]|https?://)", re.ASCII)

_CONFIG = re.compile(r'<script type="application/json" id="config">(.*?)</script>', re.DOTALL)


class Link(NamedTuple):
    """`sent`: perhaps only for what is posted."""

    address: str
    sent: bool


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Link] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value is None:
                continue
            if name in _ASKED or name in _SENT:
                self.found.append(Link(value, name in _SENT))
            elif name.startswith("data-") and name not in ("data-chart", "data-table", "data-v"):
                self.found += [Link(value, sent=True) for _ in range(bool(_ADDRESS.match(value)))]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


def links(html: str) -> list[Link]:
    reader = _Reader()
    reader.feed(html)
    for config in _CONFIG.findall(html):
        reader.found += [Link(text, sent=True) for text in _texts(json.loads(config)) if _ADDRESS.match(text)]
    return list(dict.fromkeys(reader.found))


def shape(address: str) -> str:
    """The same for addresses that differ only in whom or when they are about."""
    parts = urlsplit(address)
    path = "/".join("*" if re.search(r"[0-9A-Z%]", step) and step != "v1" else step for step in parts.path.split("/"))
    query = sorted({pair.partition("=")[0] for pair in parts.query.split("&")})
    return f"{path}?{'&'.join(query)}"
