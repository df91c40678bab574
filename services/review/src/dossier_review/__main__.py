from __future__ import annotations

from dossier_review.app import build
from dossier_review.settings import Settings
from dossier_shared.documents import fonts
from dossier_shared.runtime.server import run
from dossier_shared.settings import reading as configuration
from dossier_shared.vocabulary import printing

if __name__ == "__main__":
    settings = configuration.read(Settings)
    if absent := printing.absent(fonts.FOLDER):
        configuration.refuse(settings.service, absent)
    run(build(settings), settings)
