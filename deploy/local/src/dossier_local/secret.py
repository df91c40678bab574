"""Settings of the `dossier` command as the services have theirs: the environment, else a file of that name in SECRETS_DIR."""

from __future__ import annotations

import os
from pathlib import Path


def setting(name: str) -> str | None:
    """`MONGODB_URL` is also read from `mongodb_url`."""
    if value := os.environ.get(name):
        return value
    if folder := os.environ.get("SECRETS_DIR"):
        for file in (Path(folder, name), Path(folder, name.lower())):
            if file.is_file():
                return file.read_text().strip()
    return None
