"""`make texts`: gives every id that pages use a place in its package's catalogues, and takes out what nothing uses.

A new id stands there without a text: tests/contracts/test_texts.py fails until somebody has written it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, Final, NamedTuple, get_args

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_javascript
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from dossier_intake.catalogue.model import Channel, Level, Procedure, Result
from dossier_intake.filing.documents import EXTENSIONS
from dossier_intake.pages.case import FACTS as COUNTER_FACTS
from dossier_intake.pages.case import SERVICES_WITH_CASES
from dossier_intake.pages.counter.finding import CHANNELS
from dossier_intake.pages.evidence import TOLD as EVIDENCED
from dossier_intake.pages.filing.held import Source as HeldFrom
from dossier_intake.pages.filing.view import OFFERED as FILED_OFFERED
from dossier_intake.pages.filing.view import OWN as FILED_OWN
from dossier_intake.pages.helping.table import OWN as HELPED_COLUMNS
from dossier_intake.pages.my_dossiers import STEPS
from dossier_intake.pages.procedures.life_events import Audience
from dossier_intake.pages.procedures.view import DOERS, GROUPS, OFFICES, PROCEDURE_STEPS, Standing
from dossier_intake.pages.sheet.sheet import CHANGES
from dossier_intake.pages.sheet.view import OFFERED, OWN
from dossier_intake.pages.story import TOLD
from dossier_intake.pages.vault import DONE as VAULT_DONE
from dossier_intake.papers.listing import CameWith
from dossier_intake.papers.view import How
from dossier_intake.policy import APPLICANT
from dossier_intake.policy import IN_EMERGENCY as EMERGENCY_ROLES
from dossier_intake.printing.forms import FORMS as PRINTED
from dossier_intake.registers.ports import Register
from dossier_intake.registers.questions import By
from dossier_intake.rules.deadlines import Unit
from dossier_monitor.alarms.pages import SHOWN
from dossier_monitor.alarms.rules import Kind, Severity
from dossier_monitor.audit.looks import ROLES as LOOKERS
from dossier_monitor.audit.schemas import AuditFilter
from dossier_monitor.board.throughput import WINDOWS
from dossier_monitor.indicators.definitions import INDICATORS, SAVED, WITHOUT_SOURCE
from dossier_monitor.indicators.periods import KINDS
from dossier_monitor.lists.filters import Filter
from dossier_monitor.open_data.api import COLUMNS
from dossier_monitor.pages.framing import NAV
from dossier_monitor.projection.domain import DUE, STAGES, WAITS, Outcome
from dossier_monitor.projection.durations import PASSAGES
from dossier_monitor.projection.registry import DEEDS, headings
from dossier_monitor.tail.lines import Wanted
from dossier_review.evolving.thread import SHOWN as SHOWN_LINES
from dossier_review.handlers import AWAITED
from dossier_review.pages.case import CONSENTS, DELIVERIES, FACTS
from dossier_review.pages.work_list import DECIDE
from dossier_review.printing import FORMS as DUE_FORMS
from dossier_review.schemas import Unit as LimitUnit
from dossier_review.state import Standing as RegisterStanding
from dossier_shared.contracts.audit import KINDS as AUDIT_KINDS
from dossier_shared.contracts.lifecycle import ENDED, MOVES, STATES
from dossier_shared.contracts.topics import SERVICES, SUBMITTED
from dossier_shared.errors import BAD_RECORD
from dossier_shared.pages.navigation import OFFICERS, PAGES
from dossier_shared.pages.texts import LANGUAGES, Lang, Text, texts_of

_STATES: Final = [state for state in STATES if state != "draft"]
# Package -> family -> the names that pages ask for without writing them down: `t.label("status", state)`.
FAMILIES: Final[Mapping[str, Mapping[str, Iterable[str]]]] = {
    "shared/src/dossier_shared": {
        "shared": (),
        "home": (),
        "role_name": ("citizen", "agent", *OFFICERS),
        "case": (),
        "place": [page.name for page in PAGES],
    },
    "services/intake/src/dossier_intake": {
        "answers": (),
        "counter": (),
        "emergency": (),
        "emergency_at": SERVICES_WITH_CASES,
        "emergency_role": EMERGENCY_ROLES,
        "counter_channel": get_args(Channel),
        "counter_delivery": ("online", "counter", "post"),
        "counter_did": SUBMITTED.events,
        "counter_fact": COUNTER_FACTS,
        "counter_form": PRINTED,
        "counter_role": ("citizen", "agent", "counter", "specialist", "leader", "admin", "rule"),
        "counter_turn": ("submitted", "awaiting_completion", "awaiting_supplement", "awaiting_payment", *sorted(ENDED), "signed"),
        "receive": (),
        "receive_choice": (*CHANNELS, *(choice for offered in OFFERED.values() for choice in offered)),
        "receive_field": OWN,
        "file": (),
        "file_asked": ("found", "not-found", "unavailable", "not-asked"),
        "file_asked_results": ("found", "not-found", "unavailable", "not-asked"),
        "file_held": get_args(HeldFrom),
        "file_choice": [choice for offered in FILED_OFFERED.values() for choice in offered],
        "file_field": FILED_OWN,
        "helpers": (),
        "helping": (),
        "helping_column": HELPED_COLUMNS,
        "form": (),
        "kiosk": (),
        "card": (),
        "form_hint": ("citizen-id", "date", "date-time", "dong", "email", "mobile", "number", "phone", "tax-code", "time"),
        "paper_change": CHANGES,
        "paper_kind": ("original", "copy", "electronic"),
        "evidence": (),
        "evidence_fact": EVIDENCED,
        "my": (),
        "my_story": TOLD,
        "my_step": STEPS,
        "my_status": [*_STATES, "signed-rejected", "delivered-rejected"],
        "papers": (),
        "papers_came": get_args(CameWith),
        "papers_how": get_args(How),
        "papers_role": (APPLICANT, "counter", "specialist", "leader", "admin"),
        "papers_type": EXTENSIONS,
        "procedure_audience": get_args(Audience),
        "procedure_channel": get_args(Channel),
        "procedure_doer": DOERS,
        "procedure_level": get_args(Level),
        "procedure_office": OFFICES,
        "procedure_online": get_args(Procedure.model_fields["online"].annotation),
        "procedure_papers": GROUPS,
        "procedure_result": get_args(Result.model_fields["kind"].annotation),
        "procedure_standing": get_args(Standing),
        "procedure_step": PROCEDURE_STEPS,
        "procedures": (),
        "track": (),
        "vault": (),
        "vault_by": get_args(By),
        "vault_done": VAULT_DONE,
        "vault_outcome": ("found", "not-found", "unavailable", "not-asked", "unknown"),
        "vault_source": get_args(Register),
    },
    "services/review/src/dossier_review": {
        "delegations": (),
        "review": (),
        "review_consent": CONSENTS,
        "review_delivery": DELIVERIES,
        "review_did": SHOWN_LINES,
        "review_elsewhere": ("approved", "rejected", "submitted", "awaiting_completion"),
        "review_fact": FACTS,
        "review_filed_by": ("self", "helper", "counter", "post", "bulk"),
        "review_role": ("citizen", "agent", "counter", "specialist", "leader", "rule"),
        "review_status": [state for state in _STATES if state not in ("signed", "delivered")],
        "review_register": get_args(Register),
        "review_standing": get_args(RegisterStanding),
        "review_unit": get_args(LimitUnit),
        "review_form": DUE_FORMS,
        "review_more_time": ("request-extension", "extend", "extend-unasked"),
        "review_proposal": DECIDE,
        "review_wait": AWAITED,
        "workload": (),
    },
    "services/signing/src/dossier_signing": {
        "run": (),
        "signing": (),
        "signing_kind": ("approved", "rejected"),
        "signing_failure": (
            "unprintable-text", "unsignable-pdf", "rendering-failed", "certificate-not-valid", "empty-holder", "empty-reason",
            "form-row-invalid", "document-invalid", "worker-died", "key-unreadable", "cannot-be-recorded", "unexpected",
            "given-up", "preview-outdated",
        ),
        "signing_event": ("signing-requested", "signing-failed", "sent-back", "signed", "downloaded"),
        "signing_result": ("approved", "rejected"),
        "signing_status": ("approved", "rejected", "in_review", "signed", "stopped", "withdrawn"),
        "signing_turn": ("signing", "in_review", "signed", "stopped", "withdrawn"),
    },
    "services/notify/src/dossier_notify": {
        "handing": (),
        "handing_message": ("requested", "sent", "failed"),
        "handing_paper": ("citizen_id", "passport", "authority"),
        "handing_signed_on": ("screen", "paper"),
        "handing_status": ("not_yet", "waits", "delivered"),
        "handing_turn": ("not_yet", "waits", "delivered"),
        "handing_wish": ("online", "counter", "post"),
        "notices": (),
        "pad": (),
    },
    "services/monitor/src/dossier_monitor": {
        "deployments": (),
        "lent": (),
        "emergencies": (),
        "alarm_detail": get_args(Kind),
        "alarm_service": ("intake", "review", "signing", "notify", "notify-alarms", "monitor", "monitor-worker", "monitor-audit"),
        "alarms": SHOWN,
        "audit": AuditFilter.model_fields,
        "audit_kind": AUDIT_KINDS,
        "audit_service": SERVICES,
        "board": (
            *(id_.partition(".")[2] for id_ in sorted(headings()) if id_.startswith("board.")),
            "live", "connecting", "frozen", "lost",
        ),
        "board_took": PASSAGES,
        "board_wait": WAITS,
        "broken": [reason for reason in BAD_RECORD if reason != "passed"],
        "bucket": (),
        "channel": ("online", "direct", "postal", "agent", "unknown"),
        "clock": (),
        "desk": ("intake", "review", "signing"),
        "did": DEEDS,
        "due": ("pressing", *DUE),
        "ended": ("on_time", "late"),
        "event": MOVES,
        "grade": ("V", "S", "A"),
        "history": (),
        "indicator": (*INDICATORS, SAVED),
        "indicator_meaning": (*INDICATORS, SAVED),
        "indicators": (),
        "level": ("idle", "good", "warn", "bad"),
        "lists": Filter.model_fields,
        "looks": (),
        "looks_role": LOOKERS,
        "nav": NAV,
        "officer": ("hand", "hand_late", "away", *DEEDS),
        "open_data": (),
        "open_data_column": COLUMNS,
        "outcome": get_args(Outcome),
        "passage": PASSAGES,
        "period": KINDS,
        "reached": ("filed", "accepted", "signed", "delivered"),
        "role": ("citizen", "agent", "counter", "specialist", "leader"),
        "search": (),
        "severity": get_args(Severity),
        "span": ("seconds", "minutes", "hours", "days"),
        "stage": STAGES,
        "status": _STATES,
        "story": (),
        "stream": Wanted.model_fields,
        "unit": get_args(Unit),
        "unsourced": WITHOUT_SOURCE,
        "value": (
            "online", "direct", "postal", "counter", "post", "agent", "intake", "review", "signing", "notify",
            "approve", "reject", "sms", "approved", "rejected", "citizen_id", "passport", "authority", "screen", "paper",
            "worker-died", "key-unreadable", "keys-unavailable", "unexpected",
        ),
        "waits": WAITS,
        "window": WINDOWS,
        "yes_no": ("true", "false"),
    },
}  # fmt: skip
_CALLS: Final = ("t", "plural", "label")
_HEAD: Final = (
    'msgid ""\nmsgstr ""\n"Language: {}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: {}\\n"\n\n'
)


class Use(NamedTuple):
    file: Path
    how: str  # t, plural; label, plural of: whose id is a family
    id: str


def uses(root: Path) -> Iterator[Use]:
    """In code, templates and scripts of every package with pages."""
    for package in FAMILIES:
        for path in sorted((root / package).rglob("*")):
            if path.suffix in _READ and "lib" not in path.parts:
                for how, id_ in _READ[path.suffix](path.read_bytes()):
                    yield Use(path, how, id_)


def _python(source: bytes) -> Iterator[tuple[str, str]]:
    """Babel's own reader sees nothing inside an f-string before Python 3.12."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        # a call of a call is `texts(lang)("my.title")`
        name = "t" if isinstance(node.func, ast.Call) else getattr(node.func, "id", getattr(node.func, "attr", ""))
        first = node.args[0]
        if name in _CALLS and isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield name, first.value
        elif name in _CALLS and isinstance(first, ast.JoinedStr) and isinstance(first.values[0], ast.Constant):
            yield f"{name} of", str(first.values[0].value).partition(".")[0]  # f"alarm_detail.{kind}"


