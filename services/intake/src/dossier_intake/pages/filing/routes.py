"""The addresses of a citizen's filing, from its beginning to its receipt."""

from __future__ import annotations

from fastapi import APIRouter

from dossier_intake.consents.desk import ConsentDesk
from dossier_intake.pages.filing.consent import ConsentStep
from dossier_intake.pages.filing.desk import Writer
from dossier_intake.pages.filing.kept import KeptDraft
from dossier_intake.pages.filing.offline import offline_pages
from dossier_intake.pages.filing.photographs import Photographs
from dossier_intake.pages.filing.prefilling import Prefilling
from dossier_intake.pages.filing.sending import SendingPages
from dossier_intake.pages.filing.start import StartPage
from dossier_intake.pages.filing.writing import PATH, WritingPage
from dossier_intake.pages.sheet.reading import Reader
from dossier_intake.store import Dossiers
from dossier_shared.adapters.files import FileStore

__all__ = ["PATH", "filing_pages"]


def filing_pages(
    writer: Writer,
    reader: Reader,
    photographs: Photographs,
    dossiers: Dossiers,
    files: FileStore,
    consents: ConsentDesk,
    prefilling: Prefilling,
) -> APIRouter:
    api, writing, consent = (
        APIRouter(),
        WritingPage(writer, reader, photographs, prefilling),
        ConsentStep(writer, consents),
    )
    sending = SendingPages(writer, writing, consent)
    for pages in (StartPage(writer, dossiers), writing, KeptDraft(writer, files), consent, sending):
        api.include_router(pages.router())
    api.include_router(offline_pages())
    return api
