"""More assurance than a sign-in has: what is refused without it, and the way on (RFC 9470)."""

from __future__ import annotations

from typing import Any, Final

from dossier_shared.http.root import own_url
from dossier_shared.problems import Unauthorised

CODE: Final = "step-up-required"
FRESH: Final = 300  # seconds: who has proved it longer ago proves it again


class StepUpRequired(Unauthorised):
    """`level`: what is needed; proved within so many seconds. A program asks its issuer for a token with `acr_values`; a browser
    goes where `sign_in` leads."""

    def __init__(self, level: int, within: int = FRESH) -> None:
        super().__init__(
            CODE,
            f"Thủ tục này cần tài khoản định danh mức {level}. Hãy đăng nhập lại bằng tài khoản mức {level}, hoặc nộp tại quầy.",
            f"This procedure needs an account of assurance level {level}. Sign in again with one, or file at a counter.",
        )
        self.level = level
        error = f'error="insufficient_user_authentication", acr_values="{level}", max_age="{within}"'
        self.headers = {"www-authenticate": f'Bearer realm="dossier", {error}'}

    def body(self, request_id: str | None = None) -> dict[str, Any]:
        return super().body(request_id) | {
            "acr_values": str(self.level),
            "sign_in": own_url(f"/sign-in?acr={self.level}"),
        }
