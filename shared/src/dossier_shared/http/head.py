"""HEAD wherever GET answers: the same status and headers, no body."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS_ONLY = "dossier.headers_only"  # in the scope: nobody reads the body


class Head:
    """Outside everything that looks at the method. What streams is told that its reader has left, once its headers are known."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        answered = False

        async def headers_only(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                await send(message)
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        async def leaving() -> Message:
            return {"type": "http.disconnect"} if answered else await receive()

        as_get = {**scope, "method": "GET", HEADERS_ONLY: True}
        try:
            await self.app(as_get, leaving, headers_only)
        finally:
            scope["route"] = as_get.get("route")  # by which it is counted
