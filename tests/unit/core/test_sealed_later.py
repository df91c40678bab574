"""What was recorded in clear and sealed later: its chain is the same, and its box is covered by the signature."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace

import pytest

from dossier_local.memory import Author
from dossier_shared.contracts import boxes
from dossier_shared.contracts.envelope import Event, decode, encode, verify_chain
from dossier_shared.contracts.events import Applicant, Submitted, SubmittedSealed
from dossier_shared.errors import BadRecord, KeyUnknown
from dossier_shared.journal.dead_letters import StoredRecord
from dossier_shared.journal.persons import PersonKeys
from dossier_shared.journal.signatures import leaf_of
from dossier_shared.journal.stream import read_event

from .acts import SUBMITTED
from .keyholders import erased, made, ring, told
from .signed import Holder, on_topic, ring_of

HOLDER, NAME = "p-aaaa", "Nguyễn Thị Ánh Sáng"
INTAKE = Holder("intake", 3)
DATA = Submitted(code="H19.1-1", procedure="2.001159", catalogue="1", channel="online", owner="u-1")


def clear() -> Event:
    return Author("intake", "d").says(DATA, SubmittedSealed(applicant=Applicant(name=NAME, phone="+84912345678")))


def intake() -> PersonKeys:
    keys = ring("intake")
    keys.take(told(made(HOLDER)))
    return keys


def later(event: Event, keys: PersonKeys, plain: bytes | None = None) -> Event:
    found = replace(event, sealed=keys.seal_later(HOLDER, plain or event.sealed or b"", event.place))
    found.persons = keys
    return found


def sent(event: Event) -> Event:
    record = encode(event)
    return decode(StoredRecord(SUBMITTED, 0, 0, record.key, record.value, record.headers))


def test_hash_and_chain_are_those_of_what_was_recorded_and_nobody_reads_it_without_the_key() -> None:
    keys, before = intake(), clear()
    after = sent(later(before, keys))
    assert (after.hash, after.sealed_hash) == (before.hash, before.sealed_hash)
    assert verify_chain([after]) is None
    assert NAME.encode() not in encode(after).value
    assert boxes.holder_of(after.sealed or b"") == HOLDER
    with pytest.raises(KeyUnknown):
        after.open()
    after.persons = keys
    assert after.open() == before.open()
    keys.take(told(erased(HOLDER), first=1))
    again = sent(later(before, intake()))
    again.persons = keys
    assert again.open()["applicant"]["name"] != NAME


def test_other_content_under_the_same_digest_is_seen_by_who_opens_it() -> None:
    other = sent(later(clear(), keys := intake(), b'{"applicant":{"name":"x"}}'))
    other.persons = keys
    with pytest.raises(ValueError, match="not what was recorded"):
        other.open()


def test_a_box_of_the_first_version_is_held_to_its_digest_as_before() -> None:
    keys, before = intake(), clear()
    first = replace(before, sealed=keys.seal(HOLDER, before.sealed or b"", before.place))
    with pytest.raises(BadRecord, match="does not match its hash"):
        sent(first)


def test_the_signature_covers_the_box() -> None:
    keys, before = intake(), clear()
    mine, other = later(before, keys), later(before, keys)
    good = on_topic(INTAKE.signs_one(mine), SUBMITTED)
    assert read_event(good, ring_of(INTAKE)).sealed == mine.sealed
    swapped = replace(good, value=encode(other).value)
    assert decode(swapped).hash == mine.hash, "no hash covers it"
    for bad in (swapped, replace(good, value=encode(before).value)):
        with pytest.raises(BadRecord, match="wrong-signature"):
            read_event(bad, ring_of(INTAKE))
    in_clear = on_topic(INTAKE.signs_one(before), SUBMITTED)
    with pytest.raises(BadRecord, match="wrong-signature"):
        read_event(replace(in_clear, value=good.value), ring_of(INTAKE))


def test_what_is_no_such_box_is_signed_as_before() -> None:
    keys, before = intake(), clear()
    encrypted = Author("intake", "d", holder=HOLDER, persons=keys).says(
        DATA, SubmittedSealed(applicant=Applicant(name=NAME))
    )
    for event in (before, encrypted):
        assert leaf_of(event.hash, encode(event).value) == bytes.fromhex(event.hash[:32])
    tricky = Author("intake", "d").says(DATA, SubmittedSealed(applicant=Applicant(name=',"sealed":"~2.p-x.AAAA"')))
    assert leaf_of(tricky.hash, encode(tricky).value) == bytes.fromhex(tricky.hash[:32]), "whatever somebody is called"


def test_the_box_s_parts() -> None:
    packed = boxes.pack_later(HOLDER, b"content")
    assert (boxes.is_box(packed), boxes.is_later(packed), boxes.is_later(boxes.pack(HOLDER, b"x"))) == (
        True,
        True,
        False,
    )
    assert boxes.unpack(packed) == (HOLDER, b"content")
    assert b64decode(packed.rpartition(b".")[2]) == b"content"
    assert [boxes.says_in_clear(value) for value in (encode(clear()).value, b"", None, b"\xff", b"[]", b'{"sealed":null}')] == [
        True, False, False, False, False, False,
    ]  # fmt: skip
    assert not boxes.says_in_clear(encode(later(clear(), intake())).value)
