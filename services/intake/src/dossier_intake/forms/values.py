"""What the fields of a form hold: a schema written in one spelling, and the formats whose values are read into one form.

A format is more than a yes or no: `'070 195 001 234` in a field of format `citizen-id` is kept as `070195001234`, `28/11/2026` in
one of format `date` as `2026-11-28`, `7h30` in one of format `time` as `07:30`, `50.000 đ` in a whole number of format `dong`, or
named `…_vnd`, as 50000. What cannot be read stays, and is refused. Phone numbers stay as they were typed: the form is shown
again; messages go to the applicant's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any
from unicodedata import normalize
from urllib.parse import quote

from dossier_shared.problems import Invalid
from dossier_shared.vocabulary.answers import referred
from dossier_shared.vocabulary.identity import citizen_id, is_citizen_id, is_tax_code, tax_code
from dossier_shared.vocabulary.moments import clock_time, typed_day, typed_moment
from dossier_shared.vocabulary.money import dong_typed
from dossier_shared.vocabulary.names import (
    applicant_name,
    is_organisation_name,
    is_person_name,
    organisation_name,
    person_name,
)
from dossier_shared.vocabulary.phone import is_mobile, is_phone
from dossier_shared.vocabulary.text import clean_text

_HOUR = re.compile(
    r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?|[0-9:]{8}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
FORMATS: dict[str, Callable[[str], bool]] = {
    "citizen-id": is_citizen_id,
    "tax-code": is_tax_code,
    "phone": is_phone,
    "mobile": is_mobile,
    "person-name": is_person_name,
    "organisation-name": is_organisation_name,
    "applicant-name": lambda text: is_person_name(text) or is_organisation_name(text),
    "time": lambda text: _HOUR.fullmatch(text) is not None,
    "dong": lambda _: False,  # text that could be read has become a number
}
_ZONED = re.compile(r"T.*(?:Z|[+-][0-9]{2}:[0-9]{2})$", re.IGNORECASE)
READERS: dict[str, Callable[[str], Any]] = {
    "citizen-id": lambda text: (
        text if len(text) == 12 and text.isdecimal() and text.isascii() else citizen_id(text).number
    ),
    "tax-code": tax_code,
    "person-name": person_name,
    "organisation-name": organisation_name,
    "applicant-name": lambda text: applicant_name(text)[0],
    "date": lambda text: text if text[4:5] == "-" else typed_day(text).isoformat(),
    "time": lambda text: text if _HOUR.fullmatch(text) else _written(clock_time(text)),
    "date-time": lambda text: text if _ZONED.search(text) else typed_moment(text).isoformat(),
    "dong": dong_typed,
}
_AS_WRITTEN = frozenset({"pattern", "$ref", "$dynamicRef", "$id", "$anchor", "$dynamicAnchor"})
_NAMED_AS_WRITTEN = frozenset({"patternProperties", "$defs", "definitions"})
_ASCII = "".join(map(chr, range(0x21, 0x7F)))  # only what no address may hold is encoded: `#/$defs/địa_chỉ`
_REFERENCES = 10
_WITHIN = ("allOf", "anyOf", "oneOf")
_BESIDE = ("if", "then", "else")


def _written(hour: time) -> str:
    return f"{hour:%H:%M:%S}" if hour.second else f"{hour:%H:%M}"


@dataclass(slots=True)
class Reading:
    """Where in the answers a format is read, by the schema's own shape; only the ways that lead to one."""

    readers: list[Callable[[str], Any]] = field(default_factory=list)
    fields: dict[str, list[Reading]] = field(default_factory=dict)
    items: list[Reading] = field(default_factory=list)
    also: list[Reading] = field(default_factory=list)

    def read(self, value: Any) -> Any:
        """`value` with what is read put in its place."""
        if isinstance(value, str):
            for reader in self.readers:
                value = _tried(reader, value)
        elif isinstance(value, dict):
            for name, inner in self.fields.items():
                if name in value:
                    for one in inner:
                        value[name] = one.read(value[name])
        elif isinstance(value, list):
            for one in self.items:
                value = [one.read(item) for item in value]
        return value


