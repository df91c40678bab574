from __future__ import annotations

from dossier_review.app import build
from dossier_review.settings import Settings
from dossier_shared import configuration
from dossier_shared.server import run

if __name__ == "__main__":
    settings = configuration.read(Settings)
    run(build(settings), settings)
