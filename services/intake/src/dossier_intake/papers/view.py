"""Papers and their openings as they are answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.filing.documents import CONSENT, FREE
from dossier_intake.papers.listing import CameWith, FiledPaper
from dossier_intake.policy import APPLICANT, Reader
from dossier_intake.schemas import SignatureView, signature_view
from dossier_shared.clock import instant
from dossier_shared.http.paging import Paged

How = Literal["preview", "open", "download", "evidence"]
NAMES = {FREE: "Giấy tờ bổ sung", CONSENT: "Giấy đồng ý cho nộp thay"}


class FiledPaperView(BaseModel):
    """`n`: its number in addresses. `code`, `name`: as the procedure has it. `at`, `came_with`: when and with what it came.

    `pages`: of a PDF. `signatures`: good for these bytes; empty: not signed, missing: handed in before they were looked for.
    `signs`: of a signature alone (`.p7s`), the `n` of the paper it is for, whose `signatures` it is told among.
    """

    n: int
    code: str
    name: str
    file_name: str
    type: str
    size: int
    sha256: str
    at: str
    came_with: CameWith
    pages: int | None = None
    signatures: list[SignatureView] | None = None
    signs: int | None = None


class FiledPaperList(BaseModel):
    items: list[FiledPaperView]


class OpeningView(BaseModel):
    """`n`: of the paper; `how`: a picture of a page, the file, or the file to keep; `evidence`: what registers answered (`n` 0).
    `role`: `applicant`, or an officer's.

    `agency`, `agency_name`: the officer's. `sub`: the account, for the agency's leader only. `emergency`: by emergency access.
    """

    n: int
    how: How
    at: str
    role: Literal["applicant", "counter", "specialist", "leader", "admin"]
    agency: str | None = None
    agency_name: str | None = None
    sub: str | None = None
    emergency: bool | None = None


class OpeningList(Paged):
    items: list[OpeningView]


def paper_name(catalogue: Catalogue, procedure: str, code: str) -> str:
    return NAMES.get(code) or catalogue.paper_name(procedure, code) or code


def paper_view(paper: FiledPaper, name: str, found: Mapping[str, Any] | None) -> dict[str, Any]:
    """`found`: what was seen in its bytes when it was handed in."""
    view = {
        "n": paper.n, "code": paper.code, "name": name, "file_name": paper.name, "type": paper.type, "size": paper.size,
        "sha256": paper.id, "at": paper.at, "came_with": paper.came_with,
    }  # fmt: skip
    if found is not None:
        view["signatures"] = [signature_view(one) for one in found["signatures"]]
        if found.get("pages"):
            view["pages"] = found["pages"]
    return view


def signed_beside(views: list[dict[str, Any]], signs: Mapping[str, str]) -> list[dict[str, Any]]:
    """`signs`: by the hash of a signature alone, that of its paper. The same paper handed in twice is signed twice."""
    for view in views:
        if (paper := signs.get(view["sha256"])) is None:
            continue
        for other in views:
            if other["sha256"] == paper:
                view.setdefault("signs", other["n"])
                other["signatures"] = [*other.get("signatures", ()), *view["signatures"]]
    return views


def openings_view(openings: Sequence[Mapping[str, Any]], catalogue: Catalogue, reader: Reader) -> list[dict[str, Any]]:
    """A citizen reads for which office a paper was opened, not by whom."""
    return [_opening(one, catalogue, accounts=reader.role != APPLICANT) for one in openings]


def _opening(one: Mapping[str, Any], catalogue: Catalogue, accounts: bool) -> dict[str, Any]:
    view = {"n": one["n"], "how": one["how"], "at": instant(one["at"]), "role": one["role"]}
    if one.get("emergency"):
        view["emergency"] = True
    if one["agency"] is not None:
        known = catalogue.agencies.get(one["agency"])
        view |= {"agency": one["agency"], "agency_name": known.name_vi if known else one["agency"]}
        if accounts:
            view["sub"] = one["sub"]
    return view
