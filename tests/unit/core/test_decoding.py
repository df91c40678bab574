"""Whatever a record makes its reader stumble over, it is a dead letter: never an outage, which would be waited for for ever."""

from __future__ import annotations

import pytest

from dossier_local.contracts.stories import story
from dossier_shared.contracts import envelope, events
from dossier_shared.contracts.envelope import decode, encode
from dossier_shared.errors import BadRecord
from dossier_shared.journal.dead_letters import StoredRecord


def stumbles(*_: object) -> None:
    raise RecursionError("too deep")


def test_a_record_that_cannot_be_decoded_for_any_reason_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = encode(story()[0])
    record = StoredRecord("dossier.submitted", 0, 0, sent.key, sent.value, list(sent.headers))
    assert decode(record).type == "submitted"
    monkeypatch.setattr(envelope, "_decoded", stumbles)
    with pytest.raises(BadRecord) as bad:
        decode(record)
    assert bad.value.reason == "undecodable"


def test_data_that_cannot_be_checked_for_any_reason_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(events._VALIDATORS, "submitted", stumbles)
    with pytest.raises(BadRecord) as bad:
        events.check_data("submitted", {})
    assert bad.value.reason == "invalid-data"


def test_what_is_wrong_with_data_is_said_without_what_stands_there() -> None:
    """It goes into headers and logs, and somebody may have put a name where none belongs."""
    with pytest.raises(BadRecord) as bad:
        events.check_data("submitted", {"fee_vnd": "Khuất Ngọc Xuyến", "channel": "001099077771" * 20})
    assert "fee_vnd: int" in bad.value.detail
    assert "Khuất" not in bad.value.detail
    assert "0010" not in bad.value.detail
