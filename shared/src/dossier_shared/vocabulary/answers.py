"""A form's answers in words, section by section, as its schema (JSON Schema 2020-12) calls them. Pure.

Titles are the schema's own (`title`, `x-en`), coded answers have their labels (`x-labels`), dates, amounts and yes or no are
written as a person writes them. What the schema of today no longer has is shown under the name it was sent by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Literal, NamedTuple
from urllib.parse import unquote

Lang = Literal["vi", "en"]
_REFERENCES = 10  # that refer to each other
_AMOUNT = ("dong",)


class Row(NamedTuple):
    label: str
    value: str


class Section(NamedTuple):
    """`title`: empty for what stands in the form outside of any section."""

    title: str
    rows: tuple[Row, ...]


def referred(schema: Mapping[str, Any], reference: Any) -> Any:
    """What a reference within the schema names; None for any other."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    node: Any = schema
    for step in reference.removeprefix("#").split("/")[1:]:
        node = node.get(unquote(step).replace("~1", "/").replace("~0", "~")) if isinstance(node, Mapping) else None
    return node


def sections(schema: Mapping[str, Any], answers: Mapping[str, Any], lang: Lang) -> list[Section]:
    """In the schema's order. Lists become a section for each entry, numbered."""
    found: list[Section] = []
    loose: list[Row] = []
    for name, value, node in _fields(schema, schema, answers):
        title = _title(schema, node, name, lang)
        if isinstance(value, Mapping):
            found.append(Section(title, tuple(_rows(schema, node, value, lang))))
        elif isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
            entry = _entry_of(schema, node)
            found += [
                Section(f"{title} {number}", tuple(_rows(schema, entry, one, lang)))
                for number, one in enumerate(value, 1)
                if isinstance(one, Mapping)
            ]
        elif not _empty(value):
            loose.append(Row(title, said(_target(schema, node), name, value, lang)))
    outside = [Section("", tuple(loose))] if loose else []
    return [*outside, *(section for section in found if section.rows)]


def _rows(schema: Mapping[str, Any], node: Any, answers: Mapping[str, Any], lang: Lang) -> Iterator[Row]:
    """All answers under one section; a group within it says its own title before each of its rows."""
    for name, value, field in _fields(schema, node, answers):
        title = _title(schema, field, name, lang)
        if isinstance(value, Mapping):
            yield from (Row(f"{title}: {row.label}", row.value) for row in _rows(schema, field, value, lang))
        elif isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
            entry = _entry_of(schema, field)
            for number, one in enumerate(value, 1):
                inner = _rows(schema, entry, one, lang) if isinstance(one, Mapping) else ()
                yield from (Row(f"{title} {number}: {row.label}", row.value) for row in inner)
        elif not _empty(value):
            yield Row(title, said(_target(schema, field), name, value, lang))


def said(field: Mapping[str, Any], name: str, value: Any, lang: Lang) -> str:
    """One answer as a person writes it."""
    if isinstance(value, bool):
        return {"vi": ("không", "có"), "en": ("no", "yes")}[lang][value]
    if isinstance(value, list):
        return ", ".join(said(field, name, one, lang) for one in value)
    labels = field.get("x-labels")
    if isinstance(labels, Mapping) and isinstance(label := labels.get(str(value)), Mapping):
        return str(label.get(lang) or label.get("vi") or value)
    if isinstance(value, int) and (name.endswith("_vnd") or field.get("format") in _AMOUNT):
        return f"{value:,}".replace(",", "." if lang == "vi" else ",") + (" đồng" if lang == "vi" else " VND")
    if isinstance(value, str) and field.get("format") == "date":
        return day(value)
    return str(value)


def day(value: str) -> str:
    """`28/11/2026`; anything but an ISO day as it is."""
    try:
        return date.fromisoformat(value).strftime("%d/%m/%Y")
    except ValueError:
        return value


def _fields(schema: Mapping[str, Any], node: Any, answers: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Each answer with its field: first those the schema has, in its order, then what it does not know."""
    known = _target(schema, node).get("properties")
    known = known if isinstance(known, Mapping) else {}
    for name in (*known, *(name for name in answers if name not in known)):
        if name in answers:
            yield name, answers[name], known.get(name, {})


def _title(schema: Mapping[str, Any], node: Any, name: str, lang: Lang) -> str:
    for titled in (node, _target(schema, node)):
        if isinstance(titled, Mapping) and isinstance(vi := titled.get("title"), str):
            english = titled.get("x-en")
            return str(english.get("title", vi)) if lang == "en" and isinstance(english, Mapping) else vi
    return name


def _entry_of(schema: Mapping[str, Any], node: Any) -> Any:
    return _target(schema, node).get("items", {})


def _target(schema: Mapping[str, Any], node: Any) -> Mapping[str, Any]:
    for _ in range(_REFERENCES):
        if not isinstance(node, Mapping) or not isinstance(target := referred(schema, node.get("$ref")), Mapping):
            break
        node = target
    return node if isinstance(node, Mapping) else {}


def _empty(value: Any) -> bool:
    return value is None or value in ("", [], {})
