from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from dossier_intake.catalogue.model import Agency, Channel, Consultation, Executor, Fee, Paper, Procedure, Result
from dossier_intake.correcting import Correct
from dossier_intake.filing.checks import DocumentBody, Filing
from dossier_intake.rules.deadlines import Limit
from dossier_intake.state import State
from dossier_shared.http.commands import MAX_ITEMS, outcomes_of
from dossier_shared.http.paging import Paged
from dossier_shared.journal.dossier import Dossier
from dossier_shared.telemetry.masking import MASK
from dossier_shared.vocabulary.codes import Key
from dossier_shared.vocabulary.text import Human, HumanText, OptionalText


class Accept(BaseModel):
    """`appointment`: an instant promised by an older register; replay only."""

    model_config = ConfigDict(extra="forbid")
    appointment: str | None = Field(None, max_length=40)


class Refuse(BaseModel):
    model_config = ConfigDict(extra="forbid")
    reason: HumanText


class RequestCompletion(BaseModel):
    """Everything that is missing, at once. `limit_days`: working days; without it, as the procedure has it."""

    model_config = ConfigDict(extra="forbid")
    text: HumanText
    limit_days: Annotated[int, Field(strict=True, gt=0, le=365)] | None = None


class Withdraw(BaseModel):
    model_config = ConfigDict(extra="forbid")
    reason: HumanText


class WithdrawConsent(BaseModel):
    """Nothing more has to be said."""

    model_config = ConfigDict(extra="forbid")


class Supplement(BaseModel):
    """What was missing: papers uploaded before, a text, or both."""

    model_config = ConfigDict(extra="forbid")
    text: OptionalText = None
    documents: list[DocumentBody] = Field(default_factory=list, max_length=100)


class PaymentConfirmation(BaseModel):
    """`receipt`: number of the receipt or of the bank's notice."""

    model_config = ConfigDict(extra="forbid")
    receipt: Annotated[str | None, Human(200, lines=False, optional=True)] = None


class FilingItem(BaseModel):
    """`filing` is checked on its own, so that one bad item does not refuse the others."""

    model_config = ConfigDict(extra="forbid")
    key: Key
    filing: dict[str, Any]


class FilingBatch(BaseModel):
    model_config = ConfigDict(extra="forbid")
    items: list[FilingItem] = Field(min_length=1, max_length=MAX_ITEMS)


Status = Literal[
    "submitted", "awaiting_completion", "accepted", "refused",
    "in_review", "awaiting_supplement", "awaiting_payment", "awaiting_consultation",
    "approved", "rejected", "signed", "delivered", "stopped", "withdrawn",
]  # fmt: skip


class SignatureView(BaseModel):
    """A digital signature that holds for the bytes. `name`: in the certificate; `at`: by the signer's own clock.

    `trust`: whether the certificate's issuer is one to be trusted; nobody has judged that.
    """

    name: str
    at: str | None = None
    trust: Literal["unverified"]


class UploadView(BaseModel):
    """`id`, `size`, `type`: of what is stored (SHA-256, hex). `name`: the one given, made safe to show.

    `changes`: how that differs from what was sent; missing where it does not. `signatures`: missing where it has none.
    `signs`: of a signature alone, the SHA-256 of the paper it is for, which is to be handed in with it.
    """

    id: str
    size: int
    type: Literal["application/pdf", "image/jpeg", "image/png", "application/pkcs7-mime", "application/pkcs7-signature"]
    name: str
    changes: list[Literal["converted", "metadata-removed", "active-content-removed"]] | None = None
    signatures: list[SignatureView] | None = None
    signs: str | None = None


class AppointmentLine(BaseModel):
    """One step of how the appointment was reached; `basis`: its legal basis."""

    vi: str
    en: str
    basis: str | None


class AskedView(BaseModel):
    """`text` is missing with a consultation, `amount_vnd` with all but a payment, `until` with all but a completion."""

    what: Literal["supplement", "payment", "consultation", "completion"]
    at: str
    text: str | None = None
    amount_vnd: int | None = None
    until: str | None = None


class BroughtView(BaseModel):
    """Sent after the filing; `papers`: file names."""

    what: Literal["supplement", "completion"]
    at: str
    text: str | None
    papers: list[str]


class WithdrawalView(BaseModel):
    """The last wish to have it back. `answer`: why it was declined."""

    at: str
    reason: str
    declined_at: str | None = None
    answer: str | None = None


class DossierView(BaseModel):
    """What there is not (yet) is missing. `portal_status`: a code of the national portal; `fee_vnd`: the procedure's;
    `received_at`: the one-stop centre that took it in for its agency. Of what was filed for somebody else, `consent_until`: when
    their consent ends, if that was said; `consent_withdrawn`: when they took it back. Who filed it sees it no more then."""

    id: str
    version: int
    code: str
    status: Status
    portal_status: int
    procedure: str
    procedure_name: str
    agency: str
    agency_name: str
    channel: Channel
    received_at: str | None = None
    consent_until: str | None = None
    consent_withdrawn: str | None = None
    delivery: Literal["online", "counter", "post"] | None = None
    fee_vnd: int
    submitted_at: str
    accepted_at: str | None = None
    appointment: str | None = None
    appointment_lines: list[AppointmentLine] | None = None
    refused_at: str | None = None
    asked: AskedView | None = None
    brought: list[BroughtView] | None = None
    withdrawal: WithdrawalView | None = None
    withdrawn_at: str | None = None
    outcome: Literal["approved", "rejected"] | None = None
    decided_at: str | None = None
    stopped_at: str | None = None
    reason: str | None = None
    signed_at: str | None = None
    result_number: str | None = None
    delivered_at: str | None = None


