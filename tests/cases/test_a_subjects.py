"""Who acts is told by a subject that people and files can read; a result always says who signed it."""

from __future__ import annotations

from datetime import date

import httpx
import pytest
from tests.cases.written import TEXT
from tests.unit.signing_rules.support import LEADER, Result
from tests.unit.web.support import Issuer, command_headers, make_app, token

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.filing.checks import Filing, check_filing
from dossier_shared.documents.words import visible
from dossier_shared.http.tokens import Principal, principal_of_claims
from dossier_signing.documents.results import document_of

NOTHING_TO_SEE = ["\u3164", "\u0301", "\u200e", "\u2800", "\u115f\u1160", "\ue000", "\u00a0"]
NOT_AS_TEXT = [
    "a\0b", " a", "a ", "a\nb", "a\tb", "a\r", "a\u2028b", "a\u2029b", "a\x85b", "a\u200bb", "\ufeffa", "a\u202eb",
    "a\u00adb", "a\u3164", "\u2800a", "a\u3000", "nguyễn\u200en",
]  # fmt: skip
ORDINARY = [
    "6f1c0c1e-4c1d-4c53-9d0e-0f6b7a0b9a11", "an.nguyen+vneid@bucuc.gov.vn", "auth0|5f7c8ec7", "f:9b1d:an", "leader 1",
    "urn:vn:001199012345", "7", "cán-bộ-Đặng", "Tra\u0302\u0300n", "阮文安",
]  # fmt: skip


@pytest.mark.parametrize("sub", NOTHING_TO_SEE + NOT_AS_TEXT, ids=ascii)
async def test_a_subject_that_is_no_text_is_no_token(sub: str) -> None:
    app = make_app(Issuer().verifier())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://intake.test") as client:
        for path in ("/api/v1/notes", "/fast"):
            headers = {**command_headers(), "authorization": f"Bearer {token(sub=sub)}"}
            answer = await client.post(path, json={"text": "a"}, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "token-invalid")


@pytest.mark.parametrize("sub", ORDINARY, ids=ascii)
async def test_an_ordinary_subject_stays_as_it_is(sub: str) -> None:
    assert (await Issuer().verifier().principal(token(sub=sub))).sub == sub


@pytest.mark.parametrize("name", NOTHING_TO_SEE, ids=ascii)
def test_a_name_nobody_sees_leaves_the_subject_to_sign(name: str) -> None:
    who = principal_of_claims({"sub": "u-1", "roles": ["leader"], "agency": LEADER.agency, "name": name})
    assert signed_by(who) == "u-1"


@pytest.mark.parametrize("hidden", NOTHING_TO_SEE, ids=ascii)
def test_an_old_wish_of_nobody_s_name_is_signed_by_the_office(hidden: str) -> None:
    """Recorded before subjects were read: neither its name nor its subject shows anything."""
    result = asked(LEADER)
    result.state["intent"] |= {"leader_name": hidden, "leader": hidden}
    assert document_of(result.state).leader_name == "Chủ tịch"
    result.state["intent"] |= {"leader": "u-1"}
    assert document_of(result.state).leader_name == "u-1"


@pytest.mark.parametrize("hidden", NOTHING_TO_SEE, ids=ascii)
def test_what_print_shows_is_what_the_vocabulary_sees(hidden: str) -> None:
    """The siblings: names of agencies and procedures of old events fall back to their codes."""
    assert visible(hidden) == ""
    result = asked(LEADER)
    result.state.update({"agency_name": hidden, "procedure_name": hidden})
    document = document_of(result.state)
    assert (document.agency_vi, document.procedure_vi) == (result.state["agency"], result.state["procedure"])


def test_a_name_nobody_sees_leaves_the_subject_to_have_filed() -> None:
    """The sibling at the door: who files for a citizen is recorded by name."""
    who = principal_of_claims({"sub": "agent-7", "roles": ["agent"], "name": "\u3164"})
    filing = Filing.model_validate({
        "procedure": "9.000001", "agency": "X-1", "applicant": {"name": "Nguyễn Văn An"}, "form": {},
        "documents": [{"code": "D-1", "id": "0" * 64}],
    })  # fmt: skip
    files = {"0" * 64: {"type": "application/pdf", "size": 1, "name": "đơn.pdf"}}
    checked = check_filing(Catalogue.parse(TEXT), filing, files, who, date(2026, 6, 1))
    assert checked.sealed.filed_by == "agent-7"


def asked(who: Principal) -> Result:
    result = Result().decided()
    result.asked(who)
    return result


def signed_by(who: Principal) -> str:
    return document_of(asked(who).state).leader_name
