"""What people write is read by the core schema of YAML 1.2: ruamel.yaml, which is not ours, is asked whether it is."""

from __future__ import annotations

import json
import math
from importlib.resources import files
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from dossier_shared.vocabulary.yaml import Unreadable, read

DATA = files("dossier_intake.catalogue") / "data"


def referee(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


@pytest.mark.parametrize(
    "scalar",
    [
        "15:00", "7:30", "15:00:00", "yes", "no", "on", "off", "Y", "n", "true", "False", "TRUE", "null", "~", "", "Null",
        "010", "0o10", "0x1F", "0", "-7", "+7", "50.000", ".5", "1.", "1e3", "-1.5E-3", "0b1x", "1.2.3", "1-2", "+", "-x",
        "Tết", "a b", "a:b", "x#y", "'010'", '"yes"', "'15:00'",
    ],
)  # fmt: skip
def test_a_scalar_is_what_yaml_1_2_says(scalar: str) -> None:
    found, wanted = read(f"a: {scalar}\n").data["a"], referee(f"a: {scalar}\n")["a"]
    assert (type(found), found) == (type(wanted), wanted)


@pytest.mark.parametrize("name", ["agencies.yaml", "procedures.yaml", "calendar.yaml"])
def test_the_packaged_files_are_what_yaml_1_2_says(name: str) -> None:
    text = (DATA / name).read_text("utf-8")
    assert read(text).data == referee(text)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text("ab:#-{}[]'\"\\,&*!|>%@` \n\té0123456789", max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abé:- ", min_size=1, max_size=4), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(PLAIN)
def test_what_is_written_as_yaml_or_json_comes_back(value: Any) -> None:
    assert read(json.dumps({"a": value})).data == {"a": value}
    written = StringIO()
    writer = YAML(typ="safe", pure=True)  # by YAML 1.2: PyYAML leaves 08 without quotes
    writer.default_flow_style = False
    writer.dump({"a": value}, written)
    assert read(written.getvalue()).data == {"a": value}


@pytest.mark.parametrize(("text", "value"), [("2026-12-24", "2026-12-24"), ("1_000", "1_000"), ("0b11", "0b11")])
def test_where_yaml_1_2_leaves_it_open_it_stays_text(text: str, value: str) -> None:
    assert read(f"a: {text}").data == {"a": value}


@pytest.mark.parametrize(
    "text", ["a: .inf", "a: -.INF", "a: .nan", '{"a": NaN}', '{"a": 1e999}', "a: 99999999999999999999"]
)
def test_a_number_nothing_keeps_is_refused(text: str) -> None:
    with pytest.raises(Unreadable) as wrong:
        read(text)
    assert [(fault.place, fault.code) for fault in wrong.value.faults] == [(("a",), "number-too-large")]


def test_every_fault_is_told_at_once_with_its_line() -> None:
    with pytest.raises(Unreadable) as wrong:
        read('a: 1\nb: .nan\na: 2\nc: "\\u0007"\nd: {x: 1,\n  x: 2}\n')
    assert [(fault.line, fault.code) for fault in wrong.value.faults] == [
        (2, "number-too-large"),
        (3, "repeated-key"),
        (4, "text-not-allowed"),
        (6, "repeated-key"),
    ]


def test_lines_and_what_was_written_are_known_when_asked_for() -> None:
    written = read("a:\n- b: 50.000\n  c: |\n    x\n")
    assert (written.line(("a", 0, "b")), written.source(("a", 0, "b"))) == (2, "50.000")
    assert written.line(("a", 0, "c")) == 3
    assert written.line(("a", 0, "nothing")) == 2
    assert math.isclose(written.data["a"][0]["b"], 50.0)
    assert read({"a": 1}).line(("a",)) is None
    assert read('{"a": 1,\n "b": "\\ud83d\\ude00"}').line(("a",)) == 1
