"""Whose code a process really runs: an editable install would silently bring today's."""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any


def demand(*packages: str) -> Path:
    """Ends the process unless each of these is imported from the folder RUNS_FROM."""
    root = Path(os.environ["RUNS_FROM"]).resolve()
    for name in packages:
        spec = find_spec(name)
        origin = Path(spec.origin).resolve() if spec and spec.origin else None
        if origin is None or not origin.is_relative_to(root) or ".venv" in origin.relative_to(root).parts:
            raise SystemExit(f"{name} would come from {origin}, not from {root}")
    return root


def shared(room: str, flat: str) -> Any:
    """A module of dossier_shared: in its room, or, in the released code, under its old name."""
    try:
        return import_module(f"dossier_shared.{room}")
    except ModuleNotFoundError:
        return import_module(f"dossier_shared.{flat}")
