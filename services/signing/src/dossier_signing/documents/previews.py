"""The very document a signature would be set under: made by the workers that sign, from the wish that would be recorded.

Its instant is the wish's, so its bytes are those the signed file begins with (decision 0034).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from dossier_shared.clock import instant
from dossier_shared.contracts.events import Letterhead
from dossier_shared.problems import Conflict, Problem, ServiceUnavailable
from dossier_signing.documents.results import code_of, document_of
from dossier_signing.documents.workers import SignedResult, SigningWorkers, SignJob
from dossier_signing.state import State, Wish, number_of, reference_of

GOOD_FOR = timedelta(minutes=15)  # between looking and signing: so far may the printed time of signing lie back


class Preview(NamedTuple):
    """`at`: the second printed on it as the time of signing."""

    pdf: bytes
    sha256: str
    at: str


class Signer(NamedTuple):
    """Who would sign: subject and name of the leader."""

    sub: str
    name: str


class Previews:
    def __init__(self, workers: SigningWorkers) -> None:
        self._workers = workers

    async def made(
        self,
        dossier: str,
        state: State,
        signer: Signer,
        at: datetime,
        *,
        substitute: bool = False,
        head: Letterhead | None = None,
    ) -> Preview:
        """Raises Problem where the document cannot be made."""
        second = at.replace(microsecond=0)
        wish: Wish = {
            "reference": reference_of(dossier),
            "number": number_of(state),
            "leader": signer.sub,
            "leader_name": signer.name,
            "at": instant(second),
            "substitute": substitute,
            "letterhead": head.model_dump() if head else None,
        }
        try:
            document = document_of({**state, "intent": wish})
        except Exception as error:  # whatever an old event says
            raise cannot_be_made(code_of(error)) from error
        job = SignJob(id=dossier, leader_sub=signer.sub, document=document, signed_at=second, unsigned=True)
        (outcome,) = await self._workers.sign_many([job])
        if isinstance(outcome, SignedResult):
            return Preview(outcome.pdf, outcome.sha256, wish["at"])
        raise ServiceUnavailable() if outcome.retryable else cannot_be_made(outcome.code)


def cannot_be_made(code: str) -> Problem:
    return Conflict(
        code,
        "Không tạo được văn bản này nên cũng không ký được. Hãy trả lại để chuyên viên sửa, hoặc ký thay ký tự nếu có chữ không "
        "in được.",
        "This document cannot be made, and so cannot be signed. Send it back to be put right, or sign it with code points.",
    )


def outdated() -> Problem:
    return Conflict(
        "preview-outdated",
        "Văn bản sẽ ký không còn như bản đã xem (nội dung, tiêu đề đã thay đổi, hoặc đã xem quá 15 phút). Hãy xem lại rồi ký.",
        "What would be signed is no longer what was previewed (its contents or letterhead have changed, or it was looked at more "
        "than 15 minutes ago). Look at it again, then sign.",
    )
