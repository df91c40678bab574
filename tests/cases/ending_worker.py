"""A worker that ends on a word, as a fault in a library would end it."""

from __future__ import annotations

import os
import sys

from dossier_intake.inspection import worker
from dossier_intake.inspection.look import look
from dossier_intake.inspection.verdicts import Fit, Unfit


def look_or_end(content: bytes, *, clean: bool, limit: int) -> Fit | Unfit:
    if content == b"end":
        os._exit(139)
    return look(content, clean=clean, limit=limit)


if __name__ == "__main__":
    worker.look = look_or_end  # type: ignore[attr-defined]
    worker.main(int(sys.argv[1]), int(sys.argv[2]), False)
