"""The registry in a service: whose an event is, who may write it, what is listened to, and what is not known yet."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from dossier_local.memory import Author
from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.contracts.envelope import Event, Record, encode
from dossier_shared.contracts.events import Assigned
from dossier_shared.contracts.topics import DEPLOYMENTS, PARTITIONS, parted, topic_of
from dossier_shared.errors import BadRecord, Unchained
from dossier_shared.journal.dead_letters import StoredRecord
from dossier_shared.journal.dossier import Dossier, New, Rules, hear, record
from dossier_shared.journal.registry import LATELY, Registry
from dossier_shared.journal.stream import read_event
from dossier_shared.settings.broker import Broker

from .deploying import BEGIN, LATER, LONG_AGO, entry, tell

RULES: Rules[dict[str, object]] = Rules("review", lambda state, event: {**state, "agency": event.agency})
NOW = datetime(2025, 7, 1, tzinfo=UTC)


def assigned(filed: object = None, source: str = "review") -> Event:
    data = Assigned(officer="an")
    event = Author(source, "d").says(data)
    if filed is not None:
        event.data["filed"] = filed
    return event


def of(agency: str, at: str) -> Event:
    return assigned({"agency": agency, "at": at})


def refused(registry: Registry, topic: str, event: Event) -> str | None:
    try:
        registry.check(topic, event)
    except BadRecord as why:
        return why.reason
    return None


def test_an_event_belongs_to_the_topic_of_its_dossiers_deployment() -> None:
    registry = tell(Registry("intake"), entry())
    own, common = "dossier.reviewed.long-khanh", "dossier.reviewed"
    after, before, other, unmarked = of("H1", BEGIN), of("H1", LONG_AGO), of("H2", LATER), assigned()
    assert [refused(registry, own, event) for event in (after, before, other, unmarked)] == [None] + [
        "wrong-writer"
    ] * 3
    assert [refused(registry, common, event) for event in (after, before, other, unmarked)] == ["wrong-writer"] + [
        None
    ] * 3
    assert refused(registry, "dossier.reviewed.nobody", other) == "wrong-writer"


def test_an_agency_is_served_by_whom_the_latest_records_say() -> None:
    both = entry("long-khanh", "H1", "H2")
    registry = tell(Registry("intake"), both)
    assert registry.serving("H1") == registry.serving("H2") == [both]
    assert list(registry.serving("H3")) == []
    fewer = tell(registry, entry())
    assert fewer.serving("H1") == [entry()]
    assert list(fewer.serving("H2")) == []


@pytest.mark.parametrize(
    "filed",
    ["x", [], {}, {"agency": "H1"}, {"agency": 1, "at": BEGIN}, {"agency": "H1", "at": "x"}, {"agency": "H1", "at": 5}],
)
def test_what_says_it_in_no_way_we_know_is_a_dead_letter(filed: object) -> None:
    registry = tell(Registry("review"), entry())
    with pytest.raises(BadRecord, match="invalid-data"):
        registry.mine(assigned(filed))
    assert refused(registry, "dossier.reviewed", assigned(filed)) == "invalid-data"


def test_each_takes_its_own_and_who_serves_everybody_takes_all() -> None:
    entries = [entry(), entry("an-binh", "H2")]
    events = {"H1": of("H1", BEGIN), "H2": of("H2", BEGIN), "H3": of("H3", BEGIN), None: assigned()}
    registries = {name: tell(Registry("review", name), *entries) for name in ("", "long-khanh", "an-binh")}
    whose = {
        name: [code for code, event in events.items() if registry.mine(event)] for name, registry in registries.items()
    }
    assert whose == {"": ["H3", None], "long-khanh": ["H1"], "an-binh": ["H2"]}
    assert all(tell(Registry("notify"), *entries).mine(event) for event in (of("H1", BEGIN), assigned()))


def test_what_is_listened_to() -> None:
    entries = [entry(), entry("an-binh", "H2"), entry("ky-so", "H1", service="signing")]
    assert "dossier.reviewed" in tell(Registry("intake")).topics()
    intake = tell(Registry("intake"), *entries).topics()
    assert {"dossier.reviewed.long-khanh", "dossier.reviewed.an-binh", "dossier.signed.ky-so", "dossier.signed"} <= set(
        intake
    )
    own = tell(Registry("review", "long-khanh"), *entries).topics()
    assert {"dossier.submitted", "dossier.signed", "dossier.signed.ky-so", "signing.resend-request.ky-so"} <= set(own)
    other = tell(Registry("review", "an-binh"), *entries).topics()
    assert "dossier.signed.ky-so" not in other, "of agencies that are not its own it reads nothing"
    assert all(topic_of(name) is not None and parted(name)[0] for name in (*intake, *own, *other))


async def test_who_is_not_listed_decides_nothing() -> None:
    registry = tell(Registry("review", "long-khanh"), entry("an-binh"))
    assert "dossier deployments add" in (registry.trouble() or "")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(registry.known(), 0.01)
    tell(registry, entry())
    await asyncio.wait_for(registry.known(), 0.01)
    assert registry.trouble() is None


def test_a_filing_is_marked_where_somebody_serves_its_agency_or_may() -> None:
    now = 1000.0
    registry = Registry("intake", wall=lambda: now)
    assert registry.marks("H2"), "nothing is known yet"
    tell(registry, entry())
    assert [registry.marks(code) for code in ("H1", "H2")] == [True, False]
    registry.seen(now)
    assert not registry.marks("H2")
    now += LATELY + 1
    assert registry.marks("H2"), "what is known may be old"


async def test_nothing_is_decided_by_what_may_be_old() -> None:
    now = 1000.0
    registry = tell(Registry("review", wall=lambda: now))
    await asyncio.wait_for(registry.current(), 0.01)  # a broker without such a topic
    registry.seen(now - LATELY - 1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(registry.current(), 0.01)
    registry.seen(now)
    await asyncio.wait_for(registry.current(), 0.01)


def test_what_is_told_again_from_the_beginning_brings_nothing_back() -> None:
    registry = tell(Registry("review"), entry(), entry(until=LATER))
    again = entry()
    registry.take([StoredRecord(DEPLOYMENTS.name, 0, 0, b"review/long-khanh", again.model_dump_json().encode())])
    assert registry.entries == [entry(until=LATER)]
    registry.take([StoredRecord(DEPLOYMENTS.name, 0, 9, b"review/long-khanh", b"{}")])
    assert registry.entries == [entry(until=LATER)], "what cannot be read changes nothing"
    registry.take([StoredRecord(DEPLOYMENTS.name, 0, 10, b"review/long-khanh", None)])
    assert registry.entries == []


# -- how an event says it ------------------------------------------------------------------------------------------------


def written(dossier: Dossier, data: Assigned, *, files: bool = False, time: str = BEGIN) -> Event:
    return record(RULES, dossier, New(data, files=files), time=time, recorded=time, agency="H1", actor="rule:x")


def test_a_marked_filing_goes_with_every_event_here_and_at_who_hears_it() -> None:
    here, there = Dossier("d"), Dossier("d")
    first = written(here, Assigned(officer="an"), files=True)
    assert first.data["filed"] == {"agency": "H1", "at": BEGIN}
    here.state = {**here.state, "agency": "H9"}  # handed over: it is whose it was
    second = written(here, Assigned(officer="ba"), time=LATER)
    assert second.data["filed"] == first.data["filed"]
    theirs: Rules[dict[str, object]] = Rules("signing", RULES.evolve)
    for event in (first, second):
        raw = encode(event)
        read = read_event(
            StoredRecord("dossier.reviewed.long-khanh", 0, 0, raw.key, raw.value, raw.headers),
            None,
            tell(Registry("signing"), entry()),
        )
        assert hear(theirs, there, read, NOW, BEGIN)
    own = record(theirs, there, New(Assigned(officer="x")), time=BEGIN, recorded=BEGIN, agency="H1", actor="rule:x")
    assert own.data["filed"] == first.data["filed"]


def test_what_is_not_marked_says_nothing() -> None:
    dossier = Dossier("d")
    assert "filed" not in written(dossier, Assigned(officer="an")).data
    assert "filed" not in dossier.state


def test_an_event_of_another_filing_is_not_applied() -> None:
    dossier = Dossier("d")
    written(dossier, Assigned(officer="an"), files=True)
    forged = Author("signing", "d").says(Assigned(officer="an"))
    forged.data["filed"] = {"agency": "H2", "at": BEGIN}
    with pytest.raises(Unchained, match="illegal: it speaks of a filing at"):
        hear(RULES, dossier, forged, NOW, BEGIN)
    assert dossier.heard == {}


async def test_what_a_deployment_sends_goes_to_the_partitions_of_the_common_topic(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A dossier's events of every source stay together."""
    sender, sent = KafkaSender(Broker("nowhere:1"), client_id="x"), dict[str, set[tuple[int, bytes]]]()

    async def ready() -> None:
        return None

    async def put(_: None, topic: str, partition: int, records: Sequence[Record], at: Sequence[int], __: object) -> str:
        sent.setdefault(topic, set()).update((partition, records[index].key) for index in at)
        return "sent"

    monkeypatch.setattr(sender, "_ready", ready)
    monkeypatch.setattr(sender, "_send_partition", put)
    records = [Record(f"d-{number}".encode(), b"", []) for number in range(20)]
    for topic in ("dossier.reviewed", "dossier.reviewed.long-khanh"):
        await sender.send(topic, records)
    assert sent["dossier.reviewed.long-khanh"] == sent["dossier.reviewed"]
    assert len({partition for partition, _ in sent["dossier.reviewed"]}) == PARTITIONS
