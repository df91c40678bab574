"""A save whose answer was lost is told from a change on another device, and one that arrives late from one that is next."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dossier_intake.drafts.draft import Content, Draft, SavedBy, Saving

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def draft(revision: int, by: SavedBy | None = None) -> Draft:
    return Draft("d", "p", "a", revision, NOW, NOW, "c", Content({}), (), by)


@pytest.mark.parametrize(
    ("seen", "saving", "goes_on"),
    [
        ("7", None, True),
        ("7", Saving("other", 1), True),
        ("6", Saving("mine", 4), True),  # the answer to its third was lost
        ("5", Saving("mine", 4), True),  # and to its second
        ("4", Saving("mine", 4), False),  # another saved between
        ("6", Saving("mine", 3), False),  # sent before what is saved, arrived after it
        ("6", Saving("other", 4), False),
        ("6", None, False),
        ("", Saving("mine", 4), False),
        ("²", Saving("mine", 4), False),
    ],
)
def test_only_the_page_that_saved_last_goes_on(seen: str, saving: Saving | None, goes_on: bool) -> None:
    assert draft(7, SavedBy("mine", 3, since=5)).unchanged_since(seen, saving) is goes_on


def test_a_draft_of_before_knows_no_page() -> None:
    assert draft(7).unchanged_since("7", Saving("mine", 1))
    assert not draft(7).unchanged_since("6", Saving("mine", 1))


def test_a_run_of_saves_ends_with_another_s() -> None:
    first = draft(1).saved_by(Saving("mine", 1))
    assert first == SavedBy("mine", 1, since=1)
    assert draft(2, first).saved_by(Saving("mine", 2)) == SavedBy("mine", 2, since=1)
    assert draft(2, first).saved_by(Saving("other", 1)) == SavedBy("other", 1, since=2)
    assert draft(2, first).saved_by(None) is None
