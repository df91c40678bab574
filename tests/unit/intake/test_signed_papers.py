"""A signature that does not hold is refused where the file comes in; one that does has its name. As a worker does it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dossier_intake.inspection.look import look
from dossier_intake.inspection.verdicts import Fit, Unfit
from dossier_local.simulation.papers import scan

from .signed import AN, BINH, added_to, signed


def seen(content: bytes) -> Fit | Unfit:
    return look(content, clean=False, limit=1024)


def names(content: bytes) -> list[str]:
    verdict = seen(content)
    assert isinstance(verdict, Fit), verdict
    assert (verdict.content, verdict.pages) == (None, 1)
    return [one.name for one in verdict.signatures]


def test_who_signed_is_named_in_the_order_of_signing() -> None:
    once = signed()
    assert names(scan("G1", 1)) == []
    assert names(once) == [AN]
    assert names(signed(once, BINH, "Signature2")) == [AN, BINH]
    verdict = seen(once)
    assert isinstance(verdict, Fit)
    assert (verdict.signatures[0].at or "").endswith("Z")


def test_a_name_hides_and_turns_nothing() -> None:
    assert names(signed(name="An\u202egnp.\u200b exe\n")) == ["Angnp. exe"]


def flipped(content: bytes) -> bytes:
    """The last byte of the signature's own value."""
    start = content.index(b"<30")
    end = start + len(content[start:].partition(b">")[0].rstrip(b"0")) - 1
    return content[:end] + (b"2" if content[end : end + 1] == b"1" else b"1") + content[end + 1 :]


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "a letter of the page": lambda content: content.replace(b"ban quet 001", b"ban quet 002"),
    "the signature": flipped,
    "other words behind it": added_to,
    "other words behind a second one": lambda content: added_to(signed(content, BINH, "Signature2")),
    "what it says it covers": lambda content: content.replace(b"/ByteRange [0", b"/ByteRange [1"),
    "no signature where one should be": lambda content: content.replace(b"<3082", b"<0000"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_after_signing_is_refused(change: str) -> None:
    content = signed()
    spoilt = CHANGES[change](content)
    assert spoilt != content
    verdict = seen(spoilt)
    assert isinstance(verdict, Unfit)
    assert verdict.code == "signature-broken"
