"""A procedure as it may be filed today."""

from __future__ import annotations

from typing import NamedTuple

from dossier_intake.catalogue.model import Channel, Procedure
from dossier_intake.forms.form import Form


class Offer(NamedTuple):
    """One procedure at one agency; `agency` is empty until one is chosen."""

    procedure: Procedure
    agency: str
    form: Form | None
    channels: tuple[Channel, ...]
