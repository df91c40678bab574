"""Effects outside: messages against the provider's ledger; and the board against what was counted here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from dossier_local.reconciliation.figures import totals
from dossier_local.reconciliation.report import Finding
from dossier_local.reconciliation.world import World, by_type, ids, sealed


def messages(world: World) -> Iterator[Finding]:
    """Who must be told was told once: wish, outcome and the provider's ledger agree, reference by reference."""
    by_name = by_type(world.topics.events)
    wishes = {e.data["reference"]: e.dossier for e in by_name.get("message-requested", [])}
    sent = Counter(e.data["reference"] for e in by_name.get("message-sent", []))
    failed = Counter(e.data["reference"] for e in by_name.get("message-failed", []))
    taken = Counter(entry.reference for entry in world.ledger if entry.accepted)
    for reference, dossier in wishes.items():
        if not sent[reference] + failed[reference]:
            yield Finding("lost", "topic dossier.delivered", dossier, f"no outcome of message {reference}")
        if sent[reference] and not taken[reference]:
            yield Finding("lost", "provider", dossier, f"message {reference} is said to be sent")
    for reference, n in (sent + failed).items():
        if n > 1:
            whose = wishes.get(reference, reference)
            yield Finding("doubled", "topic dossier.delivered", whose, f"{n} outcomes of message {reference}")
    for reference, n in taken.items():
        if n > 1:
            whose = wishes.get(reference, reference)
            yield Finding("doubled", "provider", whose, f"message {reference} was sent {n} times")
        if reference not in wishes and not reference.startswith(
            ("alarm:", "consent:")
        ):  # those are notify's own, on no topic
            yield Finding("doubled", "provider", reference, "a message nobody wished for")
    has = {(e.dossier, e.data["kind"]) for e in by_name.get("message-requested", [])}
    ends = {"result": ids(by_name.get("signed", [])), "refused": ids(by_name.get("refused", []))}
    for event in by_name.get("submitted", []):
        if not sealed(event).get("applicant", {}).get("phone"):
            continue
        for kind in event.data.get("messages", ()):
            if event.dossier in ends.get(kind, ()) and (event.dossier, kind) not in has:
                yield Finding("lost", "topic dossier.delivered", event.dossier, f"no message of kind {kind}")


def board(world: World) -> Iterator[Finding]:
    """The board's totals are the sizes of the sets counted here."""
    if world.board is None:
        return
    if not world.board.totals:
        yield Finding("broken", "board", "-", "does not answer")
    real = totals(world)
    for figure, shown in world.board.totals.items():
        there = real.get(figure, 0)
        if shown != there:
            yield Finding("broken", "board", figure, f"shows {shown}, there are {there}")
