from __future__ import annotations

import copy
from datetime import date
from importlib.resources import files
from typing import Any

import pytest
import yaml

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_shared.problems import Invalid

PACKAGED = Catalogue.load_packaged()
COMMUNES = ("25217", "25220", "25195", "25210", "25326", "26041", "25308", "25309", "25318", "25222", "25432")
OWN: dict[str, Any] = {
    "version": 1,
    "agencies": [
        {"code": "X-1", "name_vi": "Xã Một", "name_en": "One", "level": "commune", "kind": "peoples_committee"}
    ],
    "procedures": [
        {
            "code": "9.000001",
            "name_vi": "Thủ tục thử",
            "name_en": "Trial",
            "field": "Thử",
            "level": "commune",
            "executed_by": [{"agency": "X-1"}],
            "online": "full",
            "deadline": {"amount": 2, "unit": "working_day"},
            "documents": [{"code": "D-1", "name_vi": "Đơn", "kind": "original"}],
            "result": {"name_vi": "Giấy", "kind": "certificate"},
            "channels": ["direct", "online"],
            "form": {"type": "object", "properties": {"a": {"type": "string"}}},
        }
    ],
}


def own(*path: Any, value: Any) -> dict[str, Any]:
    """OWN with one value changed."""
    document = copy.deepcopy(OWN)
    node: Any = document
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    return document


def findings(document: Any, base: Catalogue | None = None) -> list[dict[str, Any]]:
    with pytest.raises(Invalid) as refused:
        Catalogue.parse(document, base)
    assert refused.value.code == "catalogue-invalid"
    assert refused.value.errors
    return refused.value.errors


def test_the_starting_catalogue_serves_eleven_communes() -> None:
    assert len(PACKAGED.procedures) == 20
    communes = {f"X-H19-{commune}" for commune in COMMUNES}
    assert communes < PACKAGED.subtree("H19")
    for versions in PACKAGED.procedures.values():
        procedure = versions[0]
        if procedure.level == "commune":
            police = "Công an" in procedure.agency_vi[0]
            assert {f"{commune}-CA" if police else commune for commune in communes} <= PACKAGED.agencies_of(procedure)
    online = [versions[0] for versions in PACKAGED.procedures.values() if versions[0].offers("online")]
    assert len(online) == 18
    assert all(procedure.form for procedure in online)


def test_every_value_keeps_its_grade() -> None:
    data = files("dossier_intake.catalogue") / "data"
    raw = yaml.safe_load((data / "procedures.yaml").read_text("utf-8"))
    for entry in raw["procedures"]:
        procedure = PACKAGED.procedure(entry["code"])
        assert procedure.confidence == entry["confidence"]
        assert procedure.confidence_overrides == entry["confidence_overrides"]
        assert procedure.source["crawled"] == "2026-07-18"
        for ours in ("executed_by", "straight_through", "messages"):
            assert procedure.confidence_overrides[ours].startswith("assumed")
        for paper in procedure.documents:
            if paper.answered_by_form:
                grade = procedure.confidence_overrides[f"documents[{paper.code.split('-', 1)[1]}].answered_by_form"]
                assert grade.startswith("assumed")


def test_the_lodging_notice_runs_straight_through_to_a_register() -> None:
    notice = PACKAGED.procedure("2.001159")
    assert notice.straight_through
    assert notice.registry_entry
    assert notice.messages == ()
    assert notice.demanded("online") == ()
    others = [versions[0] for versions in PACKAGED.procedures.values() if versions[0].code != "2.001159"]
    assert not any(procedure.straight_through or procedure.registry_entry for procedure in others)
    assert all(procedure.messages == ("refused", "result") for procedure in others)


def test_police_stand_under_the_ministry() -> None:
    assert "X-H19-25217-CA" not in PACKAGED.subtree("H19")
    assert "X-H19-25217-CA" in PACKAGED.subtree("G01")
    assert PACKAGED.subtree("X-H19-25220") == {"X-H19-25220", "X-H19-25220-PVHCC"}
    assert PACKAGED.subtree("nowhere") == frozenset()


