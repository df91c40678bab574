"""Answers as somebody would have typed them into a form: days as dd/MM/yyyy, amounts in groups of three."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from dossier_intake.forms.nodes import Node, Nodes, sent, step
from dossier_shared.vocabulary.answers import day


def typed_of(schema: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    nodes = Nodes(schema)

    def write(node: Node, value: Any, name: str) -> None:
        if node.kind == "group":
            for key, child in nodes.fields(node):
                if isinstance(value, Mapping) and key in value:
                    write(child, value[key], f"{name}.{step(key)}")
        elif node.kind == "entries":
            found[name] = [str(number) for number in range(len(value))]
            for number, one in enumerate(value):
                write(nodes.entry(node), one, f"{name}.{number}")
        elif node.kind == "several":
            found[name] = [sent(one) for one in value]
        elif value is not None:
            found[name] = [_written(node, value)]

    write(nodes.root(), answers, "form")
    return found


def _written(node: Node, value: Any) -> str:
    if isinstance(value, bool) or node.kind in ("choice", "agreement"):
        return sent(value)
    if isinstance(value, int):
        return f"{value:,}".replace(",", ".") if node.kind == "amount" else str(value)
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f").replace(".", ",")
    return day(value) if node.format == "date" else str(value)
