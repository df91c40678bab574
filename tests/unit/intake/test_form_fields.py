"""Forms as people fill them in: every field has its control and its label, and what is posted back is what was answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.unit.intake.typed_forms import typed_of

import dossier_intake.pages  # noqa: F401  its texts and templates
from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.forms.fields import Control, Listing, controls, draw, wrong
from dossier_intake.forms.form import Form
from dossier_intake.forms.posted import posted, with_entry, without_entry
from dossier_shared.pages.rendering import add_package, page
from dossier_shared.pages.texts import LANGUAGES
from dossier_shared.problems import Invalid
from dossier_shared.vocabulary.answers import referred

CATALOGUE = Catalogue.load_packaged()
FORMS = {one.code: form for code in CATALOGUE.procedures for one in CATALOGUE.procedures[code]
         if (form := CATALOGUE.form(one)) is not None}  # fmt: skip
LETTERS = st.sampled_from("ăâđêôơưáàảãạ abcxyz ĐĂ,.-/19")
SAMPLES = {
    "person-name": st.sampled_from(["Nguyễn Văn An", "Điểu K'Sơn"]),
    "citizen-id": st.sampled_from(["070092004321", "075190123456"]),
    "phone": st.sampled_from(["0912345678", "+84 912 345 678"]),
    "email": st.sampled_from(["an@example.vn"]),
    "date": st.dates(date(1900, 1, 1), date(2199, 12, 31)).map(date.isoformat),
}
FEW = settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))


def answers_of(root: Mapping[str, Any], node: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """What somebody may answer."""
    if "$ref" in node:
        return answers_of(root, referred(root, node["$ref"]))
    if "const" in node:
        return st.just(node["const"])
    if "enum" in node:
        return st.sampled_from(node["enum"])
    match node["type"]:
        case "object":
            fields = {name: answers_of(root, child) for name, child in node["properties"].items()}
            must = {name: fields.pop(name) for name in node.get("required", ())}
            return st.fixed_dictionaries(must, optional=fields).filter(bool)
        case "array":
            entries = st.lists(
                answers_of(root, node["items"]), min_size=max(node["minItems"], 1), max_size=node["minItems"] + 2,
                unique=node.get("uniqueItems", False),
            )  # fmt: skip
            order = node["items"].get("enum")
            return entries.map(lambda found: sorted(found, key=order.index) if order else found)
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(node["minimum"], node["maximum"])
        case "number":
            return st.one_of(
                st.floats(node["minimum"], node["maximum"], allow_nan=False).map(lambda many: round(many, 4)),
                st.integers(int(node["minimum"]) + 1, int(min(node["maximum"], 10**9))),
            )
    if "pattern" in node:
        return st.from_regex(node["pattern"].replace("$", r"\Z"))
    if "format" in node:
        return SAMPLES[node["format"]]
    words = st.text(LETTERS, min_size=1, max_size=min(node["maxLength"], 40))
    return words.map(lambda text: " ".join(text.split())).filter(lambda text: any(map(str.isalnum, text)))


class Drawn(HTMLParser):
    """What a browser makes of the fields: what it would send, and which have nothing that names them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.sends: dict[str, list[str]] = {}
        self.names: set[str] = set()
        self.labelled: set[str] = set()
        self.fields: dict[str, bool] = {}  # by id, whether a label is around it
        self._within = 0
        self._choosing: str | None = None
        self._writing: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attrs}
        if tag == "label":
            self._within += 1
            self.labelled.add(of.get("for", ""))
        if tag in ("input", "select", "textarea"):
            self.names.add(of["name"])
            if of.get("type") != "hidden":
                self.fields[of["id"]] = bool(self._within)
        if tag == "input" and (of.get("type") not in ("radio", "checkbox") or "checked" in of):
            self.sends.setdefault(of["name"], []).append(of.get("value", ""))
        if tag == "select":
            self._choosing = of["name"]
        if tag == "option" and "selected" in of and self._choosing:
            self.sends[self._choosing] = [of["value"]]
        if tag == "textarea":
            self._writing = of["name"]
            self.sends[of["name"]] = [""]

    def handle_data(self, data: str) -> None:
        if self._writing:
            self.sends[self._writing] = [self.sends[self._writing][0] + data]

    def handle_endtag(self, tag: str) -> None:
        self._within -= tag == "label"
        if tag == "textarea" and self._writing:
            self.sends[self._writing] = [self.sends[self._writing][0].removeprefix("\n")]
            self._writing = None


def html_of(form: Form, answers: Mapping[str, Any]) -> Drawn:
    drawn = draw(form.schema, "vi", typed_of(form.schema, answers))
    return Drawn(bytes(page("only_fields.html", "vi", form=drawn).body).decode())


