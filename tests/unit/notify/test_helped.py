"""Whom somebody filed for is told once in whose hands it is, and what else they are told waits its turn behind that."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.unit.notify.told import Told

from dossier_notify.channels import Answer
from dossier_notify.handlers import on_answer, rules
from dossier_notify.rules.code_texts import compose
from dossier_notify.rules.messages import Texts
from dossier_notify.state import State
from dossier_shared.contracts.consent_codes import CodeMessage, seal, unseal
from dossier_shared.contracts.envelope import Event
from dossier_shared.journal.dossier import Dossier, hear, record
from dossier_shared.journal.effects import Intent
from dossier_shared.vocabulary.sms import cost

RULES = rules(Texts())
NOW = datetime(2025, 7, 3, 2, 0, tzinfo=UTC)
AT = "2025-07-03T02:00:00.000000Z"


class Notified:
    """A dossier as notify has it, with what it asks to be sent."""

    def __init__(self, *events: Event) -> None:
        self.dossier: Dossier[State] = Dossier(events[0].dossier)
        for event in events:
            assert hear(RULES, self.dossier, event, NOW, AT)

    @property
    def state(self) -> State:
        return self.dossier.state

    @property
    def wanted(self) -> str | None:
        intent = self.state.get("intent")
        return intent["kind"] if intent else None

    def answered(self, reason: str | None = None) -> None:
        intent = self.state["intent"]
        assert intent is not None
        open_one = Intent(self.dossier.id, intent["reference"], self.state, NOW)
        for new in on_answer(open_one, Answer("p-1", reason)):
            record(RULES, self.dossier, new, time=AT, recorded=AT, agency="H19.1", actor="rule:notify")


def filed(told: Told) -> Event:
    return told.submitted(wants=("refused", "result", "helped"))


def test_who_is_filed_for_by_leave_is_told_by_whom_and_how_to_end_it() -> None:
    told = Told()
    told.filed_by = "Bưu điện https://x.vn Long Khánh"
    one = Notified(filed(told))
    assert one.wanted == "helped"
    intent = one.state["intent"]
    assert intent is not None
    assert "H19.1-20250701-0000001" in intent["text"]
    assert "Buu dien Long Khanh nop thay ong/ba ho so" in intent["text"]
    assert "Rut lai dong y" in intent["text"]
    assert cost(intent["text"]).parts <= 2
    one.answered()
    assert [(m["kind"], m["status"]) for m in one.state["messages"]] == [("helped", "sent")]
    assert "delivery" not in one.state


def test_without_the_word_for_it_or_a_phone_nobody_is_told() -> None:
    assert Notified(Told().submitted()).wanted is None
    assert Notified(filed(Told(phone=None))).wanted is None


def test_what_comes_while_that_is_under_way_follows_it() -> None:
    told = Told()
    one = Notified(filed(told), told.accepted(), told.signed())
    assert one.wanted == "helped"
    one.answered("number-refused")
    assert one.wanted == "result", "and the result's own message is not lost behind one that failed"
    one.answered()
    assert [(m["kind"], m["status"]) for m in one.state["messages"]] == [("helped", "failed"), ("result", "sent")]
    assert one.state["delivery"]["informed"]


def test_a_refusal_follows_it_too() -> None:
    told = Told()
    one = Notified(filed(told), told.refused())
    one.answered()
    assert one.wanted == "refused"
    one.answered()
    assert one.wanted is None


def test_what_is_known_when_the_filing_comes_last_is_told_alone() -> None:
    told = Told()
    signed = told.signed()
    one = Notified(signed, filed(told))
    assert one.wanted == "result"


def test_a_code_is_opened_by_who_has_the_key_for_its_own_id_only() -> None:
    key, message = b"of these tests alone", CodeMessage("+84912345678", "012345", "Đăng ký khai sinh", "Bưu điện")
    box = seal(key, "c-1", message)
    assert unseal(key, "c-1", box) == message
    assert "012345" not in box
    for wrong in (unseal(b"another key of these", "c-1", box), unseal(key, "c-2", box), unseal(b"", "c-1", box)):
        assert wrong is None
    assert unseal(key, "c-1", "no box") is None


def test_the_text_with_the_code_begins_with_it_and_stays_short() -> None:
    long = CodeMessage("+84912345678", "012345", "Cấp giấy phép " * 30, "Đoàn thanh niên www.xau.vn phường " * 9)
    text = compose(long, 2)
    assert text.startswith("012345 la ma de")
    assert text.endswith("Khong dong y thi dung doc ma cho ai.")
    assert "www" not in text
    assert cost(text).parts <= 2
    assert "..." in text
