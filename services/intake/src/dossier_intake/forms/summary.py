"""A form's answers in words: labels from the schema's titles, coded answers by their labels, days and amounts as people write
them. For result documents."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from dossier_intake.forms.form import Form
from dossier_shared.contracts.events import SummaryRow
from dossier_shared.documents.words import dong, readable
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
        label_vi, label_en = _label(form, path)
        if label_vi:
            words = _words(form, path, value)[:MAX_VALUE]
            yield path, SummaryRow(label_vi=label_vi, label_en=label_en, value=words)


def _label(form: Form, path: list[str | int]) -> tuple[str, str]:
    """Whose it is, then what it is: `Mẹ: Họ và tên`, `Thành viên 2: Ngày sinh`."""
    titles = form.titles(path)
    for depth, step in enumerate(path[:-1], 1):
        if isinstance(step, int):  # one of several: by the list's title where it has none of its own
            listed = titles.pop(depth - 1, ("", ""))
            vi, en = titles.get(depth, listed)
            if vi:
                titles[depth] = f"{vi} {step + 1}", f"{en} {step + 1}"
    said = [titles[depth] for depth in sorted(titles)]
    return ": ".join(vi for vi, _ in said), ": ".join(en for _, en in said)


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
    field = form.field(path)
    labels = field.get("x-labels")
    if isinstance(labels, dict) and isinstance(label := labels.get(str(value)), dict):
        return str(label.get("vi", value))
    if isinstance(value, int) and (field.get("format") == "dong" or str(path[-1]).endswith("_vnd")):
        return dong(value)
    return readable(str(value))
