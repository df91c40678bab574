"""A journal that stays here: messages that belong to no dossier are recorded like others, and published to nobody."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dossier_notify.settings import Settings
from dossier_shared.adapters.mongo import DossierCollection
from dossier_shared.journal.dossier import Dossier, Rules
from dossier_shared.journal.ledger import Ledger
from dossier_shared.runtime.service import Runtime


class Unpublished:
    """What is recorded here goes to no topic."""

    def submit(self, dossiers: Iterable[Dossier]) -> None:
        pass


def unpublished(rules: Rules[Any], kept: DossierCollection, settings: Settings, runtime: Runtime) -> Ledger[Any]:
    """Acts outside by the same lease as the service's own ledger."""
    ledger = Ledger(
        rules, kept, Unpublished(), runtime.clock, claimant=runtime.ledger.claimant, claim_for=settings.claim_for
    )
    ledger.holds = runtime.lease.holds
    return ledger
