"""The part of a file that a request asks for (RFC 9110, section 14), and the headers of what is sent. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote

from dossier_shared.problems import Problem

_ONE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})", re.ASCII)


class Part(NamedTuple):
    """Bytes `start` to `stop`, without the last."""

    start: int
    stop: int


class RangeNotSatisfiable(Problem):
    status = 416
    default_code = "range-not-satisfiable"
    default_vi = "Tệp không có phần được yêu cầu. Hãy tải lại cả tệp."
    default_en = "The file has no such part. Fetch it whole."

    def __init__(self, size: int) -> None:
        super().__init__()
        self.headers: Mapping[str, str] = {"content-range": f"bytes */{size}"}


def asked_part(size: int, mark: str, asked: str | None, only_if: str | None) -> Part | None:
    """None: the whole. `mark`: the file's ETag; `only_if`: the ETag the asker has a part of.

    Several parts, other units and what is no range are passed over, as the standard allows. Raises RangeNotSatisfiable.
    """
    if asked is None or (only_if is not None and only_if.strip() != mark):
        return None
    found = _ONE.fullmatch(asked.strip())
    if found is None or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        start, stop = max(size - int(last), 0), size
    else:
        start, stop = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= size or start >= stop:
        raise RangeNotSatisfiable(size)
    return Part(start, stop)


def disposition(name: str, attached: bool) -> str:
    """`name` in UTF-8 as RFC 5987 has it, and its plain letters for who cannot read that."""
    plain = "".join(
        letter if letter.isascii() and letter.isprintable() and letter not in '"\\%' else "_" for letter in name
    )
    return f"{'attachment' if attached else 'inline'}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
