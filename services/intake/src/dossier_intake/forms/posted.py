"""Answers from a form as a browser posts it: `form.person.full_name`, `form.members.0.full_name`. Pure.

Only names that the schema has are taken, so nobody sends a field of their own, an operator or a prototype. What was left empty is
not there; a number is read as people write it (`1.500`, `2,5`); what cannot be read stays as it was typed, and is refused by the
schema in words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from dossier_intake.forms.nodes import LEVELS, MOST_ENTRIES, Node, Nodes, choices, step
from dossier_shared.problems import Invalid
from dossier_shared.vocabulary.text import visible

PREFIX = "form"
Typed = Mapping[str, Sequence[str]]
"""What was typed, by posted name. A list's own name has the numbers of its entries."""

_NOTHING: Final = object()
_NUMBER = re.compile(r"0|[1-9][0-9]{0,2}")
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_GROUPED = re.compile(r"-?[1-9][0-9]{0,2}([. ])[0-9]{3}(?:\1[0-9]{3})*")
_GROUPED_PART = re.compile(r"(-?[1-9][0-9]{0,2}(?:([. ])[0-9]{3}(?:\2[0-9]{3})*))(?:,([0-9]{1,20}))?")
_PART = re.compile(r"-?[0-9]{1,15}(?:[.,][0-9]{1,20})?")


class Posted(NamedTuple):
    """`answers`: to be checked as any others. `typed`: to be shown again, entries numbered from 0."""

    answers: dict[str, Any]
    typed: dict[str, list[str]]


def posted(schema: Mapping[str, Any], typed: Typed, prefix: str = PREFIX, *, keep_empty: bool = False) -> Posted:
    """`keep_empty`: entries in which nothing was typed stay, for who is still at it. Raises Invalid for
    a name that is no field."""
    reading = _Reading(Nodes(schema), typed, keep_empty)
    answers = reading.group(reading.nodes.root(), prefix, prefix, 0)
    known = reading.names
    if any(name not in known for name in typed if name == prefix or name.startswith(f"{prefix}.")):
        raise Invalid(
            "field-unknown",
            "Biểu mẫu gửi lên có mục không thuộc tờ khai này. Hãy tải lại trang và điền lại.",
            "What was sent has a field that this form does not have. Reload the page and fill it in again.",
        )
    return Posted({} if answers is _NOTHING else answers, reading.shown)


class Fitting(NamedTuple):
    """`typed`: what the form has a field and, where it offers values, a value for. `left`: the rest, as it was typed."""

    typed: dict[str, list[str]]
    left: dict[str, list[str]]


def fitting(schema: Mapping[str, Any], typed: Typed, prefix: str = PREFIX) -> Fitting:
    """What was typed into an earlier version of a form, as this one takes it. Raises Invalid for a list that cannot be read."""
    reading = _Reading(Nodes(schema), typed, keep_empty=True)
    reading.group(reading.nodes.root(), prefix, prefix, 0)
    fits, left = dict[str, list[str]](), dict[str, list[str]]()
    for name, given in _lists(typed).items():
        if name != prefix and not name.startswith(f"{prefix}."):
            fits[name] = given
            continue
        node = reading.names.get(name)
        offered = _offered(reading.nodes, node) if node is not None else set()
        fits[name] = [one for one in given if node and (not visible(one) or offered is None or one in offered)]
        left[name] = [one for one in given if visible(one) and one not in fits[name]]
    return Fitting(
        {name: given for name, given in fits.items() if given}, {name: given for name, given in left.items() if given}
    )


def _offered(nodes: Nodes, node: Node) -> set[str] | None:
    """None: whatever is typed."""
    match node.kind:
        case "choice" | "agreement":
            return {one.sent for one in choices(node)}
        case "several":
            return {one.sent for one in choices(node, nodes.entry(node))}
        case "yes_no":
            return {"true", "false"}
    return None


def with_entry(typed: Typed, name: str) -> dict[str, list[str]]:
    """One more entry in a list."""
    numbers = [int(one) for one in typed.get(name, ()) if _NUMBER.fullmatch(one)]
    return {**_lists(typed), name: [*typed.get(name, ()), str(max(numbers, default=-1) + 1)]}


