"""The layer by which every request of such a browser is known, and nothing of any answer is kept by it."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dossier_intake.pages.kiosk.cookie import setting_of
from dossier_shared.http.root import own_url
from dossier_shared.pages.rendering import STATIC_PATH
from dossier_shared.pages.shared_machine import SharedMachine, shared_machine

START, ASK = "/kiosk", "/kiosk/still"
_NO_STORE = (b"cache-control", b"no-store")


class KioskLayer:
    """Outermost: what inner layers say about keeping an answer is overruled."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        setting = setting_of(headers.get(b"cookie")) if scope["type"] == "http" else None
        if setting is None:
            await self.app(scope, receive, send)
            return
        alone = headers.get(b"sec-fetch-dest") == b"document"

        async def respond(message: Message) -> None:
            if message["type"] == "http.response.start" and not scope["path"].startswith(STATIC_PATH):
                kept = [(name, value) for name, value in message["headers"] if name != b"cache-control"]
                page = any(name == b"content-type" and value.startswith(b"text/html") for name, value in kept)
                if alone and not page:  # a paper in a window of its own: no script of ours watches over it
                    kept.append((b"refresh", f"{setting.minutes * 60}; url={own_url(ASK)}".encode()))
                message["headers"] = [*kept, _NO_STORE]
            await send(message)

        said = shared_machine.set(SharedMachine(setting.minutes, own_url(START)))
        try:
            await self.app(scope, receive, respond)
        finally:
            shared_machine.reset(said)
