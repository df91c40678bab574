"""The code on the receipt: hard to guess, easy to type, and tried only so often."""

from __future__ import annotations

import re

from dossier_intake.tracking import OF_ADDRESS, OF_CODE, REMEMBERED, WAIT, Tries, is_tracking, tracking

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


def test_without_a_key_nothing_opens() -> None:
    assert tracking("d-1", b"") == ""
    assert not is_tracking("", "d-1", b"")


def test_a_code_guessed_from_everywhere_waits_and_so_does_an_address_that_guesses_all() -> None:
    code = Tries()
    for number in range(OF_CODE):
        assert code.wait(f"a{number}", "C", 10.0) == 0
        code.failed(f"a{number}", "C", 10.0)
    assert code.wait("new", "C", 10.0) == WAIT
    assert code.wait("new", "D", 10.0) == 0
    assert code.wait("new", "C", 10.0 + WAIT) == 0
    address = Tries()
    for number in range(OF_ADDRESS):
        address.failed("a", f"C{number}", 0.0)
    assert address.wait("a", "another", 1.0) == WAIT - 1
    assert address.wait("b", "another", 1.0) == 0


def test_what_is_remembered_is_bounded() -> None:
    tries = Tries()
    for number in range(REMEMBERED):
        tries.failed(f"a{number}", f"C{number}", 0.0)
    assert len(tries._wrong) == REMEMBERED
