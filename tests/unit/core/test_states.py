"""The watch over states (tests/states.py) sees an edit in place, and lets a new state pass."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.states import EditedInPlace

from dossier_shared.journal import engine
from dossier_shared.journal.dossier import Dossier
from dossier_shared.journal.steps import Moment

NOW = Moment(datetime(2026, 1, 5, tzinfo=UTC))


def dossier() -> Dossier:
    return Dossier("one", state={"status": "open", "papers": [{"kind": "a"}]})


def test_an_edit_in_place_is_seen_however_deep() -> None:
    def edit(dossier: Dossier, _moment: Moment) -> None:
        dossier.state["papers"][0]["kind"] = "b"

    with pytest.raises(EditedInPlace):
        engine._try(edit, dossier(), NOW)


def test_a_new_state_passes() -> None:
    def follow(dossier: Dossier, _moment: Moment) -> None:
        dossier.state = {**dossier.state, "status": "closed"}

    assert engine._try(follow, dossier(), NOW) is None
