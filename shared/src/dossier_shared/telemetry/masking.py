"""No personal data in logs: by key where the field is known, by shape where it hides in a text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel

MASK = "***"
PHONE_KEYS = frozenset({"phone", "to", "recipient"})
SECRET_KEYS = PHONE_KEYS | {
    "name", "full_name", "citizen_id", "address", "email", "applicant", "sealed", "form", "text", "body", "input",
    "authorization", "cookie", "set-cookie", "dossier_session", "token", "access_token", "password", "secret",
}  # fmt: skip

_PLAIN = (int, float, bool, type(None), date, UUID)
_PERSONAL_NUMBER = re.compile(
    r"(?<![0-9A-Za-z.+-])(?:\d{12}(?![0-9A-Za-z])|(?:\+?84[ .-]?|0)\d(?:[ .-]?\d){7,9}(?![ .-]?[0-9A-Za-z]))"
)
_PYDANTIC_INPUT = re.compile(r"input_value=.*?, input_type=", re.DOTALL)
_DEPTH = 8


def mask(key: str, value: Any, depth: int = 0) -> Any:
    """What may be written of `value` under `key`."""
    key = key.lower()
    if key in SECRET_KEYS:
        return masked_phone(value) if key in PHONE_KEYS and isinstance(value, str) else None if value is None else MASK
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, _PLAIN):
        return value
    if depth >= _DEPTH:
        return MASK
    if isinstance(value, Mapping):
        return {mask_text(str(name)): mask(str(name), item, depth + 1) for name, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [mask(key, item, depth + 1) for item in value]
    if isinstance(value, (bytes, bytearray)):
        return f"<{len(value)} bytes>"
    if isinstance(value, BaseModel):
        return mask(key, dict(value), depth + 1)
    if is_dataclass(value) and not isinstance(value, type):
        return mask(key, {field.name: getattr(value, field.name) for field in fields(value)}, depth + 1)
    return mask_text(str(value))


def mask_text(text: str) -> str:
    """Citizen ids and phone numbers inside any text; a pydantic error's quoted input."""
    if "input_value=" in text:
        text = _PYDANTIC_INPUT.sub(f"input_value={MASK}, input_type=", text)
    return _PERSONAL_NUMBER.sub(lambda found: masked_phone(found[0]), text)


def masked_phone(text: str) -> str:
    """`***678`: enough for a clerk to recognise, not enough to call."""
    digits = [char for char in text if char.isdigit()]
    return MASK + "".join(digits[-3:]) if 9 <= len(digits) <= 11 else MASK


def mask_event(_logger: Any, _method: str, event: Any) -> Any:
    """structlog processor."""
    return {key: mask(key, value) for key, value in event.items()}
