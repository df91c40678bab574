"""A thousand persons through everything: none in clear but where that is written down; two hundred erased, and nothing else gone.

The tests stand in order: each goes on from the state the one before left.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from pymongo import AsyncMongoClient

from dossier_local.stack import Stack

from ..bad_input.offices import Eventually  # noqa: TID252
from ..traces.collector import Collector  # noqa: TID252
from . import scanning
from .asking import Asking
from .erasing import MANY, Erasing
from .flock import FILE
from .flying import Flown, fly
from .trouble import among_the_dead_letters, waits

pytestmark = [
    pytest.mark.long,
    pytest.mark.nightly,
    pytest.mark.timeout(1800),
]  # eight minutes, thirteen on a busy machine

PERSONS, PER_SECOND = 1000, 20.0
DEAD, WAITS = 5, 6  # whose filing is sent again, and cannot be read; or has to wait
LISTED: Final = Path(__file__).parents[2] / "contracts/personal_data.txt"
NOT_SAID: Final = frozenset({
    "intake.dossiers.state.asked.text", "intake.dossiers.state.brought[].papers[]", "monitor.dossiers.state.search.phone",
    "notify.dossiers.state.intent.text", "notify.dossiers.state.intent.to", "review.dossiers.state.answers[].names[]",
    "review.dossiers.state.delivery_address", "review.dossiers.state.extension.reason", "review.dossiers.state.filed_by_name",
    "review.dossiers.state.summary[].label_en", "review.dossiers.state.summary[].label_vi",
    "review.dossiers.state.thread[].names[]", "review.dossiers.state.withdrawal.reason",
    "signing.dossiers.state.summary[].label_en", "signing.dossiers.state.summary[].label_vi",
})  # fmt: skip
"""Listed, and not told by a week's plan, over by its end, or of fewer letters than a canary has."""
_FORM: Final = re.compile(r"(?<=^review\.dossiers\.state\.)form\..*")  # whatever a procedure asks
NAMES_OF_FILES: Final = "intake.uploads.name"


class Spans(Collector):
    """Keeps what is exported as it comes."""

    def __init__(self) -> None:
        super().__init__()
        self.raw: list[bytes] = []

    def take(self, request: ExportTraceServiceRequest) -> None:
        self.raw.append(request.SerializeToString())


@pytest.fixture(scope="module")
def spans() -> Iterator[Spans]:
    with Spans() as made:
        yield made


@pytest.fixture(scope="module")
async def flown(tmp_path_factory: pytest.TempPathFactory, spans: Spans) -> AsyncIterator[Flown]:
    env = {
        "PERSONAL_DATA": "encrypted", "SWEEP_AFTER_SECONDS": "2", "MONITOR_LINGER": "0.1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": spans.url,
    }  # fmt: skip
    async with Stack(tmp_path_factory.mktemp("thousand"), free_ports=True, env=env) as stack:
        await stack.start_all()
        yield await fly(stack, PERSONS, PER_SECOND)


@pytest.fixture(scope="module")
async def asking(flown: Flown) -> AsyncIterator[Asking]:
    mongo: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(flown.stack.mongodb)
    async with httpx.AsyncClient(timeout=60, trust_env=False) as http, mongo:
        yield Asking(flown, http, mongo)


async def test_a_thousand_went_through_everything(flown: Flown, asking: Asking) -> None:
    assert flown.tally.trouble == []
    assert flown.stirring == []
    report = await flown.reconciled()
    assert report.findings == []
    assert report.filed == PERSONS
    did = {step.action for one in flown.flock.all for step in one.story.steps}
    assert did >= {
        "refuse", "complete", "supplement", "answer-consultation", "extend", "hand-over", "grant-withdrawal", "correct",
        "send-back", "reject", "payment-confirmed", "sign", "hand-over-result",
    }  # fmt: skip
    assert len(flown.papers) > PERSONS / 10


async def test_none_of_them_stands_in_clear(flown: Flown, asking: Asking, spans: Spans, eventually: Eventually) -> None:
    stack, flock = flown.stack, flown.flock
    outside = scanning.Sighting(flock)
    await asking.what_is_wrong(outside)
    await asking.searches()
    await asking.exports(outside)
    assert outside.looked > 50
    assert dict(outside.places) == {}

    await among_the_dead_letters(stack, flown.dossiers[DEAD])
    await waits(stack, flown.dossiers[WAITS])
    await eventually(lambda: asking.parked(flown.dossiers[WAITS]), within=60)

    found = scanning.Sighting(flock)
    counted = await scanning.on_topics(stack, found)
    assert counted["dossier.submitted"] > PERSONS
    assert counted["review.dead-letter"] > 0
    assert counted["monitor.audit"] > 0
    scanning.on_disk(stack, found)
    await scanning.in_metrics(stack, asking.http, found)
    for export in spans.raw:
        found.look("traces", export)
    assert sum(map(len, spans.raw)) > 1000 * PERSONS
    assert found.looked > 100 * PERSONS
    assert dict(found.places) == {}

    stored = scanning.Sighting(flock)
    await scanning.in_databases(asking.mongo, stored)
    places = {_FORM.sub("form.address", place) for place in stored.places}
    listed = {
        f"{service}.dossiers.state.{field}" for service, fields in scanning.listed(LISTED).items() for field in fields
    }
    assert places - listed == {NAMES_OF_FILES}
    assert listed - places <= NOT_SAID
    assert {kind for _, kind in stored.places[NAMES_OF_FILES]} == {FILE}


