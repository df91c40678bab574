"""What can be said of a form's schema before any answer is checked by it: it ends, choices can be made, words can be read.

Checking takes, for every answer, at most as many steps as there are subschemas on the way down to it. Where a schema refers to
itself more than once for the same answer, that number doubles with every level; such a schema is refused when it is imported.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote

from dossier_shared.problems import Invalid
from dossier_shared.vocabulary.text import human

MAX_STEPS = 300
"""Subschemas that may come together on the way to one answer; forms people fill in have a few dozen."""
LEVELS = 20
"""Of answers, as form.MAX_DEPTH; a test compares."""
_SAME_MANY = ("allOf", "anyOf", "oneOf")
_SAME_ONE = ("not", "if", "then", "else")
_SAME_NAMED = ("dependentSchemas",)
_CHILD_NAMED = ("properties", "patternProperties")
_CHILD_ONE = ("additionalProperties", "propertyNames", "items", "contains")
_CHILD_MANY = ("prefixItems",)
_UNEVALUATED = ("unevaluatedProperties", "unevaluatedItems")
_UNKNOWN_REACH = ("$dynamicRef", "$recursiveRef", "$dynamicAnchor", "$recursiveAnchor")
_DATA = frozenset({"const", "enum", "default", "examples"})
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "null": (type(None),),
    "array": (list,), "object": (dict,),
}  # fmt: skip
_WORDS = {"title": 300, "description": 4000}
FormPlace = tuple[str | int, ...]


class FormFault(NamedTuple):
    """`place` within the schema."""

    place: FormPlace
    code: str
    vi: str
    en: str


def faults(schema: dict[str, Any]) -> list[FormFault]:
    """Trims the titles of the schema on the way."""
    found = [*_words(schema, ()), *_choices(schema, ())]
    try:
        _Steps(schema).worst()
    except _Unbounded as why:
        found.append(FormFault((), "form-unbounded", *why.words))
    except RecursionError:
        found.append(FormFault((), "form-unbounded", *_too_many()))
    return found


def _too_many() -> tuple[str, str]:
    return (
        f"Biểu mẫu có quá {MAX_STEPS} nhánh phải kiểm tra cho cùng một mục, hoặc tự gọi lại chính nó nhiều lần cho mục ấy: "
        "kiểm tra sẽ không bao giờ xong. Hãy gộp các nhánh.",
        f"The form has more than {MAX_STEPS} branches for one answer, or refers to itself several times for it: "
        "checking it would never end. Join the branches.",
    )


class _Unbounded(Exception):
    def __init__(self, vi: str, en: str) -> None:
        self.words = vi, en


class _Steps:
    """The most subschemas that apply on one way from the root down, with at most LEVELS levels of answers."""

    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root
        self._known: dict[tuple[int, int], int] = {}
        self._open: set[tuple[int, int]] = set()

    def worst(self) -> int:
        return self._of(self._root, LEVELS)

    def _of(self, schema: Any, level: int) -> int:
        """Raises _Unbounded beyond MAX_STEPS: what is around it has no fewer."""
        if not isinstance(schema, dict):
            return 0
        key = id(schema), level
        if key in self._known:
            return self._known[key]
        if key in self._open:
            raise _Unbounded(
                "Biểu mẫu tự gọi lại chính nó mà không đi sâu thêm: kiểm tra sẽ không bao giờ xong.",
                "The form refers to itself without going deeper: checking it would never end.",
            )
        if "$id" in schema and schema is not self._root:
            raise _Unbounded(
                "Biểu mẫu có $id bên trong; chỉ gốc của biểu mẫu được mang $id.",
                "The form has an $id inside; only its root may have one.",
            )
        self._open.add(key)
        again = 2 if any(word in schema for word in _UNEVALUATED) else 1  # they look at the others' answers anew
        steps = 1
        for inner in _same(schema):
            steps = _bounded(steps + again * self._of(inner, level))
        if isinstance(reference := schema.get("$ref"), str):
            steps += again * self._of(self._resolved(reference), level)
        if level:
            steps += again * max((self._together(name, schema, level - 1) for name in _names(schema)), default=0)
        _bounded(steps)
        self._open.discard(key)
        self._known[key] = steps
        return steps

    def _together(self, name: str, schema: dict[str, Any], level: int) -> int:
        """Everything that may apply to one child."""
        steps = 0
        for word in _CHILD_NAMED:
            named = schema.get(word)
            if isinstance(named, dict):
                for inner in [named.get(name)] if word == "properties" else named.values():
                    steps = _bounded(steps + self._of(inner, level))
        for word in (*_CHILD_ONE, *_UNEVALUATED):
            if word not in ("additionalProperties", "unevaluatedProperties") or not _declared(schema, name):
                steps += self._of(schema.get(word), level)
        listed = [one for word in _CHILD_MANY for one in _list(schema.get(word))]
        return steps + max((self._of(one, level) for one in listed), default=0)

    def _resolved(self, reference: str) -> Any:
        node: Any = self._root
        steps = reference.removeprefix("#").split("/")[1:]
        if not reference.startswith("#") or (reference != "#" and not reference.startswith("#/")):
            node = None
        for step in steps if node is not None else ():
            step = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(node, dict):
                node = node.get(step)
            elif isinstance(node, list) and step.isdigit() and int(step) < len(node):
                node = node[int(step)]
            else:
                node = None
        if not isinstance(node, dict | bool):
            raise _Unbounded(
                "Biểu mẫu gọi đến phần không có trong nó; $ref phải là '#/$defs/tên' trong cùng biểu mẫu.",
                "The form refers to a part it does not have; a $ref must be '#/$defs/name' of the same form.",
            )
        return node


def _bounded(steps: int) -> int:
    if steps > MAX_STEPS:
        raise _Unbounded(*_too_many())
    return steps


def _declared(schema: dict[str, Any], name: str) -> bool:
    named = schema.get("properties")
    return isinstance(named, dict) and name in named


def _names(schema: dict[str, Any]) -> Iterator[str]:
    """One for every child that is treated in a way of its own, and one for any other."""
    if any(word in schema for word in _UNKNOWN_REACH):
        raise _Unbounded(
            "Biểu mẫu dùng tham chiếu động; hãy dùng $ref: '#/$defs/tên'.",
            "The form uses dynamic references; use $ref: '#/$defs/name'.",
        )
    named = schema.get("properties")
    if isinstance(named, dict):
        yield from named
    yield "\0"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _same(schema: dict[str, Any]) -> Iterator[Any]:
    """Subschemas that look at the same answer."""
    for word in _SAME_MANY:
        yield from _list(schema.get(word))
    for word in _SAME_ONE:
        yield schema.get(word)
    for word in _SAME_NAMED:
        if isinstance(named := schema.get(word), dict):
            yield from named.values()


def _choices(node: Any, place: FormPlace) -> Iterator[FormFault]:
    """A choice its own `type` never takes can never be made: `enum: [true]` of a string, 2 where '02' was meant."""
    if isinstance(node, list):
        for number, item in enumerate(node):
            yield from _choices(item, (*place, number))
    if not isinstance(node, dict):
        return
    given = node.get("type")
    types = [given] if isinstance(given, str) else _list(given)
    if isinstance(node.get("enum"), list) and not node["enum"]:
        vi, en = "không có lựa chọn nào.", "there is nothing to choose."
        yield FormFault((*place, "enum"), "enum", f"enum: {vi}", f"enum: {en}")
    given_choices = [(("enum", n), one) for n, one in enumerate(_list(node.get("enum")))]
    if "const" in node:
        given_choices.append((("const", 0), node["const"]))
    said = ", ".join(map(str, types))
    for (word, number), one in given_choices if types else ():
        if not any(_is(one, str(name)) for name in types):
            where = (*place, word, number) if word == "enum" else (*place, word)
            vi = f"{word}: có lựa chọn không thuộc kiểu {said}, nên không bao giờ được nhận. Hãy đặt trong dấu nháy."
            en = f"{word}: a choice is not of type {said}, so it is never taken. Put it in quotes."
            yield FormFault(where, "enum", vi, en)
            break
    for key, item in node.items():
        if key not in _DATA:
            yield from _choices(item, (*place, key))


def _is(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES.get(name, (object,)))


def _words(node: Any, place: FormPlace) -> Iterator[FormFault]:
    """Titles and descriptions are read by people and printed."""
    if isinstance(node, list):
        for number, item in enumerate(node):
            yield from _words(item, (*place, number))
    if not isinstance(node, dict):
        return
    for key, item in node.items():
        if isinstance(item, str) and key in _WORDS:
            try:
                node[key] = human(item, _WORDS[key], lines=key == "description")
            except Invalid as wrong:
                yield FormFault((*place, key), wrong.code, f"{key}: {wrong.vi}", f"{key}: {wrong.en}")
        elif key not in _DATA:
            yield from _words(item, (*place, key))
