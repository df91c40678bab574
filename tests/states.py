"""A state is never edited in place: `state_changes` finds what a write has to store by identity.

While `watched()` is open, a step that changes the state it was given, instead of making a new one, fails its test.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson
import pytest

from dossier_shared.journal import engine
from dossier_shared.journal.dossier import Dossier
from dossier_shared.journal.steps import Moment, Step


class EditedInPlace(AssertionError):
    pass


def _as_it_is(state: Mapping[str, Any]) -> bytes:
    return orjson.dumps(state, default=repr, option=orjson.OPT_NON_STR_KEYS)


@contextmanager
def watched() -> Iterator[None]:
    attempt = engine._try

    def checked(step: Step, dossier: Dossier, moment: Moment) -> Exception | None:
        state = dossier.state
        before = _as_it_is(state)
        refused = attempt(step, dossier, moment)
        if _as_it_is(state) != before:
            raise EditedInPlace(f"a step edits the state of {dossier.id} in place")
        return refused

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "_try", checked)
        yield