async def test_of_two_hundred_erased_nothing_is_left_and_nothing_else_is_missing(
    flown: Flown, asking: Asking, eventually: Eventually, tmp_path: Path
) -> None:
    erasing = Erasing(asking)
    await erasing.choose()
    gone = {one.person for one in erasing.gone}
    dossiers = {flown.dossiers[person] for person in gone}
    papers_before, results_before = await erasing.files()
    assert len(papers_before & dossiers) > MANY / 20
    assert len(results_before & dossiers) > MANY / 4
    before, findings = await erasing.figures(), (await flown.reconciled()).findings
    recounted = await erasing.recounted()
    assert (recounted["state"], recounted["dossiers"]) == ("finished", PERSONS)
    assert {one.get("dossier") for one in recounted["differences"]} <= {flown.dossiers[WAITS]}, (
        "the board heard what waits"
    )

    persons, requests = tmp_path / "persons.txt", tmp_path / "requests.txt"
    refused = await erasing.ask(persons, requests, 10)
    assert refused.returncode == 1
    assert refused.stderr.count("must-be-kept") == 10 + 2, "the law keeps them all"
    await erasing.nothing_else_need_be_kept()
    requests.unlink()
    asked = await erasing.ask(persons, requests)
    assert asked.stderr.count("must-be-kept") == 2, asked.stderr
    assert flown.flock.found((asked.stdout + asked.stderr).encode()) == set()
    assert len(requests.read_text().splitlines()) == MANY
    alone = await erasing.grant(requests, "admin-1")
    assert alone.stderr.count("second-person") == MANY
    granted = await erasing.grant(requests, "admin-2")
    assert granted.returncode == 0, granted.stderr
    await eventually(erasing.purged, within=60)

    # nothing of them is left
    stored = scanning.Sighting(flown.flock)
    await scanning.in_databases(asking.mongo, stored)
    assert {
        place: found for place, seen in stored.places.items() if (found := {s for s in seen if s.person in gone})
    } == {}
    elsewhere = scanning.Sighting(flown.flock)
    await scanning.on_topics(flown.stack, elsewhere)
    scanning.on_disk(flown.stack, elsewhere)
    await scanning.in_metrics(flown.stack, asking.http, elsewhere)
    await asking.exports(elsewhere)
    assert dict(elsewhere.places) == {}
    for one in erasing.gone[::4]:
        async for place, content in erasing.shown_of(one):
            assert {found for found in flown.flock.found(content) if found.person == one.person} == set(), place
    for one in erasing.gone[:30]:
        for text in (one.name, one.phone, one.name.split()[0]):
            assert flown.dossiers[one.person] not in await asking.found(await erasing.agency_of(one), text)
    counts, contents = await erasing.exported(erasing.gone[0], tmp_path / "gone.zip")
    assert counts["files"] == 0
    assert not [content for content in contents if flown.flock.found(content)]

    # and the others have everything they had
    living = set(range(PERSONS)) - gone
    assert {found.person for found in stored.places["intake.dossiers.state.applicant.name"]} == living
    assert {found.person for found in stored.places["intake.dossiers.state.applicant.phone"]} == living
    left = [one for one in flown.flock.all if one.person in living]
    for one in left[::40]:
        shown = b"\n".join([content async for _, content in erasing.shown_of(one)])
        assert {(one.person, "n"), (one.person, "number")} <= flown.flock.found(shown)
        assert flown.dossiers[one.person] in await asking.found(await erasing.agency_of(one), one.phone)
    papers, results = await erasing.files()
    assert papers == papers_before - dossiers
    assert results == results_before - dossiers
    counts, contents = await erasing.exported(left[0], tmp_path / "left.zip")
    assert [content for content in contents if left[0].name.encode() in content]

    # chains hold, and whatever is counted is as it was
    broken, verified = await erasing.broken_chains()
    assert broken == []
    assert verified > 3 * PERSONS
    assert await erasing.figures() == before
    assert (await flown.reconciled()).findings == findings
    assert await erasing.recounted() == recounted
