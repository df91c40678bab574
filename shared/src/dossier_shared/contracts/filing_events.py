"""Events of intake from the counter's and the citizen's side: what is completed, withdrawn or put right after the filing.

They are listed with all others in `events.py`.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from dossier_shared.contracts.event_parts import Applicant, Document, EventData, Part, ReasonSealed, SummaryRow


class FiledBy(Part):
    """Who filed: the person, or somebody for them."""

    sub: str  # subject of the account
    kind: str  # self | helper | counter | post | bulk


class Consent(Part):
    """The person's leave to file for them, which everybody but themselves must have."""

    kind: str  # sms_code | paper | in_person
    at: str  # instant, UTC
    reference: str = ""  # number of the paper, or of the message
    # instant, UTC, from which it holds no more; absent: until it is withdrawn
    until: str | None = Field(default=None, exclude_if=lambda until: until is None)


class Evidence(Part):
    """What a register of the State was asked at filing and what it answered, as it was used then; sealed, as it says who somebody
    is."""

    source: str  # population_db | results_repository
    outcome: str  # found | not-found | unavailable | not-asked
    reason: str = ""  # why it was not asked, or did not answer: a word, not a sentence
    purpose: str  # code of the procedure
    legal_basis: list[str] = Field(default_factory=list)
    papers: list[str] = Field(default_factory=list)  # codes of those that need not be brought for it
    question: str | None = None  # id under which the person sees that it was asked
    at: str | None = None  # instant of the answer, UTC
    digest: str | None = None  # SHA-256 of the answer's bytes as they came
    facts: dict[str, Any] = Field(default_factory=dict)  # of the population database
    results: list[dict[str, Any]] = Field(default_factory=list)  # of the repository: those that stand for `papers`


class Awaited(Part):
    """A register that did not answer at filing: it is asked again."""

    source: str  # population_db | results_repository
    papers: list[str] = Field(default_factory=list)  # codes of those that need not be brought for its answer
    until: str  # instant, UTC, from which nobody asks any more


class EvidenceReceivedSealed(Part):
    evidence: Evidence


class EvidenceReceived(EventData):
    """What came of asking a register again that did not answer at filing: it is not awaited any more."""

    name = "evidence-received"
    sealed = EvidenceReceivedSealed
    source: str  # population_db | results_repository
    answered: bool  # False: given up, or it may not be asked any more; the evidence says why


class MissingSealed(Part):
    text: str  # everything that is missing, at once


class CompletionRequested(EventData):
    """Not accepted yet: the applicant is told everything that is missing, at once (form 02)."""

    name = "completion-requested"
    sealed = MissingSealed
    until: str | None = None  # instant, UTC; not completed by then it is refused


class CompletedSealed(Part):
    text: str | None = None
    documents: list[str] = Field(default_factory=list)  # file names as given, in the order of data.documents


class Completed(EventData):
    """What was missing has been handed in: it waits for acceptance again."""

    name = "completed"
    sealed = CompletedSealed
    documents: list[Document] = Field(default_factory=list)


class WithdrawalRequested(EventData):
    """The person asks for it back; whoever holds it answers."""

    name = "withdrawal-requested"
    sealed = ReasonSealed


class Withdrawn(EventData):
    """Taken back by the person before it was accepted."""

    name = "withdrawn"
    sealed = ReasonSealed


class ConsentWithdrawn(EventData):
    """The person takes back their leave: who filed for them may see nothing of it any more. The dossier goes on."""

    name = "consent-withdrawn"


class CorrectedSealed(Part):
    """As in `submitted`, whole, each only where it was put right. `reason`: what was wrong, and by which proof."""

    reason: str
    applicant: Applicant | None = None
    summary: list[SummaryRow] | None = None
    form: dict[str, Any] | None = None


class Corrected(EventData):
    """What the applicant said of themselves is put right by an officer; possible until it is signed."""

    name = "corrected"
    sealed = CorrectedSealed
    fields: list[str] = Field(default_factory=list)  # JSON pointers: /applicant/name, /form/birth_date
    # whom it is about from now on, where the number was wrong; empty: nobody known
    person: str | None = Field(default=None, exclude_if=lambda person: person is None)
