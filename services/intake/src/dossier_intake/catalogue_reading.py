"""From text or plain data to a checked catalogue document, or one problem that lists everything to correct."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from pydantic import ValidationError

from dossier_intake.catalogue_model import CatalogueDocument
from dossier_intake.forms import Form
from dossier_intake.problems import field_error
from dossier_shared.errors import Invalid

MAX_BYTES = 5 * 1024 * 1024
MAX_DEPTH = 40
MAX_FINDINGS = 100
Finding = tuple[str, str, str, str]
"""Path, code, Vietnamese, English."""

_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS = {
    "missing": ("thiếu mục bắt buộc", "is missing"),
    "extra_forbidden": ("tên mục không được biết đến", "is not a known field"),
    "string_type": ("phải là chuỗi (số thì đặt trong dấu nháy)", "must be text (put numbers in quotes)"),
    "string_pattern_mismatch": ("không đúng dạng mã", "does not have the form of a code"),
    "literal_error": ("không thuộc các giá trị cho phép", "is not one of the allowed values"),
    "int_type": ("phải là số nguyên", "must be a whole number"),
    "int_parsing": ("phải là số nguyên", "must be a whole number"),
    "greater_than": ("phải lớn hơn 0", "must be more than 0"),
    "bool_parsing": ("phải là true hoặc false", "must be true or false"),
    "bool_type": ("phải là true hoặc false", "must be true or false"),
    "tuple_type": ("phải là danh sách", "must be a list"),
    "model_type": ("phải là nhóm mục", "must be a mapping"),
    "too_short": ("cần ít nhất một phần tử", "needs at least one entry"),
}


def refused(*findings: Finding) -> Invalid:
    return Invalid(
        "catalogue-invalid",
        "Danh mục có chỗ chưa đúng; chưa thay đổi gì. Hãy sửa các mục được nêu rồi nhập lại.",
        "The catalogue is not right; nothing was changed. Correct what is listed and import it again.",
        errors=[field_error(path, code, vi, en) for path, code, vi, en in findings],
    )


def read_yaml(text: str | bytes) -> dict[str, Any]:
    """YAML or JSON. Aliases are refused: a few lines of them can stand for gigabytes."""
    if len(text) > MAX_BYTES:
        raise refused(("", "too-large", "Danh mục quá lớn.", "The catalogue is too large."))
    try:
        if (document := _json(text)) is not None:
            return document
        depth = 0
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, yaml.AliasEvent):
                raise refused(("", "alias", "Không dùng bí danh YAML (*).", "YAML aliases (*) are not allowed."))
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                raise refused(("", "too-deep", "Danh mục lồng nhau quá sâu.", "The catalogue is nested too deeply."))
        document = yaml.load(text, Loader=_Loader)  # noqa: S506 - one of the safe loaders
    except (yaml.YAMLError, ValueError) as unreadable:
        mark = getattr(unreadable, "problem_mark", None)
        line = f" (dòng/line {mark.line + 1})" if mark is not None else ""
        raise refused(("", "yaml", f"Không đọc được YAML{line}.", f"Not readable as YAML{line}.")) from unreadable
    if not isinstance(document, dict):
        raise refused(("", "yaml", "Danh mục phải là một nhóm mục.", "A catalogue must be a mapping."))
    return document


def _json(text: str | bytes) -> dict[str, Any] | None:
    """JSON is read as JSON, far faster than as YAML; None when it is not that."""
    if text[:1] not in ("{", b"{"):
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def checked(raw: Mapping[str, Any]) -> CatalogueDocument:
    try:
        document = CatalogueDocument.model_validate(raw)
    except ValidationError as invalid:
        raise refused(*_translated(raw, invalid)) from invalid
    if findings := [*_agencies(document), *_procedures(document)]:
        raise refused(*findings[:MAX_FINDINGS])
    return document


def _translated(raw: Mapping[str, Any], invalid: ValidationError) -> list[Finding]:
    findings = []
    for error in invalid.errors(include_url=False, include_input=False)[:MAX_FINDINGS]:
        place = error["loc"]
        path = "".join(f"/{step}" for step in place)
        vi, en = _WORDS.get(error["type"], (f"không hợp lệ ({error['msg']})", f"is not valid ({error['msg']})"))
        subject = f"{_subject(raw, place)}{place[-1] if place else ''}"
        findings.append((path, error["type"].replace("_", "-"), f"{subject}: {vi}.", f"{subject}: {en}."))
    return findings


def _subject(raw: Mapping[str, Any], place: tuple[int | str, ...]) -> str:
    """The code of the entry a finding is about."""
    if len(place) >= 2 and isinstance(place[1], int):
        entry = raw[str(place[0])][place[1]]
        if isinstance(entry, Mapping) and entry.get("code") is not None:
            return f"{str(entry['code'])[:40]}, "
    return ""


def _agencies(document: CatalogueDocument) -> Iterable[Finding]:
    parents = {agency.code: agency.parent for agency in document.agencies}
    for code, count in Counter(agency.code for agency in document.agencies).items():
        if count > 1:
            yield "/agencies", "repeated", f"{code}: mã cơ quan bị lặp.", f"{code}: repeated agency code."
    for position, agency in enumerate(document.agencies):
        path = f"/agencies/{position}/parent"
        if agency.parent is not None and agency.parent not in parents:
            yield (
                path,
                "unknown-agency",
                f"{agency.code}: không có cơ quan cấp trên {agency.parent}.",
                f"{agency.code}: no parent agency {agency.parent}.",
            )
        above, seen = agency.parent, {agency.code}
        while above is not None and above not in seen:
            seen.add(above)
            above = parents.get(above)
        if above == agency.code:
            yield (
                path,
                "cycle",
                f"{agency.code}: cơ quan cấp trên tạo thành vòng.",
                f"{agency.code}: its parents form a circle.",
            )


def _procedures(document: CatalogueDocument) -> Iterable[Finding]:
    for (code, _), count in Counter(procedure.key for procedure in document.procedures).items():
        if count > 1:
            yield "/procedures", "repeated", f"{code}: thủ tục bị lặp.", f"{code}: repeated procedure."
    for position, procedure in enumerate(document.procedures):
        path, code = f"/procedures/{position}", procedure.code
        for executor in procedure.executed_by:
            if not any(executor.matches(agency) for agency in document.agencies):
                name = executor.agency or f"{executor.level} {executor.kind}"
                yield (
                    f"{path}/executed_by",
                    "unknown-agency",
                    f"{code}: không có cơ quan nào là {name}.",
                    f"{code}: no agency is {name}.",
                )
        for paper, count in Counter(paper.code for paper in procedure.documents).items():
            if count > 1:
                yield (
                    f"{path}/documents",
                    "repeated",
                    f"{code}: giấy tờ {paper} bị lặp.",
                    f"{code}: repeated document {paper}.",
                )
        if procedure.valid_from and procedure.valid_until and procedure.valid_until < procedure.valid_from:
            yield (
                f"{path}/valid_until",
                "dates",
                f"{code}: hết hiệu lực trước khi có hiệu lực.",
                f"{code}: ends before it begins.",
            )
        if procedure.form is not None:
            try:
                Form(procedure.form)
            except ValueError as unusable:
                yield (
                    f"{path}/form",
                    "schema",
                    f"{code}: biểu mẫu không phải JSON Schema dùng được ({unusable}).",
                    f"{code}: the form is not a usable JSON Schema ({unusable}).",
                )
