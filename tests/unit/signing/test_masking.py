"""What is shown of a result to whom: how far it is to who is above, the document to whose it is and the agency's desks."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from dossier_shared.http.policy import Context
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import Dossier
from dossier_shared.pages.rendering import add_package
from dossier_shared.pages.texts import texts
from dossier_signing.pages.work_list import said_of
from dossier_signing.policy import POLICY
from dossier_signing.schemas import result_view

AGENCY, ABOVE, CENTRE, NAME = "H19.1", "H19", "H19.9", "Khuất Ngọc Xuyến"
STATE: Any = {
    "code": "H19.1-20260601-0000001", "status": "signed", "agency": AGENCY, "overseers": [ABOVE], "received_at": CENTRE,
    "owner": "citizen-1", "person": "p-anh", "holder": NAME, "reason": f"Của {NAME}", "procedure": "1.001193",
    "summary": [{"label_vi": "Họ tên", "label_en": "Name", "value": NAME}],
    "agency_name": "UBND xã", "procedure_name": "Khai sinh",
}  # fmt: skip


class Directory:
    def above(self, agency: str, overseers: list[str]) -> list[str]:
        return overseers

    def serves(self, own: str | None, agency: str, received_at: str) -> bool:
        return own == received_at


CONTEXT = Context(SimpleNamespace(directory=Directory()))


def who(role: str, agency: str | None = None, sub: str = "o", person: str | None = None) -> Principal:
    return Principal(sub, frozenset(role.split()), agency, sub, person)


@pytest.mark.parametrize(
    ("reader", "reads", "has_document"),
    [
        (who("leader", AGENCY), True, True),
        (who("specialist", AGENCY), True, True),
        (who("counter", CENTRE), True, True),
        (who("citizen", sub="citizen-1"), True, True),
        (who("citizen", sub="another", person="p-anh"), True, True),
        (who("superior", ABOVE), True, False),
        (who("superior leader", ABOVE), True, False),
        (who("leader", ABOVE), False, False),
        (who("citizen", sub="another"), False, False),
    ],
)
def test_the_document_is_for_whose_it_is_and_the_agencys_desks(
    reader: Principal, reads: bool, has_document: bool
) -> None:
    assert POLICY.may(reader, "read", STATE, CONTEXT) is reads
    assert POLICY.may(reader, "read-result", STATE, CONTEXT) is has_document


def test_the_queue_and_a_result_name_nobody() -> None:
    assert NAME not in str(result_view(Dossier("d-1", state=STATE)))


def test_the_work_list_names_nobody() -> None:
    state: Any = {**STATE, "status": "approved", "stage": "signature"}
    add_package("dossier_signing.pages")
    assert NAME not in said_of(state, texts("vi")) + said_of(state, texts("en"))
