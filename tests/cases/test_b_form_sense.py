"""A form nobody can fill is refused when it is imported; hours, moments and amounts are read as people type them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.catalogue.reading import checked, read
from dossier_intake.catalogue.stored import taken
from dossier_intake.forms.form import Form
from dossier_shared.problems import Invalid

PACKAGED = Catalogue.load_packaged()


def catalogue(form: dict[str, Any]) -> str:
    procedure = PACKAGED.procedure("1.004873").model_dump(mode="json", exclude_none=True)
    agencies = [agency.model_dump(mode="json", exclude_none=True) for agency in PACKAGED.agencies.values()]
    return json.dumps({"agencies": agencies, "procedures": [{**procedure, "form": form}]}, ensure_ascii=False)


def found(form: dict[str, Any]) -> set[tuple[str, str]]:
    """Code and place within the form, of all that an import finds."""
    try:
        checked(read(catalogue(form)))
    except Invalid as refused:
        return {(one["code"], one["path"].removeprefix("/procedures/0/form")) for one in refused.errors}
    return set()


def group(a: Any, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": a}, **more}


STRICT: dict[str, Any] = {"additionalProperties": False}
TEXT: dict[str, Any] = {"type": "string"}


@pytest.mark.parametrize(
    ("form", "code", "place"),
    [
        (group({"type": "string", "minLength": 9, "maxLength": 3}), "contradiction", "/properties/a/minLength"),
        (group({"type": "integer", "minimum": 9, "maximum": 3}), "contradiction", "/properties/a/minimum"),
        (group({"type": "array", "minItems": 9, "maxItems": 3}), "contradiction", "/properties/a/minItems"),
        (group({"exclusiveMinimum": 3, "maximum": 3}), "contradiction", "/properties/a/exclusiveMinimum"),
        (group({"minimum": 3, "exclusiveMaximum": 3}), "contradiction", "/properties/a/minimum"),
        (
            group({"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 4}),
            "contradiction",
            "/properties/a/exclusiveMinimum",
        ),
        (
            group({"type": "object", "minProperties": 2, "maxProperties": 1}),
            "contradiction",
            "/properties/a/minProperties",
        ),
        (group({"allOf": [{"minLength": 9}, {"maxLength": 3}]}), "contradiction", "/properties/a"),
        (
            group({"$ref": "#/$defs/x", "maxLength": 3}, **{"$defs": {"x": {"minLength": 9}}}),
            "contradiction",
            "/properties/a/maxLength",
        ),
        (group({"type": "string", "allOf": [{"type": "integer"}]}), "contradiction", "/properties/a/type"),
        (group(TEXT, required=["b"], **STRICT), "never-filled", "/required/0"),
        (
            group(TEXT, then={"required": ["b"]}, **{"if": {"required": ["a"]}}, **STRICT),
            "never-filled",
            "/then/required/0",
        ),
        (group(TEXT, dependentRequired={"a": ["b"]}, **STRICT), "never-filled", "/dependentRequired/a/0"),
        (group(TEXT, required=["b"], unevaluatedProperties=False), "never-filled", "/required/0"),
        (group(group(TEXT, required=["b"], **STRICT)), "never-filled", "/properties/a/required/0"),
        (group(False, required=["a"]), "never-filled", "/required/0"),
        (group({"not": {}}, required=["a"]), "never-filled", "/required/0"),
        (group({"$ref": "#/$defs/x"}, required=["a"], **{"$defs": {"x": False}}), "never-filled", "/required/0"),
        (group({"anyOf": [False, {"not": True}]}, required=["a"]), "never-filled", "/required/0"),
        (group({"type": "array", "minItems": 1, "items": False}, required=["a"]), "never-filled", "/required/0"),
        (group(TEXT, allOf=[False]), "never-filled", ""),
        (group({"type": "string", "format": "date", "enum": ["28/11/2026"]}), "enum", "/properties/a/enum/0"),
        (group({"type": "string", "format": "date", "const": "31/02/2026"}), "enum", "/properties/a/const"),
        (group({"type": "string", "format": "tax-code", "enum": ["0100112437 001"]}), "enum", "/properties/a/enum/0"),
        (group({"type": "string", "format": "phone", "enum": ["12"]}), "enum", "/properties/a/enum/0"),
        (group({"type": "string", "maxLength": 3, "enum": ["a", "abcd"]}), "enum", "/properties/a/enum/1"),
        (
            group(
                {"$ref": "#/$defs/x", "const": "28/11/2026"}, **{"$defs": {"x": {"type": "string", "format": "date"}}}
            ),
            "enum",
            "/properties/a/const",
        ),
        (group({"type": "integer", "default": "abc"}), "default", "/properties/a/default"),
        (group({"type": "string", "enum": ["x"], "default": "y"}), "default", "/properties/a/default"),
        (group({"type": "string", "const": "\u200b"}), "text-empty", "/properties/a/const"),
        (group({"allOf": [{"const": "\u2060 "}]}), "text-empty", "/properties/a/allOf/0/const"),
        (
            group({"enum": ["a"], "x-labels": {"a": {"vi": "\u200b", "en": "A"}}}),
            "text-empty",
            "/properties/a/x-labels/a/vi",
        ),
        (group({"enum": ["a"], "x-labels": {"a": "Chữ"}}), "labels", "/properties/a/x-labels/a"),
        (group({"enum": ["a"], "x-labels": {"\u200b": {"vi": "A"}}}), "text-empty", "/properties/a/x-labels/"),
        (group({"type": "string", "minlength": 3}), "keyword", "/properties/a/minlength"),
        (group({"type": "array", "minitems": 3}), "keyword", "/properties/a/minitems"),
        (group({"type": "string", "readonly": True}), "keyword", "/properties/a/readonly"),
        (group({"type": "string", "max_length": 3}), "keyword", "/properties/a/max_length"),
        (group(TEXT, Required=["a"]), "keyword", "/Required"),
        (
            group({"type": "array", "items": {"type": "string", "MAXLENGTH": 3}}),
            "keyword",
            "/properties/a/items/MAXLENGTH",
        ),
        ({"type": "object", "properties": {"fee_vnd": {"type": "number"}}}, "money-type", "/properties/fee_vnd/type"),
        ({"type": "object", "properties": {"fee_vnd": TEXT}}, "money-type", "/properties/fee_vnd/type"),
        ({"type": "object", "properties": {"fee_vnd": {"minimum": 1}}}, "money-type", "/properties/fee_vnd"),
        (group({"type": "number", "format": "dong"}), "money-type", "/properties/a/type"),
        (group({"type": ["integer", "string"], "format": "dong"}), "money-type", "/properties/a/type"),
        (
            {"type": "object", "properties": {"x_vnd": {"$ref": "#/$defs/m"}}, "$defs": {"m": {"type": "number"}}},
            "money-type",
            "/properties/x_vnd",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_b_an_import_names_what_nobody_can_fill(form: dict[str, Any], code: str, place: str) -> None:
    assert (code, place.replace("~", "~0")) in found(form)


@pytest.mark.parametrize(
    "form",
    [
        group({"type": "string", "minLength": 3, "maxLength": 3}),
        group({"type": "integer", "minimum": 3, "maximum": 3, "default": 3}),
        group(TEXT, required=["b"]),
        group(False),
        group(TEXT, required=["b"], patternProperties={"^b$": TEXT}, **STRICT),
        group({"type": "string", "format": "date", "enum": ["2026-11-28"]}),
        group({"enum": ["", "a"], "x-labels": {"a": {"vi": "A", "en": "A"}}}),
        group({"type": ["string", "null"], "default": None}),
        {"type": "object", "properties": {"minlength": TEXT, "readonly": TEXT, "title": TEXT}},
        {"type": "object", "properties": {"fee_vnd": {"type": "integer"}, "x_vnd": {"type": ["integer", "null"]}}},
        {
            "type": "object",
            "properties": {"fee_vnd": {"$ref": "#/$defs/m"}, "kind": TEXT},
            "then": {"properties": {"fee_vnd": {"minimum": 5}}},
            "if": {"properties": {"kind": {"const": "x"}}},
            "$defs": {"m": {"type": "integer"}},
        },
        {"type": "object", "properties": {"child": {"$ref": "#"}}},
    ],
    ids=lambda value: "",
)
def test_a_form_that_can_be_filled_is_taken(form: dict[str, Any]) -> None:
    assert found(form) == set()


def test_a_stored_catalogue_serves_as_it_did() -> None:
    form = {"type": "object", "properties": {"fee_vnd": {"type": "number"}, "a": {"type": "string", "minlength": 1}}}
    document, faults = taken(catalogue(form))
    assert document.procedures[0].form == form
    assert faults == ()


@pytest.mark.parametrize(
    ("schema", "typed", "kept"),
    [
        ({"type": "string", "format": "time"}, "07:30", "07:30"),
        ({"type": "string", "format": "time"}, "7:30", "07:30"),
        ({"type": "string", "format": "time"}, "7h30", "07:30"),
        ({"type": "string", "format": "time"}, "07:30:00", "07:30:00"),
        ({"type": "string", "format": "time"}, "07:30:00+07:00", "07:30:00+07:00"),
        ({"type": "string", "format": "date-time"}, "28/02/2026 07:30", "2026-02-28T07:30:00+07:00"),
        ({"type": "string", "format": "date-time"}, "7h30 28/02/2026", "2026-02-28T07:30:00+07:00"),
        ({"type": "string", "format": "date-time"}, "28/02/2026 1:30 chiều", "2026-02-28T13:30:00+07:00"),
        ({"type": "string", "format": "date-time"}, "2026-02-28T07:30", "2026-02-28T07:30:00+07:00"),
        ({"type": "string", "format": "date-time"}, "2026-02-28T07:30:05Z", "2026-02-28T07:30:05Z"),
    ],
)
def test_b_an_hour_and_a_moment_are_read_as_typed(schema: dict[str, Any], typed: str, kept: str) -> None:
    assert Form(group(schema)).check({"a": typed}) == {"a": kept}


@pytest.mark.parametrize(
    ("schema", "typed", "shown"),
    [
        ({"type": "string", "format": "time"}, "24:00", "07:30"),
        ({"type": "string", "format": "time"}, "sáng", "07:30"),
        ({"type": "string", "format": "date-time"}, "30/02/2026 07:30", "28/02/2026 07:30"),
        ({"type": "string", "format": "date-time"}, "28/02/2026", "28/02/2026 07:30"),
        ({"type": "string", "format": "date-time"}, "28/02/2026 25:30", "28/02/2026 07:30"),
    ],
)
def test_b_what_is_no_hour_or_moment_is_told_how_to_write_it(schema: dict[str, Any], typed: str, shown: str) -> None:
    with pytest.raises(Invalid) as refused:
        Form(group(schema)).check({"a": typed})
    (error,) = refused.value.errors
    assert shown in error["message"]["vi"]
    assert shown in error["message"]["en"]


@pytest.mark.parametrize("amount", [{"$ref": "#/$defs/m"}, {"type": ["integer", "null"]}])
def test_c11_an_amount_behind_a_reference_is_read(amount: dict[str, Any]) -> None:
    form = Form({"type": "object", "properties": {"fee_vnd": amount}, "$defs": {"m": {"type": "integer"}}})
    assert form.check({"fee_vnd": "50.000"}) == {"fee_vnd": 50_000}
