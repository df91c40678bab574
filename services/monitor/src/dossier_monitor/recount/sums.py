"""What one dossier adds to each number of the board at an instant, from its story. Pure; nothing of the board's code.

Names of measures are the board's (monitor's README): `stage:appraisal`, `late:appraisal`, `took:whole:3`, …
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from dossier_monitor.recount.journals import Story

Place = tuple[int, str, Any, Any, Any]  # source partition, agency, then what kind it is and which
Numbers = dict[str, int]

_SECOND: Final = 1_000_000
_MINUTE: Final = 60 * _SECOND
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_EDGES: Final = (15 * _MINUTE, _HOUR, 4 * _HOUR, *(days * _DAY for days in (1, 2, 3, 5, 7, 10, 15, 30, 60)))
FLOW_HOURS: Final = 24  # of throughput that every worker still has


def sums(partition: int, story: Story, now: int) -> Iterator[tuple[Place, Numbers]]:
    agency = story["agency"]
    yield (partition, agency, "cell", story.get("procedure", ""), story.get("channel", "")), cell(story, now)
    for subject, numbers in officers(story, now).items():
        yield (partition, agency, "officer", subject, ""), numbers
    decided = story.get("approved") or story.get("rejected")
    for name, moment in (
        ("filed", story.get("submitted")),
        ("decided", decided),
        ("signed", story.get("signed")),
        ("delivered", story.get("delivered")),
    ):
        if moment and is_kept(hour := moment // _HOUR, now):
            yield (partition, agency, "flow", hour, ""), {f"{name}:{moment % _HOUR // _MINUTE}": 1}
    for role, name, moment in (
        ("counter", "accepted", story.get("accepted")),
        ("counter", "refused", story.get("refused")),
        ("specialist", "appraised", story.get("appraised_at")),
        ("leader", "decided", decided),
        ("signer", "signed", story.get("signed")),
    ):
        if role in story and moment and is_kept(hour := moment // _HOUR, now):
            yield (partition, agency, "deeds", hour, story[role]), {f"{name}:{moment % _HOUR // _MINUTE}": 1}


def is_kept(hour: int, now: int) -> bool:
    """Throughput older than a day is forgotten by the board; what is ahead of `now` has no certain place on it."""
    return now // _HOUR - FLOW_HOURS < hour <= now // _HOUR


def cell(story: Story, now: int) -> Numbers:
    stage = story["stage"]
    numbers = {f"stage:{stage}": 1, "filed" if "submitted" in story else "unfiled": 1}
    for name in ("accepted", "refused", "approved", "rejected", "signed", "delivered", "stopped", "withdrawn"):
        if name in story:
            numbers[name] = 1
    if "messages" in story:
        numbers["messages"] = story["messages"]
    if stage not in ("refused", "delivered", "stopped", "withdrawn"):
        numbers[f"wait:{story['waits']}"] = 1
        numbers[f"age:{_bucket(now - _born(story))}"] = 1
        numbers[f"stand:{stage}:{_bucket(now - story['since'])}"] = 1
        how = due(story, now)
        if how:
            numbers[f"due:{how}"] = 1
        if how == "late":
            numbers[f"late:{stage}"] = 1
    if "signed" in story and "due" in story:
        numbers["on_time" if story["signed"] <= story["due"] else "ended_late"] = 1
    for name, took in _passages(story):
        numbers[f"took:{name}:{_bucket(took)}"] = 1
        numbers[f"secs:{name}"] = took // _SECOND
    return {name: number for name, number in numbers.items() if number}


def due(story: Story, now: int) -> str:
    """How an unfinished dossier stands with its deadline; empty once it is signed, delivered, refused, stopped or withdrawn."""
    if not {"signed", "delivered", "refused", "stopped", "withdrawn"}.isdisjoint(story):
        return ""
    if "due" not in story:
        return "none"
    if "paused" in story:
        return "paused"
    if story["due"] < now:
        return "late"
    days = (story["due"] + 7 * _HOUR) // _DAY - (now + 7 * _HOUR) // _DAY  # Vietnam's
    return "today" if days == 0 else "soon" if days <= 3 else "later"


def officers(story: Story, now: int) -> dict[str, Numbers]:
    found: dict[str, Numbers] = {}
    decided = "approved" in story or "rejected" in story
    for role, name, done in (
        ("counter", "accepted", "accepted" in story),
        ("counter", "refused", "refused" in story),
        ("specialist", "appraised", True),
        ("leader", "decided", decided),
        ("leader", "approved", "approved" in story),
        ("leader", "rejected", "rejected" in story),
        ("signer", "signed", "signed" in story),
    ):
        if done and role in story:
            found.setdefault(story[role], {})[name] = 1
    whose = {"intake": "counter", "appraisal": "specialist", "approval": "leader", "signing": "signer"}
    for passage, took in _passages(story):
        if story.get(whose.get(passage, "")) and (passage != "signing" or "signed" in story):
            found[story[whose[passage]]][f"took:{passage}:{_bucket(took)}"] = 1
    if "holder" in story:
        mine = found.setdefault(story["holder"], {})
        mine["hand"] = 1
        mine[f"wait:{story['waits']}"] = 1
        mine[f"age:{_bucket(now - _born(story))}"] = 1
        mine[f"stand:{story['stage']}:{_bucket(now - story['since'])}"] = 1
        how = due(story, now)
        if how:
            mine[f"due:{how}"] = 1
        if how == "late":
            mine["hand_late"] = 1
    return found


def _born(story: Story) -> int:
    known = [
        story[name]
        for name in (
            "accepted",
            "refused",
            "approved",
            "rejected",
            "signing-requested",
            "signed",
            "delivered",
            "stopped",
            "withdrawn",
        )
        if name in story
    ]
    return int(story.get("submitted") or min(known, default=story["last"]))


def _passages(story: Story) -> Iterator[tuple[str, int]]:
    decided = story.get("approved") or story.get("rejected")
    for name, begun, done in (
        ("intake", story.get("submitted"), story.get("accepted") or story.get("refused")),
        ("appraisal", story.get("accepted"), story.get("appraised")),
        ("approval", story.get("appraised"), decided),
        ("signing", decided, story.get("signed")),
        ("delivery", story.get("signed"), story.get("delivered")),
        ("whole", story.get("submitted"), story.get("signed")),
    ):
        if begun and done:
            yield name, max(0, done - begun)


def _bucket(age: int) -> int:
    return sum(age >= edge for edge in _EDGES)
