"""Whoever has the passwords of two services, and not their keys: a dossier that nobody filed, signed and to be told of."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from aiokafka import AIOKafkaProducer

from dossier_local.memory import Author
from dossier_shared.contracts.envelope import Event, encode, partition_of
from dossier_shared.contracts.events import Accepted, Applicant, Signed, Submitted, SubmittedSealed
from dossier_shared.contracts.topics import BY_SOURCE, PARTITIONS
from dossier_shared.settings.broker import Broker

PHONE = "+84912999777"


def forged() -> Sequence[Event]:
    """What notify would answer with a text message."""
    id_ = str(uuid4())
    intake, signing = Author("intake", id_), Author("signing", id_)
    filing = Submitted(
        code="H19.1-20250701-0009999",
        procedure="1.001193",
        procedure_name="Đăng ký khai sinh",
        catalogue="1",
        channel="online",
        owner="citizen-1",
        messages=["refused", "result"],
        overseers=["H19"],
    )
    person = SubmittedSealed(applicant=Applicant(name="Trần Văn Trộm", phone=PHONE))
    return (
        intake.says(filing, person),
        intake.says(Accepted(appointment="2025-07-08T10:00:00.000000Z")),
        signing.says(
            Signed(reference=f"{id_}:result", number="1/KQ", kind="decision", outcome="approved", owner="citizen-1"),
            heard={"intake": 2},
        ),
    )


async def write(brokers: dict[str, Broker], events: Sequence[Event]) -> None:
    """As the services' own users."""
    for event in events:
        record = encode(event)
        async with AIOKafkaProducer(**brokers[event.source].client()) as producer:
            await producer.send_and_wait(
                BY_SOURCE[event.source].name,
                record.value,
                record.key,
                partition=partition_of(event.dossier, PARTITIONS),
                headers=record.headers,
            )
