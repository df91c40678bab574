"""What the parts of a catalogue must be to each other, and whether everything a dossier will keep can be computed with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dossier_intake.catalogue.finding import Finding
from dossier_intake.catalogue.model import CatalogueDocument
from dossier_intake.catalogue.trial import trial
from dossier_intake.forms import bounds, sense
from dossier_intake.forms.form import Form
from dossier_intake.forms.summary import summary
from dossier_shared.problems import Problem
from dossier_shared.vocabulary.yaml import Place


def checks(document: CatalogueDocument) -> Iterator[Finding]:
    """Trims the texts of its forms."""
    yield from _agencies(document)
    yield from _procedures(document)
    yield from trial(document)


def forms(document: CatalogueDocument) -> Iterator[Finding]:
    """What of its forms nobody can fill, where checking them ends; what an earlier release took of it still serves."""
    for position, procedure in enumerate(document.procedures):
        if procedure.form is not None:
            for fault in sense.senseless(procedure.form):
                place = ("procedures", position, "form", *fault.place)
                yield Finding(place, fault.code, f"{procedure.code}: {fault.vi}", f"{procedure.code}: {fault.en}")


def _agencies(document: CatalogueDocument) -> Iterator[Finding]:
    parents = {agency.code: agency.parent for agency in document.agencies}
    for position, agency in enumerate(document.agencies):
        place = ("agencies", position, "parent")
        if agency.parent is not None and agency.parent not in parents:
            vi, en = f"không có cơ quan cấp trên {agency.parent}.", f"no parent agency {agency.parent}."
            yield Finding(place, "unknown-agency", f"{agency.code}: {vi}", f"{agency.code}: {en}")
        for number, served in enumerate(agency.serves):
            if served not in parents:
                vi, en = f"phục vụ cơ quan không có: {served}.", f"serves an agency that is not there: {served}."
                yield Finding(
                    ("agencies", position, "serves", number),
                    "unknown-agency",
                    f"{agency.code}: {vi}",
                    f"{agency.code}: {en}",
                )
        above, seen = agency.parent, {agency.code}
        while above is not None and above not in seen:
            seen.add(above)
            above = parents.get(above)
        if above == agency.code:
            vi, en = "cơ quan cấp trên tạo thành vòng.", "its parents form a circle."
            yield Finding(place, "cycle", f"{agency.code}: {vi}", f"{agency.code}: {en}")


def _procedures(document: CatalogueDocument) -> Iterator[Finding]:
    kinds = {(agency.level, agency.kind) for agency in document.agencies}
    codes = {agency.code for agency in document.agencies}
    for position, procedure in enumerate(document.procedures):
        place, code = ("procedures", position), procedure.code
        for number, executor in enumerate(procedure.executed_by):
            known = executor.agency in codes if executor.agency else (executor.level, executor.kind) in kinds
            if not known:
                name = executor.agency or f"{executor.level} {executor.kind}"
                vi, en = f"{code}: không có cơ quan nào là {name}.", f"{code}: no agency is {name}."
                yield Finding((*place, "executed_by", number), "unknown-agency", vi, en)
        if procedure.valid_from and procedure.valid_until and procedure.valid_until < procedure.valid_from:
            vi, en = f"{code}: hết hiệu lực trước khi có hiệu lực.", f"{code}: ends before it begins."
            yield Finding((*place, "valid_until"), "dates", vi, en)
        if procedure.form is not None:
            yield from _form(procedure.code, procedure.form, (*place, "form"))


def _form(code: str, schema: dict[str, Any], place: Place) -> Iterator[Finding]:
    found = bounds.faults(schema)
    for fault in found:
        yield Finding((*place, *fault.place), fault.code, f"{code}: {fault.vi}", f"{code}: {fault.en}")
    if found:
        return  # compiling it may not end
    try:
        form = Form(schema)
    except ValueError as unusable:
        vi = f"{code}: biểu mẫu không phải JSON Schema dùng được ({unusable})."
        en = f"{code}: the form is not a usable JSON Schema ({unusable})."
        yield Finding(place, "schema", vi, en)
        return
    examples = schema.get("examples")
    for number, example in enumerate(examples if isinstance(examples, list) else []):
        try:
            summary(form, form.check(example))
        except Problem as wrong:
            first: dict[str, Any] = {"path": "", "message": {"vi": wrong.vi, "en": wrong.en}}
            first = wrong.errors[0] if wrong.errors else first
            said, where = first["message"], first["path"] or "/"
            vi = f"{code}: ví dụ trong biểu mẫu không được chính biểu mẫu nhận ({where}: {said['vi']})."
            en = f"{code}: an example is refused by its own form ({where}: {said['en']})."
            yield Finding((*place, "examples", number), "example", vi, en)
