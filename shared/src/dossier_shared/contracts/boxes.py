"""The encrypted form of a sealed part, as journals keep it and topics carry it: text, so that it goes where the clear form went.

`~1.<holder>.<base64: nonce 12, AES-256-GCM of the JSON, tag 16>`; bound by its associated data to `<dossier>:<source>:<seq>`.
The holder names the key (`person_keys.py`). The clear form is JSON, and begins with a brace.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from typing import Final

_MARK: Final = b"~"
_VERSION: Final = b"~1."


def is_box(sealed: bytes) -> bool:
    return sealed.startswith(_MARK)


def pack(holder: str, content: bytes) -> bytes:
    return b"%b%b.%b" % (_VERSION, holder.encode(), b2a_base64(content, newline=False))


def unpack(sealed: bytes) -> tuple[str, bytes]:
    """Holder and content. Raises ValueError where it is no box of this version."""
    version, holder, content = sealed.split(b".")
    if version + b"." != _VERSION or not holder:
        raise ValueError("encrypted in a way this version does not know")
    return holder.decode(), a2b_base64(content)


def holder_of(sealed: bytes) -> str | None:
    """None: it is in clear, or none of this version's."""
    if not is_box(sealed):
        return None
    try:
        return unpack(sealed)[0]
    except ValueError:
        return None
