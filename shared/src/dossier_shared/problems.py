"""What a client did or must do, in two languages: becomes application/problem+json (RFC 9457), never a stack trace.

Rules and handlers raise these with sentences of their own. What the core refuses has none: `http/refusals.py` makes one of these
of it.

Problem
├── Invalid              422  the request is understood and wrong; `errors` says where
├── Unauthorised         401  no token, or one that does not verify
├── Forbidden            403  a good token without the right
├── NotFound             404  nothing of that id is known here (yet)
├── NotReady             409  known, but events that the command needs have not been applied here yet: try again
├── Conflict             409  stale version, key in use
├── IllegalTransition    409  that cannot be done in the dossier's present state
└── ServiceUnavailable   503  nothing half-written: try again
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from dossier_shared.errors import Refusal, Unavailable


class Problem(Refusal):
    """Carries everything RFC 9457 needs; `vi` first, `en` second, both say what to do next."""

    status: ClassVar[int] = 400
    default_code: ClassVar[str] = "bad-request"
    default_vi: ClassVar[str] = "Yêu cầu không hợp lệ."
    default_en: ClassVar[str] = "The request is not valid."
    retry_after: ClassVar[int | None] = None

    def __init__(
        self,
        code: str | None = None,
        vi: str | None = None,
        en: str | None = None,
        *,
        errors: Sequence[dict[str, Any]] = (),
        status: int | None = None,
    ) -> None:
        super().__init__(code or self.default_code)
        self.vi = vi or self.default_vi
        self.en = en or self.default_en
        self.errors = list(errors)
        self.http_status = status or type(self).status

    def __str__(self) -> str:
        return f"{self.code}: {self.en}"

    def body(self, request_id: str | None = None) -> dict[str, Any]:
        """The problem+json document."""
        body: dict[str, Any] = {
            "type": f"urn:dossier:problem:{self.code}",
            "title": self.en,
            "status": self.http_status,
            "code": self.code,
            "detail": self.vi,
            "message": {"vi": self.vi, "en": self.en},
        }
        if self.errors:
            body["errors"] = self.errors
        if request_id:
            body["request_id"] = request_id
        return body


class Invalid(Problem):
    status = 422
    default_code = "invalid"


class Unauthorised(Problem):
    status = 401
    default_code = "token-missing"
    default_vi = "Thiếu mã truy cập. Hãy đăng nhập rồi thử lại."
    default_en = "No access token. Sign in and try again."


class Forbidden(Problem):
    status = 403
    default_code = "forbidden"
    default_vi = "Tài khoản này không có quyền thực hiện thao tác."
    default_en = "This account may not do that."


class NotFound(Problem):
    status = 404
    default_code = "dossier-not-found"
    default_vi = "Chưa có hồ sơ này tại đây. Hãy kiểm tra mã, hoặc thử lại sau giây lát."
    default_en = "No such dossier is known here. Check the code, or try again in a moment."
    retry_after = 1


class NotReady(Problem):
    status = 409
    default_code = "dossier-not-ready"
    default_vi = "Hồ sơ đang được chuyển đến. Hãy thử lại sau giây lát."
    default_en = "The dossier is still on its way here. Try again in a moment."
    retry_after = 1


class Conflict(Problem):
    status = 409
    default_code = "conflict"
    default_vi = "Dữ liệu đã thay đổi. Hãy tải lại rồi thử lại."
    default_en = "The data has changed. Reload and try again."


class IllegalTransition(Problem):
    status = 409
    default_code = "illegal-transition"
    default_vi = "Không thể thực hiện thao tác này ở trạng thái hiện tại của hồ sơ."
    default_en = "That cannot be done in the dossier's present state."


class ServiceUnavailable(Problem, Unavailable):
    status = 503
    default_code = "unavailable"
    default_vi = "Hệ thống tạm thời gián đoạn, chưa ghi nhận gì. Hãy thử lại sau giây lát."
    default_en = "Temporarily unavailable; nothing was recorded. Try again in a moment."
    retry_after = 2
