"""From what a person wrote to a checked catalogue document, or one problem that lists everything to correct, with its lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from dossier_intake.catalogue.checks import checks, forms
from dossier_intake.catalogue.finding import Finding
from dossier_intake.catalogue.merging import Merged, merge, repeated
from dossier_intake.catalogue.model import CatalogueDocument
from dossier_intake.catalogue.printing import printed
from dossier_intake.catalogue.sense import other_bases, sense
from dossier_intake.problems import field_error
from dossier_shared.problems import Invalid
from dossier_shared.vocabulary import yaml as yaml_reader
from dossier_shared.vocabulary.yaml import Place, Unreadable, Written, pointer

MAX_FINDINGS = 100
_WORDS = {
    "missing": ("thiếu mục bắt buộc", "is missing"),
    "extra_forbidden": ("tên mục không được biết đến", "is not a known field"),
    "string_type": ("phải là chuỗi (số thì đặt trong dấu nháy)", "must be text (put numbers in quotes)"),
    "string_pattern_mismatch": ("không đúng dạng mã", "does not have the form of a code"),
    "literal_error": ("không thuộc các giá trị cho phép", "is not one of the allowed values"),
    "int_type": (
        "phải là số nguyên, viết liền và không có dấu nháy",
        "must be a whole number, without point or quotes",
    ),
    "greater_than": ("phải lớn hơn 0", "must be more than 0"),
    "greater_than_equal": ("nhỏ hơn mức cho phép", "is less than allowed"),
    "less_than_equal": ("lớn hơn mức cho phép", "is more than allowed"),
    "bool_type": ("phải là true hoặc false, không có dấu nháy", "must be true or false, without quotes"),
    "tuple_type": ("phải là danh sách", "must be a list"),
    "dict_type": ("phải là nhóm mục", "must be a mapping"),
    "model_type": ("phải là nhóm mục", "must be a mapping"),
    "too_short": ("cần ít nhất một phần tử", "needs at least one entry"),
}


def refused(findings: Iterable[Finding], given: Written, merged: Merged | None = None) -> Invalid:
    """`merged`: what the findings' places are in, where it is not what was given; each is told where it was given."""
    errors = []
    for place, code, vi, en in list(findings)[:MAX_FINDINGS]:
        own = place if merged is None else merged.own_place(place)
        line = given.line(own) if own is not None else None
        path = pointer(place if own is None else own)
        errors.append(field_error(path, code.replace("_", "-"), vi, en, line=line))
    return Invalid(
        "catalogue-invalid",
        "Danh mục có chỗ chưa đúng; chưa thay đổi gì. Hãy sửa các mục được nêu rồi nhập lại.",
        "The catalogue is not right; nothing was changed. Correct what is listed and import it again.",
        errors=errors,
    )


def read(text: str | bytes | Mapping[str, Any]) -> Written:
    """YAML 1.2 or JSON; raises Invalid `catalogue-invalid`."""
    try:
        given = yaml_reader.read(text)
    except Unreadable as wrong:
        errors = [field_error(pointer(f.place), f.code, f.vi, f.en, line=f.line) for f in wrong.faults]
        raise Invalid(*_refusal_words(), errors=errors) from None
    if not isinstance(given.data, dict):
        found = Finding((), "yaml", "Danh mục phải là một nhóm mục.", "A catalogue must be a mapping.")
        raise refused([found], given)
    return given


def _refusal_words() -> tuple[str, str, str]:
    nothing = refused((), Written(None))
    return nothing.code, nothing.vi, nothing.en


def checked(
    given: Written, base: Mapping[str, Any] | None = None, replace: bool = False, stored: bool = False
) -> CatalogueDocument:
    """`base`: the document in force, which what was given adds to, corrects, or (`replace`) takes the place of, part by part.
    `stored`: taken in already; what cannot be printed of it hinders nothing but the printing."""
    if findings := [*repeated(given), *other_bases(given)]:
        raise refused(findings, given)
    merged = merge(base or {}, given.data, replace=replace)
    if merged.findings:
        raise refused(merged.findings, given)
    try:
        document = CatalogueDocument.model_validate(merged.data)
    except ValidationError as invalid:
        raise refused(_translated(merged.data, invalid), given, merged) from None
    findings = [*checks(document)]
    if not stored:
        own = [*sense(document), *(() if any(one.code == "form-unbounded" for one in findings) else forms(document))]
        findings += [*printed(document), *(one for one in own if merged.own_place(one.place) is not None)]
    if findings:
        raise refused(findings, given, merged)
    return document


def _translated(raw: Mapping[str, Any], invalid: ValidationError) -> list[Finding]:
    findings = []
    for error in invalid.errors(include_url=False, include_input=False)[:MAX_FINDINGS]:
        place = _place(raw, error["loc"])
        said = error.get("ctx", {})
        if "vi" in said:  # the shared vocabulary's own sentence, or a check's
            vi, en = str(said["vi"]).rstrip("."), str(said["en"]).rstrip(".")
        else:
            vi, en = _WORDS.get(error["type"], (f"không hợp lệ ({error['msg']})", f"is not valid ({error['msg']})"))
        subject = f"{_subject(raw, place)}{place[-1] if place else ''}"
        findings.append(Finding(place, error["type"], f"{subject}: {vi}.", f"{subject}: {en}."))
    return findings


def _place(raw: Any, loc: tuple[int | str, ...]) -> Place:
    """pydantic names the branches of unions in between; a file has none."""
    node, place = raw, []
    for number, step in enumerate(loc):
        inside = step in node if isinstance(node, dict) else isinstance(node, list) and step in range(len(node))
        if inside:
            node = node[step]
        elif number == len(loc) - 1 and isinstance(node, dict) and isinstance(step, str):
            node = None  # what is missing
        else:
            continue
        place.append(step)
    return tuple(place)


def _subject(raw: Mapping[str, Any], place: Place) -> str:
    """The code of the entry a finding is about."""
    if len(place) >= 2 and isinstance(place[1], int):
        entry = raw[str(place[0])][place[1]]
        if isinstance(entry, Mapping) and entry.get("code") is not None:
            return f"{str(entry['code'])[:40]}, "
    return ""