def reading(schema: Mapping[str, Any]) -> Reading:
    made: dict[int, Reading] = {}
    amount = Reading(readers=[dong_typed])

    def of(node: Any) -> Reading:
        if id(node) in made:
            return made[id(node)]
        found = made[id(node)] = Reading()
        if not isinstance(node, Mapping):
            return found
        if (reader := READERS.get(str(node.get("format")))) is not None:
            found.readers.append(reader)
        for name, child in _mapping(node.get("properties")).items():
            found.fields[name] = [of(child)]
            if name.endswith("_vnd") and _whole(schema, child):
                found.fields[name].append(amount)
        if isinstance(node.get("items"), Mapping):
            found.items.append(of(node["items"]))
        others = [part for key in _WITHIN for part in node.get(key, ()) if isinstance(node.get(key), list)]
        others += [node[key] for key in _BESIDE if key in node]
        if (target := referred(schema, node.get("$ref"))) is not None:
            others.append(target)
        found.also += [of(other) for other in others]
        return found

    root = of(schema)
    everything = [*made.values(), amount]
    for one in everything:
        _gather(one)
    useful = _useful(everything)
    for one in everything:
        one.fields = {
            name: kept for name, inner in one.fields.items() if (kept := [i for i in inner if id(i) in useful])
        }
        one.items = [inner for inner in one.items if id(inner) in useful]
    return root


def _gather(one: Reading) -> None:
    """What the schemas beside this one say of the same value becomes its own; they may go round in a circle."""
    seen, todo = {id(one)}, list(one.also)
    readers, items = list(one.readers), list(one.items)
    fields = {name: list(inner) for name, inner in one.fields.items()}
    while todo:
        other = todo.pop()
        if id(other) in seen:
            continue
        seen.add(id(other))
        todo += other.also
        readers += [reader for reader in other.readers if reader not in readers]
        items += other.items
        for name, inner in other.fields.items():
            fields.setdefault(name, []).extend(inner)
    one.readers, one.items, one.fields = readers, items, fields


def _useful(everything: list[Reading]) -> set[int]:
    """Of those from which a reader can be reached."""
    useful = {id(one) for one in everything if one.readers}
    while True:
        more = {
            id(one)
            for one in everything
            if id(one) not in useful
            and any(id(i) in useful for inner in (one.items, *one.fields.values()) for i in inner)
        }
        if not more:
            return useful
        useful |= more


def _whole(schema: Mapping[str, Any], child: Any) -> bool:
    """Whether it is a whole number, or none; said by itself or by what it refers to."""
    for _ in range(_REFERENCES):
        given = _mapping(child).get("type")
        if given is not None:
            return given == "integer" or (isinstance(given, list) and set(given) == {"integer", "null"})
        child = referred(schema, _mapping(child).get("$ref"))
    return False


def _tried(reader: Callable[[str], Any], value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return reader(value)
    except Invalid:
        return value


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def normal_schema(schema: Any) -> Any:
    """The schema with its names, choices and titles spelled as answers are, whatever the editor that saved it.

    Raises ValueError where two names become one, or a text cannot be one.
    """
    if isinstance(schema, str):
        return _spelled(schema)
    if isinstance(schema, list):
        return [normal_schema(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    found: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _AS_WRITTEN and isinstance(value, str):
            found[key] = quote(normalize("NFC", value), safe=_ASCII) if key == "$ref" else normalize("NFC", value)
        elif key in _NAMED_AS_WRITTEN and isinstance(value, Mapping):
            found[key] = {normalize("NFC", str(name)): normal_schema(inner) for name, inner in value.items()}
        else:
            found[_spelled(str(key))] = normal_schema(value)
    if len(found) != len(schema):
        raise ValueError("two names differ only in what cannot be seen")
    return found


def _spelled(text: str) -> str:
    try:
        return clean_text(text)
    except Invalid as odd:
        raise ValueError(odd.en) from None
