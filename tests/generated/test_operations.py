"""Every operation of every service, asked by seven subjects with what schemathesis makes of its description.

No answer is a server error, and every one is as described, to the last key. GENERATED_EXAMPLES: of an operation, each asked as
every subject in turn, since making a question costs more than asking it; `make test-all` asks a few as two of them,
`make test-nightly` as all, `make test-operations` 200. The same number gives the same questions.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.answers import WrongAnswer, check
from tests.component.intake.papers import agency_of, filing

from dossier_local.stack import Stack
from dossier_shared.contracts.topics import SERVICES
from dossier_shared.settings.quotas import DEFAULTS

pytestmark = [pytest.mark.long, pytest.mark.timeout(7200)]

DESCRIBED = Path(__file__).parents[2] / "docs/openapi"
EXAMPLES = int(os.environ.get("GENERATED_EXAMPLES", "3"))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
AGENCY = agency_of()
SUBJECTS: Mapping[str, Mapping[str, Any] | None] = {
    "anonymous": None,
    "citizen": {"roles": ["citizen"]},
    "counter": {"roles": ["counter"], "agency": AGENCY},
    "specialist": {"roles": ["specialist"], "agency": AGENCY},
    "leader": {"roles": ["leader"], "agency": AGENCY},
    "superior": {"roles": ["superior"], "agency": AGENCY.partition(".")[0]},
    "administrator": {"roles": ["admin", "auditor"]},
}
# They do not end by themselves; tests/component/monitor/test_stream.py reads them.
STREAMS = {"/api/v1/board/stream", "/api/v1/stream", "/api/v1/timelines/{code_or_id}/changes"}
OPEN = ("intake", "monitor")  # have something for everybody: the catalogue, open data
IDS = ("dossier_id", "code_or_id", "id")
FEW = 5  # failures of an operation that are shown


class Asked:
    """A stack with a few dossiers at different places of their lives."""

    def __init__(self, stack: Stack, tokens: Mapping[str, dict[str, str]], dossiers: list[str]) -> None:
        self.stack, self.tokens, self.dossiers = stack, tokens, dossiers


@pytest.fixture(scope="module")
async def asked(
    tmp_path_factory: pytest.TempPathFactory, a_stack: Callable[..., AbstractAsyncContextManager[Stack]]
) -> AsyncIterator[Asked]:
    async with a_stack(tmp_path_factory.mktemp("generated")) as stack:
        await stack.start("identity", "provider", "monitor-worker")
        without = {name: rate if name == "streams" else "999999999/second" for name, rate in DEFAULTS.items()}
        await stack.start(*SERVICES, env={"QUOTAS": json.dumps(without)})
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            tokens: dict[str, dict[str, str]] = {"anonymous": {}}
            for name, person in SUBJECTS.items():
                if person is not None:
                    wish = {"sub": name, "name": name, "agency": None, "ttl": 7200, **person}
                    answer = await client.post(stack.url("identity") + "/token", json=wish)
                    tokens[name] = {"authorization": f"Bearer {answer.json()['access_token']}"}
            dossiers = [await filed(client, stack.url("intake"), tokens, n) for n in range(4)]
        yield Asked(stack, tokens, dossiers)


async def filed(client: httpx.AsyncClient, intake: str, tokens: Mapping[str, dict[str, str]], number: int) -> str:
    key = {"idempotency-key": f"k-{number}"}
    answer = await client.post(f"{intake}/api/v1/dossiers", json=filing(), headers={**tokens["citizen"], **key})
    assert answer.status_code == 201, answer.text
    id_: str = answer.json()["id"]
    if number:
        accept = f"{intake}/api/v1/dossiers/{id_}/accept"
        taken = await client.post(accept, json={}, headers={**tokens["counter"], **key})
        assert taken.status_code == 200, taken.text
    return id_


def operations(service: str) -> Iterator[Any]:
    document = json.loads((DESCRIBED / f"{service}.json").read_text("utf-8"))
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        assert isinstance(found, Ok), found
        if found.ok().path not in STREAMS:
            yield found.ok()


def test_only_streams_are_left_out() -> None:
    described = [json.loads((DESCRIBED / f"{service}.json").read_text("utf-8")) for service in SERVICES]
    media = {
        (path, kind)
        for document in described
        for path, methods in document["paths"].items()
        for operation in methods.values()
        for answer in operation["responses"].values()
        for kind in answer.get("content", {})
    }
    assert {path for path, kind in media if kind == "text/event-stream"} == STREAMS


@pytest.mark.parametrize(
    "subjects",
    [
        pytest.param(("citizen", "leader"), id="two"),
        pytest.param(tuple(SUBJECTS), id="all", marks=pytest.mark.nightly),
    ],
)
@pytest.mark.parametrize("service", SERVICES)
async def test_no_question_is_answered_by_a_server_error_or_otherwise_than_described(
    asked: Asked, service: str, subjects: tuple[str, ...]
) -> None:
    wrong: list[str] = []
    statuses: dict[str, Counter[int]] = {subject: Counter() for subject in subjects}
    for operation in operations(service):
        began = time.monotonic()
        wrong += await asyncio.to_thread(ask, operation, service, asked, statuses)
        print(f"{operation.label}: {time.monotonic() - began:.0f} s")
    for subject, found in statuses.items():
        print(f"{service} {subject}: {found.total()} answers, {dict(sorted(found.items()))}")
    assert not wrong, "\n\n".join(wrong)
    assert all(found.total() for found in statuses.values())
    if service not in OPEN and "anonymous" in statuses:
        assert not [status for status in statuses["anonymous"] if status < 400]


def ask(operation: Any, service: str, asked: Asked, statuses: Mapping[str, Counter[int]]) -> list[str]:
    """What was wrong with the answers, the first few."""
    wrong: list[str] = []
    url, session = asked.stack.url(service), requests.Session()
    session.trust_env = False

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(cases(operation), st.sampled_from([None, *asked.dossiers]))
    def one(case: Any, dossier: str | None) -> None:
        for name in IDS:
            if dossier is not None and name in (case.path_parameters or {}):
                case.path_parameters[name] = dossier
        for subject, found in statuses.items():
            response = case.call(base_url=url, session=session, headers=asked.tokens[subject], timeout=60)
            found[response.status_code] += 1
            told = httpx.Response(
                response.status_code, headers={k: v[0] for k, v in response.headers.items() if k != "content-encoding"},
                content=response.content,
                request=httpx.Request(case.method, (response.request.url or url).partition("?")[0]),
            )  # fmt: skip
            try:
                case.validate_response(response, checks=CHECKS)
                check(service, told)
            except (Failure, FailureGroup, WrongAnswer) as failure:
                if len(wrong) < FEW:
                    answered = f"{failure}\n{response.content[:500]!r}"
                    wrong.append(f"{operation.label} as {subject}\n{case.as_curl_command()}\n{answered}")

    one()
    return wrong


def cases(operation: Any) -> st.SearchStrategy[Any]:
    """What is described, and for every second example what is not."""
    right: st.SearchStrategy[Any] = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    try:
        return st.one_of(right, operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    except Unsatisfiable:  # nothing about it can be wrong
        return right
