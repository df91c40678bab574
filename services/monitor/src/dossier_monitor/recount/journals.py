"""What the services' own journals say of one dossier, told by the plainest means. Pure; nothing of the board's code.

The words are those of monitor's README: stages, whom it waits for, in whose hand, paused. Journals are as
`dossier_shared/repair/facts.py` gives them. Instants are whole microseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

SOURCES: Final = ("intake", "review", "signing", "notify")  # in the order of the loop
ONCE: Final = (
    "submitted", "accepted", "refused", "approved", "rejected", "signing-requested", "signed", "delivered",
    "stopped", "withdrawn",
)  # fmt: skip
_START: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

Facts = Mapping[str, Any]
Story = dict[str, Any]


class Entry(NamedTuple):
    source: str
    seq: int
    type: str
    time: int
    actor: str
    heard: Mapping[str, int]
    agency: str
    data: Mapping[str, Any]


def at(text: str) -> int:
    return (datetime.fromisoformat(text) - _START) // _MICROSECOND


def entries(facts: Mapping[str, Facts], seen: Sequence[Sequence[int]]) -> list[Entry]:
    """Up to a cut, in the order of the loop. `seen`: per source the highest sequence, then what is beyond a gap."""
    return [
        Entry(source, seq, kind, at(time), actor, heard, agency, data)
        for source, cut in zip(SOURCES, seen, strict=True)
        if source in facts
        for seq, kind, time, actor, _portal, heard, agency, data in facts[source]["journal"]
        if seq <= cut[0] or seq in cut
    ]


def reported(journal: Sequence[Entry]) -> Story:
    """By name; what did not happen is not there. Empty for no entries."""
    if not journal:
        return {}
    first: dict[str, Entry] = {}
    latest: dict[str, Entry] = {}
    for entry in _standing(journal):
        first.setdefault(entry.type, entry)
        latest[entry.type] = entry
    nearest = [entry.agency for entry in journal if entry.source == journal[0].source]  # to the beginning of the loop
    story: Story = {"agency": min(nearest), "last": max(entry.time for entry in journal)}
    filing = next((e for e in journal if e.type in ("submitted", *_DECISIONS)), None)
    if filing is not None:
        story["procedure"] = filing.data["procedure"]
        story["overseers"] = list(filing.data.get("overseers", ()))
    handed = latest.get("handed-over")
    if handed is not None:
        story["agency"] = handed.data["to"]
        if filing is not None:
            story["overseers"] = list(handed.data.get("overseers", ()))
    if "submitted" in first:
        story["channel"] = first["submitted"].data["channel"]
    promised = [(SOURCES.index(e.source), -e.seq, e.data["appointment"]) for e in journal if e.data.get("appointment")]
    if promised:
        story["due"] = at(min(promised)[2])  # intake's word before the others', the latest of it
    story |= {name: first[name].time for name in ONCE if name in first}
    granted = [first[name].time for name in ("withdrawn", "withdrawal-granted") if name in first]
    if granted:
        story["withdrawn"] = min(granted)
    sent = sum(entry.type == "message-sent" for entry in journal)
    if sent:
        story["messages"] = sent
    moves = sorted((entry for entry in journal if entry.type in _MOVES), key=_place)
    if moves and moves[-1].type == "appraised":
        story["appraised"] = moves[-1].time
    if "appraised" in latest:
        story["appraised_at"] = latest["appraised"].time  # the last, returned or not
    story |= _people(first, latest)
    story["stage"], story["since"] = _stage(story, moves)
    asked = _asked(journal)
    if (
        asked is not None
        and asked.type != "consultation-requested"
        and not {"approved", "rejected", "stopped", "withdrawn"} & story.keys()
    ):
        story["paused"] = "due" not in story or asked.time <= story["due"]
    attempts = [e.type for e in journal if e.type in ("signing-requested", "signing-failed", "sent-back")]
    completing = [e.type for e in journal if e.type in ("completion-requested", "completed")]
    waits, holder = _turn(story, asked, tried=attempts[-1:] == ["signing-requested"])
    if story["stage"] == "submitted" and completing[-1:] == ["completion-requested"]:
        waits, story["paused"] = "citizen", True
    if story["stage"] == "appraisal":
        holder = _holder(story, moves, latest)
    if waits:
        story["waits"] = waits
    if holder:
        story["holder"] = holder
    return {name: value for name, value in story.items() if value is not False}


_DECISIONS: Final = ("approved", "rejected")
_MOVES: Final = ("appraised", "returned", "handed-over", "sent-back")


def _standing(journal: Sequence[Entry]) -> list[Entry]:
    """Without the decisions that a later one replaced, and without what was sent back: decision and request to sign it."""
    back = [entry for entry in journal if entry.type == "sent-back"]
    undone = max((entry.heard.get("review", 0) for entry in back), default=0)
    last = max((entry.seq for entry in journal if entry.type in _DECISIONS), default=0)
    since = max((entry.seq for entry in back), default=0)
    return [
        entry
        for entry in journal
        if not (entry.type in _DECISIONS and (entry.seq <= undone or entry.seq < last))
        and not (entry.type == "signing-requested" and entry.seq < since)
    ]


def _place(move: Entry) -> tuple[int, int]:
    """In review's order; what signing sends back comes after all it had heard of review."""
    return (move.heard.get("review", 0), 1) if move.type == "sent-back" else (move.seq, 0)


