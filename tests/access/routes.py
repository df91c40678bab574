"""Every route of a service to one dossier, or one alarm. Found, not listed: a new one is asked like the others."""

from __future__ import annotations

import re
from typing import NamedTuple

from fastapi import FastAPI

from .endpoints import routes_of

OF_A_DOSSIER = ("{dossier_id}", "{code_or_id}", "/timelines/{code}")  # elsewhere {code} is an agency's
OF_AN_ALARM = ("{alarm_id}", "{alarm}")
# What the other parts of a path are, where they must be something.
PARTS = {"{n}": "1", "{page}": "1"}
FORMS = {"intake": "01", "review": "05"}
_PART = re.compile(r"\{[^}]+\}")


class Route(NamedTuple):
    service: str
    method: str
    path: str

    def to(self, id_: str, form: str = "") -> str:
        known = PARTS | {"{form}": form or FORMS.get(self.service, "")}
        return _PART.sub(lambda part: known.get(part[0], id_), self.path)

    @property
    def verb(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def alarm(self) -> bool:
        return any(part in self.path for part in OF_AN_ALARM)


def routes_to_one(service: str, app: FastAPI) -> list[Route]:
    found = (Route(service, method, path) for method, path in routes_of(app))
    return sorted(one for one in found if one.alarm or any(part in one.path for part in OF_A_DOSSIER))


def reads_of_a_dossier(service: str, app: FastAPI) -> list[Route]:
    """In the order of their paths."""
    return [one for one in routes_to_one(service, app) if one.method == "GET" and not one.alarm]
