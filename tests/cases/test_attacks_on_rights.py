"""Rights first: no token, repeated key or condition tells what is not one's to know."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest
from tests.component.desks import Desk, officer
from tests.component.intake.conftest import intake as intake
from tests.component.intake.papers import agency_of, filing
from tests.component.review.conftest import review as review
from tests.component.signing_api.conftest import keys as keys
from tests.component.signing_api.conftest import signing as signing
from tests.unit.review.support import ASKED, Case
from tests.unit.signing_rules.support import Result
from tests.unit.web.support import Issuer, command_headers, make_app, token

from dossier_shared.http.tokens import principal_of_claims
from dossier_shared.problems import Unauthorised

AGENCY = agency_of()
CITIZEN = officer("citizen", "citizen", agency=None)
COUNTER = officer("counter", "counter", agency=AGENCY)
MOVED = officer("counter", "counter", agency="H99.9")


def forged(header: str | bytes, claims: str | None = None) -> str:
    good = token().split(".")
    raw = header.encode() if isinstance(header, str) else header
    return f"{base64.urlsafe_b64encode(raw).decode().rstrip('=')}.{claims or good[1]}.{good[2]}"


def lists(levels: int) -> str:
    return "[" * levels + "]" * levels


GOOD = '{"alg": "RS256", "kid": "one"'
NESTED = {
    "a header of lists": forged(lists(3000)),
    "a header of objects": forged('{"a":' * 1100 + "1" + "}" * 1100),
    "deep in a good header": forged(f'{GOOD}, "x": {lists(2900)}}}'),
    "just under a parser's limit": forged(f'{GOOD}, "x": {lists(990)}}}'),
    "a payload": forged(GOOD + "}", base64.urlsafe_b64encode(lists(2900).encode()).decode().rstrip("=")),
    "a kid": forged(f'{{"alg": "RS256", "kid": {lists(900)}}}'),
    "an algorithm": forged(f'{{"alg": {lists(900)}}}'),
    "no UTF-8": forged(b'{"alg": "\xff"}'),
    "half a surrogate": forged('{"alg": "RS256", "kid": "\\ud800"}'),
}


@pytest.mark.parametrize("name", NESTED)
@pytest.mark.parametrize("way", ["header", "cookie"])
async def test_attack_17_a_nested_token_is_no_token(name: str, way: str) -> None:
    app = make_app(Issuer().verifier())
    text = NESTED[name]
    by = {"authorization": f"Bearer {text}"} if way == "header" else {"cookie": f"dossier_session={text}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        headers = {**command_headers(), "sec-fetch-site": "same-origin"}
        del headers["authorization"]
        answer = await client.post("/fast", json={"text": "a"}, headers={**headers, **by})
    assert (answer.status_code, answer.json()["code"]) == (401, "token-invalid")


@pytest.mark.parametrize("sub", ["\ud800", ["x"], {"a": 1}])
def test_attack_17_a_signed_subject_that_is_no_whole_text_is_refused(sub: Any) -> None:
    with pytest.raises(Unauthorised):
        principal_of_claims({"sub": sub})


def same(one: httpx.Response, other: httpx.Response) -> None:
    """To the letter, but for the request's own id."""
    bodies = [{k: v for k, v in answer.json().items() if k != "request_id"} for answer in (one, other)]
    assert (one.status_code, bodies[0]) == (other.status_code, bodies[1])
    own = {"x-request-id", "date", "content-length"}
    assert {k: v for k, v in one.headers.items() if k not in own} == {
        k: v for k, v in other.headers.items() if k not in own
    }


async def test_attack_18_a_repeated_key_gives_nothing_to_an_officer_who_moved_away(intake: Desk) -> None:
    filed = (await intake.post("/api/v1/dossiers", CITIZEN, filing())).json()["id"]
    accepted = await intake.post(f"/api/v1/dossiers/{filed}/accept", COUNTER, key="accept")
    assert accepted.status_code == 200
    assert (await intake.post(f"/api/v1/dossiers/{filed}/accept", COUNTER, key="accept")).json() == accepted.json()
    unknown = await intake.post("/api/v1/dossiers/nowhere/accept", MOVED, key="accept")
    same(await intake.post(f"/api/v1/dossiers/{filed}/accept", MOVED, key="accept"), unknown)
    batch = {"items": [{"key": "accept", "dossier": filed}, {"key": "other", "dossier": filed}]}
    answer = await intake.post("/api/v1/dossiers:accept", MOVED, batch)
    assert [item["problem"]["code"] for item in answer.json()["items"]] == ["dossier-not-found"] * 2


async def test_attack_18_what_was_filed_at_a_counter_is_not_filed_again_from_elsewhere(intake: Desk) -> None:
    at_counter = filing()
    first = await intake.post("/api/v1/dossiers", COUNTER, at_counter, "filed")
    assert first.status_code == 201
    assert (await intake.post("/api/v1/dossiers", COUNTER, at_counter, "filed")).json() == first.json()
    moved = await intake.post("/api/v1/dossiers", MOVED, at_counter, "filed")
    assert (moved.status_code, moved.json()["code"]) == (403, "other-agency")
    batch = await intake.post("/api/v1/dossiers:batch", MOVED, {"items": [{"key": "filed", "filing": at_counter}]})
    assert batch.json()["items"][0]["problem"]["code"] == "other-agency"
    for path in (f"/api/v1/dossiers/{first.json()['id']}", f"/api/v1/dossiers?code={first.json()['code']}"):
        assert (await intake.http.get(path, headers=MOVED)).status_code == 404


