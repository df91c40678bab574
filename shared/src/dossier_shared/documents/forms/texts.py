"""The forms' own words (`forms.yaml`), by the day on which they hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from dossier_shared.vocabulary.moments import iso_day
from dossier_shared.vocabulary.yaml import read


class Version(NamedTuple):
    """`forms`: by kind, the words of the form with those common to all."""

    in_force: date
    act: str
    forms: Mapping[str, Mapping[str, Any]]


def words_on(kind: str, day: date) -> Mapping[str, Any]:
    """Of the version in force that day, with `act`; before the first, the first."""
    version = next((one for one in reversed(versions()) if one.in_force <= day), versions()[0])
    return {**version.forms[kind], "act": version.act}


@cache
def versions() -> tuple[Version, ...]:
    """Each as a whole, the oldest first."""
    source: Any = read(files(__package__).joinpath("forms.yaml").read_bytes()).data
    common: dict[str, Any] = {}
    own: dict[str, dict[str, Any]] = {}
    made = []
    for one in source["versions"]:
        common |= one.get("common", {})
        for kind, said in one["forms"].items():
            own[kind] = {**own.get(kind, {}), **said}
        made.append(
            Version(iso_day(one["in_force"]), one["act"], {kind: {**common, **said} for kind, said in own.items()})
        )
    return tuple(made)
