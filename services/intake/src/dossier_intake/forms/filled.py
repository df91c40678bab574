"""Recorded answers as a page's form has them to begin with, and what of them was changed there. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dossier_intake.forms.nodes import LEVELS, Node, Nodes, sent, step
from dossier_intake.forms.posted import PREFIX

_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


def typed_of(schema: Mapping[str, Any], answers: Mapping[str, Any], prefix: str = PREFIX) -> dict[str, list[str]]:
    """As they would have been typed, by posted name: what `posted` reads them from."""
    nodes = Nodes(schema)
    return dict(_typed(nodes, nodes.root(), answers, prefix, 0))


def _typed(nodes: Nodes, node: Node, value: Any, name: str, level: int) -> Iterator[tuple[str, list[str]]]:
    if node.kind == "group":
        fields = nodes.fields(node) if level < LEVELS and isinstance(value, Mapping) else ()
        for key, child in fields:
            if value.get(key) is not None:
                yield from _typed(nodes, child, value[key], f"{name}.{step(key)}", level + 1)
    elif node.kind == "entries":
        entries = value if isinstance(value, list) else []
        yield name, [str(number) for number in range(len(entries))]
        for number, entry in enumerate(entries):
            yield from _typed(nodes, nodes.entry(node), entry, f"{name}.{number}", level + 1)
    elif node.kind == "several":
        yield name, [sent(one) for one in value] if isinstance(value, list) else []
    else:
        yield name, [_said(node, value)]


def _said(node: Node, value: Any) -> str:
    if node.format == "date" and isinstance(value, str) and (day := _DAY.fullmatch(value)):
        return f"{day[3]}/{day[2]}/{day[1]}"
    return sent(value).replace(".", ",") if isinstance(value, float) else sent(value)


def changes(schema: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """As a merge patch: only what differs. What the form does not show stays as it was."""
    nodes = Nodes(schema)
    return _changes(nodes, nodes.root(), before, after)


def _changes(nodes: Nodes, node: Node, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, child in nodes.fields(node):
        old, new = before.get(key), after.get(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping) and child.kind == "group":
            if inner := _changes(nodes, child, old, new):
                found[key] = inner
        elif old != new:
            found[key] = new
    return found
