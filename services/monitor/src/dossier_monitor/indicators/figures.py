"""From what the database counted to what is shown: shares, medians, targets. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from dossier_monitor.indicators.definitions import INDICATORS, SAVED, Target
from dossier_monitor.indicators.periods import AskedPeriod
from dossier_monitor.projection.measure import Indicator

Row = Mapping[str, Any]


def shares(
    counts: Sequence[Row], overdue: Sequence[Row], asked: AskedPeriod, targets: Mapping[str, Target]
) -> list[dict[str, Any]]:
    """Per indicator {name, hit, of, share, target, series: [{period, hit, of, share}]}."""
    names = [period.name for period in asked.periods()]
    late = overdue_by_period(overdue, names)
    found = []
    for indicator, one in INDICATORS.items():
        hit, of = (_sums(counts, f"{indicator}_{part}") for part in ("hit", "of"))
        series = [_share(name, hit[name], of[name] + (late[name] if one.overdue else 0)) for name in names]
        total = sum(of.values()) + (late[names[-1]] if one.overdue else 0)
        found.append(
            {"name": indicator, "unit": "share", **_number(sum(hit.values()), total)}
            | _judged(one, targets.get(indicator), sum(hit.values()), total)
            | {"series": series}
        )
    return found


def saved(rows: Sequence[Row], asked: AskedPeriod, targets: Mapping[str, Target]) -> dict[str, Any]:
    """{name, median, mean, of, series: [{period, median, mean, of}]}; a share of the time allowed."""
    by_period: dict[str, dict[int, int]] = defaultdict(dict)
    whole: dict[int, int] = defaultdict(int)
    for row in rows:
        by_period[row["period"]][row["saved"]] = row["n"]
        whole[row["saved"]] += row["n"]
    series = [{"period": period.name, **_spread(by_period.get(period.name, {}))} for period in asked.periods()]
    total = _spread(whole)
    target = targets.get(SAVED)
    return {
        "name": SAVED, "unit": "saved", **total, **_target(target),
        "reached": None if target is None or total["median"] is None else total["median"] >= target.value,
        "series": series,
    }  # fmt: skip


def overdue_by_period(rows: Sequence[Row], names: Sequence[str]) -> dict[str, int]:
    """How many stood overdue at each period's end. Names of one kind sort as time does."""
    return {
        name: sum(row["n"] for row in rows if row["period"] <= name and (row["until"] is None or row["until"] > name))
        for name in names
    }


def _sums(rows: Sequence[Row], name: str) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for row in rows:
        found[row["period"]] += row.get(name, 0)
    return found


def _share(period: str, hit: int, of: int) -> dict[str, Any]:
    return {"period": period, **_number(hit, of)}


def _number(hit: int, of: int) -> dict[str, Any]:
    return {"hit": hit, "of": of, "share": hit / of if of else None}


def _judged(one: Indicator, target: Target | None, hit: int, of: int) -> dict[str, Any]:
    reached = None
    if target is not None and of:
        reached = hit / of <= target.value if one.less_is_better else hit / of >= target.value
    return {**_target(target), "reached": reached}


def _target(target: Target | None) -> dict[str, Any]:
    shown = {"value": target.value, "source": target.source, "grade": target.grade} if target else None
    return {"target": shown}


def _spread(numbers: Mapping[int, int]) -> dict[str, Any]:
    """Thousandths, and how many have each; the median is the lower one of two in the middle."""
    count = sum(numbers.values())
    if not count:
        return {"of": 0, "median": None, "mean": None}
    seen = 0
    middle = 0
    for value in sorted(numbers):
        seen += numbers[value]
        if 2 * seen >= count:
            middle = value
            break
    mean = sum(value * n for value, n in numbers.items()) / count
    return {"of": count, "median": middle / 1000, "mean": round(mean / 1000, 4)}
