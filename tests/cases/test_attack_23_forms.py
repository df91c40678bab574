"""Attack 23: half letters and forms that would run for ever are refused when a catalogue is imported."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.cases.written import TEXT, findings

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.forms import bounds
from dossier_intake.forms.form import MAX_DEPTH


@pytest.mark.parametrize(
    "text",
    [
        '{"agencies": [{"code": "X-1", "name_vi": "\\ud800"}]}',
        '{"calendar": {"\\udfff": 1}}',
        TEXT.replace("Xã Thử", '"\\ud800"'),
    ],
)
def test_attack_23_half_a_surrogate_is_refused(text: str) -> None:
    (one,) = findings(text)
    assert one["code"] in ("text-not-allowed", "yaml")


BRANCHING = {"$ref": "#/$defs/node"}
NODE = {"type": "object", "properties": {"a": BRANCHING}}


@pytest.mark.parametrize(
    "node",
    [
        {"allOf": [NODE, NODE]},
        {"anyOf": [{"not": NODE}, {"properties": {"a": {"not": BRANCHING}}}]},
        {"oneOf": [{"items": BRANCHING}, {"prefixItems": [BRANCHING], "items": BRANCHING}, {"items": {"allOf": [BRANCHING]}}]},
        {"properties": {"a": BRANCHING}, "patternProperties": {"a": BRANCHING}},
        {"if": {"additionalProperties": BRANCHING}, "else": {"additionalProperties": BRANCHING}},
        {"$ref": "#/$defs/node"},
        {"allOf": [{"$ref": "#/$defs/other"}]},
        {"dependentSchemas": {"a": NODE, "b": NODE}},
        {"unevaluatedProperties": BRANCHING, "anyOf": [NODE]},
        {"$id": "https://example.org/a", "$defs": {"node": {"allOf": [NODE, NODE]}}, "properties": {"a": BRANCHING}},
        {"$dynamicRef": "#node"},
    ],
)  # fmt: skip
def test_attack_23_a_form_that_branches_on_its_way_down_is_refused_at_import(node: dict[str, Any]) -> None:
    form = {"type": "object", "$defs": {"node": node, "other": {"allOf": [BRANCHING]}}, "properties": {"a": BRANCHING}}
    (one,) = findings(TEXT + "  form: " + json.dumps(form) + "\n")
    assert (one["path"], one["code"], one["line"]) == ("/procedures/0/form", "form-unbounded", 22)


def test_attack_23_a_form_of_many_fields_is_looked_through_and_one_of_many_patterns_refused() -> None:
    fields = {f"p{number}": {"type": "string"} for number in range(3000)}
    assert Catalogue.parse(TEXT + "  form: " + json.dumps({"type": "object", "properties": fields}) + "\n")
    patterns = {f"^p{number}": {"type": "string"} for number in range(2000)}
    form = {"type": "object", "properties": fields, "patternProperties": patterns}
    assert [one["code"] for one in findings(TEXT + "  form: " + json.dumps(form) + "\n")] == ["form-unbounded"]


def test_attack_23_the_bounds_of_forms_and_of_answers_are_of_the_same_depth() -> None:
    assert bounds.LEVELS == MAX_DEPTH


def test_attack_23_a_tree_of_persons_is_still_a_form() -> None:
    person = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "mother": BRANCHING, "children": {"type": "array", "items": BRANCHING}},
    }  # fmt: skip
    form = {"type": "object", "$defs": {"node": person}, "properties": {"applicant": BRANCHING}}
    catalogue = Catalogue.parse(TEXT + "  form: " + json.dumps(form) + "\n")
    compiled = catalogue.form(catalogue.procedure("9.000001"))
    assert compiled is not None
    assert compiled.check({"applicant": {"mother": {"name": "A"}}})


@pytest.mark.parametrize("reference", ["https://example.org/a", "#anchor", "#/$defs/none", "other.json"])
def test_attack_23_a_reference_that_leads_nowhere_is_refused(reference: str) -> None:
    form = {"type": "object", "properties": {"a": {"$ref": reference}}}
    (one,) = findings(TEXT + "  form: " + json.dumps(form) + "\n")
    assert one["path"].startswith("/procedures/0/form")


def test_an_example_its_own_form_refuses_is_a_mistake_in_the_form() -> None:
    form = {"type": "object", "properties": {"a": {"type": "string", "minLength": 3}}, "examples": [{"a": "x"}]}
    (one,) = findings(TEXT + "  form: " + json.dumps(form) + "\n")
    assert (one["path"], one["code"]) == ("/procedures/0/form/examples/0", "example")
