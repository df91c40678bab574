"""Electronic forms: text made canonical, then checked against the procedure's JSON Schema (2020-12).

A schema may also use the formats of FORMATS below. Problems name the field by its title, never repeat what was entered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from dossier_intake.forms.messages import describe
from dossier_intake.forms.values import FORMATS, Reading, normal_schema, reading
from dossier_intake.problems import field_error
from dossier_shared.problems import Invalid
from dossier_shared.vocabulary.answers import referred
from dossier_shared.vocabulary.text import clean_text

MAX_DEPTH = 20
MAX_TEXT = 10_000
MAX_ERRORS = 50


def canonical(value: Any, depth: int = 0) -> Any:
    """A copy with every string (keys too) as the vocabulary keeps text. Refuses deep nesting, endless text, repeated keys."""
    if isinstance(value, str):
        return value.strip() if len(value) <= MAX_TEXT and value.isascii() and value.isprintable() else _text(value)
    if isinstance(value, dict):
        if depth >= MAX_DEPTH:
            raise _too_deep()
        depth += 1
        clean = {_key(key): canonical(item, depth) for key, item in value.items()}
        if len(clean) != len(value):
            raise Invalid(
                "field-repeated",
                "Có mục lặp lại, tên chỉ khác nhau ở ký tự không nhìn thấy. Hãy chỉ gửi mỗi mục một lần.",
                "A field comes twice, under names that differ in what cannot be seen. Send each field once.",
            )
        return clean
    if isinstance(value, list):
        if depth >= MAX_DEPTH:
            raise _too_deep()
        depth += 1
        return [canonical(item, depth) for item in value]
    return value


def _key(key: str) -> str:
    return key if len(key) <= MAX_TEXT and key.isascii() and key.isprintable() else _text(key)


def _text(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise Invalid(
            "text-too-long",
            f"Có nội dung dài quá {MAX_TEXT} ký tự. Hãy rút gọn, hoặc nộp kèm thành tệp.",
            f"A text is longer than {MAX_TEXT} characters. Shorten it, or attach it as a file.",
        )
    return clean_text(text)


def _too_deep() -> Invalid:
    return Invalid(
        "nesting-too-deep",
        f"Dữ liệu lồng nhau quá {MAX_DEPTH} cấp.",
        f"The data is nested more than {MAX_DEPTH} levels deep.",
    )


class Form:
    """One compiled schema. Raises ValueError, with the reason, for a schema that cannot be used."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = normal_schema(dict(schema))
        if self.schema.get("type") != "object":
            raise ValueError("a form's schema must have type: object")
        try:
            self._validator = jsonschema_rs.Draft202012Validator(
                self.schema,
                formats=FORMATS,
                validate_formats=True,
                ignore_unknown_formats=False,
                pattern_options=jsonschema_rs.RegexOptions(),  # linear time: no pattern can hang the service
                offline=True,
            )
        except (ValueError, jsonschema_rs.ReferencingError) as unusable:
            raise ValueError(str(unusable).split("\n", 1)[0][:300]) from unusable
        self._reading: Reading = reading(self.schema)

    def check(self, answers: Any) -> dict[str, Any]:
        """The answers in canonical form, or `form-invalid` with every field that is wrong (at most MAX_ERRORS)."""
        clean = self._reading.read(canonical(answers))
        if isinstance(clean, dict) and self._validator.is_valid(clean):
            return clean
        errors = []
        for error in self._validator.iter_errors(clean):
            errors.append(self._explain(error))
            if len(errors) == MAX_ERRORS:
                break
        raise Invalid(
            "form-invalid",
            "Tờ khai có mục chưa đúng. Hãy sửa các mục được nêu rồi nộp lại.",
            "Some answers in the form are not right. Correct the fields named and submit again.",
            errors=errors,
        )

    def _explain(self, error: jsonschema_rs.ValidationError) -> dict[str, Any]:
        details = error.kind.as_dict()
        path = list(error.instance_path)
        if error.kind.name == "required":
            path.append(str(details["property"]))
        code, vi, en = describe(error.kind.name, details)
        if wanted := self._any_of(path) if error.kind.name == "anyOf" else []:
            vi = f"cần khai ít nhất: {', hoặc '.join(title for title, _ in wanted)}."
            en = f"fill in at least: {', or '.join(title for _, title in wanted)}."
        title_vi, title_en = self.title(path)
        if title_vi:
            vi, en = f"{title_vi}: {vi}", f"{title_en}: {en}"
        else:
            vi, en = vi[:1].upper() + vi[1:], en[:1].upper() + en[1:]
        pointer = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
        return field_error(pointer, code, vi, en)

    def _any_of(self, path: list[str | int]) -> list[tuple[str, str]]:
        """Titles of the fields of which one at least is asked for; none where something else is."""
        given = self.field(path).get("anyOf", [])
        if not all(isinstance(one, dict) and one.keys() == {"required"} and len(one["required"]) == 1 for one in given):
            return []
        return [self.title([*path, one["required"][0]]) for one in given]

    def title(self, path: list[str | int]) -> tuple[str, str]:
        """Of the innermost titled field on the way to `path`; empty when there is none."""
        return next(reversed(self.titles(path).values()), ("", ""))

    def titles(self, path: list[str | int]) -> dict[int, tuple[str, str]]:
        """Of each titled field on the way to `path`, by how many steps lead to it, the outermost first."""
        node, found = self._resolved(self.schema), {}
        for depth, step in enumerate(path, 1):
            inner = node.get("items") if isinstance(step, int) else node.get("properties", {}).get(step)
            if not isinstance(inner, dict):
                break
            for titled in (inner, self._resolved(inner)):
                if isinstance(vi := titled.get("title"), str):
                    english = titled.get("x-en")
                    found[depth] = vi, str(english.get("title", vi)) if isinstance(english, dict) else vi
                    break
            node = self._resolved(inner)
        return found

    def field(self, path: list[str | int]) -> dict[str, Any]:
        """The schema of the field at `path`; empty where there is none."""
        node = self._resolved(self.schema)
        for step in path:
            inner = node.get("items") if isinstance(step, int) else node.get("properties", {}).get(step)
            if not isinstance(inner, dict):
                return {}
            node = self._resolved(inner)
        return node

    def _resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        for _ in range(10):
            target = referred(self.schema, node.get("$ref"))
            if not isinstance(target, dict):
                break
            node = target
        return node
