"""Who may not: tokens of every wrong kind at every service, wrong roles, other agencies, other people's dossiers."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from dossier_local import officer_list
from dossier_local.addresses import broker_at

from .offices import PROCEDURE, SERVICES, Eventually, Headers, Offices, key, refused

# service -> (a command, its role, a body it would take, the stage it is legal at)
COMMANDS: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "intake": ("accept", "counter", {}, "submitted"),
    "review": ("approve", "leader", {}, "appraised"),
    "signing": ("sign", "leader", {}, "approved"),
}
STRANGER_KEY = RSAKey.generate_key(2048)


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


async def tokens(offices: Offices, role: str) -> dict[str, tuple[Headers, str]]:
    """Wrong tokens that say they are a good officer of the agency, and the code each is refused with."""
    issuer = offices.stack.url("identity")
    ours = offices.issuer_key()
    claims = {
        "iss": issuer, "aud": "dossier", "sub": role, "exp": int(time.time()) + 600, "roles": [role],
        "agency": offices.agency,
    }  # fmt: skip
    kid = (await offices.http.get(f"{issuer}/jwks")).json()["keys"][0]["kid"]

    def signed(by: RSAKey, **changes: Any) -> str:
        return jwt.encode({"alg": "RS256", "kid": kid}, claims | changes, by)

    good = signed(ours)
    head, _, signature = good.split(".")
    return {
        "missing": ({}, "token-missing"),
        "rubbish": (_bearer("rubbish"), "token-invalid"),
        "expired": (await offices.login(role, role, agency=offices.agency, ttl=-3600), "token-expired"),
        "another key": (_bearer(signed(STRANGER_KEY)), "token-invalid"),
        "alg none": (_bearer(f"{_part({'alg': 'none', 'kid': kid})}.{_part(claims)}."), "token-invalid"),
        "alg HS256": (_bearer(f"{_part({'alg': 'HS256', 'kid': kid})}.{_part(claims)}.AAAA"), "token-invalid"),
        "changed claims": (_bearer(f"{head}.{_part(claims | {'sub': 'me'})}.{signature}"), "token-invalid"),
        "another audience": (_bearer(signed(ours, aud="elsewhere")), "token-invalid"),
        "another issuer": (_bearer(signed(ours, iss="http://elsewhere.test")), "token-invalid"),
        "roles not a list": (_bearer(signed(ours, roles=role)), "token-invalid"),
    }


def _bearer(token: str) -> Headers:
    return {"authorization": f"Bearer {token}"}


@pytest.mark.parametrize("service", SERVICES)
async def test_wrong_tokens(offices: Offices, service: str) -> None:
    name, role, body, stage = COMMANDS[service]
    path = f"/dossiers/{offices.at[stage]}/{name}"
    async with offices.nothing_written():
        for headers, code in (await tokens(offices, role)).values():
            answer = await offices.post(service, path, headers, body)
            refused(answer, 401, code)
            assert answer.headers["www-authenticate"].startswith("Bearer")
            refused(await offices.get(service, "/queue?stage=appraisal", headers), 401, code)


@pytest.mark.parametrize("service", SERVICES)
async def test_wrong_roles_and_other_agencies(offices: Offices, service: str) -> None:
    name, role, body, stage = COMMANDS[service]
    path = f"/dossiers/{offices.at[stage]}/{name}"
    async with offices.nothing_written():
        refused(await offices.post(service, path, offices.who["citizen"], body), 403, "forbidden")
        refused(await offices.get(service, "/queue?stage=appraisal", offices.who["citizen"]), 403, "forbidden")
        refused(await offices.post(service, path, offices.who[f"other {role}"], body), 404, "dossier-not-found")
        many = {"items": [{"key": key(), "dossier": offices.at[stage], **body}]}
        item = (await offices.post(service, f"/dossiers:{name}", offices.who[f"other {role}"], many)).json()["items"][0]
        assert (item["status"], item["problem"]["code"]) == (404, "dossier-not-found")


async def test_a_counter_files_only_for_its_own_agency(offices: Offices) -> None:
    async with offices.nothing_written():
        answer = await offices.post("intake", "/dossiers", offices.who["other counter"], offices.filing())
        refused(answer, 403, "other-agency")
        refused(await offices.post("intake", "/dossiers", offices.who["leader"], offices.filing()), 403, "forbidden")
        many = {"items": [{"key": key(), "filing": offices.filing()}]}
        refused(await offices.post("intake", "/dossiers:batch", offices.who["citizen"], many), 403, "forbidden")


async def test_what_one_may_not_see_does_not_exist(offices: Offices) -> None:
    neighbour, signed = offices.who["other citizen"], offices.at["signed"]
    for service, path in (
        ("intake", f"/dossiers/{signed}"),
        ("signing", f"/dossiers/{signed}"),
        ("signing", f"/dossiers/{signed}/result"),
        ("intake", "/dossiers/nowhere"),
        ("signing", "/dossiers/nowhere/result"),
    ):
        refused(await offices.get(service, path, neighbour), 404, "dossier-not-found")
    code = (await offices.get("intake", f"/dossiers/{signed}", offices.who["citizen"])).json()["code"]
    refused(await offices.get("intake", f"/dossiers?code={code}", neighbour), 404, "dossier-not-found")
    refused(await offices.get("review", f"/dossiers/{signed}", neighbour), 403, "forbidden")
    refused(await offices.get("review", f"/dossiers/{signed}", offices.who["other leader"]), 404, "dossier-not-found")
    refused(
        await offices.get("signing", f"/dossiers/{signed}/result", offices.who["other leader"]),
        404,
        "dossier-not-found",
    )
    assert (await offices.get("intake", "/dossiers", neighbour)).json()["items"] == []


@pytest.mark.parametrize("service", SERVICES)
async def test_a_cookie_acts_only_from_our_own_page(offices: Offices, service: str) -> None:
    name, role, body, stage = COMMANDS[service]
    cookie = {"cookie": "dossier_session=" + offices.who[role]["authorization"].removeprefix("Bearer ")}
    path = f"/dossiers/{offices.at[stage]}/{name}"
    own = offices.stack.url(service)
    async with offices.nothing_written():
        for headers in (
            {},
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
            {"sec-fetch-site": "cross-site", "origin": own},
            {"origin": "https://evil.test"},
            {"origin": "null"},
        ):
            refused(await offices.post(service, path, {**cookie, **headers}, body), 403, "cross-site")
        stale = {**cookie, "origin": own, "if-match": '"999"'}  # from our own page: gets as far as its own refusal
        refused(await offices.post(service, path, stale, body), 412, "stale-version")


async def test_an_agency_that_lists_its_officers_is_closed_to_others(offices: Offices, eventually: Eventually) -> None:
    """Over the real topic, at every service, while their tokens stay good; and open again once nobody is listed."""
    agency, broker = offices.procedures[PROCEDURE]["agencies"][2], broker_at(offices.stack.kafka)
    who = {sub: await offices.login(sub, "leader", "counter", agency=agency) for sub in ("listed", "stranger")}
    line = {"subject": "listed", "name": "Trần Thị Bình", "agency": agency, "roles": ["leader", "counter"]}

    def become(listed: int, stranger: int) -> Any:
        async def so() -> bool:
            answers = {
                (sub, (await offices.get(service, path, head)).status_code)
                for sub, head in who.items()
                for service, path in (("intake", "/queue"), ("review", "/queue?stage=approval"), ("signing", "/queue"))
            }
            return answers == {("listed", listed), ("stranger", stranger)}

        return so

    assert await eventually(become(200, 200), within=10)
    await officer_list.take(broker, json.dumps([line]))
    assert await eventually(become(200, 403), within=20)
    refused(await offices.get("review", "/workload", who["stranger"]), 403, "not-in-office")
    await officer_list.take(broker, json.dumps([{**line, "until": "2026-01-01T00:00:00+07:00"}]))
    assert await eventually(become(403, 403), within=20)
    await officer_list.publish(broker, officer_list.Plan({}, ["listed"]))
    assert await eventually(become(200, 200), within=20)