class FiledView(BaseModel):
    """`appointment` is missing until it is accepted."""

    id: str
    version: int
    code: str
    status: Status
    portal_status: int
    agency: str
    procedure: str
    submitted_at: str
    appointment: str | None = None


class DossierList(Paged):
    items: list[DossierView]


FilingOutcomes = outcomes_of(FiledView, "FilingOutcome")


def _of_state(view: type[BaseModel]) -> tuple[str, ...]:
    return tuple(key for key in view.model_fields if key not in ("id", "version"))


_SHOWN, _FILED = _of_state(DossierView), _of_state(FiledView)


def dossier_view(dossier: Dossier[State]) -> dict[str, Any]:
    """What the owner and the counter see."""
    shown = {key: value for key in _SHOWN if (value := dossier.state.get(key)) is not None}
    return {"id": dossier.id, "version": dossier.version, **shown}


_SAID: Final = frozenset({"reason", "text", "papers", "answer"})


def without_words(view: Any, said: bool = False) -> Any:
    """How far it is, for who is above: what people wrote and what they called their files is masked."""
    if isinstance(view, Mapping):
        return {name: without_words(one, name in _SAID) for name, one in view.items()}
    if isinstance(view, list):
        return [without_words(one, said) for one in view]
    return MASK if said and isinstance(view, str) else view


def signature_view(signature: Mapping[str, Any]) -> dict[str, Any]:
    """As it is kept with the upload."""
    said = {"at": signature["at"]} if signature.get("at") else {}
    return {"name": signature["name"], **said, "trust": "unverified"}


def filed_view(dossier: Dossier[State]) -> dict[str, Any]:
    """An item's outcome in a batch: what the filer hands on; the rest is a GET away."""
    shown = {key: value for key in _FILED if (value := dossier.state.get(key)) is not None}
    return {"id": dossier.id, "version": dossier.version, **shown}


def _list_of(view: type[BaseModel]) -> Any:
    return list[view]  # type: ignore[valid-type]


def _whole(entry: type[BaseModel], says: str = "", without: str = "", **instead: Any) -> type[BaseModel]:
    """An entry of the catalogue as it is shown, with every key there. `instead`: types, where not the entry's own."""
    types = {key: field.annotation for key, field in entry.model_fields.items() if key != without} | instead
    fields: dict[str, Any] = {key: (type_, ...) for key, type_ in types.items()}
    return create_model(f"{entry.__name__}View", __doc__=says or entry.__doc__, __module__=__name__, **fields)


LimitView = _whole(Limit, "`cut_off`: local time, HH:MM:SS; null: the calendar's.", cut_off=str | None)
ExecutorView, PaperView, FeeView = _whole(Executor), _whole(Paper), _whole(Fee)
ConsultationView, ResultView = _whole(Consultation), _whole(Result)
AgencyView = _whole(Agency, without="source")
ProcedureView = _whole(
    Procedure,
    "`fee_vnd`: null where no source says. `form`: JSON Schema 2020-12. `agencies`: codes of those that take it.",
    without="source",
    executed_by=_list_of(ExecutorView),
    deadline=LimitView,
    fee_vnd=int | _list_of(FeeView) | None,
    documents=_list_of(PaperView),
    result=ResultView,
    consultation=_list_of(ConsultationView),
    agencies=list[str],
)


def _catalogue_of(name: str, view: type[BaseModel]) -> type[BaseModel]:
    return create_model(name, __module__=__name__, version=(str, ...), items=(_list_of(view), ...))


ProcedureList, AgencyList = _catalogue_of("ProcedureList", ProcedureView), _catalogue_of("AgencyList", AgencyView)


class CatalogueChange(BaseModel):
    """`code`: of the agency or procedure (`code@valid_from`), empty for the calendar. `field`: dotted, entries of lists by their
    key (`documents[D-1].copies`), empty where a whole entry comes or goes. `vi`, `en`: the same in words."""

    change: Literal["added", "changed", "removed"]
    what: Literal["agency", "procedure", "calendar"]
    code: str
    field: str
    before: Any
    after: Any
    vi: str
    en: str


class PromisedDay(BaseModel):
    """`dossiers`: how many open ones have their appointment on this day. `ids`: of these, where asked for, the first 500."""

    date: str
    dossiers: int
    ids: list[str] | None = None


class CatalogueImported(BaseModel):
    """`version`: of the catalogue as it is after the import, or would be (`dry_run`). `newly_off`: days that are no longer worked
    and on which appointments stand; these appointments are not moved by the import."""

    version: str
    procedures: int
    agencies: int
    dry_run: bool
    changes: list[CatalogueChange]
    newly_off: list[PromisedDay]


def procedure_view(procedure: Procedure, agencies: frozenset[str]) -> dict[str, Any]:
    return {**procedure.model_dump(mode="json", exclude={"source"}), "agencies": sorted(agencies)}


__all__ = [
    "Accept", "AgencyList", "CatalogueImported", "Correct", "DossierList", "DossierView",
    "Filing", "FilingBatch", "FilingItem", "FilingOutcomes", "PaymentConfirmation", "ProcedureList", "Refuse",
    "RequestCompletion", "SignatureView", "Supplement", "UploadView", "Withdraw", "WithdrawConsent", "dossier_view", "filed_view",
    "procedure_view", "signature_view",
]  # fmt: skip
