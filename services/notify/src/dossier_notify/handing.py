"""A result goes into a hand at the counter: into which hand, and what is recorded of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from dossier_notify.schemas import HandOver
from dossier_notify.state import State
from dossier_shared.contracts.events import Delivered, DeliveredSealed
from dossier_shared.journal.dossier import New
from dossier_shared.problems import Conflict, IllegalTransition, Invalid
from dossier_shared.vocabulary.identity import citizen_id


def hand_over(state: State, wish: HandOver) -> Sequence[New]:
    """Raises what stands against it, with what to do instead."""
    if "delivery" in state:
        raise IllegalTransition(
            "already-delivered",
            "Kết quả này đã được trả, không trả lần nữa.",
            "This result has been delivered; it is not handed over again.",
        )
    if "result" not in state:
        raise IllegalTransition(
            "not-signed-yet",
            "Kết quả chưa được ký. Hãy hẹn người nhận đến khi hồ sơ có kết quả.",
            "The result is not signed yet. Ask them to come again once it is.",
        )
    _demand_papers(wish)
    _demand_applicant(state, wish)
    sealed = DeliveredSealed(
        receiver=wish.receiver,
        id_number=wish.id_number,
        authority=wish.authority,
        signature=wish.signature if wish.signed_on == "screen" else None,
    )
    informed = any(one["kind"] == "result" and one["status"] == "sent" for one in state.get("messages", ()))
    done = Delivered(how="counter", informed=informed, identified_by=wish.identified_by, signed_on=wish.signed_on)
    return [New(done, sealed)]


def _demand_papers(wish: HandOver) -> None:
    if wish.identified_by == "authority" and wish.authority is None:
        raise Invalid(
            "authority-missing",
            "Người nhận thay phải có giấy ủy quyền hoặc giấy giới thiệu. Hãy ghi số và ngày của giấy đó.",
            "Who takes it for somebody else needs a paper of authority. Enter its number and day.",
        )
    if wish.identified_by != "authority" and wish.id_number is None:
        raise Invalid(
            "id-number-missing",
            "Hãy ghi số căn cước hoặc hộ chiếu của người nhận.",
            "Enter the number of the receiver's citizen ID or passport.",
        )
    if wish.identified_by == "citizen_id":
        citizen_id(wish.id_number or "")  # a passport's number is not one
    if wish.signed_on == "screen" and wish.signature is None:
        raise Invalid(
            "signature-missing",
            "Chưa có chữ ký trên màn hình. Hãy ký vào ô, hoặc chọn ký trên giấy.",
            "There is no signature on the screen. Sign in the field, or choose to sign on paper.",
        )


def _demand_applicant(state: State, wish: HandOver) -> None:
    """Where both numbers are known they are one; another's hand needs a paper of authority."""
    known = state.get("citizen_id")
    if wish.identified_by != "citizen_id" or wish.authority is not None or known is None or wish.id_number == known:
        return
    raise Conflict(
        "not-the-applicant",
        "Số căn cước này không phải của người nộp hồ sơ. Người nhận thay phải có giấy ủy quyền: hãy ghi số và ngày của giấy đó.",
        "That citizen ID is not the applicant's. Who takes it for them needs a paper of authority: enter its number and day.",
    )