def _other(
    extract: Callable[..., Iterable[tuple[Any, ...]]], **options: Any
) -> Callable[[bytes], Iterator[tuple[str, str]]]:
    def read(source: bytes) -> Iterator[tuple[str, str]]:
        for _, how, found, _ in extract(BytesIO(source), dict.fromkeys(_CALLS), [], options):
            first = found[0] if isinstance(found, tuple) else found
            if first is not None:
                yield how, first

    return read


_READ: Final = {
    ".py": _python,
    ".html": _other(babel_extract),
    ".js": _other(extract_javascript, parse_template_string=True),
}


def wanted(root: Path) -> dict[str, dict[str, bool | None]]:
    """Package -> id -> whether it has plural forms; None: it may. Raises LookupError for an id of a family nobody has."""
    owner = {family: package for package, families in FAMILIES.items() for family in families}
    used = list(uses(root))
    counted = {use.id for use in used if use.how == "plural of"}
    found: dict[str, dict[str, bool | None]] = {}
    for package, families in FAMILIES.items():
        names = ((family, name) for family, names in families.items() for name in names)
        found[package] = {f"{family}.{name}": None if family in counted else False for family, name in names}
    for use in used:
        package = owner.get(use.id.partition(".")[0], "")
        if not package:
            raise LookupError(
                f"{use.file.relative_to(root)}: no package has the family of {use.id}; add it to FAMILIES"
            )
        if use.how in ("t", "plural"):
            found[package][use.id] = use.how == "plural"
    return found


def catalogue_path(root: Path, package: str, lang: Lang) -> Path:
    return root / package / "pages/locale" / lang / "LC_MESSAGES/messages.po"


def read(path: Path, lang: Lang) -> dict[str, Text]:
    with path.open("rb") as file:
        return texts_of(read_po(file, locale=lang))


def update(root: Path) -> None:
    for package, ids in wanted(root).items():
        for lang in LANGUAGES:
            write(catalogue_path(root, package, lang), lang, ids)


def write(path: Path, lang: Lang, ids: Mapping[str, bool | None]) -> None:
    """In the order of ids, one line a text: what two people add lies apart, and a merge keeps both."""
    known, new = read(path, lang) if path.exists() else {}, Catalog(lang)
    for id_, plural in ids.items():
        text = known.get(id_, "")
        several = plural or not isinstance(text, str)
        new.add((id_, id_) if several else id_, _forms(text, new.num_plurals) if several else text)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(_HEAD.format(lang, new.plural_forms).encode())
        write_po(file, new, width=0, omit_header=True, sort_output=True)


def _forms(text: Text, count: int) -> tuple[str, ...]:
    return (text,) * count if isinstance(text, str) else text


if __name__ == "__main__":
    update(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