@pytest.fixture(scope="module", autouse=True)
def template() -> None:
    add_package("dossier_intake.pages")
    from jinja2 import DictLoader

    from dossier_shared.pages import rendering

    whole = '{% from "fields.html" import inside with context %}{{ inside(form) }}'
    rendering._loaders.loaders = [*rendering._loaders.loaders, DictLoader({"only_fields.html": whole})]


def leaves(root: Mapping[str, Any], node: Any, name: str) -> Iterator[str]:
    """Of the schema, read here in its own way; a list has one entry."""
    if "$ref" in node:
        yield from leaves(root, referred(root, node["$ref"]), name)
    elif "properties" in node:
        for key, child in node["properties"].items():
            yield from leaves(root, child, f"{name}.{key}")
    elif node.get("type") == "array":
        yield name
        if not node.get("uniqueItems"):
            yield from leaves(root, node["items"], f"{name}.0")
    else:
        yield name


@pytest.mark.parametrize("code", sorted(FORMS))
def test_every_field_has_its_control_and_its_label(code: str) -> None:
    schema = FORMS[code].schema
    lists = [name for name in leaves(schema, schema, "form") if f"{name}.0." in "".join(leaves(schema, schema, "form"))]
    drawn = draw(schema, "vi", posted(schema, {name: ["0"] for name in lists}, keep_empty=True).typed)
    html = Drawn(bytes(page("only_fields.html", "vi", form=drawn).body).decode())
    assert html.names == set(leaves(schema, schema, "form"))
    assert [id_ for id_, inside in html.fields.items() if not inside and id_ not in html.labelled] == []
    for lang in LANGUAGES:
        for control in controls(draw(schema, lang)):
            assert control.label not in control.name.split("."), f"{control.name} has no title"


@pytest.mark.parametrize("code", sorted(FORMS))
def test_what_is_posted_back_is_what_was_answered(code: str) -> None:
    form = FORMS[code]

    @FEW
    @given(answers_of(form.schema, form.schema))
    def holds(answers: dict[str, Any]) -> None:
        try:
            kept = form.check(answers)
        except Invalid:
            assume(False)
        sent = html_of(form, kept).sends
        assert form.check(posted(form.schema, sent).answers) == kept

    holds()


@pytest.mark.parametrize("name", [
    "form", "form.", "form.$where", "form.person.$ne", "form.__proto__", "form.constructor.prototype.x", "form.person",
    "form.stranger", "form.person.full_name.", "form.person.full_name.0", "form.person.residence.province.x.y.z",
    "form.residences.0.x", "form.residences.", "form.residences.-1.address", "form.residences.01.address",
    "form.residences.1e3.address", "form.residences.99999.address", "form.residences.٣.address",
    "form.form.person.full_name",
])  # fmt: skip
def test_a_name_that_is_no_field_is_refused(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        posted(FORMS["3.000333"].schema, {name: ["x"]})
    assert refused.value.code in ("field-unknown", "entries-unreadable")


@pytest.mark.parametrize(("typed", "kept"), [
    ({"form.price_vnd": ["1.500.000"]}, {"price_vnd": "1.500.000"}),  # the form's own reading makes it a number
    ({"form.copies": ["1.200"]}, {"copies": 1200}),
    ({"form.copies": ["2 bản"]}, {"copies": "2 bản"}),
    ({"form.copies": ["9" * 400]}, {"copies": "9" * 400}),
    ({"form.area": ["1.250,75"]}, {"area": 1250.75}),
    ({"form.area": ["1.250"]}, {"area": 1250}),
    ({"form.area": ["0.125"]}, {"area": 0.125}),
    ({"form.area": ["12,5"]}, {"area": 12.5}),
    ({"form.area": ["nan"]}, {"area": "nan"}),
    ({"form.area": ["1e5"]}, {"area": "1e5"}),
    ({"form.paid": ["true"]}, {"paid": True}),
    ({"form.paid": ["false"]}, {"paid": False}),
    ({"form.paid": [""]}, {}),
    ({"form.number": ["2"]}, {"number": 2}),
    ({"form.number": ["7"]}, {"number": "7"}),  # no choice: the schema says so
    ({"form.name": ["  \u200b "]}, {}),
    ({"form.name": ["", "An"]}, {"name": "An"}),
    ({"form.tags": ["b", "z"]}, {"tags": ["b", "z"]}),
    ({"form.people": ["0", "1"], "form.people.1.name": ["Bình"]}, {"people": [{"name": "Bình"}]}),
])  # fmt: skip
def test_it_is_read_as_people_write_it(typed: dict[str, list[str]], kept: dict[str, Any]) -> None:
    assert posted(ALL_KINDS, typed).answers == kept


ALL_KINDS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "price_vnd": {"type": "integer"}, "copies": {"type": "integer"}, "area": {"type": "number"}, "paid": {"type": "boolean"},
        "number": {"type": "integer", "enum": [1, 2]}, "name": {"type": "string"},
        "tags": {"type": "array", "uniqueItems": True, "items": {"enum": ["a", "b"]}},
        "people": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}},
    },
}  # fmt: skip


