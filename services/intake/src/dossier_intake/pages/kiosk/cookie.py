"""The cookie by which a browser says that many people use it. The code that ends that is its keeper's alone."""

from __future__ import annotations

import hmac
import re
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final, NamedTuple

from dossier_shared.http.sessions.cookies import all_cookies

SHORTEST, LONGEST = 6, 40  # characters of a code
MINUTES: Final = (3, 5, 10, 20)  # that may be chosen
LASTS: Final = 400 * 24 * 3600  # seconds: browsers keep none for longer; the page everybody begins with renews it
_NAME: Final = "dossier-kiosk"
_NAMES: Final = (f"__Host-{_NAME}", _NAME)
_VALUE: Final = re.compile(r"([0-9]{1,2})\.([A-Za-z0-9_-]{16})\.([0-9a-f]{64})")


class Setting(NamedTuple):
    """`proof`: of the code that ends it, by the service's own key, so that who reads the cookie cannot try codes elsewhere."""

    minutes: int
    salt: str
    proof: str

    def __str__(self) -> str:
        return f"{self.minutes}.{self.salt}.{self.proof}"


def name_of_cookie(*, secure: bool) -> str:
    return _NAMES[0] if secure else _NAMES[1]


def new_setting(key: bytes, code: str, minutes: int) -> Setting:
    salt = token_urlsafe(12)
    return Setting(minutes, salt, _proof(key, salt, code))


def opens(setting: Setting, key: bytes, code: str) -> bool:
    return hmac.compare_digest(setting.proof, _proof(key, setting.salt, code))


def setting_of(cookie: bytes | None) -> Setting | None:
    """What is written otherwise is none: a machine is never locked by a cookie nobody's form has set."""
    if not cookie or _NAME.encode() not in cookie:
        return None
    for name, value in all_cookies(cookie):
        if name in _NAMES and (found := _VALUE.fullmatch(value)) and int(found[1]) in MINUTES:
            return Setting(int(found[1]), found[2], found[3])
    return None


def _proof(key: bytes, salt: str, code: str) -> str:
    return hmac.new(key, f"kiosk:{salt}:{code.strip()}".encode(), sha256).hexdigest()