def without_entry(typed: Typed, entry: str) -> dict[str, list[str]]:
    """`entry`: `form.members.1`."""
    name, _, number = entry.rpartition(".")
    kept = {one: given for one, given in _lists(typed).items() if one != entry and not one.startswith(f"{entry}.")}
    return {**kept, name: [one for one in typed.get(name, ()) if one != number]}


def _lists(typed: Typed) -> dict[str, list[str]]:
    return {name: list(given) for name, given in typed.items()}


@dataclass(slots=True)
class _Reading:
    nodes: Nodes
    typed: Typed
    keep_empty: bool
    names: dict[str, Node] = field(default_factory=dict)
    shown: dict[str, list[str]] = field(default_factory=dict)

    def any(self, node: Node, name: str, to: str, level: int) -> Any:
        """`name`: as it was posted; `to`: as it is called when the empty entries before it are gone."""
        if node.kind == "group":
            return self.group(node, name, to, level)
        self.names[name] = node
        if node.kind == "entries":
            return self.entries(node, name, to, level)
        given = list(self.typed.get(name, ()))
        if any(given):
            self.shown[to] = given
        full = [one for one in given if visible(one)]
        if node.kind == "several":
            return self.several(node, full)
        return _value(node, full[0]) if full else _NOTHING

    def group(self, node: Node, name: str, to: str, level: int) -> Any:
        found = {}
        if level < LEVELS:
            for key, child in self.nodes.fields(node):
                value = self.any(child, f"{name}.{step(key)}", f"{to}.{step(key)}", level + 1)
                if value is not _NOTHING:
                    found[key] = value
        return found if found or node.required else _NOTHING

    def entries(self, node: Node, name: str, to: str, level: int) -> Any:
        entry = self.nodes.entry(node)
        found: list[Any] = []
        for number in self.numbers(name):
            at = f"{to}.{len(found)}"
            value = self.any(entry, f"{name}.{number}", at, level + 1)
            if value is not _NOTHING or self.keep_empty:
                found.append(None if value is _NOTHING else value)
            else:
                for gone in [one for one in self.shown if one == at or one.startswith(f"{at}.")]:
                    del self.shown[gone]
        if not found and node.required and entry.kind == "group" and node.schema.get("minItems"):
            found.append({})  # so that each thing it lacks is told where it belongs
        if found:
            self.shown[to] = [str(number) for number in range(len(found))]
        return found if found or node.required else _NOTHING

    def numbers(self, name: str) -> list[int]:
        """Of the entries that came; at most as many as anybody fills in."""
        given = set(self.typed.get(name, ()))
        given |= {one[len(name) + 1 :].partition(".")[0] for one in self.typed if one.startswith(f"{name}.")}
        if len(given) > MOST_ENTRIES or any(_NUMBER.fullmatch(one) is None for one in given):
            raise Invalid(
                "entries-unreadable",
                f"Danh sách trong tờ khai không đọc được, hoặc dài quá {MOST_ENTRIES} dòng. Hãy tải lại trang và điền lại.",
                f"A list of the form cannot be read, or has more than {MOST_ENTRIES} entries. Reload the page.",
            )
        return sorted(map(int, given))

    def several(self, node: Node, given: list[str]) -> Any:
        if not given:
            return [] if node.required else _NOTHING
        known = {one.sent: one.value for one in choices(node, self.nodes.entry(node))}
        return [known.get(one, one) for one in given]


def _value(node: Node, text: str) -> Any:
    match node.kind:
        case "choice" | "agreement":
            return next((one.value for one in choices(node) if one.sent == text), text)
        case "yes_no":
            return {"true": True, "false": False}.get(text, text)
        case "whole":
            return _whole(text)
        case "number":
            return _number(text)
    return text  # an amount too: the form's own reading makes a number of it


def _whole(text: str) -> Any:
    bare = text.strip()
    if _GROUPED.fullmatch(bare):
        bare = re.sub(r"[. ]", "", bare)
    return int(bare) if _WHOLE.fullmatch(bare) else text


def _number(text: str) -> Any:
    """`1.250,5`, `1250,5`, `1250.5`; three digits behind the only dot are thousands, as everybody here writes them."""
    bare = text.strip()
    if (found := _GROUPED_PART.fullmatch(bare)) is not None:
        bare = re.sub(r"[. ]", "", found[1]) + (f".{found[3]}" if found[3] else "")
    elif _PART.fullmatch(bare):
        bare = bare.replace(",", ".")
    else:
        return text
    return float(bare) if "." in bare else int(bare)
