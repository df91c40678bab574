"""What everybody knows, and what only development may do, is refused outside it."""

from __future__ import annotations

import pytest

from dossier_shared.settings.service import DEVELOPMENT_KEY
from dossier_shared.settings.wrapping_key import of_development
from dossier_shared.settings.wrapping_key import written as pem_of

from .test_settings import KINDS, refused
from .test_settings import bare as bare


def test_a_crash_point_outside_development_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEVELOPMENT", "false")
    monkeypatch.setenv("CRASH_AT", "write.before")
    assert (
        refused(KINDS["review"], capsys)
        == "review: CRASH_AT is for development only: set DEVELOPMENT=true or remove it"
    )


def test_the_key_everybody_knows_makes_no_ids_outside_development(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEVELOPMENT", "false")
    monkeypatch.setenv("PERSON_KEY", DEVELOPMENT_KEY)
    assert (
        refused(KINDS["review"], capsys)
        == "review: PERSON_KEY is the one of development, known to everybody: set one of your own"
    )


def test_nothing_is_encrypted_without_a_wrapping_key_of_one_s_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEVELOPMENT", "false")
    monkeypatch.setenv("PERSONAL_DATA", "encrypted")
    missing = refused(KINDS["review"], capsys)
    assert missing.startswith("review: PERSONAL_DATA is encrypted, and REVIEW_WRAPPING_KEY is missing")
    monkeypatch.setenv("REVIEW_WRAPPING_KEY", pem_of(of_development("review")))
    monkeypatch.setenv("PERSONAL_DATA", "clear")
    known = refused(KINDS["review"], capsys)
    assert known.startswith("review: REVIEW_WRAPPING_KEY is the one of development, known to everybody")


@pytest.mark.parametrize("known", ["review", "review.long-khanh"])
def test_a_deployment_has_neither_its_service_s_key_of_development_nor_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], known: str
) -> None:
    monkeypatch.setenv("DEVELOPMENT", "false")
    monkeypatch.setenv("REVIEW_DEPLOYMENT", "long-khanh")
    monkeypatch.setenv("REVIEW_WRAPPING_KEY", pem_of(of_development(known)))
    assert refused(KINDS["review"], capsys).startswith("review: REVIEW_WRAPPING_KEY is the one of development")


def test_development_has_a_wrapping_key_that_everybody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVELOPMENT", "true")
    settings = KINDS["review"]()  # type: ignore[call-arg]
    assert settings.wrapping_keys == pem_of(of_development("review"))
    monkeypatch.setenv("REVIEW_DEPLOYMENT", "long-khanh")
    settings = KINDS["review"]()  # type: ignore[call-arg]
    assert settings.wrapping_keys == pem_of(of_development("review.long-khanh")), "each deployment its own"
