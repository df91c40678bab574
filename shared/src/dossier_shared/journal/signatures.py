"""Events are signed by their service: what a record says comes from who holds its key, whoever's password put it on the topic.

header     ce_signature: `<key id>.<base64: signature 64, place 2, count 2, proof 16 each>`
leaf       of an event: the first 16 bytes of `ce_hash`, which covers its id (dossier, source, number), type, time and content,
           and the event before; the record's key must be the id's dossier (`envelope.decode`). Where its sealed part was
           recorded in clear and sealed later (`boxes.py`) that hash does not cover the box: of both together
tree       over the leaves of what is sent together: a node is the first 16 bytes of SHA-256(0x01, left, right); the last of an
           odd number goes up as it is. Signed are the topic, the count and the root: one signature for up to `TOGETHER` events
proof      the neighbours on the way from the leaf (its `place` among `count`) to the root

A reader remembers the nodes it has found signed, so that of a batch one signature is looked at and about one node an event.
"""

from __future__ import annotations

from base64 import b64decode
from binascii import a2b_base64, b2a_base64, unhexlify
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from dossier_shared.contracts.boxes import later_in
from dossier_shared.contracts.envelope import Record
from dossier_shared.contracts.keys import EventKey, key_id

HEADER: Final = "ce_signature"
TOGETHER: Final = 512  # events under one signature
REMEMBERED: Final = 2048  # nodes of each key, and as many of before
LONGEST: Final = 600  # bytes of a header
_CONTEXT = b"vn.dossier.events.v1\n"
_LEAF, _SIGNATURE, _HEAD = 16, 64, 68  # bytes; the last: before the proof


def leaf_of(hash_: str | bytes, value: bytes) -> bytes:
    """Of an event by its `ce_hash`, and by its record's value where the hash does not cover all of it."""
    leaf, later = unhexlify(hash_[: 2 * _LEAF]), later_in(value)
    return sha256(b"\x02%b%b" % (leaf, sha256(later).digest())).digest()[:_LEAF] if later else leaf


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01%b%b" % (left, right)).digest()[:_LEAF]


def _levels(leaves: Sequence[bytes]) -> list[Sequence[bytes]]:
    """From the leaves up to the root."""
    levels = [leaves]
    while len(level := levels[-1]) > 1:
        pairs = range(0, len(level) - 1, 2)
        levels.append([*(_node(level[n], level[n + 1]) for n in pairs), *level[len(pairs) * 2 :]])
    return levels


def _proof(levels: Sequence[Sequence[bytes]], place: int) -> bytes:
    return b"".join([level[n] for depth, level in enumerate(levels[:-1]) if (n := place >> depth ^ 1) < len(level)])


def _signed(topic: str, count: bytes, root: bytes) -> bytes:
    return b"%b%b\n%b%b" % (_CONTEXT, topic.encode(), count, root)


def sign_together(private: Ed25519PrivateKey, id_: str, topic: str, records: Sequence[Record]) -> Iterator[Record]:
    """At most `TOGETHER` of them."""
    levels = _levels([leaf_of(dict(record.headers)["ce_hash"], record.value) for record in records])
    name, count = id_.encode(), len(records).to_bytes(2, "big")
    signature = private.sign(_signed(topic, count, levels[-1][0]))
    for place, record in enumerate(records):
        body = b"%b%b%b%b" % (signature, place.to_bytes(2, "big"), count, _proof(levels, place))
        header = (HEADER, b"%b.%b" % (name, b2a_base64(body, newline=False)))
        yield Record(record.key, record.value, [*record.headers, header])


class Key:
    """A key as it is on the topic of keys, and what was found signed by it on `topic`. Raises ValueError where it is none."""

    def __init__(self, record: EventKey, topic: str) -> None:
        raw = b64decode(record.public, validate=True)
        if record.id != key_id(raw):
            raise ValueError(f"key {record.id[:32]!r} is not the one it is called")
        self.record, self._topic, self._public = record, topic, Ed25519PublicKey.from_public_bytes(raw)
        self._known, self._before = set[bytes](), set[bytes]()

    def covers(self, leaf: bytes, signature: bytes) -> bool:
        """`signature`: what a header says behind the key's id. May raise ValueError."""
        if leaf in self._known or leaf in self._before:
            return True
        body = a2b_base64(signature) if len(signature) <= LONGEST else b""
        place, count = int.from_bytes(body[64:66], "big"), int.from_bytes(body[66:68], "big")
        if len(body) < _HEAD:
            return False
        node, found, at = leaf, [leaf], _HEAD
        while count > 1:
            if place ^ 1 < count:
                beside, at = body[at : at + _LEAF], at + _LEAF
                node = _node(beside, node) if place & 1 else _node(node, beside)
                found += (beside, node)
                if node in self._known or node in self._before:
                    break
            place, count = place >> 1, (count + 1) >> 1
        else:
            try:
                self._public.verify(body[:_SIGNATURE], _signed(self._topic, body[66:68], node))
            except InvalidSignature:
                return False
        if len(self._known) > REMEMBERED:
            self._known, self._before = set(), self._known
        self._known.update(found)
        return True
