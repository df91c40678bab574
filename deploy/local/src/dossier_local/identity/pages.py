"""The issuer's own pages. Each says in both languages that this is development."""

from __future__ import annotations

from html import escape

from starlette.responses import HTMLResponse

_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
_NOTICE = (
    "<p><strong>Đây là hệ thống định danh dùng khi phát triển: không phải tài khoản thật, không nhập mật khẩu thật.</strong></p>"
    '<p lang="en"><strong>This is the issuer of development: no real accounts, never a real password.</strong></p>'
)


def _page(title: str, body: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(
        '<!doctype html><html lang="vi"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)} (development)</title></head>"
        f"<body><main><h1>{escape(title)}</h1>{_NOTICE}{body}</main></body></html>",
        status,
        _HEADERS,
    )


def sign_in_page(action: str, *, failed: bool = False) -> HTMLResponse:
    wrong = '<p role="alert">Sai tên hoặc mật khẩu. / Wrong name or password.</p>' if failed else ""
    return _page(
        "Đăng nhập / Sign in",
        f'{wrong}<form method="post" action="{escape(action)}">'
        '<p><label for="name">Tài khoản / Account</label><br>'
        '<input id="name" name="name" autocomplete="username" required autofocus></p>'
        '<p><label for="password">Mật khẩu / Password</label><br>'
        '<input id="password" name="password" type="password" autocomplete="current-password" required></p>'
        '<p><button type="submit">Đăng nhập / Sign in</button></p></form>',
        401 if failed else 200,
    )


def consent_page(action: str, name: str, client: str) -> HTMLResponse:
    return _page(
        "Đồng ý / Consent",
        f"<p>{escape(name)}: cho <code>{escape(client)}</code> và các dịch vụ cùng hệ thống biết tên, vai trò, cơ quan?</p>"
        f'<p lang="en">May <code>{escape(client)}</code> and its neighbours know your name, roles and agency?</p>'
        f'<form method="post" action="{escape(action)}"><p><button type="submit">Đồng ý / Agree</button></p></form>',
    )


def sign_out_page(action: str) -> HTMLResponse:
    return _page(
        "Đăng xuất / Sign out",
        f'<form method="post" action="{escape(action)}"><p><button type="submit">Đăng xuất / Sign out</button></p></form>',
    )


def refusal_page(vi: str, en: str, status: int = 400) -> HTMLResponse:
    return _page("Chưa thực hiện được / Not done", f'<p>{escape(vi)}</p><p lang="en">{escape(en)}</p>', status)
