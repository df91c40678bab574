"""Settings of the `dossier` command as the services have theirs: the environment, else a file of that name in SECRETS_DIR."""

from __future__ import annotations

import os
from pathlib import Path

from dossier_local.texts import decoded


def setting(name: str) -> str | None:
    """`MONGODB_URL` is also read from `mongodb_url`."""
    if value := os.environ.get(name):
        return value
    if folder := os.environ.get("SECRETS_DIR"):
        for file in (Path(folder, name), Path(folder, name.lower())):
            if file.is_file():
                return decoded(file.read_bytes(), file.name).strip()
    return None
