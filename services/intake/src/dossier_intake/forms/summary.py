"""A form's answers in words: labels from the schema's titles, coded answers by their labels. For result documents."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from dossier_intake.forms.form import Form
from dossier_shared.contracts.events import SummaryRow
from dossier_shared.vocabulary.printing import PrintedText, check_printed, unprintable

MAX_ROWS = 12
MAX_VALUE = 300


def summary(form: Form, answers: dict[str, Any]) -> list[SummaryRow]:
    """The first scalar answers in the order given, at most MAX_ROWS. Raises Invalid for letters no document can print."""
    rows = list(islice(_rows(form, answers), MAX_ROWS))
    if any(unprintable(row.value) for _, row in rows):
        check_printed([PrintedText(_pointer(path), row.label_vi, row.label_en, row.value) for path, row in rows])
    return [row for _, row in rows]


def _rows(form: Form, answers: dict[str, Any]) -> Iterator[tuple[list[str | int], SummaryRow]]:
    for path, value in _scalars(answers, []):
        label_vi, label_en = form.title(path)
        if label_vi:
            words = _words(form, path, value)[:MAX_VALUE]
            yield path, SummaryRow(label_vi=label_vi, label_en=label_en, value=words)


def _pointer(path: list[str | int]) -> str:
    return "/form" + "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def _scalars(value: Any, path: list[str | int]) -> Iterator[tuple[list[str | int], Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _scalars(item, [*path, key])
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _scalars(item, [*path, index])
    elif value is not None and value != "":
        yield path, value


def _words(form: Form, path: list[str | int], value: Any) -> str:
    if isinstance(value, bool):
        return "có" if value else "không"
    labels = form.field(path).get("x-labels")
    if isinstance(labels, dict) and isinstance(label := labels.get(str(value)), dict):
        return str(label.get("vi", value))
    return str(value)
