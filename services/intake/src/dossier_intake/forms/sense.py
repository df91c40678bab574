"""Whether people can fill in a form: no field asks for what it refuses, choices are as answers are kept, keywords are known.

Looked at when a form is imported, after bounds.py (which knows that following its references ends). What was stored goes on
serving as it did.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import jsonschema_rs

from dossier_intake.forms.bounds import FormFault, FormPlace
from dossier_intake.forms.values import FORMATS, READERS, normal_schema
from dossier_shared.problems import Invalid
from dossier_shared.vocabulary.answers import referred
from dossier_shared.vocabulary.text import human

_NAMED = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_ONE = (
    "not", "if", "then", "else", "additionalProperties", "propertyNames", "items", "contains", "unevaluatedProperties",
    "unevaluatedItems", "contentSchema",
)  # fmt: skip
_MANY = ("allOf", "anyOf", "oneOf", "prefixItems")
_REFINING = frozenset({"not", "if", "then", "else", "allOf", "anyOf", "oneOf"})
_PAIRS = (
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
    ("minContains", "maxContains"),
)
_LOWER, _UPPER = ("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")
_PLAIN = frozenset({
    "type", "enum", "const", "pattern", "format", "multipleOf", "uniqueItems", *_LOWER, *_UPPER,
    *(word for pair in _PAIRS for word in pair),
})  # fmt: skip
_KNOWN = {
    word.lower(): word
    for word in (
        *_NAMED, *_ONE, *_MANY, *_PLAIN, "required", "dependentRequired", "title", "description", "default", "examples",
        "readOnly", "writeOnly", "deprecated", "contentEncoding", "contentMediaType", "dependencies",
        "additionalItems", "$ref", "$id", "$schema", "$anchor", "$comment", "$vocabulary", "$dynamicRef", "$dynamicAnchor",
        "$recursiveRef", "$recursiveAnchor", "x-en", "x-labels",
    )
}  # fmt: skip
_LABEL = 300
_DEPTH = 20


def senseless(schema: dict[str, Any]) -> Iterator[FormFault]:
    if _never(schema, schema):
        yield _fault((), "never-filled", "không bao giờ điền được biểu mẫu này.", "this form can never be filled.")
    for place, node, refining in _nodes(schema, (), refining=False):
        yield from _keywords(node, place)
        yield from _contradictions(schema, node, place)
        yield from _required(schema, node, place)
        yield from _choices(schema, node, place)
        yield from _labels(node, place)
        yield from _money(schema, node, place, refining=refining)


def _nodes(node: Any, place: FormPlace, *, refining: bool) -> Iterator[tuple[FormPlace, dict[str, Any], bool]]:
    """Every subschema; `refining`: beside another that tells the type."""
    if not isinstance(node, dict):
        return
    yield place, node, refining
    for word in _NAMED:
        for name, inner in _dict(node.get(word)).items():
            yield from _nodes(inner, (*place, word, name), refining=refining)
    for word in _ONE:
        yield from _nodes(node.get(word), (*place, word), refining=refining or word in _REFINING)
    for word in _MANY:
        for number, inner in enumerate(_list(node.get(word))):
            yield from _nodes(inner, (*place, word, number), refining=refining or word in _REFINING)


def _parts(root: dict[str, Any], node: Any, depth: int = _DEPTH) -> list[dict[str, Any]]:
    """This one and all that hold of the same answer, whatever it is."""
    if not isinstance(node, dict) or not depth:
        return []
    found = [node]
    for inner in (referred(root, node.get("$ref")), *_list(node.get("allOf"))):
        found += _parts(root, inner, depth - 1)
    return found


def _keywords(node: dict[str, Any], place: FormPlace) -> Iterator[FormFault]:
    for word in node:
        bare = word.strip().lower()
        meant = _KNOWN.get(bare) or _KNOWN.get(bare.replace("_", "").replace("-", "").replace(" ", ""))
        if meant is not None and meant != word:
            yield _fault(
                (*place, word),
                "keyword",
                f"từ khóa không được biết đến nên không có tác dụng; hãy viết {meant}.",
                f"is not a known keyword and does nothing; write {meant}.",
            )


def _contradictions(root: dict[str, Any], node: dict[str, Any], place: FormPlace) -> Iterator[FormFault]:
    parts = _parts(root, node)
    if any(_apart(part) is not None for part in parts[1:]):
        return  # told where it stands
    words = _apart(*parts)
    if words is not None:
        where = next(((*place, word) for word in words if word in node), place)
        said = ", ".join(words)
        yield _fault(
            where,
            "contradiction",
            f"{said} trái nhau: không câu trả lời nào được nhận. Hãy sửa một trong hai.",
            f"{said} contradict each other: no answer is ever taken. Correct one of them.",
        )


def _apart(*parts: dict[str, Any]) -> tuple[str, ...] | None:
    """The keywords nothing can follow together."""
    types = _types(parts)
    if types is not None and not types:
        return ("type",)
    for least, most in _PAIRS:
        low, high = _numbers(parts, least), _numbers(parts, most)
        if low and high and max(low) > min(high):
            return least, most
    lows = [(value, word) for word in _LOWER for value in _numbers(parts, word)]
    highs = [(value, word) for word in _UPPER for value in _numbers(parts, word)]
    if not lows or not highs:
        return None
    lowest, lower = max(lows, key=lambda one: (one[0], one[1] == "exclusiveMinimum"))
    highest, upper = min(highs, key=lambda one: (one[0], one[1] == "maximum"))
    if types == {"integer"}:
        lowest = math.floor(lowest) + 1 if lower == "exclusiveMinimum" else math.ceil(lowest)
        highest = math.ceil(highest) - 1 if upper == "exclusiveMaximum" else math.floor(highest)
        return (lower, upper) if lowest > highest else None
    open_end = lower == "exclusiveMinimum" or upper == "exclusiveMaximum"
    return (lower, upper) if lowest > highest or (lowest == highest and open_end) else None


def _types(parts: tuple[dict[str, Any], ...] | list[dict[str, Any]]) -> set[str] | None:
    """What an answer may be; None where nothing says it."""
    found: set[str] | None = None
    for part in parts:
        given = part.get("type")
        named = {given} if isinstance(given, str) else {str(one) for one in _list(given)}
        if not named:
            continue
        if "number" in named:
            named.add("integer")
        found = named if found is None else found & named
    return found


def _numbers(parts: tuple[dict[str, Any], ...], word: str) -> list[float]:
    values = [part.get(word) for part in parts]
    return [one for one in values if isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one)]


def _required(root: dict[str, Any], node: dict[str, Any], place: FormPlace) -> Iterator[FormFault]:
    parts = _parts(root, node)
    branched = any(word in part for part in parts for word in ("anyOf", "oneOf", "if", "dependentSchemas"))
    declared = [set(_dict(part.get("properties"))) for part in parts]
    closed = [
        names
        for part, names in zip(parts, declared, strict=True)
        if part.get("additionalProperties") is False and not part.get("patternProperties")
    ]
    patterned = any(part.get("patternProperties") for part in parts)
    opened = any(part.get("additionalProperties", False) is not False for part in parts)
    if node.get("unevaluatedProperties") is False and not (branched or patterned or opened):
        closed.append(set().union(*declared))
    for where, name in _asked(node, place):
        kept = [_dict(part.get("properties")).get(name, True) for part in parts]
        if any(name not in names for names in closed) or any(_never(root, one) for one in kept):
            yield _fault(
                where,
                "never-filled",
                "bắt buộc một mục mà biểu mẫu không có hoặc không bao giờ nhận. Hãy khai mục ấy hoặc bỏ yêu cầu.",
                "asks for a field the form does not have or never takes. Declare it, or ask no more for it.",
            )


def _asked(node: dict[str, Any], place: FormPlace) -> Iterator[tuple[FormPlace, str]]:
    for number, name in enumerate(_list(node.get("required"))):
        yield (*place, "required", number), str(name)
    for on, names in _dict(node.get("dependentRequired")).items():
        for number, name in enumerate(_list(names)):
            yield (*place, "dependentRequired", on, number), str(name)
    for word in ("then", "else"):
        if isinstance(inner := node.get(word), dict):
            yield from _asked(inner, (*place, word))
    for word in ("allOf", "anyOf", "oneOf"):
        for number, inner in enumerate(_list(node.get(word))):
            yield from _asked(_dict(inner), (*place, word, number))


def _never(root: dict[str, Any], node: Any, depth: int = _DEPTH) -> bool:
    """Takes no answer, by its shape alone."""
    if node is False:
        return True
    if not isinstance(node, dict) or not depth:
        return False
    if "not" in node and (node["not"] is True or node["not"] == {}):
        return True
    target = referred(root, node.get("$ref"))
    if any(_never(root, one, depth - 1) for one in (target, *_list(node.get("allOf")))):
        return True
    for word in ("anyOf", "oneOf"):
        if (branches := _list(node.get(word))) and all(_never(root, one, depth - 1) for one in branches):
            return True
    filled = bool(_numbers((node,), "minItems")) and node["minItems"] > 0 and node.get("type") == "array"
    return filled and not node.get("prefixItems") and _never(root, node.get("items"), depth - 1)


def _choices(root: dict[str, Any], node: dict[str, Any], place: FormPlace) -> Iterator[FormFault]:
    """Choices, constants and defaults are taken by the field itself, and are written as its answers are kept."""
    given = [((*place, "enum", number), "enum", one) for number, one in enumerate(_list(node.get("enum")))]
    given += [((*place, word), word, node[word]) for word in ("const", "default") if word in node]
    if not given:
        return
    parts = _parts(root, node)
    formats = [READERS[name] for part in parts if (name := part.get("format")) in READERS and isinstance(name, str)]
    for where, word, one in given:
        code = "default" if word == "default" else "enum"
        if word != "default" and isinstance(one, str) and (one or word == "const"):
            try:
                human(one)
            except Invalid as wrong:
                yield _fault(where, wrong.code, wrong.vi, wrong.en)
                continue
        kept = one
        try:
            for reader in formats if isinstance(one, str) else ():
                kept = reader(kept) if isinstance(kept, str) else kept
        except Invalid as wrong:
            yield _fault(where, code, f"không bao giờ được nhận. {wrong.vi}", f"is never taken. {wrong.en}")
            continue
        if kept != one:
            vi = f"câu trả lời được giữ ở dạng {kept}, nên lựa chọn này không bao giờ khớp. Hãy viết {kept}."
            yield _fault(where, code, vi, f"answers are kept as {kept}, so this never matches. Write {kept}.")
        elif not _taken(parts, one, own_choices=word == "default"):
            vi = "trái với quy định của chính mục này, nên không bao giờ được nhận. Hãy sửa một trong hai."
            yield _fault(
                where, code, vi, "is against the field's own rules, so it is never taken. Correct one of them."
            )


def _taken(parts: list[dict[str, Any]], value: Any, *, own_choices: bool) -> bool:
    plain = [
        {
            word: rule
            for word, rule in part.items()
            if word in _PLAIN
            and (own_choices or (word not in ("enum", "const") and (word != "type" or part is not parts[0])))
        }  # choices against their own type are to be told by bounds.py
        for part in parts
    ]
    try:
        validator = jsonschema_rs.Draft202012Validator(
            normal_schema({"allOf": plain}),
            formats=FORMATS,
            validate_formats=True,
            pattern_options=jsonschema_rs.RegexOptions(),
            offline=True,
        )
        return bool(validator.is_valid(normal_schema(value)))
    except (ValueError, jsonschema_rs.ReferencingError):
        return True  # no schema at all: told when it is compiled


def _labels(node: dict[str, Any], place: FormPlace) -> Iterator[FormFault]:
    for choice, label in _dict(node.get("x-labels")).items():
        where = (*place, "x-labels", choice)
        if not isinstance(label, dict):
            yield _fault(where, "labels", "mỗi nhãn có dạng {vi: …, en: …}.", "each label is like {vi: …, en: …}.")
            continue
        for at, text in ((where, choice), *(((*where, lang), text) for lang, text in label.items())):
            try:
                if not isinstance(text, str):
                    yield _fault(at, "labels", "nhãn phải là chữ.", "a label must be text.")
                elif text or at != where or "" not in _list(node.get("enum")):  # one may choose nothing
                    human(text, _LABEL)
            except Invalid as wrong:
                yield _fault(at, wrong.code, wrong.vi, wrong.en)


def _money(root: dict[str, Any], node: dict[str, Any], place: FormPlace, *, refining: bool) -> Iterator[FormFault]:
    """An amount is a whole number of đồng: another number makes 50 of `50.000`."""
    named = len(place) > 1 and place[-2] == "properties" and str(place[-1]).endswith("_vnd")
    if not named and node.get("format") != "dong":
        return
    types = _types(_parts(root, node))
    if (types is None and refining) or (
        types is not None and types - {"null"} == {"integer"} and not _number(root, node)
    ):
        return
    yield _fault(
        (*place, "type") if "type" in node else place,
        "money-type",
        "số tiền phải có kiểu số nguyên đồng. Hãy viết type: integer.",
        "an amount is a whole number of đồng. Write type: integer.",
    )


def _number(root: dict[str, Any], node: dict[str, Any]) -> bool:
    """Whether an answer may have decimals."""
    return all("number" in str(part["type"]) for part in _parts(root, node) if "type" in part)


def _fault(place: FormPlace, code: str, vi: str, en: str) -> FormFault:
    said = "/".join(str(step) for step in place[-2:])
    return FormFault(place, code, f"{said}: {vi}", f"{said}: {en}")


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
