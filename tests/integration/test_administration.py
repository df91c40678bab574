"""Administration through the services' interfaces: what a person sees when it goes well and when it does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import respx
import typer
from aiokafka import AIOKafkaProducer
from typer.testing import CliRunner

from dossier_local import administration, lazy
from dossier_local.addresses import Addresses, find
from dossier_local.errors import StackError
from dossier_local.roles import GUESTS, agency_of
from dossier_local.stack import Stack
from dossier_shared.contracts.topics import dead_letter
from dossier_shared.errors import BadRecord
from dossier_shared.journal.dead_letters import StoredRecord, wrap
from dossier_shared.settings.broker import Broker

AT = Addresses(
    Broker("127.0.0.1:1"), "http://identity.test", {"intake": "http://intake.test", "review": "http://review.test"}
)
WAITING = "http://review.test/internal/waiting"
NEEDED = (
    "It takes an access token with role admin, of the issuer the services trust: "
    "set DOSSIER_TOKEN, or put it into a file dossier_token in the folder SECRETS_DIR."
)


@pytest.fixture
def http(respx_mock: respx.MockRouter) -> respx.MockRouter:
    respx_mock.post("http://identity.test/token").respond(json={"access_token": "a.b.c", "expires_in": 60})
    return respx_mock


async def test_a_catalogue_is_sent_as_administrator(http: respx.MockRouter, tmp_path: Path) -> None:
    route = http.put("http://intake.test/api/v1/catalogue").respond(json={"procedures": 6, "agencies": 12})
    (tmp_path / "own.yaml").write_text("version: 1\n")
    assert await administration.import_catalogue(AT, tmp_path / "own.yaml") == {"procedures": 6, "agencies": 12}
    request = route.calls.last.request
    assert request.headers["Authorization"] == "Bearer a.b.c"
    assert request.headers["Content-Type"] == "application/yaml"
    assert request.headers["Idempotency-Key"]
    assert request.content == b"version: 1\n"


async def test_a_problem_is_readable_in_both_languages_with_its_places(http: respx.MockRouter, tmp_path: Path) -> None:
    problem = {
        "code": "catalogue-invalid",
        "message": {"vi": "Danh mục chưa đúng.", "en": "The catalogue is not right."},
        "errors": [
            {"path": "/agencies/0/code", "message": {"vi": "thiếu", "en": "missing"}},
            {"path": "/procedures/0/fee_vnd", "line": 17, "message": {"vi": "số", "en": "number"}},
        ],
    }
    http.put("http://intake.test/api/v1/catalogue").respond(422, json=problem)
    (tmp_path / "own.json").write_text("{}")
    with pytest.raises(StackError) as error:
        await administration.import_catalogue(AT, tmp_path / "own.json")
    assert str(error.value).splitlines() == [
        "Danh mục chưa đúng.",
        "The catalogue is not right.  (catalogue-invalid, 422)",
        "  /agencies/0/code: thiếu / missing",
        "  dòng/line 17, /procedures/0/fee_vnd: số / number",
    ]


@pytest.mark.parametrize("body", ["<h1>502</h1>", "[]", json.dumps({"message": None})])
def test_an_answer_that_is_no_problem_document_is_shown_as_it_is(body: str) -> None:
    assert administration.readable(httpx.Response(502, text=body)) == f"502: {body}"


async def test_a_service_that_is_down_is_named(http: respx.MockRouter) -> None:
    http.post("http://review.test/internal/republish").mock(side_effect=httpx.ConnectError)
    with pytest.raises(StackError, match=r"review does not answer at http://review\.test"):
        await administration.republish(AT, "review", ["d1"])


async def test_a_token_that_is_given_is_used_and_no_issuer_asked(
    respx_mock: respx.MockRouter, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    route = respx_mock.get(WAITING).respond(json={"items": []})
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    (tmp_path / "dossier_token").write_text("from.a.file\n")
    await administration.waiting(AT, "review")
    monkeypatch.setenv("DOSSIER_TOKEN", "from.the.environment")
    await administration.waiting(AT, "review")
    assert [call.request.headers["Authorization"] for call in route.calls] == [
        "Bearer from.a.file",
        "Bearer from.the.environment",
    ]


@pytest.mark.parametrize("given", ["Bearer a.b.c", "a.b.c\na.b.c", "a.b.ç"])
async def test_what_no_header_could_carry_is_not_sent_and_not_shown(
    respx_mock: respx.MockRouter, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("DOSSIER_TOKEN", given)
    with pytest.raises(StackError) as error:
        await administration.waiting(AT, "review")
    assert str(error.value) == "DOSSIER_TOKEN must be the access token alone, in one line, without 'Bearer'."


@pytest.mark.parametrize(
    ("status", "code", "en"),
    [(401, "token-expired", "The session has expired."), (403, "role-missing", "Not allowed.")],
)
async def test_a_refused_token_says_which_one_is_needed_and_where(
    http: respx.MockRouter, status: int, code: str, en: str
) -> None:
    http.get(WAITING).respond(status, json={"code": code, "message": {"vi": "Không được.", "en": en}})
    with pytest.raises(StackError) as error:
        await administration.waiting(AT, "review")
    assert str(error.value).splitlines() == ["Không được.", f"{en}  ({code}, {status})", NEEDED]


@pytest.mark.parametrize(
    ("issuer", "says"),
    [
        ({"side_effect": httpx.ConnectError}, "The development issuer does not answer at http://identity.test. "),
        ({"return_value": httpx.Response(404, text="<h1>" + "x" * 999)}, "The issuer refused (404): <h1>xxx"),
        (
            {"return_value": httpx.Response(200, text="<h1>Sign in</h1>")},
            "What answers at http://identity.test is not ",
        ),
    ],
    ids=["away", "another", "a-page"],
)
async def test_where_no_development_issuer_is_the_same_is_said(
    respx_mock: respx.MockRouter, issuer: dict[str, Any], says: str
) -> None:
    respx_mock.post("http://identity.test/token").mock(**issuer)
    with pytest.raises(StackError) as error:
        await administration.waiting(AT, "review")
    first, last = str(error.value).splitlines()
    assert (first[: len(says)], last) == (says, NEEDED)
    assert len(first) < 300


def test_addresses_are_also_read_from_secret_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("KAFKA_BOOTSTRAP_SERVERS", "OIDC_ISSUER", "DOSSIER_SERVICES", "DOSSIER_PAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    (tmp_path / "kafka_bootstrap_servers").write_text("kafka:9092\n")
    (tmp_path / "dossier_services").write_text('{"review": "http://review:8002"}')
    monkeypatch.setenv("OIDC_ISSUER", "https://login.test")
    at = find(tmp_path / "nothing runs here")
    assert (at.kafka.servers, at.identity) == ("kafka:9092", "https://login.test")
    assert (at.url("review"), at.url("intake")) == ("http://review:8002", "http://127.0.0.1:8001")


@pytest.mark.parametrize("given", ["http://review:8002", "[]"])
def test_addresses_of_services_that_cannot_be_read_are_said_in_a_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: str
) -> None:
    monkeypatch.setenv("DOSSIER_SERVICES", given)
    with pytest.raises(StackError, match=r"^DOSSIER_SERVICES must be JSON, name -> base URL"):
        find(tmp_path)


async def test_long_lists_go_in_calls_of_500(http: respx.MockRouter) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        dossiers = json.loads(request.content)["dossiers"]
        return httpx.Response(200, json={"dossiers": len(dossiers), "events": 2 * len(dossiers)})

    route = http.post("http://review.test/internal/republish").mock(side_effect=answer)
    total = await administration.republish(AT, "review", [f"d{n}" for n in range(1201)])
    assert (total, route.call_count) == ({"dossiers": 1201, "events": 2402}, 3)


async def test_dead_letters_are_listed_with_reason_and_origin(stack: Stack) -> None:
    key = uuid4().hex  # others have dead letters on this broker too
    original = StoredRecord("dossier.submitted", 4, 17, key.encode(), b"{not json")
    record = wrap(original, BadRecord("undecodable", "no JSON"))
    async with AIOKafkaProducer(bootstrap_servers=stack.kafka) as producer:
        await producer.send_and_wait(dead_letter("notify"), record.value, record.key, headers=list(record.headers))
    at = Addresses(stack.broker, "", {})
    [letter] = [letter async for letter in administration.dead_letters(at, ["notify"]) if letter.key == key]
    assert (letter.reason, letter.detail, letter.came_from, letter.key) == (
        "undecodable",
        "no JSON",
        "dossier.submitted/4/17",
        key,
    )
    assert key not in [letter.key async for letter in administration.dead_letters(at, ["signing"])]


def test_guests_act_for_an_agency_of_their_level() -> None:
    catalogue = [
        {"code": "H19", "level": "province", "kind": "peoples_committee"},
        {"code": "P1", "level": "commune", "kind": "police"},
        {"code": "C1", "level": "commune", "kind": "peoples_committee"},
    ]
    assert {guest.role: agency_of(guest, catalogue) for guest in GUESTS} == {
        "citizen": None,
        "counter": "C1",
        "specialist": "C1",
        "leader": "C1",
        "superior": "H19",
        "auditor": "H19",
    }


def test_a_command_in_another_module_keeps_its_own_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fake_demo.py").write_text("def demo(dossiers: int = 1300) -> None:\n    print('opened', dossiers)\n")
    monkeypatch.syspath_prepend(tmp_path)
    commands = {"demo": ("fake_demo", "demo", "A demo."), "absent": ("no_such_module", "x", "Never.")}
    monkeypatch.setattr(lazy, "COMMANDS", commands)
    app = typer.Typer()
    app.callback()(lambda: None)
    lazy.register(app)
    runner = CliRunner()
    assert runner.invoke(app, ["demo", "--dossiers", "7"]).output == "opened 7\n"
    assert "--dossiers" in runner.invoke(app, ["demo", "--help"]).output
    assert runner.invoke(app, ["demo", "--nonsense"]).exit_code == 2
    listed = runner.invoke(app, ["--help"]).output
    assert "A demo." in listed
    assert "absent" not in listed
