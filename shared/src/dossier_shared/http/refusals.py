"""What the core refuses, told to a client: one row per code, given the refusal's facts. A code of no row says why a service is
closed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from dossier_shared.errors import Refusal
from dossier_shared.problems import (
    Conflict,
    Forbidden,
    IllegalTransition,
    Invalid,
    NotFound,
    Problem,
    ServiceUnavailable,
)

_STANDS = {
    "draft": "chưa nộp",
    "submitted": "chờ tiếp nhận",
    "awaiting_completion": "đang chờ hoàn thiện trước khi tiếp nhận",
    "accepted": "đã tiếp nhận",
    "refused": "không được tiếp nhận",
    "in_review": "đang giải quyết",
    "awaiting_supplement": "đang chờ bổ sung",
    "awaiting_payment": "đang chờ nộp nghĩa vụ tài chính",
    "awaiting_consultation": "đang chờ ý kiến cơ quan khác",
    "approved": "đã phê duyệt",
    "rejected": "không được giải quyết",
    "signed": "đã ký kết quả",
    "delivered": "đã trả kết quả",
    "stopped": "đã dừng giải quyết",
    "withdrawn": "đã rút",
}
ROWS: dict[str, Callable[..., Problem]] = {
    "cannot-be-stored": lambda: Invalid(
        "cannot-be-stored",
        "Hồ sơ không thể chứa thêm nội dung này. Hãy rút gọn rồi gửi lại.",
        "The dossier cannot hold this. Shorten it and try again.",
    ),
    "dead-letter-unavailable": partial(ServiceUnavailable, "dead-letter-unavailable"),
    "dossier-exists": partial(Conflict, "dossier-exists"),
    "dossier-not-found": NotFound,
    "event-too-large": lambda: Invalid(
        "event-too-large",
        "Nội dung quá lớn để ghi vào hồ sơ. Hãy rút gọn rồi gửi lại.",
        "The content is too large to be recorded. Shorten it and try again.",
    ),
    "forbidden": Forbidden,
    "hearing-goes-on": lambda: Conflict(
        "hearing-goes-on",
        "Dịch vụ vẫn đang nghe, không có gì phải bỏ qua. Hãy xem các bản ghi đã để riêng bằng `dossier dead-letters list`.",
        "The service hears, there is nothing to pass over. See what was put aside with `dossier dead-letters list`.",
    ),
    "idempotency-key-reused": lambda: Invalid(
        "idempotency-key-reused",
        "Khóa Idempotency-Key này đã dùng cho một yêu cầu khác. Hãy dùng khóa mới.",
        "This Idempotency-Key was used for another request. Use a new one.",
    ),
    "illegal-transition": lambda state, event: IllegalTransition(
        vi=f"Hồ sơ {_STANDS[state]} nên không thể thực hiện thao tác này. Hãy tải lại để xem trạng thái mới.",
        en=f"The dossier is '{state}'; '{event}' cannot follow. Reload it to see where it stands.",
    ),
    "invalid-place": lambda: Invalid(
        "invalid-place",
        "Trang danh sách không còn đúng. Hãy mở lại danh sách từ đầu.",
        "This is no place in the list. Open the list from its beginning.",
    ),
    "journal-full": lambda limit: Invalid(
        "journal-full",
        f"Hồ sơ có {limit} lần ghi nhận chưa được lưu chuyển. Hãy thử lại sau ít phút.",
        f"The dossier has {limit} events that are not published yet. Try again in a few minutes.",
        status=409,
    ),
    "stale-version": lambda: Conflict(
        "stale-version",
        "Hồ sơ đã thay đổi từ lần xem trước. Hãy tải lại rồi quyết định lại.",
        "The dossier has changed since it was read. Reload it and decide again.",
        status=412,
    ),
    "security-module-away": partial(ServiceUnavailable, "security-module-away"),
    "too-busy": partial(ServiceUnavailable, "too-busy"),
    "write-refused": lambda number=None: ServiceUnavailable(
        "write-refused", en=f"The database refused the write ({number})." if number else None
    ),
}


def told(refusal: Refusal) -> Problem:
    row = ROWS.get(refusal.code, partial(ServiceUnavailable, refusal.code))
    return refusal if isinstance(refusal, Problem) else row(**refusal.facts)
