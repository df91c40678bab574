"""How much one account or address may ask for (`http/quotas.py` says of what): the defaults, and what a setting may be."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator

# Far above what a person does, and what programs of ours do in tests, demo and load.
DEFAULTS: Final = {
    "search": "300/minute",
    "uploads": "600/minute",
    "exports": "120/minute",
    "tracking": "240/minute",
    "published": "1200/minute",  # a street, a school or a phone network may be one address
    "failures": "600/minute",
    "streams": "50",
}
_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600}
_FORM = re.compile(r"([1-9][0-9]{0,8})(?:/(second|minute|hour))?")


def rate_of(rate: str) -> tuple[int, int]:
    found = _FORM.fullmatch(rate)
    if found is None:
        raise ValueError(f"must be such as 300/minute, not {rate[:20]!r}")
    return int(found[1]), _SECONDS[found[2] or "minute"]


def _quotas(value: dict[str, str]) -> dict[str, str]:
    for name, rate in value.items():
        if name not in DEFAULTS:
            raise ValueError(f"{name[:20]!r} is not limited: there are {', '.join(DEFAULTS)}")
        rate_of(rate)
        if (name == "streams") == ("/" in rate):
            raise ValueError("streams must be a number, the others a rate such as 300/minute")
    return value


Quotas = Annotated[dict[str, str], AfterValidator(_quotas)]
