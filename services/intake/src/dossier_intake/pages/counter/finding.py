"""The procedures a counter takes, and the one that is meant: by words without their marks, or by code."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import date

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.catalogue.model import Channel, Procedure
from dossier_intake.pages.sheet.offer import Offer
from dossier_shared.http.auth import own_agency
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import NotFound

CHANNELS: tuple[Channel, ...] = ("direct", "postal")


def counters_of(who: Principal, catalogue: Catalogue) -> tuple[str, ...]:
    """Agencies this officer receives for: the own one, then those that the own centre serves, by name."""
    own = own_agency(who)
    known = catalogue.served_by(own) & catalogue.agencies.keys()
    served = sorted(known - {own}, key=lambda code: plain(catalogue.agencies[code].name_vi))
    return (*((own,) if own in catalogue.agencies else ()), *served)


def offer(who: Principal, catalogue: Catalogue, procedure: str, agency: str, day: date) -> Offer:
    """`agency`: empty for the own one. Raises NotFound for one that is not received for, Invalid for what cannot be filed."""
    served = counters_of(who, catalogue)
    agency = agency or next(iter(served), "")
    if agency not in served:
        raise NotFound(
            "agency-not-served",
            "Quầy này không tiếp nhận cho cơ quan đó. Hãy chọn lại thủ tục.",
            "This counter does not receive for that agency. Choose the procedure again.",
        )
    known = catalogue.procedure(procedure, day)
    channels = tuple(channel for channel in CHANNELS if known.offers(channel))
    found = catalogue.fileable(procedure, agency, channels[0] if channels else CHANNELS[0], day)
    return Offer(found, agency, catalogue.form(found), channels)


def procedures(catalogue: Catalogue, agency: str, day: date) -> list[Procedure]:
    """That one may file with this agency at a counter, by name."""
    found = (catalogue.known(code, day) for code in catalogue.procedures)
    taken = [
        one
        for one in found
        if one is not None
        and one.in_force(day)
        and one.key not in catalogue.spoilt
        and catalogue.executes(agency, one)
        and any(one.offers(channel) for channel in CHANNELS)
    ]
    return sorted(taken, key=lambda one: plain(one.name_vi))


def meant(among: Sequence[Procedure], words: str, recent: Sequence[str]) -> list[Procedure]:
    """Those whose name or code has every word, as it begins: those of late first, then those that say little else."""
    wanted = plain(words).split()
    found = [one for one in among if all(_has(one, word) for word in wanted)]
    order = {code: place for place, code in enumerate(recent)}
    return sorted(found, key=lambda one: (order.get(one.code, len(order)), len(one.name_vi) if wanted else 0))


def _has(procedure: Procedure, word: str) -> bool:
    names = plain(f"{procedure.name_vi} {procedure.name_en} {procedure.field}").split()
    return any(name.startswith(word) for name in names) or word in plain(procedure.code)


def plain(text: str) -> str:
    """`Đăng ký khai sinh` as `dang ky khai sinh`."""
    apart = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
