"""The rules file: the package's own is good, and a bad one is refused with words that lead to the mistake."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from dossier_monitor.alarms.rules import RulesRefused, read_rules

GOOD = {
    "id": "late", "kind": "late-share", "name": {"vi": "Trễ", "en": "Late"}, "raise": 0.2, "clear": 0.1,
    "severity": "warning", "told": ["agency"],
}  # fmt: skip


def test_the_own_rules_know_every_kind() -> None:
    rules = read_rules()
    assert {rule.kind for rule in rules} == {
        "late-share", "growing-stage", "silent-agency", "stalled", "parked", "hearing", "dead-letters", "lag",
        "behind", "emergency",
    }  # fmt: skip
    assert len({rule.id for rule in rules}) == len(rules)


def test_another_file_replaces_them(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump([GOOD], allow_unicode=True), "utf-8")
    [rule] = read_rules(path)
    assert (rule.id, rule.raise_at, rule.clear_at, rule.hold) == ("late", 0.2, 0.1, 0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"clear": 0.2}, "rule late: Value error, `clear` must be less than `raise`"),
        ({"kind": "weather"}, "rule late, `kind`: Input should be"),
        ({"raise": 2}, "`raise` is at most 1"),
        ({"raise": float("inf")}, "The number is too large."),
        ({"raise": "0.2"}, "rule late, `raise`: Input should be a valid number"),
        ({"at_least": True}, "rule late, `at_least`: Input should be a valid integer"),
        ({"name": {"vi": "\u200e", "en": "Late"}}, "rule late, `name`, `vi`: The text is empty"),
        ({"kind": "stalled", "raise": 1}, "stalled needs `days`"),
        ({"kind": "growing-stage", "raise": 10}, "growing-stage needs `window`"),
        ({"kind": "lag", "raise": 10}, "lag is about a service"),
        ({"treshold": 3}, "rule late, `treshold`: Extra inputs"),
        ({"told": []}, "rule late, `told`"),
        ({"name": {"vi": "Trễ"}}, "rule late, `name`, `en`: Field required"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, change: dict[str, object], said: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump([{**GOOD, **change}], allow_unicode=True), "utf-8")
    with pytest.raises(RulesRefused) as refused:
        read_rules(path)
    assert said in str(refused.value)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize("text", ["", "- [", "rules: 3", "- 7", "\x00"])
def test_what_is_no_list_of_rules_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(text)
    with pytest.raises(RulesRefused):
        read_rules(path)


def test_two_rules_of_one_name_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump([GOOD]) * 2)
    with pytest.raises(RulesRefused, match="more than one rule is called late"):
        read_rules(path)
    with pytest.raises(RulesRefused, match="cannot be read"):
        read_rules(tmp_path / "none.yaml")


def test_the_line_of_a_mistake_is_named_and_nothing_of_the_text_is_repeated(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("password: 'hunter2\n")
    with pytest.raises(RulesRefused) as refused:
        read_rules(path)
    assert str(refused.value).startswith(f"{path}: cannot be read: Line 1: not readable")
    assert "hunter2" not in str(refused.value)
    path.write_bytes(b"\xff")
    with pytest.raises(RulesRefused, match="the file is not UTF-8"):
        read_rules(path)
