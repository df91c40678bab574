"""The encrypted form of a sealed part, as journals keep it and topics carry it: text, so that it goes where the clear form went.

`~1.<holder>.<base64: nonce 12, AES-256-GCM of the JSON, tag 16>`; bound by its associated data to `<dossier>:<source>:<seq>`.
The holder names the key (`person_keys.py`). The clear form is JSON, and begins with a brace.

`~2.<holder>.<base64>`: what was recorded in clear and sealed later. The event keeps the digest of its clear bytes, by which
whoever opens the box knows that they are the ones (`envelope.Event.open`); who has no key relies on the signature
(`journal/signatures.py`).
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from typing import Final

import orjson

_MARK: Final = b"~"
_VERSION: Final = b"~1."
_LATER: Final = b"~2."
_IN_RECORD: Final = b',"sealed":"'  # last in a record's value (`envelope.encode`)


def is_box(sealed: bytes) -> bool:
    return sealed.startswith(_MARK)


def pack(holder: str, content: bytes) -> bytes:
    return _packed(_VERSION, holder, content)


def pack_later(holder: str, content: bytes) -> bytes:
    """Of what was in clear."""
    return _packed(_LATER, holder, content)


def _packed(version: bytes, holder: str, content: bytes) -> bytes:
    return b"%b%b.%b" % (version, holder.encode(), b2a_base64(content, newline=False))


def is_later(sealed: bytes) -> bool:
    return sealed.startswith(_LATER)


def later_in(value: bytes) -> bytes:
    """The box of a record's value where it was sealed later; else nothing."""
    at = value.rfind(_IN_RECORD + _LATER)
    return value[at + len(_IN_RECORD) :] if at >= 0 else b""


def unpack(sealed: bytes) -> tuple[str, bytes]:
    """Holder and content. Raises ValueError where it is no box of this version."""
    version, holder, content = sealed.split(b".")
    if version + b"." not in (_VERSION, _LATER) or not holder:
        raise ValueError("encrypted in a way this version does not know")
    return holder.decode(), a2b_base64(content)


def holder_of(sealed: bytes) -> str | None:
    """None: it is in clear, or none of this version's. What is in it is not looked at: every event heard is asked this."""
    if not sealed.startswith((_VERSION, _LATER)):
        return None
    return sealed[len(_VERSION) : max(sealed.find(b".", len(_VERSION)), 0)].decode() or None


def says_in_clear(value: bytes | None) -> bool:
    """Of a record: whether it has a sealed part that anybody reads."""
    try:
        body = orjson.loads(value or b"{}")
    except orjson.JSONDecodeError:
        return False
    sealed = body.get("sealed") if isinstance(body, dict) else None
    return isinstance(sealed, str) and not is_box(sealed.encode())