@pytest.mark.parametrize(
    ("code", "agency", "channel", "problem"),
    [
        ("9.999999", "X-H19-25217", "online", "procedure-unknown"),
        ("1.001193", "X-none", "online", "agency-unknown"),
        ("1.001193", "X-H19-25217-CA", "online", "agency-not-competent"),
        ("1.004222", "X-H19-25217", "online", "agency-not-competent"),
        ("1.001193", "H19", "online", "agency-not-competent"),
        ("2.000815", "X-H19-25217", "online", "procedure-not-online"),
        ("2.000986", "X-H19-25217", "online", "procedure-not-online"),
        ("1.004222", "X-H19-25217-CA", "postal", "channel-not-offered"),
        ("1.001193", "X-H19-25217", "pigeon", "channel-not-offered"),
    ],
)
def test_what_cannot_be_filed(code: str, agency: str, channel: str, problem: str) -> None:
    with pytest.raises(Invalid) as refused:
        PACKAGED.fileable(code, agency, channel)
    assert refused.value.code == problem
    assert refused.value.http_status == 422


def test_what_can_be_filed() -> None:
    assert PACKAGED.fileable("1.001193", "X-H19-25217", "online").code == "1.001193"
    assert PACKAGED.fileable("2.000815", "X-H19-25217", "direct").code == "2.000815"
    assert PACKAGED.fileable("3.000347", "000.00.34.H19", "online").code == "3.000347"
    assert PACKAGED.fileable("1.115241", "H19.151.11", "postal").code == "1.115241"


def test_a_document_goes_out_and_comes_back_the_same() -> None:
    again = Catalogue.parse(PACKAGED.document())
    assert again.version == PACKAGED.version
    assert again.document() == PACKAGED.document()
    assert Catalogue.parse(PACKAGED.text).text == PACKAGED.text
    text = yaml.safe_dump(OWN, allow_unicode=True)
    assert Catalogue.parse(text).version == Catalogue.parse(OWN).version
    assert Catalogue.parse(own("procedures", 0, "deadline", "amount", value=3)).version != Catalogue.parse(OWN).version


def test_an_agencys_own_entries_on_top_of_the_starting_ones() -> None:
    changed = copy.deepcopy(PACKAGED.document())
    birth = next(entry for entry in changed["procedures"] if entry["code"] == "1.001193")
    birth["deadline"]["amount"] = 2
    mine = {**OWN, "procedures": [*OWN["procedures"], birth]}
    both = Catalogue.parse(mine, base=PACKAGED)
    assert len(both.procedures) == 21
    assert len(both.agencies) == len(PACKAGED.agencies) + 1
    assert both.procedure("1.001193").deadline.amount == 2
    assert PACKAGED.procedure("1.001193").deadline.amount == 1
    assert findings({**mine, "agencies": "none"}, base=PACKAGED)


def test_a_dossier_keeps_the_version_of_its_day() -> None:
    document = copy.deepcopy(OWN)
    old = document["procedures"][0]
    old["valid_until"] = date(2026, 6, 30)
    document["procedures"].append(
        {**copy.deepcopy(old), "valid_from": "2026-07-01", "valid_until": None, "online": "info"}
    )
    catalogue = Catalogue.parse(document)
    assert catalogue.procedure("9.000001").online == "info"
    assert catalogue.procedure("9.000001", date(2026, 6, 30)).online == "full"
    assert catalogue.procedure("9.000001", date(2026, 7, 1)).online == "info"
    document["procedures"][1]["valid_from"] = "2026-08-01"
    with pytest.raises(Invalid, match="procedure-not-in-force"):
        Catalogue.parse(document).procedure("9.000001", date(2026, 7, 1))


PROCEDURE = ("procedures", 0)


