"""What one dossier adds to the numbers of its cell and of its officers, at an instant. Pure: the board is the sum of these.

A measure is a name and a number. Parts of a name are joined by `:`.

`stage:<stage>`         in hand              `late:<stage>`          of them late
`wait:<whom>`           for whom or what     `due:<how>`             late apart, how they stand with their deadline
`age:<b>`               open, by age since filing, in bucket b       `stand:<stage>:<b>`  by time in the present stage
`took:<passage>:<b>`    how long a finished passage took             `secs:<passage>`     the same, summed up in seconds
and the totals (`filed`, `accepted`, …) under their own names.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import Final

from dossier_monitor.projection.domain import (
    DUE,
    OPEN_STAGES,
    SECOND,
    SOON_DAYS,
    STAGES,
    WAITS,
    day,
    day_begins,
    decided,
    due_state,
    holder,
    on_time,
    since,
    stage,
    unfinished,
    waits_for,
)
from dossier_monitor.projection.marks import (
    ACCEPTED,
    APPROVED,
    COUNTER,
    DELIVERED,
    LEADER,
    REFUSED,
    REJECTED,
    SIGNED,
    SIGNER,
    SPECIALIST,
    STOPPED,
    SUBMITTED,
    Mark,
)

# upper edges of the buckets, in seconds; the last bucket has none
EDGES: Final = (900, 3600, 4 * 3600, *(days * 86400 for days in (1, 2, 3, 5, 7, 10, 15, 30, 60)))
BUCKETS: Final = len(EDGES) + 1
PASSAGES: Final = ("intake", "appraisal", "approval", "signing", "delivery", "whole")
# what officers are counted by: in hand now, and done so far
DEEDS: Final = ("accepted", "refused", "appraised", "decided", "signed")
OFFICER: Final = ("hand", "hand_late", *DEEDS)  # beside the buckets

_EDGES: Final = tuple(edge * SECOND for edge in EDGES)
_STAGE: Final = {name: f"stage:{name}" for name in STAGES}
_LATE: Final = {name: f"late:{name}" for name in OPEN_STAGES}
_WAIT: Final = {name: f"wait:{name}" for name in WAITS}
_DUE: Final = {name: f"due:{name}" for name in DUE}
_AGE: Final = [f"age:{bucket}" for bucket in range(BUCKETS)]
_STAND: Final = {name: [f"stand:{name}:{bucket}" for bucket in range(BUCKETS)] for name in OPEN_STAGES}
_TOOK: Final = {name: [f"took:{name}:{bucket}" for bucket in range(BUCKETS)] for name in PASSAGES}
_SECS: Final = {name: f"secs:{name}" for name in PASSAGES}


def measures(mark: Mark, now: int) -> dict[str, int]:
    times, at = mark.times, stage(mark)
    found: dict[str, int] = {_STAGE[at]: 1}
    for index, name in _MILESTONES:
        if times[index]:
            found[name] = 1
    if not times[SUBMITTED]:
        found["unfiled"] = 1
    if mark.messages:
        found["messages"] = mark.messages
    if at in _LATE:
        found[_WAIT[waits_for(mark, at)]] = 1
        found[_AGE[_bucket(now - born(mark))]] = 1
        found[_STAND[at][_bucket(now - since(mark, at))]] = 1
        if unfinished(mark):
            how = due_state(mark, now)
            found[_DUE[how]] = 1
            if how == "late":
                found[_LATE[at]] = 1
    judged = on_time(mark)
    if judged is not None:
        found["on_time" if judged else "ended_late"] = 1
    for name, took in passages(mark):
        found[_TOOK[name][_bucket(took)]] = 1
        found[_SECS[name]] = took // SECOND
    return found


_MILESTONES: Final = (
    (SUBMITTED, "filed"), (ACCEPTED, "accepted"), (REFUSED, "refused"), (APPROVED, "approved"), (REJECTED, "rejected"),
    (SIGNED, "signed"), (DELIVERED, "delivered"), (STOPPED, "stopped"),
)  # fmt: skip


def passages(mark: Mark) -> Iterator[tuple[str, int]]:
    """What is behind it, and how long each took in microseconds, never less than nothing. `whole`: from filing to signing."""
    times, ruled = mark.times, decided(mark)
    taken_in = times[ACCEPTED] or times[REFUSED]
    moments = (
        ("intake", times[SUBMITTED], taken_in),
        ("appraisal", times[ACCEPTED], mark.turn_at if mark.turn and not mark.turn & 1 else 0),
        ("approval", mark.turn_at if not mark.turn & 1 else 0, ruled),
        ("signing", ruled, times[SIGNED]),
        ("delivery", times[SIGNED], times[DELIVERED]),
        ("whole", times[SUBMITTED], times[SIGNED]),
    )
    for name, begun, done in moments:
        if begun and done:
            yield name, max(0, done - begun)


def officers(mark: Mark, now: int) -> dict[str, dict[str, int]]:
    """Subject -> what this dossier adds to their numbers: what they did, how long their step took, what they have in hand."""
    found: dict[str, dict[str, int]] = {}
    times, people, took = mark.times, mark.people, dict(passages(mark))
    for person, name, done, passage in (
        (COUNTER, "accepted", times[ACCEPTED], "intake"),
        (COUNTER, "refused", times[REFUSED], "intake"),
        (SPECIALIST, "appraised", mark.appraised, "appraisal"),
        (LEADER, "decided", decided(mark), "approval"),
        (LEADER, "approved", times[APPROVED], "approval"),
        (LEADER, "rejected", times[REJECTED], "approval"),
        (SIGNER, "signed", times[SIGNED], "signing"),
    ):
        if done and people[person]:
            mine = found.setdefault(people[person], {})
            mine[name] = 1
            if passage in took:
                mine[_TOOK[passage][_bucket(took[passage])]] = 1
    at = stage(mark)
    who = holder(mark, at)
    if who:
        mine = found.setdefault(who, {})
        mine["hand"] = 1
        mine[_WAIT[waits_for(mark, at)]] = 1
        mine[_AGE[_bucket(now - born(mark))]] = 1
        mine[_STAND[at][_bucket(now - since(mark, at))]] = 1
        if unfinished(mark):
            how = due_state(mark, now)
            mine[_DUE[how]] = 1
            if how == "late":
                mine["hand_late"] = 1
    return found


def deeds(mark: Mark) -> tuple[tuple[str, int], ...]:
    """As DEEDS: by whom (empty: nobody known, or a rule), and when (0: not yet); of several appraisals the latest."""
    times, people = mark.times, mark.people
    return (
        (people[COUNTER], times[ACCEPTED]),
        (people[COUNTER], times[REFUSED]),
        (people[SPECIALIST], mark.appraised_at),
        (people[LEADER], decided(mark)),
        (people[SIGNER], times[SIGNED]),
    )


def next_change(mark: Mark, now: int) -> int | None:
    """The next instant at which `measures` differ though nothing happens; None: never."""
    at = stage(mark)
    if at not in _LATE:
        return None
    moments = [_next_edge(born(mark), now), _next_edge(since(mark, at), now)]
    if mark.due is not None and unfinished(mark):
        due_day = day(mark.due)
        moments += [day_begins(due_day - SOON_DAYS), day_begins(due_day), mark.due + 1]
    later = [moment for moment in moments if moment is not None and moment > now]
    return min(later) if later else None


def quantile(counts: Mapping[str, int], prefix: str, share: float) -> float | None:
    """Seconds below which `share` of what is counted under `prefix:<b>` lies, read evenly within its bucket.

    In the last bucket, which has no end, its beginning. None: nothing counted.
    """
    numbers = [counts.get(f"{prefix}:{bucket}", 0) for bucket in range(BUCKETS)]
    total = sum(numbers)
    if total <= 0:
        return None
    wanted, below = share * total, 0
    for bucket, number in enumerate(numbers):
        if number and below + number >= wanted:
            low = EDGES[bucket - 1] if bucket else 0
            high = EDGES[bucket] if bucket < len(EDGES) else low
            return low + (high - low) * (wanted - below) / number
        below += number
    return float(EDGES[-1])


def born(mark: Mark) -> int:
    """When it was filed; the earliest thing known of it where its filing has not been heard."""
    return mark.times[SUBMITTED] or min((at for at in mark.times if at), default=mark.last)


def _bucket(age: int) -> int:
    return bisect_right(_EDGES, age)


def _next_edge(begun: int, now: int) -> int | None:
    index = bisect_right(_EDGES, now - begun)
    return begun + _EDGES[index] if index < len(_EDGES) else None
