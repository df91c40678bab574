"""What a worker does with one job, in this process: every failure is an outcome, none is an exception."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dossier_signing.documents import workers
from dossier_signing.documents.result_document import ResultDocument
from dossier_signing.documents.workers import SignedResult, SignFailure, SignJob, sign_one


def job(document: ResultDocument, signed_at: datetime, **changes: object) -> SignJob:
    return SignJob(id="d-1", leader_sub="u-1", document=document.model_copy(update=changes), signed_at=signed_at)


def test_a_result_tells_what_was_signed_by_whom_and_when(
    tmp_path: Path, document: ResultDocument, signed_at: datetime
) -> None:
    result = sign_one(tmp_path, job(document, signed_at))
    assert isinstance(result, SignedResult)
    assert result.id == "d-1"
    assert result.size == len(result.pdf)
    assert result.sha256 == hashlib.sha256(result.pdf).hexdigest()
    assert "CN=Trần Quốc Hưng" in result.certificate_subject
    assert result.signed_at == signed_at.replace(microsecond=0)
    assert int(result.certificate_serial, 16) > 0


def test_a_repeated_job_gives_the_same_bytes(tmp_path: Path, document: ResultDocument, signed_at: datetime) -> None:
    first = sign_one(tmp_path, job(document, signed_at))
    assert sign_one(tmp_path, job(document, signed_at)) == first
    workers._seal.cache_clear()
    assert sign_one(tmp_path, job(document, signed_at)) == first
    assert sign_one(tmp_path, job(document, signed_at + timedelta(seconds=1))) != first


def test_unprintable_text_is_permanent(tmp_path: Path, document: ResultDocument, signed_at: datetime) -> None:
    failure = sign_one(tmp_path, job(document, signed_at, holder_name="Nguyễn 😀"))
    assert isinstance(failure, SignFailure)
    assert (failure.code, failure.retryable) == ("unprintable-text", False)


def test_an_instant_outside_the_certificate_is_permanent(tmp_path: Path, document: ResultDocument) -> None:
    failure = sign_one(tmp_path, job(document, datetime(2011, 3, 1, tzinfo=UTC)))
    assert isinstance(failure, SignFailure)
    assert (failure.code, failure.retryable) == ("certificate-not-valid", False)


def test_keys_out_of_reach_are_worth_another_try(tmp_path: Path, document: ResultDocument, signed_at: datetime) -> None:
    (tmp_path / "keys").write_text("a file where the folder should be")
    failure = sign_one(tmp_path / "keys", job(document, signed_at))
    assert isinstance(failure, SignFailure)
    assert (failure.code, failure.retryable) == ("keys-unavailable", True)


def test_a_fault_of_ours_is_an_outcome_too(
    tmp_path: Path, document: ResultDocument, signed_at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(document: ResultDocument, signed_at: datetime) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr(workers, "render", broken)
    failure = sign_one(tmp_path, job(document, signed_at))
    assert isinstance(failure, SignFailure)
    assert (failure.code, failure.retryable) == ("unexpected", False)
