"""What signing lets one do to a result: sign it, or send it back. Signing answers 202: the signature follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from dossier_shared.clock import instant
from dossier_shared.documents.letterhead import in_force
from dossier_shared.http.tokens import Principal
from dossier_shared.http.verbs import Button, Call, Field, Verb
from dossier_shared.journal.dossier import Dossier, New
from dossier_shared.runtime.directory import Directory
from dossier_signing import handlers
from dossier_signing.documents.previews import GOOD_FOR, Preview, outdated
from dossier_signing.policy import POLICY
from dossier_signing.schemas import SendBack, Sign


class Shows(Protocol):
    async def __call__(self, dossier: str, who: Principal, at: datetime, substitute: bool) -> Preview | None:
        """The document as this leader would sign it; None where it does not wait for them. Raises Problem."""


class World(NamedTuple):
    """What signing reads besides the dossier."""

    directory: Directory
    shows: Shows


async def shown_again(call: Call[World], dossier: str, wish: Sign) -> Preview | None:
    """What would be signed now, to be compared with what the leader says to have seen."""
    if wish.preview is None or wish.preview_at is None:
        return None
    return await call.world.shows(dossier, call.who, wish.preview_at, wish.substitute)


def sign(call: Call[World], result: Dossier, wish: Sign) -> Sequence[New]:
    """What is asked for in a batch is compared when it is made, like everything: the signature is refused there."""
    head = in_force(call.world.directory, result.state.get("agency", ""))
    seen = seen_of(wish, call.at)
    if call.gathered is not None and seen is not None and call.gathered.sha256 != seen.sha256:
        raise outdated()
    return handlers.request_signature(result.id, result.state, call.who, wish.substitute, head, seen, wish.run)


def seen_of(wish: Sign, now: datetime) -> handlers.Seen | None:
    if wish.preview is None or wish.preview_at is None:
        return None
    if not now - GOOD_FOR <= wish.preview_at <= now:
        raise outdated()
    return handlers.Seen(wish.preview, instant(wish.preview_at))


LOOKED_AT = (
    Field("preview", "Mã băm của văn bản đã xem", "Hash of the document seen", hidden=True, optional=True),
    Field("preview_at", "Thời điểm xem", "When it was seen", hidden=True, optional=True),
)

VERBS: tuple[Verb[Any, World], ...] = (
    Verb(
        name="sign", policy=POLICY, body=Sign, records=("signing-requested",), many=True,
        optional=True, status=202, decide=sign, gather=shown_again,
        purpose="Sign it; the signature follows within seconds.",
        buttons=(
            Button(vi="Ký", en="Sign", many=True, tone="primary"),
            Button(vi="Ký, thay ký tự", en="Sign, with code points", name="substitute", body={"substitute": True}),
            Button(
                vi="Ký văn bản này", en="Sign this document", name="sign-seen", fields=LOOKED_AT, listed=False,
                tone="primary",
            ),
            Button(
                vi="Ký văn bản này, thay ký tự", en="Sign this document, with code points", name="substitute-seen",
                body={"substitute": True}, fields=LOOKED_AT, listed=False, tone="primary",
            ),
        ),
    ),
    Verb(
        name="send-back", policy=POLICY, body=SendBack, records=("sent-back",),
        decide=lambda call, result, wish: handlers.send_back(result.state, wish.reason),
        purpose="Do not sign it as it stands: it is appraised again, and comes back once it is decided anew.",
        buttons=(Button(vi="Trả lại", en="Send back", reason="reason", public=False),),
    ),
)  # fmt: skip
