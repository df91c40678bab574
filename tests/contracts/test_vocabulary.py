"""Every way in takes what the shared vocabulary reads: no model and no form lets a bare text, number or time through.

What is an answer, and so no way in, follows from the OpenAPI documents. What is bare on purpose is listed with its reason.
"""

from __future__ import annotations

import json
import pkgutil
import re
from collections.abc import Iterator
from datetime import date, datetime, time
from functools import cache
from importlib import import_module
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from pydantic import BaseModel, Field, GetPydanticSchema
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.forms.values import FORMATS
from dossier_local.openapi import FOLDER, app_of
from dossier_shared.contracts.events import Part
from dossier_shared.contracts.topics import SERVICES
from dossier_shared.vocabulary.codes import Key
from dossier_shared.vocabulary.moments import LocalTime
from dossier_shared.vocabulary.money import Dong, WrittenDong
from dossier_shared.vocabulary.names import PersonName
from dossier_shared.vocabulary.reading import Text, Value
from dossier_shared.vocabulary.text import Human, HumanText, OptionalText

ROOT = Path(__file__).parents[2]
PACKAGES = ("shared", *SERVICES)
APART = re.compile(r"\.__main__$|^dossier_monitor\.worker(\.|$)")  # processes of their own; people give them nothing

# a model, or one field of it -> why it is no way in, or is bare
MODELS = {
    "intake.catalogue.model.Agency.former_names": "kept as it was gathered, shown to nobody",
    "intake.catalogue.model._Graded.source": "where an entry was found, for who keeps the catalogue",
    "intake.catalogue.model.Agency.source": "the same",
    "intake.catalogue.model.Procedure.source": "the same",
    "intake.rules.calendars.CalendarRules.time_zone": "must be one the time zone database has",
    "intake.rules.calendars.CalendarRules.public_holidays": "must be a country the holidays' library has",
    "intake.filing.checks.ApplicantFields": "read by check_filing, whose findings point into the applicant",
    "intake.filing.checks.ApplicantBody": "the same",
    "intake.filing.persons.ConsentBody.code": "compared as a keyed digest only, and kept nowhere",
    "intake.correcting.ApplicantChange": "laid over the applicant, and read as a filing's is",
    "intake.schemas.Accept.appointment": "of a replay in development; an instant, or refused by api._appointment",
    "intake.schemas.AcceptItem.appointment": "the same",
    "shared.http.paging.Paged.next": "never comes in: what every list answers",
    "monitor.lists.filters.ListQuery.after": "a place of a list, or refused when it is decoded",
    "monitor.lists.filters.LateQuery.after": "the same",
    "monitor.audit.schemas.AuditQuery.cursor": "the same",
    "monitor.indicators.api.Wanted": "read by periods.asked and scope_of, or refused",
    "monitor.indicators.api.Exported": "the same, and a language that is not one is Vietnamese",
    "monitor.indicators.api.Paged": "a place of a list, or refused when it is decoded",
    "monitor.indicators.api.Counted": "the two together",
    "notify.http_provider._Known": "what the provider's program answers, not people",
    "notify.http_provider._Outcome": "the same",
    "notify.http_provider._Outcomes": "the same",
    "monitor.indicators.schemas.CountedFacts": "half of an answer",
    "monitor.indicators.schemas.SavedNumber": "part of an answer",
    "monitor.indicators.schemas.ShareNumber": "part of an answer",
    "monitor.lists.schemas.DossierFacts": "half of an answer",
    "monitor.search.routes.FoundRow": "half of an answer",
    "monitor.board.schemas.AgencyName": "part of an answer",
    "signing.documents.result_document.ResultDocument": "made of what was read before; checked against its fonts",
    "signing.documents.result_document.ResultField": "the same",
    "signing.documents.workers.SignJob": "between signing and its own workers",
    "signing.documents.workers.SignFailure": "the same",
    "signing.documents.workers.SignedResult": "the same",
}
QUERIES = re.compile(
    r"^monitor\.(audit\.schemas|lists\.filters|tail\.lines)\."
)  # a query string holds text: numbers are read from it
BY_NAME = {  # of a form's field, by its name: the formats it may have
    r"citizen_id$": {"citizen-id"},
    r"tax_code$": {"tax-code"},
    r"phone$": {"phone", "mobile"},
    r"(^|_)(full_name|mother_name|father_name|holder|representative)$": {
        "person-name",
        "organisation-name",
        "applicant-name",
    },
    r"(_date|^date|_day)$": {"date"},
}


