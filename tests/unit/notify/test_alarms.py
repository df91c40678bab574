"""Who is told of an alarm, and in which words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from dossier_local.memory import Author
from dossier_notify.alarms import Policy, wanted
from dossier_notify.rules.alarm_texts import compose
from dossier_notify.settings import Settings
from dossier_shared.clock import parse_instant
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.events import AlarmAcknowledged, AlarmCleared, AlarmRaised
from dossier_shared.vocabulary.sms import cost

AT = "2025-07-01T03:00:00.000000Z"
NOW = parse_instant(AT)
ABOUT: dict[str, Any] = {
    "rule": "late", "kind": "late-share", "subject": "H19.1", "number": 1, "severity": "warning",
    "name_vi": "Tỷ lệ hồ sơ quá hạn cao", "name_en": "Late", "agency_name": "UBND xã Long Thành",
    "overseers": ["H19"], "told": ["H19.1", "H19"],
}  # fmt: skip
FIGURES = {"value": 0.12, "threshold": 0.1, "figures": {"open": 50, "late": 6}}
POLICY = Policy({"H19.1": ["+84900000001"], "H19": ["+84900000002", "+84900000001"]}, timedelta(hours=24), 2)


def raised(**change: Any) -> Event:
    return Author("monitor", "late:H19.1").says(AlarmRaised(**{**ABOUT, **FIGURES, **change}), at=AT)


def test_each_phone_once_for_each_raising() -> None:
    first, again = raised(), raised(number=2)
    due = wanted([first, first], POLICY, NOW)
    assert len(due) == 2
    assert all(reference.startswith("alarm:late:H19.1:1:") for reference in due)
    assert wanted([again], POLICY, NOW).keys().isdisjoint(due)
    assert not any("+84" in reference for reference in due)


def test_nobody_is_told_where_nobody_is_named_or_the_time_for_it_has_passed() -> None:
    assert wanted([raised(told=["H20"])], POLICY, NOW) == {}
    assert wanted([raised()], POLICY, NOW + timedelta(hours=25)) == {}


def test_one_without_what_it_may_leave_out_stops_nobody_behind_it() -> None:
    bare, good = raised(), raised(number=2)
    bare.data = {name: value for name, value in bare.data.items() if AlarmRaised.model_fields[name].is_required()}
    assert wanted([bare, good], POLICY, NOW).keys() == wanted([good], POLICY, NOW).keys()


def test_clearing_and_acknowledging_are_told_to_nobody() -> None:
    by = Author("monitor", "late:H19.1")
    events = [
        by.says(AlarmAcknowledged(**ABOUT), at=AT),
        by.says(AlarmCleared(**ABOUT, value=0, threshold=0.05, raised_at=AT), at=AT),
    ]
    assert wanted(events, POLICY, NOW) == {}


def test_the_words() -> None:
    said = compose({**ABOUT, **FIGURES}, 2)
    assert said == "Canh bao: Ty le ho so qua han cao - UBND xa Long Thanh: 6/50 ho so qua han"
    nowhere = {**ABOUT, **FIGURES, "agency_name": "", "subject": "review", "kind": "lag", "value": 7000.0}
    assert compose(nowhere, 2).endswith("- review: con 7000 su kien")
    assert compose({**ABOUT, **FIGURES, "kind": "later-version"}, 2).endswith(": 0.12")
    assert compose({**ABOUT, **FIGURES, "figures": {}}, 2).endswith(": 0.12")


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_too_long_a_text_is_cut(parts: int) -> None:
    said = compose({**ABOUT, **FIGURES, "agency_name": "Ủy ban nhân dân xã {Long} Thành " * 30}, parts)
    assert cost(said).parts == parts
    assert said.endswith("...")


def test_recipients_are_phone_numbers() -> None:
    good = Settings(alarm_recipients={"operators": ["+84900000001", "0900 000 002"]})
    assert good.alarm_policy.recipients == {"operators": ["+84900000001", "+84900000002"]}
    for unreachable in ("0251 3822 501", "+12024561414", "19001234", "09000000x1"):
        with pytest.raises(ValidationError):
            Settings(alarm_recipients={"operators": [unreachable]})
