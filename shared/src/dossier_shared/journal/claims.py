"""Claims: which process may act outside (send, sign) on a dossier's open intent, and until when.

A claim is part of the write that records the intent. Its holder acts while it is valid. Once it has run out, or the same service
instance has been started again, another process may take it over.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from dossier_shared.clock import instant, parse_instant
from dossier_shared.journal.dossier import Dossier
from dossier_shared.journal.steps import Moment


class Claims:
    """`claimant`: `<service instance>@<life>`. `valid_for`: how long the holder may act before another may take over."""

    def __init__(self, claimant: str, valid_for: timedelta) -> None:
        self.claimant, self.valid_for = claimant, valid_for

    def stamp(self, dossier: Dossier, moment: Moment) -> None:
        """Puts a claim on an intent recorded in this write; takes the claim off where no intent is open any more."""
        intent = dossier.state.get("intent")
        if not intent:
            dossier.claim = None
        elif dossier.claim is None or dossier.claim["reference"] != intent["reference"]:
            dossier.claim = {**self._fields(intent, moment), "since": moment.recorded}
            dossier.claimed_now = True

    def take_over(self, dossier: Dossier, moment: Moment, *, past_lives: bool = True) -> bool:
        """A step's body: claims an open intent if its claim has run out or (`past_lives`) is of an earlier run of it."""
        claim = dossier.claim
        if not dossier.state.get("intent") or claim is None:
            return False
        instance = self.claimant.partition("@")[0]
        past_life = past_lives and claim["by"] != self.claimant and claim["by"].partition("@")[0] == instance
        if not past_life and parse_instant(claim["until"]) > moment.now:
            return False
        known = {name: value for name, value in claim.items() if name != "rests"}  # what was tried stays known
        dossier.claim = {**known, **self._fields(dossier.state["intent"], moment)}
        dossier.touched = True
        return True

    def _fields(self, intent: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
        until = instant(moment.now + self.valid_for)
        return {"by": self.claimant, "until": until, "reference": intent["reference"]}
