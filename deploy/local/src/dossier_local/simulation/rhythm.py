"""When things happen: the hours of a week, how long a stage takes, working time. From figures.yaml; nothing measured here."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import yaml

Quantiles = tuple[Sequence[float], Sequence[float]]  # levels, values


@lru_cache(maxsize=1)
def figures() -> dict[str, Any]:
    text = (files("dossier_local.simulation") / "figures.yaml").read_text("utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def sample(quantiles: Quantiles, at: float) -> float:
    """The inverse of a distribution known by quantiles, linear in between; `at` in [0, 1)."""
    levels, values = quantiles
    upper = min(bisect_right(levels, at), len(levels) - 1)
    low, high = levels[upper - 1], levels[upper]
    return values[upper - 1] + (values[upper] - values[upper - 1]) * (at - low) / (high - low)


@dataclass(frozen=True)
class Office:
    """Working time of an office, Monday to Friday, on its own clock."""

    zone: ZoneInfo
    spans: tuple[tuple[time, time], ...]

    @classmethod
    def usual(cls) -> Office:
        assumed = figures()["assumed"]
        spans = tuple((time.fromisoformat(a), time.fromisoformat(b)) for a, b in assumed["working_hours"])
        return cls(ZoneInfo(assumed["zone"]), spans)

    @property
    def day(self) -> timedelta:
        """Working time in a working day."""
        some = date(2026, 1, 1)
        return sum((datetime.combine(some, b) - datetime.combine(some, a) for a, b in self.spans), timedelta())

    def after(self, start: datetime, work: timedelta) -> datetime:
        """The moment at which `work` of working time has passed since `start`; at the earliest the next working moment."""
        here = start.astimezone(self.zone)
        while True:
            if here.weekday() < 5:
                for opens, closes in self.spans:
                    begins = max(here, self._at(here, opens))
                    left = self._at(here, closes) - begins
                    if left > timedelta(0):
                        if work <= left:
                            return begins + work
                        work -= left
            here = datetime.combine(here.date() + timedelta(days=1), time(0), self.zone)

    def next_ceremony(self, after: datetime) -> datetime:
        """When leaders next sign, at or after this moment."""
        return self._next("ceremonies", after)

    def next_round(self, after: datetime) -> datetime:
        """When leaders next assign cases, at or after this moment."""
        return self._next("rounds", after)

    def _next(self, what: str, after: datetime) -> datetime:
        here = after.astimezone(self.zone)
        hours = [time.fromisoformat(text) for text in figures()["assumed"][what]]
        while True:
            if here.weekday() < 5:
                for hour in hours:
                    if (at := self._at(here, hour)) >= here:
                        return at
            here = datetime.combine(here.date() + timedelta(days=1), time(0), self.zone)

    def _at(self, day: datetime, hour: time) -> datetime:
        return datetime.combine(day.date(), hour, self.zone)


def limit_of(deadline: dict[str, Any], office: Office) -> timedelta:
    """A procedure's time limit as working time."""
    amount = float(deadline["amount"])
    if deadline["unit"] == "hour":
        return timedelta(hours=amount)
    return office.day * (amount * 5 / 7 if deadline["unit"] == "calendar_day" else amount)


def arrivals(number: int, first_day: date, weeks: int, office: Office, rng: random.Random) -> list[datetime]:
    """Moments of filing over whole weeks, in order, in the rhythm of the register."""
    hours: list[list[int]] = figures()["register"]["hours"]
    cells = [(day, hour) for day in range(7) for hour in range(24)]
    weights = [hours[day][hour] for day, hour in cells]
    found = []
    for day, hour in rng.choices(cells, weights, k=number):
        start = datetime.combine(first_day + timedelta(days=day + 7 * rng.randrange(weeks)), time(hour), office.zone)
        found.append(start + timedelta(seconds=rng.randrange(3600), milliseconds=rng.randrange(1000)))
    return sorted(found)


def took(stage: str, limit: timedelta, rng: random.Random) -> timedelta:
    """Working time a stage takes, for a procedure with this limit."""
    register = figures()["register"]
    share = sample((register["levels"], register["share_of_limit"][stage]), rng.random())
    least = timedelta(minutes=register["median_minutes"][stage] * (0.5 + rng.random()))
    return least + limit * share


def acceptance(rng: random.Random) -> timedelta:
    """Working time until the counter answers."""
    return _hours("acceptance_hours", rng)


def awaited(rng: random.Random) -> timedelta:
    """Working time until the citizen, or the other agency, answers."""
    return _hours("awaited_hours", rng)


def fetched(rng: random.Random) -> timedelta:
    """Working time until somebody comes for a result."""
    return _hours("fetched_hours", rng)


def _hours(what: str, rng: random.Random) -> timedelta:
    spread = figures()["assumed"][what]
    return timedelta(hours=sample((spread["levels"], spread["values"]), rng.random()))
