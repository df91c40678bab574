"""A leader lends roles to somebody of the agency for a while, and takes them back. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from dossier_shared.clock import instant
from dossier_shared.contracts.entries import DelegationEntry
from dossier_shared.http.auth import own_agency
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import Forbidden, Invalid
from dossier_shared.runtime.officers import Officers
from dossier_shared.vocabulary.codes import Subject
from dossier_shared.vocabulary.moments import Instant
from dossier_shared.vocabulary.text import Line

LONGEST: Final = timedelta(days=90)
Role = Literal["leader", "specialist", "counter"]


class Delegate(BaseModel):
    """`deputy`: subject of an account of one's own agency. `start`: absent: at once."""

    model_config = ConfigDict(extra="forbid")
    deputy: Subject
    roles: list[Role] = Field(default=["leader"], min_length=1, max_length=3)
    start: Instant | None = None
    end: Instant
    reason: Line


class DelegationView(BaseModel):
    """As on the topic, with names where accounts are listed. `in_force`: now."""

    id: str
    agency: str
    giver: str
    giver_name: str
    deputy: str
    deputy_name: str
    roles: list[str]
    start: str
    end: str
    reason: str
    given_at: str
    in_force: bool


class DelegationsView(BaseModel):
    items: list[DelegationView]


def view(one: DelegationEntry, officers: Officers, now: str) -> DelegationView:
    return DelegationView(
        **one.model_dump(), giver_name=officers.name(one.giver), deputy_name=officers.name(one.deputy),
        in_force=one.in_force(now),
    )  # fmt: skip


def id_of(who: Principal, key: str) -> str:
    """The same for a repeat."""
    return sha256(f"{who.sub}\0{key}".encode()).hexdigest()[:16]


def delegated(id_: str, who: Principal, wish: Delegate, officers: Officers, now: datetime) -> DelegationEntry:
    """Raises Forbidden, Invalid."""
    agency, roles = own_agency(who), sorted(set(wish.roles))
    start = max(wish.start or now, now)
    if not set(roles) <= who.roles - who.lent:
        raise Forbidden(
            "role-not-own",
            "Chỉ uỷ quyền được vai trò của chính mình; việc được uỷ quyền không uỷ quyền tiếp.",
            "Only a role of one's own can be delegated; what was delegated is not passed on.",
        )
    if wish.deputy == who.sub:
        raise Invalid("deputy-oneself", "Không uỷ quyền cho chính mình.", "Nobody stands in for themselves.")
    if not officers.works_at(wish.deputy, agency, start):
        raise Invalid(
            "officer-unknown",
            f"Cơ quan không có cán bộ nào dùng tài khoản {wish.deputy}. Hãy chọn trong danh sách cán bộ.",
            f"The agency has no officer {wish.deputy}. Choose one of its list of officers.",
        )
    if not start < wish.end <= start + LONGEST:
        raise Invalid(
            "delegation-span",
            f"Thời hạn uỷ quyền phải kết thúc sau lúc bắt đầu và trong vòng {LONGEST.days} ngày.",
            f"A delegation must end after it begins, and within {LONGEST.days} days.",
        )
    return DelegationEntry(
        id=id_, agency=agency, giver=who.sub, deputy=wish.deputy, roles=[*roles],
        start=instant(start), end=instant(wish.end), reason=wish.reason, given_at=instant(now),
    )  # fmt: skip
