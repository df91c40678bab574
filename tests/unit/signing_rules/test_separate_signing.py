"""Whoever decided may sign, unless the procedure wants another leader: then it is refused, and not offered."""

from __future__ import annotations

from datetime import date
from typing import Any
from unittest import mock

import pytest

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.publishing import entries
from dossier_shared.contracts.entries import ProcedureEntry
from dossier_shared.contracts.events import ReasonSealed, SentBack
from dossier_shared.contracts.topics import PROCEDURES
from dossier_shared.http.policy import Allow, Context, Deny
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import New
from dossier_shared.pages.work_list import actions_of, permitted
from dossier_shared.runtime.directory import Directory
from dossier_signing.commands import VERBS, World
from dossier_signing.pages.case import case_of
from dossier_signing.pages.work_list import item_of
from dossier_signing.policy import POLICY

from .support import AGENCY, AT, DUE, LEADER, Result

OTHER = Principal("another", frozenset({"leader"}), AGENCY)
SENT_BACK = "send-back"


def world(*, apart: bool = True, known: bool = True, whole: bool = True) -> World:
    directory = Directory()
    if known:
        directory.procedures["1.001193"] = ProcedureEntry(
            code="1.001193", name_vi="Đăng ký khai sinh", name_en="Birth registration", catalogue="1",
            separate_signing=apart,
        )  # fmt: skip
    directory.caught_up = whole
    return World(directory, mock.AsyncMock())


@pytest.mark.parametrize(
    ("known", "may"),
    [
        ({"apart": True}, False), ({"apart": False}, True),
        ({"known": False}, True),  # in no catalogue any more: nobody demands it
        ({"known": False, "whole": False}, False),  # the catalogue has not been read yet
    ],
)  # fmt: skip
def test_who_decided_signs_where_the_procedure_lets_them(known: dict[str, bool], may: bool) -> None:
    state, context = Result().decided(by=LEADER.sub).state, Context(world(**known))
    assert POLICY.may(LEADER, "sign", state, context) is may
    assert POLICY.may(OTHER, "sign", state, context), "another leader always may"
    assert POLICY.may(LEADER, SENT_BACK, state, context), "and who decided may take it back"


def test_a_refusal_says_in_both_languages_who_signs() -> None:
    found = POLICY.decide(LEADER, "sign", Result().decided(by=LEADER.sub).state, Context(world()))
    assert isinstance(found, Deny)
    problem = found.refused()
    assert (problem.code, problem.http_status) == ("decided-by-signer", 403)
    assert "lãnh đạo khác" in problem.vi
    assert "another leader" in problem.en


def test_what_a_rule_decided_or_was_decided_before_this_was_kept_bars_nobody() -> None:
    state = dict(Result().decided().state)
    assert state.pop("decided_by") == ""
    assert POLICY.may(LEADER, "sign", state, Context(world()))


def test_decided_anew_by_another_it_may_be_signed() -> None:
    result = Result().decided(by=LEADER.sub)
    result.records([New(SentBack(), ReasonSealed(reason="Sai ngày sinh."))])
    result.decided(by=OTHER.sub)
    assert POLICY.may(LEADER, "sign", result.state, Context(world()))
    assert not POLICY.may(OTHER, "sign", result.state, Context(world()))


@pytest.mark.parametrize(("who", "offered"), [(LEADER, {SENT_BACK}), (OTHER, {"sign", SENT_BACK})])
def test_lists_and_pages_offer_it_to_who_may(who: Principal, offered: set[str]) -> None:
    dossier, there = Result().decided(by=LEADER.sub).dossier, world()
    decision = POLICY.decide(who, "sign", dossier.state, Context(there))
    item = permitted(who, item_of(dossier, DUE, decision), actions_of(VERBS), there)
    assert set(item.actions or ()) == offered
    told = ("Bạn đã duyệt" in item.state_vi, "You decided" in item.state_en)
    assert told == ((False, False) if isinstance(decision, Allow) else (True, True))
    turn = case_of(dossier, "vi", AT, None, False, decision).turn
    assert ("Bạn đã duyệt" in turn) is (who is LEADER)


def test_the_catalogue_says_it_of_a_procedure() -> None:
    packaged = Catalogue.load_packaged()
    whole = {name: dict(value) for name, value in _procedure(packaged).items()}
    demanding = Catalogue.parse({"procedures": [{**whole["1.001193"], "separate_signing": True}]}, packaged)
    found = entries(demanding, date(2026, 11, 29))[PROCEDURES.name]
    assert {code for code, one in found.items() if getattr(one, "separate_signing", False)} == {"1.001193"}
    assert "separate_signing" not in found["1.000656"].model_dump(exclude_none=True), "unsaid where it is not so"


def _procedure(catalogue: Catalogue) -> dict[str, Any]:
    one = catalogue.known("1.001193", date(2026, 11, 29))
    assert one is not None
    return {"1.001193": one.model_dump(mode="json", exclude_defaults=True)}