@pytest.mark.parametrize(
    ("document", "path", "code"),
    [
        (own("extra", value=1), "/extra", "extra-forbidden"),
        (own("version", value=2), "/version", "literal-error"),
        (own("agencies", value={}), "/agencies", "tuple-type"),
        (own("agencies", 0, "parent", value="X-2"), "/agencies/0/parent", "unknown-agency"),
        (own("agencies", 0, "parent", value="X-1"), "/agencies/0/parent", "cycle"),
        (own("agencies", value=OWN["agencies"] * 2), "/agencies/1", "repeated"),
        (own(*PROCEDURE, "code", value=9.000001), "/procedures/0/code", "string-type"),
        (own(*PROCEDURE, "code", value="../x"), "/procedures/0/code", "string-pattern-mismatch"),
        (own("procedures", value=OWN["procedures"] * 2), "/procedures/1", "repeated"),
        (own(*PROCEDURE, "deadline", "amount", value=0), "/procedures/0/deadline/amount", "greater-than"),
        (own(*PROCEDURE, "deadline", "unit", value="week"), "/procedures/0/deadline/unit", "literal-error"),
        (own(*PROCEDURE, "executed_by", value=[{"agency": "X-2"}]), "/procedures/0/executed_by/0", "unknown-agency"),
        (own(*PROCEDURE, "executed_by", value=[]), "/procedures/0/executed_by", "too-short"),
        (own(*PROCEDURE, "executed_by", value=[{"level": "commune"}]), "/procedures/0/executed_by/0", "executor"),
        (
            own(*PROCEDURE, "documents", value=OWN["procedures"][0]["documents"] * 2),
            "/procedures/0/documents/1",
            "repeated",
        ),
        (own(*PROCEDURE, "form", value={"type": "objekt"}), "/procedures/0/form", "schema"),
        (own(*PROCEDURE, "valid_from", value="soon"), "/procedures/0/valid_from", "day-invalid"),
        (own("calendar", value={"cut_off": "23:00"}), "/calendar", "calendar"),
    ],
)
def test_findings_say_where_and_what(document: dict[str, Any], path: str, code: str) -> None:
    found = findings(document)
    assert (path, code) in [(one["path"], one["code"]) for one in found]
    assert all(one["message"]["vi"] and one["message"]["en"] for one in found)


def test_a_finding_names_the_procedure_in_both_languages() -> None:
    (one,) = findings(own(*PROCEDURE, "online", value="maybe"))
    assert one["message"] == {
        "vi": "9.000001, online: không thuộc các giá trị cho phép.",
        "en": "9.000001, online: is not one of the allowed values.",
    }


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "yaml"),
        ("- 1", "yaml"),
        ("a: [", "yaml"),
        ("a: &x 1\nb: *x", "alias"),
        ("a: !!python/object/apply:os.system ['true']", "tag"),
        ("[" * 5000, "too-deep"),
        ('{"a":' * 5000, "too-deep"),
        ("{a: " * 41 + "1" + "}" * 41, "too-deep"),
        ("a: 2026-99-99", "extra-forbidden"),
        (b"\xff\xfe\x00", "not-utf8"),
        ("\x00", "text-not-allowed"),
        ("x" * (5 * 1024 * 1024 + 1), "too-large"),
    ],
)
def test_text_that_is_no_catalogue(text: str | bytes, code: str) -> None:
    assert findings(text)[0]["code"] == code


@pytest.mark.parametrize(
    ("paper", "online", "direct"),
    [
        ({}, True, True),
        ({"required": False}, False, False),
        ({"present_only": True}, False, False),
        ({"reusable_from": "population_db"}, False, False),
        ({"reusable_from": "results_repository"}, True, True),
        ({"only_channels": ["direct"]}, False, True),
        ({"only_channels": ["online"]}, True, False),
        ({"kind": "electronic"}, False, True),
        ({"answered_by_form": True}, False, True),
    ],
)
def test_which_papers_must_come_as_files(paper: dict[str, Any], online: bool, direct: bool) -> None:
    document = own(*PROCEDURE, "documents", 0, value={**OWN["procedures"][0]["documents"][0], **paper})
    procedure = Catalogue.parse(document).procedure("9.000001")
    assert bool(procedure.demanded("online")) is online
    assert bool(procedure.demanded("direct")) is direct


def test_information_only_wins_over_the_list_of_channels() -> None:
    procedure = Catalogue.parse(own(*PROCEDURE, "online", value="info")).procedure("9.000001")
    assert procedure.channels == ("direct", "online")
    assert not procedure.offers("online")
    assert procedure.offers("direct")
