"""A form's answers in words: labels from the schema's titles, coded answers by their labels. For result documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dossier_intake.forms import Form
from dossier_shared.events import SummaryRow

MAX_ROWS = 12
MAX_VALUE = 300


def summary(form: Form, answers: dict[str, Any]) -> list[SummaryRow]:
    """The first scalar answers in the order given, at most MAX_ROWS."""
    rows = []
    for path, value in _scalars(answers, []):
        label_vi, label_en = form.title(path)
        if label_vi:
            rows.append(SummaryRow(label_vi=label_vi, label_en=label_en, value=_words(form, path, value)[:MAX_VALUE]))
        if len(rows) == MAX_ROWS:
            break
    return rows


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
