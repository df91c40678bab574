from __future__ import annotations

from dossier_shared import configuration
from dossier_shared.server import run
from dossier_signing.app import build
from dossier_signing.settings import Settings

if __name__ == "__main__":
    settings = configuration.read(Settings)
    run(build(settings), settings)
