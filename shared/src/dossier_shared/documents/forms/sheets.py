"""From a form to what its template is given: strings ready to be set, nothing left to decide there. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qs

from dossier_shared.documents.forms.models import (
    Apology,
    CaseForm,
    ControlSlip,
    Fee,
    Form,
    Receipt,
    Refusal,
    Register,
    RegisterRow,
    Step,
    StopNotice,
    SupplementRequest,
)
from dossier_shared.documents.forms.texts import words_on
from dossier_shared.documents.words import breakable, day, dong, hour_and_day, place_and_date
from dossier_shared.vocabulary.moments import VIETNAM

Sheet = dict[str, Any]
Words = Mapping[str, Any]
# columns, by the name of their title: millimetres, or below nothing a share of what is left
PAPERS = {"paper_number": 10, "paper_name": -1, "originals": 19, "copies": 19, "files": 19, "paper_note": 30}
STEPS = {
    "step_number": 9, "step_who": -1.2, "step_work": -1, "step_from": 21, "step_until": 21, "step_result": 26, "step_note": -0.5,
}  # fmt: skip
REGISTER = [9, 22, -1.3, 12, -1, -1, -0.9, 17, 17, 17, 17, 17, 18, 13, 17]
Row = dict[str, Any]


def sheet(form: Form) -> Sheet:
    words = words_on(form.kind, form.at.astimezone(VIETNAM).date())
    return _SHEETS[form.kind](form, words)


def receipt(form: Receipt, t: Words) -> Sheet:
    papers = [
        [str(n), one.name, _count(one.originals), _count(one.copies), _count(one.files), breakable(one.note or "")]
        for n, one in enumerate(form.papers, 1)
    ]
    columns = [
        n for n in range(len(PAPERS)) if n < 3 or any(row[n] for row in papers)
    ]  # what nobody gave has no column
    return {
        **_case(form, t),
        "rows": _rows(
            (t["desk"], form.desk),
            *_person(form, t),
            (t["filed_by"], form.filed_by),
            (t["procedure"], form.procedure),
        ),
        "papers_title": t["papers"] if papers else "",
        "papers_head": [t[list(PAPERS)[n]] for n in columns],
        "papers_widths": [list(PAPERS.values())[n] for n in columns],
        "papers": [[row[n] for n in columns] for row in papers],
        "no_papers": "" if papers else t["no_papers"],
        "rows_after": _rows(
            (t["sets"], t["sets_value"].format(sets=f"{form.sets:02d}")),
            (t["limit"], form.limit),
            (t["received"], hour_and_day(form.received_at)),
            (t["appointment"], _until(form.appointment) or t["no_appointment"], True),
            (t["why"], form.why),
            (t["fee"], _fee(form.fee, t)),
            (t["delivery"], form.delivery),
            (t["register"], form.register_entry),
        ),
        "left": _side(t["filer"], t["hint"], form.filed_by or form.person.name),
        "right": _side(t["officer"], t["hint"], form.officer),
        "notes_title": t["notes_title"],
        "notes": [*t["notes"], *_tracked(form.tracking_url, t)],
        "qr": form.tracking_url or "",
        "qr_title": t["track"],
    }  # fmt: skip


def supplement(form: SupplementRequest, t: Words) -> Sheet:
    contact = t["contact_phone" if form.contact_phone else "contact"]
    name = form.contact or form.officer or form.desk or form.office.agency_name
    return {
        **_case(form, t),
        "rows": _rows((t["code"], form.code), *_person(form, t), (t["procedure"], form.procedure)),
        "list_title": t["missing"],
        "items": [[one.what, f"{t['why']}: {one.why}" if one.why else ""] for one in form.missing],
        "rows_after": _rows((t["until"], _until(form.until), True)),
        "closing": contact.format(name=name, phone=form.contact_phone),
        "left": _side(t["filer"], t["hint"], form.filed_by or form.person.name),
        "right": _side(t["officer"], t["hint"], form.officer),
    }


def refusal(form: Refusal, t: Words) -> Sheet:
    desk = form.desk or form.office.agency_name
    return {
        **_case(form, t),
        "rows": _rows((t["code"], form.code), (t["desk"], form.desk), *_person(form, t), (t["procedure"], form.procedure)),
        "list_title": t["because"].format(desk=desk),
        "items": [[reason, ""] for reason in form.reasons],
        "rows_after": _rows((t["guidance"], form.guidance)),
        "closing": t["closing"],
        "left": _side(t["filer"], t["hint"], form.filed_by or form.person.name),
        "right": _side(t["officer"], t["hint"], form.officer),
    }  # fmt: skip


def apology(form: Apology, t: Words) -> Sheet:
    return {
        **_letter(form, t, form.received_at),
        "rows": _rows((t["appointment"], hour_and_day(form.appointment))),
        "list_title": t["because"].format(agency=form.office.agency_name),
        "items": [[reason, ""] for reason in form.reasons],
        "after": [
            t["trouble"],
            t["sorry"].format(agency=form.office.agency_name, appointment=_until(form.new_appointment) or t["to_fill"]),
        ],
        "closing": t["closing"],
    }


def stop(form: StopNotice, t: Words) -> Sheet:
    agency = form.office.agency_name
    return {
        **_letter(form, t, form.received_at),
        "subject": t["subject"],
        "rows": [],
        "list_title": t["because"].format(agency=agency, stopped=hour_and_day(form.stopped_at)),
        "items": [[reason, ""] for reason in form.reasons],
        "after": [f"{t['consequence']}: {form.consequence}"] if form.consequence else [],
        "closing": t["closing"].format(agency=agency),
    }


def control(form: ControlSlip, t: Words) -> Sheet:
    return {
        **_case(form, t),
        "rows": _rows(
            (t["code"], form.code),
            (t["applicant"], form.person.name),
            (t["procedure"], form.procedure),
            (t["agency"], form.deciding or form.office.agency_name),
            (t["cooperating"], "; ".join(form.cooperating)),
            (t["received"], hour_and_day(form.received_at)),
            (t["appointment"], _until(form.appointment)),
        ),
        "head": [t[name] for name in STEPS],
        "widths": list(STEPS.values()),
        "table": [_step(n, one) for n, one in enumerate(form.steps, 1)],
        "closing": t["closing"],
        "left": _side(t["left"], t["hint"], form.handed_by),
        "right": _side(t["right"], t["hint"], form.taken_by),
    }  # fmt: skip


def register(form: Register, t: Words) -> Sheet:
    return {
        **_sheet(form, t),
        "landscape": True,
        "begins": True,
        "ends": True,
        "foot": f"{t['title']} – {t['span'].format(first=_date(form.first), last=_date(form.last))}",
        "span": t["span"].format(first=_date(form.first), last=_date(form.last)),
        "head": t["columns"],
        "widths": REGISTER,
        "dates": t["dates"],
        "returned": t["returned"],
        "table": [_register_row(n, one) for n, one in enumerate(form.rows, 1)],
        "closing": t["closing"].format(total=len(form.rows)),
        "left": _side(t["left"], t["hint"], form.kept_by),
        "right": _side(t["right"], t["hint"], form.headed_by),
    }


_SHEETS: Mapping[str, Callable[[Any, Words], Sheet]] = {
    "receipt": receipt, "supplement": supplement, "refusal": refusal, "apology": apology, "stop": stop, "control": control,
    "register": register,
}  # fmt: skip


def pieces(one: Sheet, rows: int) -> list[Sheet]:
    """A register of more than so many rows in pieces, each of them a sheet; its pages are numbered without their total."""
    if one["kind"] != "register" or len(one["table"]) <= rows:
        return [one]
    starts = range(0, len(one["table"]), rows)
    return [
        {
            **one, "whole": False, "table": one["table"][start : start + rows], "begins": start == 0,
            "ends": start == starts[-1],
        }
        for start in starts
    ]  # fmt: skip


def _sheet(form: Form, t: Words) -> Sheet:
    """What every form has. Above the desk's name stands whose desk it is; a centre stands under the agency above it."""
    own = [line.upper() for line in form.office.lines or (form.office.agency_name,)]
    desk = form.desk if form.desk != form.office.agency_name else None
    above = " ".join(own) if desk else (form.office.parent_name or "").upper()
    return {
        "kind": form.kind,
        "landscape": False,
        "whole": True,
        "first_page": 1,
        "form": t["form"],
        "act": t["act"],
        "title": t["title"],
        "agency": form.office.agency_name,
        "above": above,
        "lines": [desk.upper()] if desk else own,
        "number": t["draft"] if form.draft else f"{t['number']}: {form.number}" if form.number else "",
        "draft": t["draft"] if form.draft else "",
        "place_and_date": place_and_date(form.office.place, form.at),
        "page": t["page"],
        "in_points": t["in_points"],
    }


