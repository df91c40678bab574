"""What a device shows of a dossier: its code, one short sentence, and where to read more. Pure.

It may be read over somebody's shoulder on a locked screen: no name, no procedure, and of a result not whether it is a good one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from dossier_shared.contracts.envelope import Event

Lang = Literal["vi", "en"]
Moment = Literal["helped", "accepted", "completion", "refused", "result", "consent-ended"]

TITLE: Final[dict[Lang, str]] = {"vi": "Hồ sơ {code}", "en": "Dossier {code}"}
TEXTS: Final[dict[Moment, dict[Lang, str]]] = {
    "helped": {
        "vi": "Có người nộp thay bạn hồ sơ này. Mở ra để xem ai nộp, hoặc rút lại sự đồng ý.",
        "en": "Somebody has filed this for you. Open it to see who, or to take your consent back.",
    },
    "accepted": {
        "vi": "Hồ sơ đã được tiếp nhận. Mở ra để xem ngày hẹn trả kết quả.",
        "en": "It has been accepted. Open it to see when the result is due.",
    },
    "completion": {
        "vi": "Hồ sơ còn thiếu, cần bạn gửi thêm. Mở ra để xem cần gì và hạn gửi.",
        "en": "Something is missing. Open it to see what to send, and until when.",
    },
    "refused": {
        "vi": "Hồ sơ chưa được tiếp nhận. Mở ra để xem lý do và cách làm tiếp.",
        "en": "It was not accepted. Open it to see why, and what to do next.",
    },
    "result": {
        "vi": "Hồ sơ đã có kết quả. Mở ra để xem và nhận kết quả.",
        "en": "The result is there. Open it to read and receive it.",
    },
    "consent-ended": {
        "vi": "Người được bạn nộp thay đã rút lại sự đồng ý. Bạn không còn xem được hồ sơ này.",
        "en": "The person you filed it for has taken their consent back. You can no longer see it.",
    },
}
State = Mapping[str, Any]  # a dossier's, as notify sees it
REPEATS: Final[frozenset[Moment]] = frozenset({"completion"})  # of one dossier, each time it is asked for


def moment_of(event: Event, state: State) -> Moment | None:
    """What this event, applied by now, lets somebody be told. A result needs both halves, whichever was heard last."""
    if "code" not in state:
        return None
    match event.type:
        case "submitted" if "result" in state:
            return "result"
        case "submitted":
            return "helped" if _helped(state) else None
        case "signed":
            return "result"
        case "accepted":
            return "accepted"
        case "completion-requested":
            return "completion"
        case "refused":
            return "refused"
        case "consent-withdrawn":
            return "consent-ended"
    return None


def recipients(moment: Moment, state: State) -> tuple[str | None, str | None]:
    """Whose devices: of the person it is about, and of an account. Who files for others is told of the end of the consent alone:
    the rest is the person's news, and an office that files hundreds would hear of nothing else."""
    if moment == "consent-ended":
        return None, state["owner"] or None
    return state.get("person"), None if _helped(state) else state["owner"] or None


def _helped(state: State) -> bool:
    """Somebody filed it by the person's leave."""
    wants = state["wants"]
    return "helped" in wants or bool(state.get("consent_until")) or "consent_withdrawn" in state
