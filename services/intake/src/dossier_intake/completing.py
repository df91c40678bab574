"""Before acceptance: everything that is missing is asked for at once, and handed in. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.filing.documents import check_codes
from dossier_intake.promises import nothing_awaited
from dossier_intake.state import State
from dossier_shared.clock import instant
from dossier_shared.contracts.events import Completed, CompletedSealed, CompletionRequested, Document, MissingSealed
from dossier_shared.journal.dossier import New
from dossier_shared.vocabulary.moments import VIETNAM
from dossier_shared.vocabulary.printing import PrintedText, check_printed

Documents = Sequence[tuple[Document, str]]  # each with its file name


def request_completion(state: State, at: datetime, catalogue: Catalogue, text: str, days: int | None) -> Sequence[New]:
    """`days`: working days; without them, as the procedure has it."""
    check_printed([PrintedText("/text", "Nội dung cần hoàn thiện", "What is missing", text)])
    until = _until(at, days or catalogue.completion_days(state["procedure"], at.astimezone(VIETNAM).date()), catalogue)
    return [New(CompletionRequested(until=instant(until)), MissingSealed(text=text))]


def _until(at: datetime, days: int, catalogue: Catalogue) -> datetime:
    """The closing of the last working day; the day it is asked for is not counted."""
    calendar = catalogue.working_time()
    last = calendar.after(calendar.local(at).date(), days)
    return calendar.instant(calendar.at(last, calendar.closing))


def complete(state: State, text: str | None, documents: Documents, known: Collection[str]) -> Sequence[New]:
    """`known`: codes of the papers that its procedure has."""
    check_codes([document.code for document, _ in documents], known)
    if state.get("status") != "awaiting_completion":
        raise nothing_awaited()
    brought = Completed(documents=[document for document, _ in documents])
    return [New(brought, CompletedSealed(text=text, documents=[name for _, name in documents]))]
