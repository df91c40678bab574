"""The code on the receipt: hard to guess, easy to type, and tried only so often."""

from __future__ import annotations

import re
from ipaddress import ip_network

import pytest

from dossier_intake.state import State, consent_ended
from dossier_intake.tracking import is_tracking, tracking
from dossier_shared.http.addresses import address_of

KEY = b"of these tests alone"


def test_it_is_the_dossiers_own_and_of_the_key() -> None:
    secret = tracking("d-1", KEY)
    assert re.fullmatch(r"[A-Z2-7]{5}-[A-Z2-7]{5}", secret)
    assert secret == tracking("d-1", KEY)
    assert secret not in (tracking("d-2", KEY), tracking("d-1", b"another key of tests"))
    for typed in (secret, secret.lower(), secret.replace("-", ""), f" {secret} "):
        assert is_tracking(typed, "d-1", KEY)
    for wrong in ("", secret[:-1], f"{secret}A", tracking("d-2", KEY)):
        assert not is_tracking(wrong, "d-1", KEY)


def test_once_the_consent_of_whoever_filed_has_ended_their_receipt_opens_nothing() -> None:
    ended, later = "2026-06-01T00:00:00.000000Z", "2026-07-01T00:00:00.000000Z"
    filed: State = {"owner": "helper", "filed_by": {"sub": "helper", "kind": "helper"}, "consent_until": later}
    withdrawn: State = {**filed, "consent_withdrawn": ended}
    assert [consent_ended(filed, at) for at in (ended, later)] == ["", later]
    assert [consent_ended(withdrawn, at) for at in (ended, later)] == [ended, ended], "the first of the two"
    own: State = {**filed, "filed_by": {"sub": "helper", "kind": "self"}}
    assert consent_ended(own, later) == ""
    old, new = tracking("d-1", KEY), tracking("d-1", KEY, ended)
    assert is_tracking(new, "d-1", KEY, ended)
    assert not is_tracking(old, "d-1", KEY, ended)
    assert not is_tracking(new, "d-1", KEY)


def test_without_a_key_nothing_opens() -> None:
    assert tracking("d-1", b"") == ""
    assert not is_tracking("", "d-1", b"")


PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


@pytest.mark.parametrize(("peer", "forwarded", "whose"), [
    ("203.0.113.7", "", "203.0.113.7"),
    ("203.0.113.7", "198.51.100.1", "203.0.113.7"),  # no proxy of ours: what it says is anybody's word
    ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
    ("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2", "198.51.100.1"),  # the first is the guesser's own invention
    ("10.0.0.1", "1.1.1.1,nonsense", "10.0.0.1"),
    ("fd00::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),  # the rest of it one chooses oneself
    ("", "", ""),
])  # fmt: skip
def test_whose_try_it_is(peer: str, forwarded: str, whose: str) -> None:
    assert address_of(peer, forwarded, PROXIES) == whose
