"""What signing lets one do to a result: one verb. Signing answers 202: the signature follows."""

from __future__ import annotations

from collections.abc import Sequence

from dossier_shared.documents.letterhead import in_force
from dossier_shared.http.verbs import Button, Call, Verb
from dossier_shared.journal.dossier import Dossier, New
from dossier_shared.runtime.directory import Directory
from dossier_signing import handlers
from dossier_signing.schemas import Sign


def sign(call: Call[Directory], result: Dossier, wish: Sign) -> Sequence[New]:
    head = in_force(call.world, result.state.get("agency", ""))
    return handlers.request_signature(result.id, result.state, call.who, wish.substitute, head)


VERBS: tuple[Verb[Sign, Directory], ...] = (
    Verb(
        name="sign", roles=("leader",), body=Sign, records=("signing-requested",), permit=handlers.leaders_own, many=True,
        optional=True, status=202, decide=sign,
        purpose="Sign it; the signature follows within seconds.",
        buttons=(
            Button(vi="Ký", en="Sign", many=True, tone="primary"),
            Button(vi="Ký, thay ký tự", en="Sign, with code points", name="substitute", body={"substitute": True}),
        ),
    ),
)  # fmt: skip
