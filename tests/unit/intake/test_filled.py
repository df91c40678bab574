"""A form filled with what is recorded, sent back as it is, changes nothing; what was changed is all that is said to have been."""

from __future__ import annotations

from typing import Any

from dossier_intake.correcting import filed_answers
from dossier_intake.forms.filled import changes, typed_of
from dossier_intake.forms.form import Form
from dossier_intake.forms.posted import posted

from .case import CATALOGUE, Case

SCHEMA = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "born_date": {"type": "string", "format": "date"},
        "rooms": {"type": "integer"},
        "area": {"type": "number"},
        "price_vnd": {"type": "integer"},
        "married": {"type": "boolean"},
        "kind": {"enum": ["a", "b"]},
        "uses": {"type": "array", "uniqueItems": True, "items": {"enum": ["x", "y", "z"]}},
        "people": {
            "type": "array",
            "items": {"type": "object", "properties": {"n": {"type": "string"}, "d": {"type": "integer"}}},
        },
        "home": {"type": "object", "properties": {"street": {"type": "string"}, "a.b~c": {"type": "string"}}},
    },
}
ANSWERS: dict[str, Any] = {
    "name": "Trần Thị Mai", "born_date": "1995-04-13", "rooms": 12000, "area": 1250.5, "price_vnd": 1500000, "married": False,
    "kind": "b", "uses": ["x", "z"], "people": [{"n": "An", "d": 1}, {"n": "Bình"}], "home": {"street": "Lê Lợi", "a.b~c": "?"},
}  # fmt: skip


def test_what_is_recorded_comes_back_as_it_was() -> None:
    form = Form(SCHEMA)
    typed = typed_of(form.schema, ANSWERS)
    assert typed["form.born_date"] == ["13/04/1995"]
    again = form.check(posted(form.schema, typed).answers)
    assert again == ANSWERS
    assert changes(form.schema, ANSWERS, again) == {}


def test_so_does_a_form_of_the_catalogue() -> None:
    answers = filed_answers(Case().dossier)
    procedure = CATALOGUE.procedures[Case().state["procedure"]][0]
    form = CATALOGUE.form(procedure)
    assert answers
    assert form is not None
    assert form.check(posted(form.schema, typed_of(form.schema, answers)).answers) == answers


def test_only_what_differs_is_sent() -> None:
    schema = Form(SCHEMA).schema
    before = {**ANSWERS, "of another form": 1}
    after = {**ANSWERS, "born_date": "1995-04-14", "home": {"street": "Lê Lai", "a.b~c": "?"}, "people": [{"n": "An"}]}
    del after["kind"]
    assert changes(schema, before, after) == {
        "born_date": "1995-04-14", "home": {"street": "Lê Lai"}, "people": [{"n": "An"}], "kind": None,
    }  # fmt: skip
