"""Writes docs/openapi/<service>.json from the services as they are: `python -m dossier_local.openapi [repository]`."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from dossier_shared.contracts.topics import SERVICES

FOLDER = "docs/openapi"


def app_of(service: str) -> FastAPI:
    """Built as in production; nothing is started or connected to."""
    app: FastAPI = import_module(f"dossier_{service}.app").build(
        import_module(f"dossier_{service}.settings").Settings()
    )
    return app


def document(service: str) -> dict[str, Any]:
    return app_of(service).openapi()


def text_of(service: str) -> str:
    return json.dumps(document(service), ensure_ascii=False, indent=2) + "\n"


def write(root: Path) -> list[str]:
    """Answers what was written anew."""
    changed = []
    for service in SERVICES:
        path, text = root / FOLDER / f"{service}.json", text_of(service)
        if not path.exists() or path.read_text("utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            changed.append(str(path.relative_to(root)))
    return changed


if __name__ == "__main__":
    for name in write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd()):
        sys.stdout.write(f"{name}\n")
