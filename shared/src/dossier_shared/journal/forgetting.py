"""What a state says of a person, taken out of it; what it says of the work stays. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Personal = Mapping[str, Any]
"""Names of a state's fields, wherever they stand, and what stands there of whom is erased."""


def forget(value: Any, personal: Personal) -> Any:
    """The same object where there is nothing to forget."""
    if isinstance(value, Mapping):
        left = {
            name: personal[name] if name in personal and one is not None else forget(one, personal)
            for name, one in value.items()
        }
        return left if any(left[name] is not one for name, one in value.items()) else value
    if isinstance(value, list):
        kept = [forget(one, personal) for one in value]
        return kept if any(now is not was for now, was in zip(kept, value, strict=True)) else value
    return value


def forgets(personal: Personal) -> Callable[[Any], Any]:
    return lambda state: forget(state, personal)
