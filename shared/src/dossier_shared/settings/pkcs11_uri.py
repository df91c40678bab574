"""Where a private key is in a hardware security module, or in whatever else speaks PKCS #11: a URI after RFC 7512."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote, unquote_to_bytes

KEY = re.compile(r"^pkcs11:\S+$", re.MULTILINE)
_PATH, _QUERY = {"token", "object", "id"}, {"module-path", "pin-source"}
EXAMPLE = (
    "pkcs11:token=dossier;object=review?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/run/secrets/pin"
)


class TokenKey(NamedTuple):
    """`token` and `label`: as the device calls itself and the key; `id`: instead of the label or beside it. `pin_file` is read
    each time it is needed."""

    module: str
    token: str
    label: str
    id: bytes
    pin_file: str


def read(uri: str) -> TokenKey:
    """Raises ValueError, which says what is missing and never what was given: somebody may have put a PIN there."""
    path, _, query = uri.removeprefix("pkcs11:").partition("?")
    named = dict(_pairs(path, ";", _PATH))
    asked = dict(_pairs(query, "&", _QUERY))
    source = unquote(asked.get("pin-source", ""))
    if not (named.get("token") and (named.get("object") or named.get("id")) and asked.get("module-path") and source):
        raise ValueError(f"a PKCS #11 URI needs token, object or id, module-path and pin-source, as in {EXAMPLE}")
    if not source.startswith(("file:", "/")):
        raise ValueError("pin-source of a PKCS #11 URI is a file: pin-source=file:/run/secrets/pin")
    return TokenKey(
        unquote(asked["module-path"]), unquote(named["token"]), unquote(named.get("object", "")),
        unquote_to_bytes(named.get("id", "")), source.removeprefix("file://").removeprefix("file:"),
    )  # fmt: skip


def _pairs(text: str, between: str, known: set[str]) -> list[tuple[str, str]]:
    pairs = [(name, value) for name, _, value in (part.partition("=") for part in text.split(between) if part)]
    if unknown := {name for name, _ in pairs} - known:
        raise ValueError(
            f"a PKCS #11 URI here knows {', '.join(sorted(known))}; not {len(unknown)} of what was given "
            "(a PIN is read from a file only)"
        )
    return pairs
