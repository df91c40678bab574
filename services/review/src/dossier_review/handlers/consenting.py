"""The person has withdrawn their consent to who filed for them. Review shows that account nothing; signing, which hears no
other service, does, and so it is said on."""

from __future__ import annotations

from collections.abc import Sequence

from dossier_review.state import State
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.events import ConsentEnded
from dossier_shared.journal.dossier import New


def on_consent_withdrawn(_state: State, _event: Event) -> Sequence[New]:
    """Decided or not, over or not: a decision that follows finds it known."""
    return [New(ConsentEnded())]
