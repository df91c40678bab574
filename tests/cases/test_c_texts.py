"""C1: what a person must give holds something to see, at every way in."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.forms.form import Form, canonical
from dossier_intake.schemas import PaymentConfirmation, Refuse, Supplement
from dossier_monitor.alarms.commands import Acknowledgement
from dossier_monitor.alarms.rules import Rule
from dossier_review.schemas import (
    AnswerConsultation,
    Appraise,
    Approve,
    Consult,
    Note,
    Reject,
    RequestPayment,
    RequestSupplement,
    Return,
)
from dossier_shared.http.internal import SkipRequest
from dossier_shared.http.tokens import principal_of_claims
from dossier_shared.http.validation import validated
from dossier_shared.problems import Invalid
from dossier_shared.vocabulary.text import visible

from ..component.desks import Desk, officer  # noqa: TID252
from ..component.intake.conftest import intake  # noqa: F401, TID252
from ..component.intake.papers import agency_of, filing  # noqa: TID252
from ..component.review.conftest import review  # noqa: F401, TID252
from ..unit.review.support import ASKED, Case  # noqa: TID252

UNSEEN = [
    "\u200e", "\ufeff", "\u3164", "\u2800", "\u0007", "\u00ad",  # as reported
    "\u2060", "\u115f", "\uffa0", "\u034f", "\u202e", "\u200d", "\ufe0f", "\U000e0041", "\u0301", "\u00a0", "\n",
]  # fmt: skip
every_sign = pytest.mark.parametrize("sign", UNSEEN, ids=ascii)

REQUIRED: dict[str, tuple[type[BaseModel], str, dict[str, Any]]] = {
    "refusal": (Refuse, "reason", {}),
    "request for a supplement": (RequestSupplement, "text", {}),
    "request for a payment": (RequestPayment, "reason", {"amount_vnd": 1}),
    "consultation": (Consult, "question", {"agency": ASKED}),
    "opinion": (AnswerConsultation, "answer", {}),
    "rejection": (Reject, "reason", {}),
    "return": (Return, "reason", {}),
    "note": (Note, "text", {}),
    "acknowledgement of an alarm": (Acknowledgement, "note", {}),
    "going on without an event": (SkipRequest, "reason", {"dossier": "d", "source": "intake", "seq": 1}),
}
OPTIONAL: dict[str, tuple[type[BaseModel], str, dict[str, Any]]] = {
    "supplement": (Supplement, "text", {}),
    "receipt": (PaymentConfirmation, "receipt", {}),
    "note of an appraisal": (Appraise, "note", {"proposal": "approve"}),
    "note of an approval": (Approve, "note", {}),
}


@every_sign
@pytest.mark.parametrize("way", REQUIRED)
def test_c1_a_required_text_holds_something_to_see(way: str, sign: str) -> None:
    model, field, rest = REQUIRED[way]
    for unseen in (sign * 5, f" {sign}\u200b{sign} \n"):
        with pytest.raises(Invalid) as refused:
            validated(model, {**rest, field: unseen})
        (found,) = refused.value.errors
        assert (found["path"], found["code"]) == (field, "text-empty")
        assert found["message_vi"].startswith("Nội dung trống")
    kept = getattr(validated(model, {**rest, field: f"{sign}Thiếu{sign} ảnh{sign}"}), field)
    assert visible(kept)
    assert kept.startswith("Thi")


@every_sign
@pytest.mark.parametrize("way", OPTIONAL)
def test_c1_an_optional_text_with_nothing_to_see_is_none(way: str, sign: str) -> None:
    model, field, rest = OPTIONAL[way]
    assert getattr(validated(model, {**rest, field: sign * 3}), field) is None


@every_sign
def test_c1_a_form_s_field_of_one_letter_at_least_holds_something_to_see(sign: str) -> None:
    form = Form(
        {
            "type": "object",
            "required": ["why", "rows"],
            "properties": {
                "why": {"type": "string", "minLength": 1, "title": "Lý do"},
                "rows": {"type": "array", "items": {"$ref": "#/$defs/row"}},
            },
            "$defs": {"row": {"type": "object", "properties": {"what": {"type": "string", "minLength": 1}}}},
        }
    )
    with pytest.raises(Invalid) as refused:
        form.check({"why": sign * 2, "rows": [{"what": sign}]})
    assert {error["path"]: error["code"] for error in refused.value.errors} == {
        "/why": "too-short",
        "/rows/0/what": "too-short",
    }
    assert visible(canonical(f"{sign}a{sign}"))


@every_sign
def test_c1_names_hold_something_to_see(sign: str) -> None:
    for named in ({"vi": sign, "en": "Late"}, {"vi": "Trễ", "en": sign}):
        rule = {
            "id": "a",
            "kind": "late-share",
            "name": named,
            "raise": 0.5,
            "clear": 0.1,
            "severity": "info",
            "told": ["agency"],
        }
        with pytest.raises(ValueError, match="text-empty"):
            Rule.model_validate(rule)


@every_sign
def test_c1_the_name_a_token_carries_is_read_as_every_other(sign: str) -> None:
    """It is recorded as who filed or signed; where nothing is to be seen, the account's subject stands for it."""
    claims = {"sub": "u-1", "roles": ["leader"]}
    assert principal_of_claims(claims | {"name": sign * 3}).name == ""
    assert principal_of_claims(claims | {"name": "\ue000"}).name == ""
    assert principal_of_claims(claims | {"name": f"{sign} Trần{sign} Quốc  Hưng"}).name.startswith("Tr")
    assert principal_of_claims(claims | {"name": " Trần\u200e Quốc  Hưng "}).name == "Trần Quốc Hưng"


