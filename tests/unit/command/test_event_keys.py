"""What `dossier keys` writes, in which order, and what readers and the service make of it."""

from __future__ import annotations

import json
import stat
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dossier_local import event_keys
from dossier_local.cli import app
from dossier_local.errors import StackError
from dossier_local.memory import MemoryBroker
from dossier_shared.clock import SystemClock
from dossier_shared.contracts.envelope import Record
from dossier_shared.contracts.topics import KEYS
from dossier_shared.errors import BadRecord
from dossier_shared.journal.hearing import Position
from dossier_shared.journal.keyring import Keyring
from dossier_shared.journal.stream import read_event
from dossier_shared.settings.broker import Broker

from ..core.acts import SIGNED, attempts  # noqa: TID252
from ..core.signed import Holder, on_topic  # noqa: TID252

AT = Broker("nowhere:1")
OLD, NEW = Holder(number=1), Holder(number=2)


class Topics(MemoryBroker):
    """The broker as `event_keys` sees it; `went`: where the service's topic ends, each time it is asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, went: Sequence[int] = (7, 9)) -> None:
        super().__init__()
        self.went, self.ring = list(went), Keyring()
        monkeypatch.setattr(event_keys, "latest", self.latest)
        monkeypatch.setattr(event_keys, "ends", self.ends)
        monkeypatch.setattr(event_keys, "KafkaSender", lambda *_, **__: self)

    async def latest(self, _: Broker, topic: str, partitions: range) -> dict[bytes | None, bytes | None]:
        return {record.key: record.value for record in self.all(topic)}

    async def ends(self, _: Broker, topics: Sequence[str]) -> dict[Position, int]:
        at = self.went.pop(0)
        return {Position(topics[0], partition): at + partition for partition in range(6)}

    async def send(self, topic: str, records: Sequence[Record]) -> list[bool]:
        done = await super().send(topic, records)
        self.ring.take(self.all(topic))
        return done

    async def stop(self) -> None:
        pass


def taken(ring: Keyring, record: Record, offset: int) -> bool:
    try:
        read_event(on_topic(record, SIGNED, offset=offset), ring)
    except BadRecord:
        return False
    return True


def raw(holder: Holder) -> bytes:
    return holder.private.public_key().public_bytes_raw()


async def test_a_key_through_its_life(monkeypatch: pytest.MonkeyPatch) -> None:
    topics, (event,) = Topics(monkeypatch), attempts("d", 1)
    ring, first, second = topics.ring, OLD.signs_one(event), NEW.signs_one(event)
    assert await event_keys.publish(AT, "signing", raw(OLD), after=0) == OLD.key.id
    assert OLD.signer(ring, SystemClock()).trouble() is None
    await event_keys.publish(AT, "signing", raw(OLD), after=99)
    assert len(topics.all(KEYS.name)) == 1, "what is there stays"
    await event_keys.demand(AT, "signing")
    assert [taken(ring, first._replace(headers=first.headers[:-1]), offset) for offset in (6, 7)] == [True, False]
    with pytest.raises(StackError, match="would have no key to sign with"):
        await event_keys.retire(AT, "signing", OLD.key.id, settled=0)
    await event_keys.publish(AT, "signing", raw(NEW))
    assert "is in force from" in str(NEW.signer(ring, SystemClock()).trouble()), "every reader is to hear of it first"
    await event_keys.retire(AT, "signing", OLD.key.id, settled=0)
    assert "is retired" in str(OLD.signer(ring, SystemClock()).trouble())
    assert [taken(ring, first, offset) for offset in (8, 9)] == [True, False]
    assert taken(ring, second, 9)
    states = [json.loads(record.value or b"")["keys"][0] for record in topics.all(KEYS.name)[-2:]]
    assert ["ends" in state for state in states] == [False, True], "its holder stops before it is noted how far it went"
    await event_keys.revoke(AT, "signing", OLD.key.id)
    assert not taken(ring, first, 8)


async def test_what_makes_no_sense_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    Topics(monkeypatch)
    with pytest.raises(StackError, match="would have no key to sign with"):
        await event_keys.demand(AT, "signing")
    with pytest.raises(StackError, match="has no key 00"):
        await event_keys.revoke(AT, "signing", "00")
    with pytest.raises(StackError, match="identity signs no events"):
        await event_keys.publish(AT, "identity", raw(OLD))
    with pytest.raises(StackError, match="EVENT_PUBLIC_KEYS, line 1"):
        await event_keys.begin(AT, "signing shorter")


@pytest.mark.parametrize("new", [True, False])
async def test_a_new_deployment_demands_from_the_first_event_on_and_an_old_one_when_it_is_told(
    monkeypatch: pytest.MonkeyPatch, new: bool
) -> None:
    topics = Topics(monkeypatch)
    if new:
        monkeypatch.setattr(event_keys, "_ends", nothing_yet)
    said = await event_keys.begin(AT, f"signing {b64encode(raw(OLD)).decode()}\n\n")
    assert said == "keys of events published: signing"
    assert topics.ring.key("signing", OLD.key.id) is not None
    assert topics.ring.demanded("signing") is new


async def nothing_yet(*_: object) -> list[int]:
    return [0] * 6


async def test_a_developers_services_sign_from_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    topics = Topics(monkeypatch, [0] * 10)
    await event_keys.develop(AT, tmp_path)
    await event_keys.develop(AT, tmp_path)
    assert len(topics.all(KEYS.name)) == 2 * 5, "the same keys at the second start"
    assert all(topics.ring.demanded(service) for service in ("intake", "review", "signing", "notify", "monitor"))
    mode = event_keys.development_key(tmp_path, "signing").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_a_key_is_made_and_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "signing.pem"
    made = CliRunner().invoke(app, ["keys", "new", str(file)])
    assert made.exit_code == 0, made.output
    public = event_keys.public_key(file.read_bytes(), file.name)
    assert made.output.splitlines()[-1] == b64encode(public).decode()
    assert "PRIVATE" not in made.output
    kept = file.read_bytes()
    assert CliRunner().invoke(app, ["keys", "new", str(file)]).exit_code != 0
    assert file.read_bytes() == kept
    with pytest.raises(StackError, match="is no Ed25519 key"):
        event_keys.public_key(b"-----BEGIN PRIVATE KEY-----", "x")