def within(model: type[BaseModel]) -> str:
    return f"{model.__module__.removeprefix('dossier_')}.{model.__name__}"


@cache
def ways_in() -> tuple[type[BaseModel], ...]:
    for package in PACKAGES:
        root = import_module(f"dossier_{package}")
        for found in pkgutil.walk_packages(root.__path__, f"dossier_{package}."):
            if not APART.search(found.name):
                import_module(found.name)
    _ = [app_of(service).openapi() for service in SERVICES]  # some are made with their routes
    answers = {(service, name) for service in SERVICES for name in answers_of(service)}
    own = tuple(f"dossier_{package}" for package in PACKAGES)  # whatever else other tests have imported by now
    models = {
        model
        for model in subclasses(BaseModel)
        if model.__module__.startswith(own) and not APART.search(model.__module__)
    }
    return tuple(
        model
        for model in sorted(models, key=within)
        if not issubclass(model, Part | BaseSettings)
        and not any(
            name == model.__name__ and service in (within(model).split(".")[0], "shared") for service, name in answers
        )
        and not (within(model).startswith("shared.") and any(name == model.__name__ for _, name in answers))
    )


def subclasses(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for inner in model.__subclasses__():
        yield inner
        yield from subclasses(inner)


def answers_of(service: str) -> set[str]:
    """The components only answers are made of."""
    document = json.loads((ROOT / FOLDER / f"{service}.json").read_text("utf-8"))
    components = document["components"]["schemas"]
    told: set[str] = set()
    asked: set[str] = set()
    for operations in document["paths"].values():
        for operation in (one for one in operations.values() if isinstance(one, dict)):
            told |= referred(operation.get("responses"))
            asked |= referred([operation.get("requestBody"), operation.get("parameters")])
    return closed(told, components) - closed(asked, components)


def referred(node: Any) -> set[str]:
    if isinstance(node, list):
        return {name for item in node for name in referred(item)}
    if not isinstance(node, dict):
        return set()
    own = {node["$ref"].rsplit("/", 1)[1]} if isinstance(node.get("$ref"), str) else set()
    return own | {name for item in node.values() for name in referred(item)}


def closed(names: set[str], components: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    todo = set(names)
    while todo:
        name = todo.pop()
        found.add(name)
        todo |= referred(components.get(name)) - found
    return found


def leaves(annotation: Any, metadata: tuple[Any, ...]) -> Iterator[tuple[type, tuple[Any, ...]]]:
    """The plain types a field takes, each with all that is said of it."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *said = get_args(annotation)
        flat = [one for item in said for one in (item.metadata if isinstance(item, FieldInfo) else (item,))]
        yield from leaves(inner, (*metadata, *flat))
    elif origin in (Union, UnionType):
        for one in get_args(annotation):
            yield from leaves(one, metadata)
    elif origin is dict:
        yield from leaves(get_args(annotation)[1], ())
    elif origin is not Literal and origin is not None:
        for one in get_args(annotation):
            yield from leaves(one, ())
    elif isinstance(annotation, type):
        yield annotation, metadata


def bare(model: type[BaseModel]) -> Iterator[str]:
    """`field: type` of what anything of the kind could come in by."""
    query = QUERIES.match(within(model)) is not None
    for name, field in model.model_fields.items():
        for kind, said in leaves(field.annotation, tuple(field.metadata)):
            if any(isinstance(one, Text | Value | Human) for one in said):
                continue
            strict = any(getattr(one, "strict", None) for one in said)
            shaped = any(getattr(one, "pattern", None) or isinstance(one, GetPydanticSchema) for one in said)
            if (
                (kind is str and not shaped)
                or (kind in (int, float, bool) and not strict and not query)
                or kind in (date, time, datetime)
            ):
                yield f"{name}: {kind.__name__}"


def test_every_way_in_is_found() -> None:
    names = {within(model) for model in ways_in()}
    assert names >= {
        "intake.schemas.Refuse", "intake.filing.checks.Filing", "intake.catalogue.model.Procedure",
        "intake.rules.calendars.CalendarRules", "intake.rules.deadlines.Limit",
        "review.schemas.Reject", "review.schemas.RequestPaymentItem", "signing.schemas.SignItem",
        "monitor.alarms.commands.Acknowledgement", "monitor.alarms.rules.Rule", "monitor.tail.lines.Wanted",
        "monitor.lists.filters.Filter",
        "shared.http.internal.SkipRequest", "shared.http.commands.BatchItem", "shared.http.internal_effects.EffectsRequest",
    }  # fmt: skip
    assert "intake.schemas.DossierView" not in names


def test_no_way_in_takes_a_bare_text_number_or_time() -> None:
    found = {
        f"{within(model)}.{fault}"
        for model in ways_in()
        if within(model) not in MODELS
        for fault in bare(model)
        if f"{within(model)}.{fault.partition(':')[0]}" not in MODELS
    }
    assert not found, "take a type of dossier_shared.vocabulary, or say in MODELS why not: " + ", ".join(sorted(found))


def test_what_is_bare_on_purpose_is_still_there() -> None:
    names = {within(model): set(model.model_fields) for model in ways_in()}
    gone = [
        way
        for way in MODELS
        if way not in names and way.rpartition(".")[2] not in names.get(way.rpartition(".")[0], ())
    ]
    assert not gone


@pytest.mark.parametrize(
    ("annotation", "found"),
    [
        (str, True),
        (str | None, True),
        (list[str], True),
        (dict[str, str], True),
        (Annotated[str, Field(min_length=1, max_length=9)], True),
        (int, True),
        (Annotated[int, Field(ge=0)] | None, True),
        (float, True),
        (bool, True),
        (time, True),
        (tuple[tuple[time, time], ...], True),
        (date, True),
        (datetime | None, True),
        (HumanText, False),
        (OptionalText, False),
        (list[PersonName], False),
        (Annotated[str, Human(9)] | None, False),
        (Key, False),
        (Literal["a"], False),
        (Dong, False),
        (WrittenDong | None, False),
        (tuple[tuple[LocalTime, LocalTime], ...], False),
        (dict[str, Any], False),
    ],
    ids=lambda one: re.sub(r" at 0x\w+", "", str(one)),  # the same in every process
)
def test_what_is_bare_is_seen(annotation: Any, found: bool) -> None:
    model = type("Given", (BaseModel,), {"__annotations__": {"field": annotation}, "__module__": "elsewhere"})
    assert bool([*bare(model)]) is found


def test_every_setting_that_people_read_or_are_reached_by_is_of_the_vocabulary() -> None:
    ways_in()
    told = re.compile(r"(phone|recipient|reason|note|title|place)")
    for model in subclasses(BaseSettings):
        for name, field in model.model_fields.items():
            if model.__module__.startswith("dossier_") and told.search(name):
                assert any(
                    isinstance(one, Text | Human)
                    for _, said in leaves(field.annotation, tuple(field.metadata))
                    for one in said
                ), f"{model.__module__}.{name}"


def test_fields_of_forms_have_the_format_their_name_speaks_of() -> None:
    catalogue = Catalogue.load_packaged()
    faults = set()

    def walk(node: Any, code: str) -> None:
        if isinstance(node, list):
            for item in node:
                walk(item, code)
        if not isinstance(node, dict):
            return
        for name, field in node.get("properties", {}).items():
            for pattern, formats in BY_NAME.items():
                plain = isinstance(field, dict) and field.get("type") == "string" and "enum" not in field
                if plain and re.search(pattern, name) and field.get("format") not in formats:
                    faults.add(f"{code}: {name} has format {field.get('format')}")
            if name.endswith("_vnd"):
                assert field.get("type") == "integer", f"{code}: {name}"
        for key, item in node.items():
            if key not in ("enum", "const", "examples", "default"):
                walk(item, code)

    for versions in catalogue.procedures.values():
        for procedure in versions:
            walk(procedure.form, procedure.code)
    assert not faults
    assert {name for formats in BY_NAME.values() for name in formats} <= FORMATS.keys() | {"date"}