async def test_c1_at_review_s_own_address(review: Desk) -> None:  # noqa: F811
    """All of them refused by HTTP, and the case has not moved."""
    specialist, leader = officer("specialist", "specialist"), officer("leader", "leader")
    await review.put(
        Case("appraisal").accepted().dossier,
        Case("approval").appraised().dossier,
        Case("asked").awaiting("consultation").dossier,
    )
    ways: list[tuple[str, str, dict[str, str], str, dict[str, Any]]] = [
        ("approval", "reject", leader, "reason", {}),
        ("approval", "return", leader, "reason", {}),
        ("appraisal", "note", specialist, "text", {}),
        ("appraisal", "request-supplement", specialist, "text", {}),
        ("appraisal", "request-payment", specialist, "reason", {"amount_vnd": 1}),
        ("appraisal", "consult", specialist, "question", {"agency": ASKED}),
        ("asked", "answer-consultation", officer("x", "specialist", agency=ASKED), "answer", {}),
    ]
    for case, action, who, field, rest in ways:
        for sign in UNSEEN[:6]:
            answer = await review.post(f"/api/v1/dossiers/{case}/{action}", who, {**rest, field: sign})
            assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), (action, ascii(sign))
            assert [error["code"] for error in answer.json()["errors"]] == ["text-empty"]
    for case in ("appraisal", "approval", "asked"):
        before = {"appraisal": [], "approval": ["appraised"], "asked": ["consultation-requested"]}[case]
        assert [entry["type"] for entry in (await review.stored(case))["journal"]] == before
    done = await review.post(
        "/api/v1/dossiers/approval/reject", leader, {"reason": "\ufeffThiếu\u200e giấy\u0007\r\ntờ "}
    )
    assert done.status_code == 200
    assert "Thiếu giấy\\ntờ" in bytes((await review.stored("approval"))["journal"][-1]["sealed"]).decode()


async def test_c1_at_intake_s_own_address(intake: Desk) -> None:  # noqa: F811
    citizen, counter = officer("c", "citizen", agency=None), officer("counter", "counter", agency=agency_of())
    applicant = filing()["applicant"]
    for sign in UNSEEN[:6]:
        answer = await intake.post("/api/v1/dossiers", citizen, filing(applicant={**applicant, "name": sign}))
        assert (answer.status_code, answer.json()["code"]) == (422, "name-invalid"), ascii(sign)
    filed = await intake.post("/api/v1/dossiers", citizen, filing(applicant={**applicant, "address": "\u200e"}))
    assert filed.status_code == 201, filed.text
    path = f"/api/v1/dossiers/{filed.json()['id']}"
    assert (await intake.stored(filed.json()["id"]))["state"]["applicant"].get("address") is None
    for sign in UNSEEN[:6]:
        refused = await intake.post(f"{path}/refuse", counter, {"reason": sign})
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "text-empty"), ascii(sign)
        empty = await intake.post(f"{path}/supplement", citizen, {"text": sign})
        assert (empty.status_code, empty.json()["code"]) == (422, "supplement-empty")
    assert (await intake.post(f"{path}/refuse", counter, {"reason": "\u200eThiếu\u00ad giấy"})).json()[
        "reason"
    ] == "Thiếu giấy"


def test_the_packaged_catalogue_holds_nothing_unseen() -> None:
    """Its texts are shown and printed as they are."""

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            for key, value in node.items():
                walk(key)
                walk(value)
        elif isinstance(node, list | tuple):
            for value in node:
                walk(value)
        elif isinstance(node, str) and node:
            assert canonical(node) == node

    catalogue = Catalogue.load_packaged()
    for versions in catalogue.procedures.values():
        for procedure in versions:
            walk(procedure.model_dump(mode="json", exclude={"source"}))
    for agency in catalogue.agencies.values():
        walk(agency.model_dump(mode="json", exclude={"source"}))
