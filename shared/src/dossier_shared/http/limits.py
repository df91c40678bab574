"""Bounds on a request's body, checked before anything reads it; and addresses that no honest client sends."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dossier_shared.http.jsonbody import body_encoding, nul_character
from dossier_shared.problems import Problem, ServiceUnavailable

JSON_LIMIT = 2 * 1024 * 1024
TOGETHER = 48 * 1024 * 1024
_BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})


def too_large(limit: int) -> Problem:
    size = f"{limit / 1048576:g} MB"
    return Problem(
        "body-too-large",
        f"Nội dung gửi lên vượt quá {size}.",
        f"The body is larger than {size}.",
        status=413,
    )


def too_busy() -> ServiceUnavailable:
    return ServiceUnavailable(
        "too-busy",
        "Đang có quá nhiều nội dung gửi đến cùng lúc, chưa ghi nhận gì. Hãy gửi lại sau giây lát.",
        "Too much is being sent at once; nothing was recorded. Send it again in a moment.",
    )


class BodyLimit:
    """`prefixes`: path prefix → bytes, the longest match wins over `default`. `streamed`: prefixes of paths whose bodies do not
    stay in memory; of all the others together at most `together` bytes do."""

    def __init__(
        self,
        app: ASGIApp,
        default: int = JSON_LIMIT,
        prefixes: Mapping[str, int] | None = None,
        streamed: Collection[str] = (),
        together: int = TOGETHER,
    ) -> None:
        self.app, self.default, self.streamed, self.together = app, default, tuple(streamed), together
        self.held = 0  # bytes of bodies in memory now
        self.prefixes = tuple(sorted((prefixes or {}).items(), key=lambda pair: -len(pair[0])))

    def limit(self, path: str) -> int:
        for prefix, limit in self.prefixes:
            if path.startswith(prefix):
                return limit
        return self.default

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
            raise nul_character()
        if scope["method"] in _BODILESS:
            await self.app(scope, receive, send)
            return
        limit = self.limit(scope["path"])
        for name, value in scope["headers"]:
            if name == b"content-length" and (not value.isdigit() or len(value) > 15 or int(value) > limit):
                raise too_large(limit)
            if name == b"content-encoding" and value.strip().lower() not in (b"", b"identity"):
                raise body_encoding()
        read, stays = 0, not scope["path"].startswith(self.streamed)

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            if message["type"] == "http.request":
                size = len(message.get("body", b""))
                read += size
                self.held += size if stays else 0
                if read > limit:
                    raise too_large(limit)
                if self.held > self.together:
                    raise too_busy()
            return message

        try:
            await self.app(scope, counted, send)
        finally:
            if stays:
                self.held -= read
