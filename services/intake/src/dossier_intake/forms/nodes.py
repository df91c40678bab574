"""A form's schema as a person fills it in: which fields there are, of what kind, and which values they offer.

What is composed (`$ref`, `allOf`, the branches of a condition) is seen as one: whoever fills it in needs every field that may be
asked for, and the validator alone decides which of them had to be.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from dossier_shared.vocabulary.answers import Lang, referred

Kind = Literal["group", "entries", "several", "choice", "agreement", "yes_no", "whole", "amount", "number", "text"]
LEVELS = 8  # of groups within groups; a schema may refer to itself
MOST_ENTRIES = 200
_REFERENCES = 10
_BESIDE = ("allOf", "anyOf", "oneOf")
_BRANCHES = ("then", "else")


class Choice(NamedTuple):
    """`sent`: what a form sends for it."""

    sent: str
    value: Any
    label: str


class Node(NamedTuple):
    """One field. `schema`: with everything it refers to laid under what is said in place."""

    schema: Mapping[str, Any]
    kind: Kind
    required: bool

    @property
    def format(self) -> str:
        return "dong" if self.kind == "amount" else str(self.schema.get("format", ""))


class Nodes:
    """The fields of one schema."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._root = schema

    def root(self) -> Node:
        return self._node("", self._root, required=True)

    def fields(self, node: Node) -> Iterator[tuple[str, Node]]:
        """Of a group, in the schema's order."""
        required = _names(node.schema.get("required"))
        for name, child in _mapping(node.schema.get("properties")).items():
            yield name, self._node(name, child, required=name in required)

    def entry(self, node: Node) -> Node:
        """What each entry of a list is."""
        return self._node("", node.schema.get("items", {}), required=False)

    def _node(self, name: str, schema: Any, *, required: bool) -> Node:
        whole = self._whole(schema)
        return Node(whole, self._kind(name, whole), required)

    def _kind(self, name: str, schema: Mapping[str, Any]) -> Kind:
        kind = _type(schema)
        if kind == "object" or "properties" in schema:
            return "group"
        if kind == "array":
            entry = self._whole(schema.get("items", {}))
            return "several" if schema.get("uniqueItems") is True and "enum" in entry else "entries"
        if "const" in schema:
            return "agreement"
        if "enum" in schema:
            return "choice"
        if kind == "boolean":
            return "yes_no"
        if kind == "integer":
            return "amount" if name.endswith("_vnd") or schema.get("format") == "dong" else "whole"
        return "number" if kind == "number" else "text"

    def _whole(self, schema: Any, depth: int = 0) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for _ in range(_REFERENCES):
            node = _mapping(schema)
            found = _under(found, self._composed(node, depth))
            if not isinstance(schema := referred(self._root, node.get("$ref")), Mapping):
                break
        found.pop("$ref", None)
        return found

    def _composed(self, node: Mapping[str, Any], depth: int) -> dict[str, Any]:
        """With the fields that stand in its branches; only what all of `allOf` ask for is asked for always."""
        found = dict(node)
        for key in (*_BESIDE, *_BRANCHES) if depth < LEVELS else ():
            given = node.get(key)
            for part in given if isinstance(given, list) else [given] if given else []:
                whole = self._whole(part, depth + 1)
                if key != "allOf":
                    whole = {"properties": whole.get("properties")}
                found = _under(found, whole)
        return found


def _under(said: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """`said` stands where both say something; fields and what is required come from both."""
    found = {**more, **said}
    if fields := {**_mapping(said.get("properties")), **_mapping(more.get("properties"))}:
        found["properties"] = {**fields, **_mapping(said.get("properties"))}
    if required := [*_names(said.get("required")), *_names(more.get("required"))]:
        found["required"] = required
    return found


def choices(node: Node, entry: Node | None = None, lang: Lang = "vi") -> list[Choice]:
    """What it offers; `entry`: of a list of which several may be chosen."""
    schema = node.schema if entry is None else entry.schema
    given = [schema["const"]] if "const" in schema else schema.get("enum", [])
    return [Choice(sent(value), value, _label(schema, value, lang)) for value in given]


def sent(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def step(name: str) -> str:
    """A field's name as one part of a longer one."""
    return name.replace("~", "~0").replace(".", "~1")


def _label(schema: Mapping[str, Any], value: Any, lang: Lang) -> str:
    label = _mapping(_mapping(schema.get("x-labels")).get(sent(value)))
    return str(label.get(lang) or label.get("vi") or sent(value))


def _type(schema: Mapping[str, Any]) -> str:
    given = schema.get("type")
    if isinstance(given, list):
        return next((str(one) for one in given if one != "null"), "")
    return str(given or "")


def _names(value: Any) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
