"""A process that looks into files, one after another: `python -m dossier_intake.inspection.worker LIMIT MEMORY [clean]`.

Asked on standard input: 4 bytes of length, JSON (empty: look into it; `number` and `width`: a picture of that page; `sizes`:
pictures of these sizes, one behind the other, to be joined; `straight`: a photograph to be straightened; `qr`: the QR codes on
it), 8 bytes of length, the file. Answered on standard output: 4 bytes of length, JSON (a verdict's fields), 8 bytes of length,
what is to be stored where it is not what came.
It ends with its standard input, so with its service.
Its answers are no pickles: whoever takes it over by a file made for that has taken nothing else.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any, BinaryIO

from dossier_intake.inspection import joining, previews
from dossier_intake.inspection.look import look
from dossier_intake.inspection.verdicts import Fit, Unfit


def answer(verdict: Fit | Unfit) -> bytes:
    """Of bytes, as they cross."""
    fields: dict[str, Any] = verdict._asdict()
    content = fields.pop("content", None) or b""
    told = json.dumps(fields).encode()
    return b"".join((len(told).to_bytes(4), told, len(content).to_bytes(8), content))


def main(limit: int, memory: int, clean: bool) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the service's to answer
    most = _data() + memory
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    asked, out = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    out.write(b"\x01")  # ready
    out.flush()
    while (wish := _part(asked, 4)) is not None and (content := _part(asked, 8)) is not None:
        out.write(answer(_done(json.loads(wish), content, clean=clean, limit=limit)))
        out.flush()
        del content


def _done(wish: dict[str, Any], content: bytes, *, clean: bool, limit: int) -> Fit | Unfit:
    if "sizes" in wish:
        return joining.join(content, wish["sizes"])
    if "straight" in wish:
        from dossier_intake.inspection import (
            straightening,
        )  # takes its time and memory: not for who straightens nothing

        return straightening.straighten(content)
    if "qr" in wish:
        from dossier_intake.inspection.qr_codes import qr_codes  # takes its time: not for who asks for none

        return qr_codes(content)
    return previews.page(content, **wish) if wish else look(content, clean=clean, limit=limit)


def _data() -> int:
    """Bytes of its own that this process has now, before any file."""
    lines = Path("/proc/self/status").read_text().splitlines() if Path("/proc/self/status").exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData:")), 256 << 20)


def _part(asked: BinaryIO, head: int) -> bytes | None:
    """`head`: bytes of its length."""
    length = asked.read(head)
    return asked.read(int.from_bytes(length)) if len(length) == head else None


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:] == ["clean"])
