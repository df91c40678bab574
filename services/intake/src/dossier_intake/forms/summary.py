"""A form's answers in words: labels from the schema's titles, coded answers by their labels, days and amounts as people write
them. For result documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dossier_intake.forms.form import Form
from dossier_shared.contracts.events import SummaryRow
from dossier_shared.documents.words import dong, readable
from dossier_shared.vocabulary.printing import PrintedText, check_printed, unprintable

MAX_VALUE = 2000  # characters of one answer
MAX_ALL = 20_000  # of all that is printed, some ten pages: it travels beside the form in one event of at most 1 MB
CUT = " […] (xem toàn văn trong tờ khai của hồ sơ)"


def summary(form: Form, answers: dict[str, Any]) -> list[SummaryRow]:
    """The scalar answers in the order given; what is too much for a document is said in its last row, never left out in silence.

    Raises Invalid for letters no document can print."""
    everything = list(_rows(form, answers))
    rows, left = list[tuple[list[str | int], SummaryRow]](), MAX_ALL
    for path, row in everything:
        left -= len(row.label_vi) + len(row.label_en) + len(row.value)
        if left < 0:
            break
        rows.append((path, row))
    if any(unprintable(row.value) for _, row in rows):
        check_printed([PrintedText(_pointer(path), row.label_vi, row.label_en, row.value) for path, row in rows])
    more = len(everything) - len(rows)
    return [*(row for _, row in rows), *([_further(more)] if more else ())]


def _further(more: int) -> SummaryRow:
    return SummaryRow(
        label_vi="Các mục còn lại",
        label_en="Further answers",
        value=f"{more} mục, ghi trong tờ khai của hồ sơ",
    )


def _rows(form: Form, answers: dict[str, Any]) -> Iterator[tuple[list[str | int], SummaryRow]]:
    for path, value in _scalars(answers, []):
        label_vi, label_en = label_of(form, path)
        if label_vi:
            words = _words(form, path, value)
            if len(words) > MAX_VALUE:
                words = words[:MAX_VALUE] + CUT
            yield path, SummaryRow(label_vi=label_vi, label_en=label_en, value=words)


def label_of(form: Form, path: list[str | int]) -> tuple[str, str]:
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
