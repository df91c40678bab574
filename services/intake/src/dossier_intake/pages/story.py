"""A dossier's way in the words of whom it is about: what happened, when, the latest first. Pure.

Made of what intake keeps in its state: what the offices said to each other is not told.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final, Literal, NamedTuple

from dossier_intake.state import State
from dossier_shared.clock import parse_instant
from dossier_shared.pages.rendering import local_time
from dossier_shared.pages.texts import Lang, Texts

_TIMES: Final[tuple[tuple[str, Literal[
    "submitted_at", "accepted_at", "refused_at", "signed_at", "delivered_at", "downloaded_at", "withdrawn_at", "stopped_at",
    "consent_withdrawn",
]], ...]] = (
    ("filed", "submitted_at"),
    ("accepted", "accepted_at"),
    ("refused", "refused_at"),
    ("signed", "signed_at"),
    ("delivered", "delivered_at"),
    ("downloaded", "downloaded_at"),
    ("withdrawn", "withdrawn_at"),
    ("stopped", "stopped_at"),
    ("consent-withdrawn", "consent_withdrawn"),
)  # fmt: skip
ASKED: Final = ("completion", "supplement", "payment")  # of the person; an agency's opinion is between offices
TOLD: Final = (
    *(name for name, _ in _TIMES), *(f"asked-{what}" for what in ASKED),
    "sent-completion", "sent-supplement",
    "register-answered", "register-silent",
    "paid", "not-needed", "extended", "handed-over", "approved", "rejected", "withdrawal-asked", "withdrawal-declined",
)  # fmt: skip


class Moment(NamedTuple):
    """`detail`: which papers, to whom; in Vietnamese."""

    at: datetime
    said: str
    detail: str = ""


def story(state: State, t: Texts) -> list[Moment]:
    told = (Moment(parse_instant(at), t.label("my_story", what), detail) for what, at, detail in _happened(state))
    return sorted(told, key=lambda moment: moment.at, reverse=True)


def awaited_words(state: State, t: Texts, lang: Lang) -> list[str]:
    """Of each register that is asked again: which, and until when."""
    return [
        t(
            "my.awaits",
            register=t.label("vault_source", one["source"]),
            until=local_time(parse_instant(one["until"]), lang),
        )
        for one in state.get("awaits", ())
    ]


def _happened(state: State) -> Iterator[tuple[str, str, str]]:
    for what, key in _TIMES:
        if key in state:
            yield what, state[key], ""
    asked = state.get("asked")
    if asked is not None and asked["what"] in ASKED:
        yield f"asked-{asked['what']}", asked["at"], ""
    for pause in state.get("pauses", ()):
        if pause["what"] in ASKED:
            yield f"asked-{pause['what']}", pause["start"], ""
            if "taken_back" in pause:
                yield "not-needed", pause["end"], ""
            elif pause["what"] == "payment":
                yield "paid", pause["end"], ""
    for one in state.get("brought", ()):
        yield f"sent-{one['what']}", one["at"], ", ".join(one["papers"])
    for later in state.get("heard_later", ()):
        yield "register-answered" if later["answered"] else "register-silent", later["at"], ""
    for more in state.get("extensions", ()):
        yield "extended", more["at"], ""
    for passed in state.get("handed_over", ()):
        yield "handed-over", passed["at"], passed["agency_name"]
    if "decided_at" in state and state.get("outcome") in ("approved", "rejected"):
        yield state["outcome"], state["decided_at"], ""
    wish = state.get("withdrawal")
    if wish is not None and "withdrawn_at" not in state:
        yield "withdrawal-asked", wish["at"], ""
        if "declined_at" in wish:
            yield "withdrawal-declined", wish["declined_at"], wish.get("answer", "")
