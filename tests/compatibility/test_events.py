"""Events of the last release and of today: either's code reads either's records.

Cannot see: values whose meaning changes under the same type, and shapes inside free parts (`limit`, `lines`, `form`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from dossier_local.contracts.generator import asyncapi, example, examples, schema
from dossier_local.contracts.stories import story, traced
from dossier_shared.contracts.events import MODELS

from . import baseline
from .future import HEADER, NEW, from_the_future
from .rules import asyncapi_faults, schema_faults

Json = dict[str, Any]
READS = Path(__file__).with_name("reads.py")
SCHEMAS, EXAMPLES = "shared/contracts/schemas", "shared/contracts/examples"


def golden(folder: dict[str, Json]) -> list[Json]:
    """The stories first, in their order; then one of each type."""
    told = [record for name in sorted(folder) for record in folder[name].get("records", ())]
    alone = sorted((r for r in folder.values() if "records" not in r), key=lambda r: str(r["headers"]["ce_id"]))
    return [*told, *alone]


def yesterdays() -> list[Json]:
    return golden(baseline.documents(EXAMPLES))


def todays() -> list[Json]:
    """As today's code writes them; the golden ones are never written again, and may lack what was added since."""
    return [*map(example, (*story(), *traced())), *examples().values()]


def schema_of(record: Json, schemas: dict[str, Json]) -> Json:
    name = record["headers"]["ce_type"].removeprefix("vn.dossier.")
    return schemas[f"{name}.json"]


def invalid(record: Json, schemas: dict[str, Json]) -> Iterator[str]:
    if f"{record['headers']['ce_type'].removeprefix('vn.dossier.')}.json" not in schemas:
        return  # a type that is new; who does not know it puts it aside
    whole, value = schema_of(record, schemas), json.loads(record["value"])
    yield from (f"{record['headers']['ce_type']}: {e.message}" for e in Draft202012Validator(whole).iter_errors(value))
    if "sealed" in value:
        within = Draft202012Validator(whole["properties"]["sealed"]["contentSchema"])
        yield from (
            f"{record['headers']['ce_type']} sealed: {e.message}"
            for e in within.iter_errors(json.loads(value["sealed"]))
        )


def known(records: list[Json]) -> list[Json]:
    """Those of types the last release has."""
    names = baseline.documents(SCHEMAS).keys()
    return [r for r in records if f"{r['headers']['ce_type'].removeprefix('vn.dossier.')}.json" in names]


def one_story(records: list[Json]) -> list[Json]:
    """Without those that stand alone: a second event of the same number is another story."""
    seen: set[str] = set()
    return [r for r in records if not (r["headers"]["ce_id"] in seen or seen.add(r["headers"]["ce_id"]))]  # type: ignore[func-returns-value]


def test_golden_records_were_never_edited() -> None:
    for name, record in baseline.documents(EXAMPLES).items():
        assert json.loads((baseline.ROOT / EXAMPLES / name).read_text("utf-8")) == record, name


def test_a_published_event_only_gains_optional_fields() -> None:
    old = baseline.documents(SCHEMAS)
    assert old
    faults = {}
    for file, published in old.items():
        name = file.removesuffix(".v1.json")
        faults[name] = schema_faults(published, schema(name)) if name in MODELS else ["is gone"]
    assert {name: found for name, found in faults.items() if found} == {}


def test_channels_and_messages_stay() -> None:
    assert asyncapi_faults(baseline.document("docs/asyncapi.json"), asyncapi()) == []


def test_yesterdays_records_are_of_todays_schemas() -> None:
    schemas = {f"{name}.v1.json": schema(name) for name in MODELS}
    assert [fault for record in yesterdays() for fault in invalid(record, schemas)] == []


def test_todays_records_are_of_yesterdays_schemas() -> None:
    schemas = baseline.documents(SCHEMAS)
    assert [fault for record in todays() for fault in invalid(record, schemas)] == []


def test_todays_code_reads_yesterdays_records() -> None:
    assert baseline.ask(baseline.ROOT, READS, given=one_story(yesterdays())) == []


def test_yesterdays_code_reads_todays_records() -> None:
    assert baseline.ask(baseline.checkout(), READS, given=one_story(known(todays()))) == []


@pytest.mark.parametrize("whose", ["yesterday", "today"])
def test_what_a_later_version_adds_is_read_over(whose: str) -> None:
    """An optional field can be added without a new version: nobody refuses what they do not know."""
    records = from_the_future(one_story(known(todays())))
    assert all(NEW in record["value"] and HEADER in record["headers"] for record in records)
    root = baseline.ROOT if whose == "today" else baseline.checkout()
    assert baseline.ask(root, READS, given=records) == []


def test_an_altered_record_is_not_read() -> None:
    """The judge can say no."""
    first, *_ = one_story(todays())
    altered = {**first, "value": first["value"].replace("H19.1-250701-0001", "H19.1-250701-0002")}
    assert "wrong-hash" in str(baseline.ask(baseline.ROOT, READS, given=[altered]))
