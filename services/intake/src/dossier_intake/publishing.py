"""The catalogue in force on its topics, for the other services' directory.

What should be there is compared with what is, again and again, and the difference sent: after a publication, a crash in the
midst of one, a broker that was away, another replica that was late. Nobody waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import structlog

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.rules.calendars import WorkCalendar
from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.clock import Clock
from dossier_shared.contracts.entries import AgencyEntry, Entry, OfficeDays, PaperEntry, ProcedureEntry
from dossier_shared.contracts.envelope import Record
from dossier_shared.contracts.topics import AGENCIES, PROCEDURES
from dossier_shared.runtime.directory import Directory
from dossier_shared.vocabulary.moments import VIETNAM

log = structlog.get_logger()
LOOK_EVERY = 1.0  # seconds
SETTLES = 5.0  # seconds until what was sent has come back, before it is sent once more
_AT_ONCE = 500


class DirectoryPublisher:
    """`current` answers the catalogue in force; `directory` is what the topics say, followed live.

    `sender`: of its own, so that a topic that cannot be written disturbs no dossier's events.
    """

    def __init__(
        self, sender: KafkaSender, directory: Directory, current: Callable[[], Catalogue], clock: Clock
    ) -> None:
        self._sender, self._directory, self._current, self._clock = sender, directory, current, clock
        self._known: tuple[str, date, dict[str, dict[str, Entry]]] | None = None
        self._right: tuple[object, int] | None = None  # what was wanted, and the changes heard, when nothing was amiss

    async def run(self) -> None:
        try:
            while True:
                sent = False
                if self._directory.caught_up:
                    try:
                        sent = await self.mend()
                    except Exception as error:
                        log.warning("directory not published", error=repr(error)[:200])
                await asyncio.sleep(SETTLES if sent else LOOK_EVERY)
        finally:
            await self._sender.stop()

    async def mend(self) -> bool:
        """Sends what the topics lack; whether it was anything."""
        wanted, sent = await self._wanted(), False
        if self._right == (wanted, self._directory.changes):
            return False
        there: dict[str, dict[str, Any]] = {
            AGENCIES.name: dict(self._directory.agencies),
            PROCEDURES.name: dict(self._directory.procedures),
        }
        for topic, held in there.items():
            gone = [Record(code.encode(), b"", []) for code in held if code not in wanted[topic]]
            new = [
                Record(code.encode(), entry.model_dump_json(exclude_none=True).encode(), [])
                for code, entry in wanted[topic].items()
                if held.get(code) != entry
            ]
            records = [*gone, *new]
            taken = 0
            for start in range(0, len(records), _AT_ONCE):
                taken += sum(await self._sender.send(topic, records[start : start + _AT_ONCE]))
            if records:
                sent = True
                log.info("directory published", topic=topic, entries=len(new), gone=len(gone), acknowledged=taken)
        self._right = None if sent else (wanted, self._directory.changes)
        return sent

    async def _wanted(self) -> dict[str, dict[str, Entry]]:
        """Procedures by the version in force today, else their newest."""
        catalogue, today = self._current(), self._clock.now().astimezone(VIETNAM).date()
        if self._known is None or self._known[:2] != (catalogue.version, today):
            self._known = (catalogue.version, today, await asyncio.to_thread(entries, catalogue, today))
        return self._known[2]


def entries(catalogue: Catalogue, today: date) -> dict[str, dict[str, Entry]]:
    """By topic and code."""
    days = _office_days(catalogue.calendar, today)
    agencies: dict[str, Entry] = {
        code: AgencyEntry(
            **_open(agency.model_dump(mode="json")),
            above=list(catalogue.above(code)),
            office_days=None if agency.parent else days,
            catalogue=catalogue.version,
        )
        for code, agency in catalogue.agencies.items()
    }
    procedures: dict[str, Entry] = {
        code: ProcedureEntry(
            code=code,
            name_vi=one.name_vi,
            name_en=one.name_en,
            papers=[PaperEntry.model_validate(paper.model_dump()) for paper in one.documents],
            separate_signing=one.separate_signing,
            form=form.schema if (form := catalogue.form(one)) is not None else None,
            catalogue=catalogue.version,
        )
        for code in catalogue.procedures
        if (one := catalogue.known(code, today))
    }
    return {AGENCIES.name: agencies, PROCEDURES.name: procedures}


def _office_days(calendar: WorkCalendar, today: date) -> OfficeDays:
    """Of last year, this and the next: whole years, so that a day's passing changes nothing."""
    since, until = date(today.year - 1, 1, 1), date(today.year + 1, 12, 31)
    days = [since + timedelta(days=n) for n in range((until - since).days + 1)]
    weekend = calendar.rules.weekend
    return OfficeDays(
        weekend=list(weekend),
        off=[day.isoformat() for day in days if day.weekday() not in weekend and not calendar.is_working(day)],
        worked=[day.isoformat() for day in days if calendar.is_compensation(day)],
        since=since.isoformat(),
        until=until.isoformat(),
    )


def _open(agency: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in agency.items() if name in AgencyEntry.model_fields}
