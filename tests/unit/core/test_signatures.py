"""Who signed an event, and what that is worth: the tree, the keys as the administrator tells them, and who signs when."""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from dossier_local.memory import Author, MemoryBroker
from dossier_shared.contracts.envelope import Event, Record, encode
from dossier_shared.contracts.keys import SIGNED_TOPICS
from dossier_shared.contracts.topics import SERVICES
from dossier_shared.errors import BadRecord
from dossier_shared.journal import key_topic, signatures
from dossier_shared.journal.dead_letters import StoredRecord
from dossier_shared.journal.keyring import Keyring, UnknownKey
from dossier_shared.journal.publisher import send_tails
from dossier_shared.journal.signing import SigningSender
from dossier_shared.journal.stream import hear_event, read_event
from dossier_shared.settings.event_key import of_development, read_event_key
from dossier_shared.settings.service import ServiceSettings

from .acts import SIGNED, SUBMITTED, attempts
from .signed import FROM_THE_FIRST, Holder, on_topic, ring_of, tell, with_signature
from .toy import submitted

SIGNING, THIEF = Holder(), Holder(number=2)


def events(count: int) -> list[Event]:
    return [event for number in range(count) for event in attempts(f"d-{number}", 1)]


def why(ring: Keyring, raw: StoredRecord, *, strict: bool = False) -> str | None:
    try:
        read_event(raw, ring, strict=strict)
    except BadRecord as bad:
        return bad.detail if bad.reason == "wrong-signature" else str(bad)
    return None


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13, 64, 100])
def test_one_signature_stands_for_all_that_are_sent_together(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    records = [on_topic(record, SIGNED) for record in SIGNING.signs(*events(count))]
    assert len({dict(r.headers)["ce_signature"][:90] for r in records}) == 1
    checks: list[bytes] = []

    class Counting:
        def __init__(self, key: Ed25519PublicKey) -> None:
            self.key = key

        def verify(self, signature: bytes, data: bytes) -> None:
            checks.append(data)
            self.key.verify(signature, data)

    ring = ring_of(SIGNING)
    key = ring._rings[SIGNED].keys[SIGNING.key.id.encode()]
    monkeypatch.setattr(key, "_public", Counting(key._public))
    assert [why(ring, record) for record in reversed(records)] == [None] * count
    assert len(checks) == 1
    assert all(why(ring_of(SIGNING), record) is None for record in records), "each stands for itself"


def test_a_change_anywhere_is_seen() -> None:
    one, other = (on_topic(r, SIGNED) for r in SIGNING.signs(*events(7))[:2])
    signature = dict(one.headers)["ce_signature"]
    id_, _, rest = signature.partition(b".")
    body = b64decode(rest)
    for place in range(len(body)):  # signature, place, count, and every neighbour
        bent = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        found = why(ring_of(SIGNING), with_signature(one, id_ + b"." + b64encode(bent)))
        assert found is not None, place
    for bad in (b"", b".", id_, id_ + b".", id_ + b".%%%", signature[:-4], signature + b"A" * 700, b"\xff" * 30):
        assert why(ring_of(SIGNING), with_signature(one, bad)) is not None, bad
    assert why(ring_of(SIGNING), with_signature(other, signature)) is not None, "of another event"
    assert why(ring_of(SIGNING), one) is None


def test_a_signature_of_another_dossier_topic_or_service_is_none() -> None:
    (event,) = attempts("d", 1)
    (same,) = attempts("e", 1)
    (good,) = SIGNING.signs(event)
    signature = dict(good.headers)["ce_signature"]
    swapped = with_signature(on_topic(encode(same), SIGNED), signature)
    assert why(ring_of(SIGNING), swapped) == f"the signature of key {SIGNING.key.id} is not of this event on this topic"
    (elsewhere,) = SIGNING.signs(event, topic=SUBMITTED)
    assert why(ring_of(SIGNING), on_topic(elsewhere, SIGNED)) is not None, "signed for another topic"
    intake = Holder("intake", 3)
    filing = submitted(Author("intake", "d"))
    (by_signing,) = sign_as(SIGNING, filing, SUBMITTED)
    ring = ring_of(SIGNING, intake)
    assert why(ring, on_topic(by_signing, SUBMITTED)) == f"no key {SIGNING.key.id!r} of this topic's service is known"
    assert why(ring, on_topic(intake.signs_one(filing), SUBMITTED)) is None


def sign_as(holder: Holder, event: Event, topic: str) -> list[Record]:
    return list(signatures.sign_together(holder.private, holder.key.id, topic, [encode(event)]))


def test_the_content_is_covered_too() -> None:
    """By the hash, which the envelope checks first."""
    (good,) = SIGNING.signs(*attempts("d", 1))
    bent = replace(on_topic(good, SIGNED), value=good.value.replace(b'"reason":"0"', b'"reason":"1"'))
    with pytest.raises(BadRecord, match="wrong-hash"):
        read_event(bent, ring_of(SIGNING))


def test_unsigned_is_refused_from_the_demanded_offset_on() -> None:
    (event,) = attempts("d", 1)
    ring = ring_of(SIGNING, demanded=[5, 0, 0, 0, 0, 0])
    bare = encode(event)
    assert why(ring, on_topic(bare, SIGNED, offset=4)) is None
    assert why(ring, on_topic(bare, SIGNED, offset=5)) == "unsigned, and signatures are demanded of this service"
    assert why(ring, on_topic(bare, SIGNED, partition=1)) is not None
    assert why(ring, on_topic(bare, SIGNED, partition=17)) is not None
    assert why(ring, on_topic(bare, SIGNED, offset=4), strict=True) is not None, "where it comes from is not known"


def test_before_the_demand_a_signature_is_looked_at_and_none_is_missed() -> None:
    (event,) = attempts("d", 1)
    ring = ring_of(SIGNING, demanded=None)
    assert why(ring, on_topic(encode(event), SIGNED)) is None
    assert why(ring, on_topic(THIEF.signs_one(event), SIGNED)) is not None


def test_of_a_service_without_keys_nothing_is_asked() -> None:
    (event,) = attempts("d", 1)
    assert why(Keyring(), on_topic(encode(event), SIGNED)) is None
    assert why(ring_of(Holder("intake")), on_topic(SIGNING.signs_one(event), SIGNED)) is None


def test_modes() -> None:
    (event,) = attempts("d", 1)
    forged = on_topic(THIEF.signs_one(event), SIGNED)
    assert why(ring_of(SIGNING, mode="warn"), forged) is None
    assert why(ring_of(SIGNING, mode="off"), forged) is None
    assert why(ring_of(SIGNING, mode="demand"), forged) is not None


def test_a_key_is_followed_by_the_next() -> None:
    (event,) = attempts("d", 1)
    old, new = SIGNING, Holder(number=5)
    ring = ring_of(old)
    first, second = on_topic(old.signs_one(event), SIGNED), on_topic(new.signs_one(event), SIGNED)
    assert (why(ring, first), why(ring, second)) != (None, None)
    tell(ring, old.key, new.key, demanded=FROM_THE_FIRST)
    assert (why(ring, first), why(ring, second)) == (None, None)
    retired = old.key.model_copy(update={"until": "2026-01-01T00:00:00.000000Z", "ends": [3, 0, 0, 0, 0, 0]})
    tell(ring, retired, new.key, demanded=FROM_THE_FIRST)
    assert why(ring, replace(first, offset=2)) is None, "what it signed stands"
    assert why(ring, replace(first, offset=3)) == f"key {old.key.id} was retired before"
    assert why(ring, first, strict=True) is not None
    assert why(ring, replace(second, offset=3)) is None
    tell(ring, retired.model_copy(update={"revoked": True}), new.key, demanded=FROM_THE_FIRST)
    assert why(ring, replace(first, offset=2)) == f"key {old.key.id} is revoked", "though it was seen signed before"


def test_the_topic_read_again_brings_back_nothing_that_was_replaced() -> None:
    (event,) = attempts("d", 1)
    ring = Keyring()
    first = tell(ring, SIGNING.key, demanded=FROM_THE_FIRST)
    tell(ring, SIGNING.key.model_copy(update={"revoked": True}), demanded=FROM_THE_FIRST)
    ring.take([first])
    assert why(ring, on_topic(SIGNING.signs_one(event), SIGNED)) is not None


def test_a_record_of_keys_nobody_can_read_changes_nothing() -> None:
    (event,) = attempts("d", 1)
    ring = ring_of(SIGNING)
    for number, (key, value) in enumerate(
        [
            (b"signing", b"{"),
            (b"\xff", b"{}"),
            (b"nobody", b"{}"),
            (b"intake", b'{"service":"signing","demanded":[0]}'),
        ],
        1,
    ):
        ring.take([StoredRecord("platform.keys", 0, number, key, value)])
    assert not ring.demanded("intake")
    wrong = SIGNING.key.model_copy(update={"public": THIEF.key.public})  # under the id of another
    tell(ring, wrong, demanded=FROM_THE_FIRST)
    assert why(ring, on_topic(SIGNING.signs_one(event), SIGNED)) is None
    assert why(ring, on_topic(encode(event), SIGNED)) is not None


async def test_a_key_published_this_moment_is_waited_for_and_an_invented_one_seldom(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(key_topic, "NEWS_WITHIN", 20)
    (event,) = attempts("d", 1)
    ring, record = ring_of(SIGNING), on_topic(THIEF.signs_one(event), SIGNED)
    hearing = asyncio.create_task(hear_event(record, ring))
    await asyncio.sleep(0.01)
    tell(ring, SIGNING.key, THIEF.key, demanded=FROM_THE_FIRST)
    assert (await hearing).dossier == "d"
    invented = on_topic(Holder(number=9).signs_one(event), SIGNED)
    monkeypatch.setattr(key_topic, "NEWS_WITHIN", 0.05)
    with pytest.raises(UnknownKey):
        await hear_event(invented, ring)
    monkeypatch.setattr(key_topic, "NEWS_WITHIN", 20)
    async with asyncio.timeout(5):
        with pytest.raises(UnknownKey):  # it was in vain: the next is not waited for
            await hear_event(invented, ring)


# -- who signs -----------------------------------------------------------------------------------------------------------


class Sent:
    def __init__(self, ring: Keyring, holder: Holder = SIGNING) -> None:
        self.broker = MemoryBroker()
        self.signer = holder.signer(ring)
        self.sender = SigningSender(self.broker, holder.service, self.signer)

    async def publish(self, tail: Sequence[Event]) -> tuple[int, list[bool]]:
        """How many were acknowledged, and which of what is on the topic is signed."""
        reached = await send_tails(self.sender, SIGNED, {"d": tail})
        return reached.get("d", 0), ["ce_signature" in dict(r.headers) for r in self.broker.all(SIGNED)]


async def test_a_service_signs_once_its_key_is_in_force() -> None:
    tail, ring = attempts("d", 2), Keyring()
    sent = Sent(ring)
    assert await sent.publish(tail[:1]) == (1, [False]), "nobody knows its key"
    assert sent.signer.trouble() == f"key {SIGNING.key.id} is not published: events are sent unsigned"
    tell(ring, SIGNING.key.model_copy(update={"since": "2030-01-01T00:00:00.000000Z"}))
    assert await sent.publish(tail[:1]) == (1, [False, False]), "every reader is to hear of it first"
    tell(ring, SIGNING.key)
    assert await sent.publish(tail) == (2, [False, False, True, True])
    assert sent.signer.trouble() is None
    checked = ring_of(SIGNING)
    assert [why(checked, r) is None for r in sent.broker.all(SIGNED)] == [False, False, True, True]


@pytest.mark.parametrize("changed", [{"revoked": True}, {"until": "2025-01-01T00:00:00.000000Z"}])
async def test_what_would_be_refused_is_not_sent(changed: dict[str, object]) -> None:
    tail, ring = attempts("d", 1), ring_of(Holder(number=7))
    assert await Sent(ring).publish(tail) == (0, []), "its key is not published, and signatures are demanded"
    tell(ring, SIGNING.key.model_copy(update=changed), demanded=FROM_THE_FIRST)
    assert await Sent(ring).publish(tail) == (0, [])
    keyless = Sent(ring)
    keyless.signer._private = None
    assert await keyless.publish(tail) == (0, [])
    assert keyless.signer.trouble() is not None


async def test_what_is_no_event_of_its_own_goes_as_it_is() -> None:
    sent = Sent(ring_of(SIGNING))
    await sent.sender.send("signing.dead-letter", [Record(b"k", b"v", [])])
    (record,) = sent.broker.all("signing.dead-letter")
    assert record.headers == []


async def test_a_large_batch_is_signed_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dossier_shared.journal.signing.TOGETHER", 4)
    sent = Sent(ring_of(SIGNING))
    await send_tails(sent.sender, SIGNED, {event.dossier: [event] for event in events(10)})
    records = sent.broker.all(SIGNED)
    assert len({dict(r.headers)["ce_signature"][:90] for r in records}) == 3
    assert [why(ring_of(SIGNING), record) for record in records] == [None] * 10


def test_every_publishing_service_has_a_topic_to_sign() -> None:
    assert set(SIGNED_TOPICS) == set(SERVICES)


# -- the key ------------------------------------------------------------------------------------------------------------


def test_a_key_is_refused_without_telling_what_was_given() -> None:
    pkcs8 = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for given in ("", "a secret", generate_private_key(SECP256R1()).private_bytes(*pkcs8).decode()):
        with pytest.raises(ValueError, match="needed: an Ed25519 private key") as told:
            read_event_key(given)
        assert "secret" not in str(told.value)
    pem = SIGNING.private.private_bytes(*pkcs8).decode()
    assert read_event_key(pem.strip()).private_bytes_raw() == b"\x01" * 32


def test_the_key_of_development_is_for_development() -> None:
    known = Ed25519PrivateKey.from_private_bytes(of_development("intake"))
    pem = known.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    made: dict[str, Any] = {"service": "intake", "port": 1, "database": "d", "event_key": pem}
    assert pem not in repr(ServiceSettings(**made, development=True))
    with pytest.raises(ValueError, match="EVENT_KEY is the one of development"):
        ServiceSettings(**made)
