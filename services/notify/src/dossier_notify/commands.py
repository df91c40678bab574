"""What notify lets one do: hand a result over at the counter."""

from __future__ import annotations

from collections.abc import Sequence

from dossier_notify import handing
from dossier_notify.policy import POLICY
from dossier_notify.schemas import HandOver
from dossier_notify.state import State
from dossier_shared.http.verbs import Button, Call, Field, Verb
from dossier_shared.journal.dossier import Dossier, New
from dossier_shared.runtime.directory import Directory

PAPERS = (
    ("citizen_id", "Căn cước", "Citizen ID"),
    ("passport", "Hộ chiếu", "Passport"),
    ("authority", "Giấy ủy quyền, giấy giới thiệu", "Paper of authority"),
)
SIGNED = (("paper", "Ký trên giấy", "On paper"), ("screen", "Ký trên màn hình", "On the screen"))


def hand_over(call: Call[Directory], dossier: Dossier[State], wish: HandOver) -> Sequence[New]:
    return handing.hand_over(dossier.state, wish)


VERBS: tuple[Verb[HandOver, Directory], ...] = (
    Verb(
        name="hand-over", policy=POLICY, body=HandOver, records=("delivered",), decide=hand_over,
        purpose="The result goes into a hand: whose, by which paper, and signed for on screen or on paper.",
        buttons=(
            Button(
                vi="Trả kết quả", en="Hand over", tone="primary",
                fields=(
                    Field("receiver", "Họ tên người nhận", "Name of who takes it"),
                    Field("identified_by", "Nhận bằng", "Shown", choices=PAPERS),
                    Field("id_number", "Số căn cước hoặc hộ chiếu", "Number of citizen ID or passport"),
                    Field("authority", "Số, ngày giấy ủy quyền (nếu nhận thay)", "Paper of authority, if any", optional=True),
                    Field("signed_on", "Người nhận ký", "They sign", choices=SIGNED),
                    Field("signature", "Chữ ký", "Signature", optional=True, hidden=True),
                ),
            ),
        ),
    ),
)  # fmt: skip
