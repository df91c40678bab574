from __future__ import annotations

from dossier_notify.app import build
from dossier_notify.settings import Settings
from dossier_shared.runtime.server import run
from dossier_shared.settings import reading as configuration

if __name__ == "__main__":
    settings = configuration.read(Settings)
    run(build(settings), settings)
