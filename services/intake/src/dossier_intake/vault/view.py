"""What stands in a vault, as it is answered. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.papers.listing import FiledPaper
from dossier_intake.papers.view import paper_name
from dossier_intake.registers.ports import HeldResult
from dossier_intake.state import State, filed_for_another
from dossier_shared.http.paging import Paged
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import Dossier


class OwnPaper(BaseModel):
    """One file, however often it was handed in. `name`: of the paper it came as last; `at`: when. `reusable`: the account brought
    it itself, so that a filing may name it again by `sha256`. `dossier`, `n`: where it can be read."""

    sha256: str
    code: str
    name: str
    file_name: str
    type: str
    size: int
    at: str
    dossier: str
    n: int
    handed_in: list[str]
    reusable: bool


class OwnResult(BaseModel):
    """Signed for the person. `sha256`: of the document; missing: an entry in a register. `href`: where signing has it."""

    dossier: str
    code: str
    name: str
    number: str
    issued_by: str
    at: str
    sha256: str | None = None
    href: str | None = None


class RepositoryResult(HeldResult):
    """Of another office. `valid`: today."""

    valid: bool


class Repository(BaseModel):
    """`not-asked`: unless it is wished for, or there is none."""

    outcome: Literal["found", "not-found", "unavailable", "not-asked"]
    results: list[RepositoryResult]


class Vault(Paged):
    """`papers` and `results` of one page of the person's dossiers, the newest first."""

    papers: list[OwnPaper]
    results: list[OwnResult]
    repository: Repository


def of_oneself(who: Principal, state: State) -> bool:
    """About the reader: not what they filed for somebody else."""
    if state.get("person") is not None:
        return state["person"] == who.person
    return bool(state.get("owner")) and state["owner"] == who.sub and not filed_for_another(state)


def own_papers(
    filed: Iterable[tuple[Dossier[State], list[FiledPaper]]], brought: Collection[str], catalogue: Catalogue
) -> list[dict[str, Any]]:
    """`filed`: the newest dossier first. `brought`: hashes of what the account itself uploaded."""
    found: dict[str, dict[str, Any]] = {}
    for dossier, papers in filed:
        for paper in papers:
            code = dossier.state["code"]
            if (known := found.get(paper.id)) is not None:
                known["handed_in"] += [code] if code not in known["handed_in"] else []
                continue
            found[paper.id] = {
                "sha256": paper.id, "code": paper.code, "file_name": paper.name, "type": paper.type, "size": paper.size,
                "name": paper_name(catalogue, dossier.state["procedure"], paper.code), "at": paper.at,
                "dossier": dossier.id, "n": paper.n, "handed_in": [code], "reusable": paper.id in brought,
            }  # fmt: skip
    return list(found.values())


def own_result(dossier: Dossier[State], catalogue: Catalogue, signing: str | None) -> dict[str, Any] | None:
    """None: nothing is signed, or the person was refused."""
    state = dossier.state
    if "result_number" not in state or state.get("outcome") == "rejected":
        return None
    versions = catalogue.procedures.get(state["procedure"], ())
    view: dict[str, Any] = {
        "dossier": dossier.id, "code": state["code"], "number": state["result_number"],
        "name": versions[0].result.name_vi if versions else state["procedure_name"],
        "issued_by": state["agency_name"], "at": state["signed_at"],
    }  # fmt: skip
    if file := state.get("result_file"):
        view["sha256"] = file
        if signing:
            view["href"] = f"{signing}/api/v1/dossiers/{dossier.id}/result"
    return view


def of_repository(outcome: str, held: Iterable[HeldResult], day: date) -> Mapping[str, Any]:
    results = [{**one.model_dump(mode="json", exclude_none=True), "valid": one.valid_on(day)} for one in held]
    return {"outcome": outcome, "results": results}