def _people(first: Mapping[str, Entry], latest: Mapping[str, Entry]) -> dict[str, str]:
    """Who accepted or refused, appraised last, decided, asked to sign; nobody where a rule did."""
    acted = {
        "counter": first.get("accepted") or first.get("refused"),
        "specialist": latest.get("appraised"),
        "leader": latest.get("approved") or latest.get("rejected"),
        "signer": first.get("signing-requested"),
    }
    named = {role: _subject(entry.actor) for role, entry in acted.items() if entry is not None}
    return {role: subject for role, subject in named.items() if subject}


def _subject(actor: str) -> str:
    return "" if actor.startswith("rule:") else actor.partition(":")[2]


def _stage(story: Story, moves: Sequence[Entry]) -> tuple[str, int]:
    """The furthest of what the sources say, and since when."""
    for name, stage in (
        ("delivered", "delivered"),
        ("signed", "delivery"),
        ("approved", "signing"),
        ("rejected", "signing"),
    ):
        if name in story:
            return stage, story[name]
    if "signing-requested" in story:
        return "signing", story["signing-requested"]
    if "stopped" in story:
        return "stopped", story["stopped"]
    if "withdrawn" in story:
        return "withdrawn", story["withdrawn"]
    if moves:
        return "approval" if moves[-1].type == "appraised" else "appraisal", moves[-1].time
    if "refused" in story:
        return "refused", story["refused"]
    if "accepted" in story:
        return "appraisal", story["accepted"]
    return "submitted", story["submitted" if "submitted" in story else "last"]


def _asked(journal: Sequence[Entry]) -> Entry | None:
    """Review's latest request, if nothing has answered it: an answer from intake answers all that it had heard of. Opinions
    asked of several agencies are told apart by their ids: each is answered or taken back by itself."""
    asked, answered, opinions = None, 0, set[str | None]()
    for entry in journal:
        if entry.type in ("supplement-requested", "payment-requested", "consultation-requested"):
            asked = entry
            if entry.type == "consultation-requested":
                opinions.add(entry.data.get("id"))
        elif entry.type in ("consultation-answered", "consultation-withdrawn"):
            known = entry.data.get("id")
            opinions.discard(known if known in opinions else None)
            answered = answered if opinions else max(answered, entry.seq)
        elif entry.type == "request-withdrawn":
            opinions.clear()
            answered = max(answered, entry.seq)
        elif entry.type in ("supplement-received", "payment-confirmed"):
            answered = max(answered, entry.heard.get("review", 0))
    return asked if asked is not None and asked.seq > answered else None


def _holder(story: Story, moves: Sequence[Entry], latest: Mapping[str, Entry]) -> str:
    """Who has it in hand at appraisal: whom the agency that has it now gave it to, or who appraised it there, if it came back."""
    given, appraised = latest.get("assigned"), latest.get("appraised")
    since = latest["handed-over"].seq if "handed-over" in latest else 0
    if given is not None and given.seq > since:
        return str(given.data["officer"])
    came_back = bool(moves) and appraised is not None and appraised.seq > since
    return str(story.get("specialist", "")) if came_back else ""


def _turn(story: Story, asked: Entry | None, *, tried: bool) -> tuple[str, str]:
    """Whom or what an open dossier waits for, and, but at appraisal, which officer is known to have it in hand; else empty."""
    match story["stage"]:
        case "submitted":
            return "counter", ""
        case "appraisal":
            if asked is None:
                return "specialist", ""
            return {"supplement-requested": "citizen", "payment-requested": "payment"}.get(asked.type, "agency"), ""
        case "approval":
            return "leader", ""
        case "signing":
            return ("signing", "") if tried else ("leader", story.get("leader", ""))
        case "delivery":
            return "delivery", ""
    return "", ""
