"""Persons nobody can mistake, and their way through the whole loop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from ruamel.yaml import YAML

from dossier_shared.contracts.topics import Topic

from ..bad_input.offices import PROCEDURE, Eventually, Offices  # noqa: TID252
from ..traces.test_one_trace import Walk  # noqa: TID252

PROCEDURES = Path(__file__).parents[3] / "services/intake/src/dossier_intake/catalogue/data/procedures.yaml"
PAPER = "G15-KQ003448"  # of the procedure
NAMES = ("Khuất Ngọc Xuyến", "Lục Uyển Quỳnh", "Nhữ Đình Toàn")
NUMBERS = ("001099077771", "001099077772", "001099077773")
PHONES = ("0987077771", "0987077772", "0987077773")


def told_of(*persons: int) -> list[bytes]:
    """What tells who they are."""
    return [text.encode() for n in persons for text in (NAMES[n], NUMBERS[n], f"+84{PHONES[n][1:]}")]


async def filed(offices: Offices, eventually: Eventually, n: int) -> Walk:
    """A dossier of the canary number `n`, with a paper."""
    walk = Walk(offices, eventually, None)
    applicant = {"name": NAMES[n], "phone": PHONES[n], "citizen_id": NUMBERS[n]}
    brought = await paper(offices, NAMES[n])
    filing = offices.filing(
        applicant=applicant, consent={"kind": "in_person"}, documents=[{"code": PAPER, "id": brought}]
    )
    answer = await offices.post("intake", "/dossiers", offices.who["citizen"], filing)
    assert answer.status_code == 201, answer.text
    walk.id = answer.json()["id"]
    return walk


async def decided(walk: Walk, n: int) -> Walk:
    """From acceptance to delivery."""
    await walk.step("intake", "accept", "counter")
    await walk.step("review", "appraise", "specialist", {"proposal": "approve", "note": f"Đã gặp {NAMES[n]}."})
    await walk.step("review", "approve", "leader")
    await walk.step("signing", "sign", "leader")
    await walk.delivered()
    return walk


async def paper(offices: Offices, name: str) -> str:
    content = with_name(name)
    head = {**offices.who["citizen"], "content-type": "application/pdf"}
    answer = await offices.post("intake", "/documents?name=giay.pdf", head, content=content)
    assert answer.status_code == 201, answer.text
    assert answer.json()["id"] == sha256(content).hexdigest()
    return str(answer.json()["id"])


def with_name(name: str) -> bytes:
    """A PDF that says in plain bytes whose it is."""
    file, whole = pikepdf.new(), BytesIO()
    file.add_blank_page().Contents = file.make_stream(f"% {name}\n".encode())
    file.save(whole, deterministic_id=True, compress_streams=False)
    assert name.encode() in whole.getvalue()
    return whole.getvalue()


def texts(value: Any) -> Iterator[bytes]:
    """All that a stored document says."""
    if isinstance(value, Mapping):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)
    elif isinstance(value, bytes):
        yield value
    else:
        yield str(value).encode()


async def read(kafka: str, topics: Sequence[Topic]) -> list[ConsumerRecord]:
    """All that these topics have."""
    consumer, found = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False), list[ConsumerRecord]()
    await consumer.start()
    try:
        places = [TopicPartition(topic.name, number) for topic in topics for number in range(topic.partitions)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        while any([await consumer.position(place) < end for place, end in ends.items()]):
            for batch in (await consumer.getmany(timeout_ms=500)).values():
                found += batch
    finally:
        await consumer.stop()
    return found


async def nothing_to_keep(offices: Offices) -> None:
    """The procedure says that nothing of it need be kept."""
    found = YAML(typ="safe").load(PROCEDURES.read_text("utf-8"))
    [procedure] = [one for one in found["procedures"] if one["code"] == PROCEDURE]
    admin = await offices.login("admin-1", "admin")
    answer = await offices.http.put(
        f"{offices.stack.url('intake')}/api/v1/catalogue",
        headers={**admin, "idempotency-key": "nothing-to-keep"},
        json={"procedures": [{**procedure, "keep_years": 0}]},
    )
    assert answer.is_success, answer.text