BODIES: dict[str, dict[str, Any]] = {
    "accept": {}, "sign": {}, "assign": {}, "approve": {}, "payment-confirmed": {},
    "appraise": {"proposal": "approve"}, "answer-consultation": {"answer": "a"},
    "consult": {"agency": "H1", "question": "a"}, "request-payment": {"amount_vnd": 1, "reason": "a"},
    "reject": {"reason": "a"}, "return": {"reason": "a"}, "refuse": {"reason": "a"},
    "note": {"text": "a"}, "request-supplement": {"text": "a"}, "supplement": {"text": "a"},
    "withdraw-request": {"reason": "a"}, "stop": {"reason": "a"},
    "request-completion": {"text": "a"}, "complete": {"text": "a"}, "withdraw": {"reason": "a"},
    "correct": {"reason": "a", "applicant": {"phone": None}}, "withdraw-consent": {},
    "withdraw-consultation": {"id": "q1", "reason": "a"}, "grant-withdrawal": {}, "decline-withdrawal": {"reason": "a"},
    "request-extension": {"amount": 1, "unit": "working_day", "reason": "a"}, "extend": {},
    "hand-over": {"agency": "H1", "reason": "a"}, "send-back": {"reason": "a"},
}  # fmt: skip
ROLES = {"intake": ("counter",), "review": ("leader", "specialist"), "signing": ("leader",)}


def commands(desk: Desk) -> list[str]:
    """Every command on one dossier that the service has, but for the one that opens those of others."""
    paths = desk.app.openapi()["paths"]
    return [
        path
        for path, operations in paths.items()
        if "post" in operations and "{dossier_id}" in path and not path.endswith("/emergency")
    ]


async def test_attack_18_a_condition_on_the_version_does_not_tell_of_a_dossier(
    intake: Desk, review: Desk, signing: Desk
) -> None:
    filed = (await intake.post("/api/v1/dossiers", CITIZEN, filing())).json()["id"]
    await review.put(Case("theirs").accepted().dossier)
    await signing.put(Result("certificate", "theirs").decided().dossier)
    tried = 0
    for desk, id_ in ((intake, filed), (review, "theirs"), (signing, "theirs")):
        stranger = officer("stranger", *ROLES[desk.runtime.settings.service], agency="H99.9")
        for path in commands(desk):
            body = BODIES[path.rpartition("/")[2]]
            for tag in ('"1"', '"77"'):
                there = await desk.post(path.replace("{dossier_id}", id_), stranger, body, if_match=tag)
                nowhere = await desk.post(path.replace("{dossier_id}", "nowhere"), stranger, body, if_match=tag)
                assert there.status_code == 404, path
                same(there, nowhere)
                tried += 1
    assert tried >= 30


async def test_attack_18_another_citizen_learns_nothing_by_a_condition(intake: Desk) -> None:
    filed = (await intake.post("/api/v1/dossiers", CITIZEN, filing())).json()["id"]
    other = officer("other", "citizen", agency=None)
    there = await intake.post(f"/api/v1/dossiers/{filed}/supplement", other, {"text": "a"}, if_match='"77"')
    same(there, await intake.post("/api/v1/dossiers/nowhere/supplement", other, {"text": "a"}, if_match='"77"'))


async def test_attack_18_who_gave_an_opinion_may_repeat_it_and_nothing_else(review: Desk) -> None:
    await review.put(Case("one").accepted().dossier)
    specialist, asked = officer("s", "specialist"), officer("asked", "specialist", agency=ASKED)
    path = "/api/v1/dossiers/one"
    await review.post(f"{path}/consult", specialist, {"agency": ASKED, "question": "Đúng không?"})
    first = await review.post(f"{path}/answer-consultation", asked, {"answer": "Đúng."}, "k")
    assert (await review.post(f"{path}/answer-consultation", asked, {"answer": "Đúng."}, "k")).json() == first.json()
    moved = officer("asked", "specialist", agency="H99.9")
    assert (await review.post(f"{path}/answer-consultation", moved, {"answer": "Đúng."}, "k")).status_code == 404
    assert (await review.post(f"{path}/note", asked, {"text": "a"}, if_match='"99"')).status_code == 404


async def test_attack_20_a_foreign_dossier_is_answered_as_an_unknown_one(
    intake: Desk, review: Desk, signing: Desk
) -> None:
    """Notify's is in tests/unit/notify/test_api.py, monitor's in tests/component/monitor."""
    filed = (await intake.post("/api/v1/dossiers", CITIZEN, filing())).json()["id"]
    await review.put(Case("theirs").accepted().dossier, Case("early").submitted().dossier)
    await signing.put(Result("certificate", "theirs").decided().dossier)
    for desk, ids, paths in (
        (intake, [filed], ["/api/v1/dossiers/{}"]),
        (review, ["theirs", "early"], ["/api/v1/dossiers/{}"]),
        (signing, ["theirs"], ["/api/v1/dossiers/{}", "/api/v1/dossiers/{}/result"]),
    ):
        for role in ("counter", "specialist", "leader", "superior", "citizen"):
            stranger = officer("stranger", role, agency=None if role == "citizen" else "H99.9")
            for path in paths:
                nowhere = await desk.http.get(path.format("nowhere"), headers=stranger)
                for id_ in ids:
                    same(await desk.http.get(path.format(id_), headers=stranger), nowhere)


async def test_attack_20_a_citizen_does_not_see_who_signed(signing: Desk) -> None:
    result = Result("certificate", "one").decided()
    owner = officer(result.dossier.state["owner"], "citizen", agency=None)
    result.dossier.state["signed_by"] = "leader-account"
    await signing.put(result.dossier)
    for who, seen in ((owner, None), (officer("c", "counter"), "leader-account")):
        answer = await signing.http.get("/api/v1/dossiers/one", headers=who)
        assert (answer.status_code, answer.json()["signed_by"]) == (200, seen)
        assert ("leader-account" in answer.text) == (seen is not None)