def _case(form: CaseForm, t: Words) -> Sheet:
    draft = f"{t['draft']} · " if form.draft else ""
    return {**_sheet(form, t), "foot": f"{draft}{t['code']}: {form.code}"}


def _letter(form: Apology | StopNotice, t: Words, received: datetime) -> Sheet:
    return {
        **_case(form, t),
        "to": t["to"],
        "addressee": form.person.name,
        "opening": t["received"].format(
            received=day(received),
            agency=form.office.agency_name,
            procedure=form.procedure,
            applicant=form.person.name,
            code=form.code,
        ),
        "recipients_title": t["recipients"],
        "recipients": form.recipients or (form.person.name, t["keep"]),
        "on_behalf_of": (form.office.on_behalf_of or "").upper(),
        "right": _side(form.office.title.upper(), t["hint_seal"], form.signer),
    }


def _person(form: CaseForm, t: Words) -> Iterable[tuple[str, str | None] | tuple[str, str | None, bool]]:
    person = form.person
    return (
        (t["applicant"], person.name, True),
        (t["address"], person.address),
        (t["phone"], person.phone),
        (t["email"], person.email),
    )


def _rows(*said: tuple[str, str | None] | tuple[str, str | None, bool]) -> list[Row]:
    """Of what there is something to say."""
    return [{"label": label, "value": value, "strong": bool(more)} for label, value, *more in said if value]


