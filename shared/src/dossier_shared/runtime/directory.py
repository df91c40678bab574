"""The directory: agencies and procedures as the catalogue in force has them, followed from their topics into memory.

A service starts without it. Until it has been read, and for an agency it does not know, what the dossier's own events say holds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import date
from typing import cast

import structlog

from dossier_shared.adapters.compacted import Followed
from dossier_shared.contracts.entries import CATALOGUED, AgencyEntry, Entry, ProcedureEntry
from dossier_shared.contracts.envelope import RawRecord
from dossier_shared.contracts.topics import AGENCIES, DELEGATIONS, DIRECTORY_TOPICS, EMERGENCIES, OFFICERS
from dossier_shared.journal.dossier import Dossier, S
from dossier_shared.runtime.delegations import Delegations
from dossier_shared.runtime.emergencies import Emergencies
from dossier_shared.runtime.officers import Officers
from dossier_shared.telemetry.metrics_registry import Sample
from dossier_shared.vocabulary.moments import Works, monday_to_friday

log = structlog.get_logger()
OnChange = Callable[[Collection[str]], None]


class Directory:
    """What is known of agencies and procedures. `caught_up`: read to the end once; an agency unknown then is in no catalogue."""

    def __init__(self) -> None:
        self.agencies: dict[str, AgencyEntry] = {}
        self.procedures: dict[str, ProcedureEntry] = {}
        self.officers = Officers()
        self.delegations = Delegations(self.officers)
        self.emergencies = Emergencies()
        self.version: str | None = None  # of the catalogue heard last
        self.caught_up = False
        self.changes = 0  # how many entries have changed, come or gone
        self.on_agencies: list[OnChange] = []  # told which agencies' entries have changed, come or gone

    def samples(self) -> list[Sample]:
        return [((), len(self.agencies))]

    def whole(self) -> None:
        self.caught_up = True

    def agency(self, code: str) -> AgencyEntry | None:
        return self.agencies.get(code)

    def above(self, code: str, told: Sequence[str] = ()) -> Sequence[str]:
        """The agencies above it, the nearest first; for an unknown agency those the events `told`."""
        known = self.agencies.get(code)
        return told if known is None else known.above

    def serves(self, centre: str | None, agency: str | None, received_at: str | None = None) -> bool:
        """Whether `centre` is the one-stop centre of a dossier: it took it in, or takes in and hands over for its `agency`."""
        if centre is None:
            return False
        known = self.agencies.get(centre)
        return centre == received_at or (known is not None and agency in known.serves)

    def works(self, agency: str) -> Works:
        """On which days its offices work: its own, else of the nearest above that says so; Monday to Friday in other years."""
        entries = (self.agencies.get(code) for code in (agency, *self.above(agency)))
        days = next((entry.office_days for entry in entries if entry is not None and entry.office_days), None)
        if days is None:
            return monday_to_friday

        def works(day: date) -> bool:
            text = day.isoformat()
            if not days.since <= text <= days.until:
                return monday_to_friday(day)
            return text in days.worked or (day.weekday() not in days.weekend and text not in days.off)

        return works

    def agency_name(self, code: str, told: str = "", lang: str = "vi") -> str:
        """Its name in force; for an unknown agency the one the events `told`, else its code."""
        known = self.agencies.get(code)
        return (told or code) if known is None else known.name_vi if lang == "vi" else known.name_en

    def procedure_name(self, code: str, told: str = "", lang: str = "vi") -> str:
        """As `agency_name`."""
        known = self.procedures.get(code)
        return (told or code) if known is None else known.name_vi if lang == "vi" else known.name_en

    def named(self, state: S) -> S:
        """A state, or a view of it, with the names its agency and procedure have now."""
        agency, procedure = self.agencies.get(state.get("agency", "")), self.procedures.get(state.get("procedure", ""))
        names = {"agency_name": agency and agency.name_vi, "procedure_name": procedure and procedure.name_vi}
        return cast(S, {**state, **{name: value for name, value in names.items() if value and name in state}})

    def shown(self, dossier: Dossier[S]) -> Dossier[S]:
        """The dossier with the names in force: to be shown, never written."""
        return replace(dossier, state=self.named(dossier.state))

    def unheard_of(self, code: str) -> bool:
        """True where the catalogue in force certainly has no such agency; never before all of it has been read."""
        return self.caught_up and bool(self.agencies) and code not in self.agencies

    def followed(self) -> list[Followed]:
        """Officers, delegations and emergencies each by itself: a deployment of before has no topic of theirs."""
        return [
            Followed(DIRECTORY_TOPICS, self.take, self.whole),
            Followed((OFFICERS,), self.officers.take),
            Followed((DELEGATIONS,), self.delegations.take),
            Followed((EMERGENCIES,), self.emergencies.take),
        ]

    def take(self, records: Sequence[RawRecord]) -> None:
        changed: set[str] = set()
        for record in records:
            code = (record.key or b"").decode("utf-8", "replace")
            try:
                entry = CATALOGUED[record.topic].model_validate_json(record.value) if record.value else None
            except ValueError as error:  # of no shape we know: what stands stays
                log.warning("entry of the directory cannot be read", code=code[:100], error=repr(error)[:200])
                continue
            if self._put(record.topic, code, entry):
                self.changes += 1
                if record.topic == AGENCIES.name:
                    changed.add(code)
        if changed:
            for told in self.on_agencies:
                told(changed)

    def _put(self, topic: str, code: str, entry: Entry | None) -> bool:
        """Whether it says something new."""
        held: dict[str, Entry] = self.agencies if topic == AGENCIES.name else self.procedures  # type: ignore[assignment]
        if entry is None:
            return held.pop(code, None) is not None
        self.version = entry.catalogue
        before, held[code] = held.get(code), entry
        return before != entry
