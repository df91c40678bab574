"""The signing keys: one signs, those before it are published until the last token they signed has ended.

Files of the data folder: `key.pem` signs, `key-<second>.pem` has been replaced at that second. So tokens stay good over restarts.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

LONGEST_TOKEN = 30 * 86_400  # seconds
ROTATES_AFTER = 30 * 86_400  # seconds


class Keys:
    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        self._folder, self._now = folder, now
        if not self._path.exists():
            self._make()
        elif now() - self._path.stat().st_mtime > ROTATES_AFTER:
            self.rotate()
        self._load()

    @property
    def _path(self) -> Path:
        return self._folder / "key.pem"

    def sign(self, claims: dict[str, Any], kind: str = "JWT") -> str:
        return jwt.encode({"alg": "RS256", "kid": self._key.kid, "typ": kind}, claims, self._key)

    def read(self, token: str) -> dict[str, Any] | None:
        """The claims of a token of ours, ended or not."""
        try:
            return dict(jwt.decode(token, KeySet([self._key, *self._old]), algorithms=["RS256"]).claims)
        except (JoseError, ValueError):
            return None

    def published(self) -> dict[str, object]:
        return {"keys": [key.as_dict(private=False) for key in (self._key, *self._old)]}

    def rotate(self) -> None:
        """The next token is signed by a new key."""
        self._path.rename(self._folder / f"key-{int(self._now())}.pem")
        self._make()
        self._load()

    def _make(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self._folder / f"key.{os.getpid()}.tmp"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(RSAKey.generate_key(2048).as_pem(private=True))
        fresh.replace(self._path)

    def _load(self) -> None:
        self._key, self._old = _read(self._path), []
        for path in sorted(self._folder.glob("key-*.pem"), reverse=True):
            if self._now() - int(path.stem.removeprefix("key-")) > LONGEST_TOKEN:
                path.unlink()
            else:
                self._old.append(_read(path))


def _read(path: Path) -> RSAKey:
    key = RSAKey.import_key(path.read_bytes(), {"use": "sig", "alg": "RS256"})
    key.ensure_kid()
    return key