def test_what_is_wrong_stands_beside_its_field_with_what_was_typed() -> None:
    form = FORMS["3.000333"]
    typed = {
        "form.person.full_name": ["An 1"], "form.person.birth_date": ["30/02/2026"], "form.copies": ["0"],
        "form.residences": ["0", "4", "7"], "form.residences.7.from_year": ["1700"],
    }  # fmt: skip
    read = posted(form.schema, typed)
    with pytest.raises(Invalid) as refused:
        form.check(read.answers)
    errors: dict[str, list[str]] = {}
    for error in refused.value.errors:
        errors.setdefault(error["path"], []).append(error["message"]["vi"])
    drawn = draw(form.schema, "vi", read.typed, errors)
    told = {one.name: one.errors for one in wrong(drawn)}
    assert sum(map(len, told.values())) == len(refused.value.errors), "none is lost, none said twice"
    by_name = {control.name: control for control in controls(drawn)}
    assert by_name["form.person.birth_date"].value == "30/02/2026"
    assert "phải là ngày" in told["form.person.birth_date"][0]
    assert by_name["form.residences.0.from_year"].value == "1700", "the entries before it were empty"
    assert {"form.person.full_name", "form.copies", "form.residences.0.from_year", "form.residences.0.address",
            "form.form_number", "form.purpose"} <= set(told)  # fmt: skip


def test_what_is_missing_is_told_field_by_field_from_an_empty_sheet() -> None:
    form = FORMS["2.001159"]
    read = posted(form.schema, {})
    with pytest.raises(Invalid) as refused:
        form.check(read.answers)
    assert {"/lodging/kind", "/guests/0/full_name", "/guests/0/birth_date"} <= {e["path"] for e in refused.value.errors}


def test_it_says_which_of_several_is_to_be_filled_in() -> None:
    with pytest.raises(Invalid) as refused:
        FORMS["1.001193"].check({})
    assert "Cần khai ít nhất: Mẹ, hoặc Cha." in [error["message"]["vi"] for error in refused.value.errors]


def test_entries_come_and_go() -> None:
    schema = FORMS["2.001159"].schema

    def guests(typed: Mapping[str, Any]) -> list[str]:
        typed = posted(schema, typed, keep_empty=True).typed
        (listing,) = [one for one in draw(schema, "vi", typed).fields if isinstance(one, Listing)]
        return [next(iter(controls(entry))).value for entry in listing.entries]

    typed: Mapping[str, Any] = {}
    assert guests(typed) == [""], "a list that must have one begins with one"
    typed = {"form.guests": ["0"], "form.guests.0.full_name": ["An"]}
    two = with_entry(typed, "form.guests")
    assert guests(two) == ["An", ""]
    assert guests(with_entry(two, "form.guests")) == ["An", "", ""], "an empty one stays while it is filled in"
    named = {**two, "form.guests.1.full_name": ["Bình"]}
    assert guests(without_entry(named, "form.guests.0")) == ["Bình"]
    with pytest.raises(Invalid):
        guests(with_entry(typed, "form.stranger"))


def test_a_schema_that_refers_to_itself_is_drawn_to_a_depth() -> None:
    node = {"type": "object", "properties": {"name": {"type": "string"}, "within": {"$ref": "#/$defs/node"}}}
    schema = {**node, "$defs": {"node": node}, "allOf": [{"$ref": "#/$defs/node"}]}
    assert 2 <= len(list(controls(draw(schema, "vi")))) <= 10


def test_fields_of_a_branch_are_there_and_only_those_of_all_are_demanded() -> None:
    schema: dict[str, Any] = {
        "type": "object", "properties": {"a": {"type": "string"}}, "allOf": [{"required": ["a"]}],
        "then": {"properties": {"b": {"type": "string"}}, "required": ["b"]},
        "anyOf": [{"required": ["a"], "properties": {"c": {"type": "string"}}}],
    }  # fmt: skip
    drawn = draw(schema, "vi")
    assert [(one.name, one.required) for one in drawn.fields] == [
        ("form.a", True),
        ("form.c", False),
        ("form.b", False),
    ]


def test_who_fills_in_their_own_may_be_helped_by_the_browser() -> None:
    schema = {"type": "object", "properties": {"mail": {"type": "string", "format": "email"}}}
    for asked, given_ in ((False, "off"), (True, "email")):
        (control,) = draw(schema, "vi", autofill=asked).fields
        assert isinstance(control, Control)
        assert control.autofill == given_