def _side(title: str, hint: str, name: str | None) -> Row:
    return {"title": title, "hint": hint, "name": name or ""}


def _step(number: int, step: Step) -> list[str]:
    who = f"{step.agency}\n{step.who}" if step.agency else step.who
    return [
        str(number), breakable(who), breakable(step.work), _short(step.since), _short(step.until),
        breakable(step.result or ""), breakable(step.note or ""),
    ]  # fmt: skip


def _register_row(number: int, row: RegisterRow) -> list[str]:
    said = row.code, row.procedure, _count(row.sets), row.person, row.reached_at, row.agency
    when = row.received_at, row.appointment, row.forwarded_at, row.result_at, row.returned_at
    return [
        str(number), *(breakable(one or "") for one in said), *map(_short, when),
        *(breakable(one or "") for one in (row.returned_by, "", row.note)),
    ]  # fmt: skip


def _fee(fee: Fee | None, t: Words) -> str | None:
    if fee is None or not fee.amount:
        return None if fee is None else t["fee_none"]
    said: str = t["fee_paid" if fee.paid else "fee_due"].format(amount=dong(fee.amount))
    return said


def _tracked(url: str | None, t: Words) -> list[str]:
    """Where one types the two codes, for who has nothing to scan the QR with."""
    if url is None:
        return []
    page, _, asked = url.partition("?")
    secret = next(iter(parse_qs(asked).get("secret", [])), "")
    return [t["track_at"].format(page=page, secret=secret)] if secret else []


def _count(number: int) -> str:
    return f"{number:02d}" if number else ""


def _until(instant: datetime | None) -> str | None:
    return hour_and_day(instant) if instant else None


def _short(instant: datetime | None) -> str:
    """In a narrow column: the hour above the day."""
    return f"{instant.astimezone(VIETNAM):%H:%M\n%d/%m/%Y}" if instant else ""


def _date(day: date) -> str:
    return f"{day:%d/%m/%Y}"
