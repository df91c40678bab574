"""poppler, which shares no code with what signs, is the judge."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import get_args

import pytest

from dossier_signing.documents.authority import DevelopmentAuthority
from dossier_signing.documents.pades import Seal
from dossier_signing.documents.result_document import ResultDocument, ResultKind, render

VALID = "Signature Validation: Signature is Valid."
TRUSTED = "Certificate Validation: Certificate is Trusted."


@pytest.mark.parametrize("kind", get_args(ResultKind))
def test_every_kind_of_result_is_accepted(
    pdfsig: Callable[[bytes], str], signed: dict[ResultKind, bytes], kind: ResultKind
) -> None:
    verdict = pdfsig(signed[kind])
    assert VALID in verdict
    assert TRUSTED in verdict
    assert "Total document signed" in verdict
    assert "Signature Type: ETSI.CAdES.detached" in verdict
    assert "CN=Trần Quốc Hưng,O=Ủy ban nhân dân xã Bù Đăng" in verdict
    assert "Signing Hash Algorithm: SHA-256" in verdict


@pytest.mark.parametrize("place", ["the page's text", "the end of the original", "the signature's date"])
def test_one_changed_byte_of_what_was_signed_is_refused(
    pdfsig: Callable[[bytes], str], signed: dict[ResultKind, bytes], place: str
) -> None:
    pdf = bytearray(signed["certificate"])
    position = {
        "the page's text": pdf.index(b"stream\n") + 40,
        "the end of the original": pdf.index(b"%%EOF") + 2,
        "the signature's date": pdf.rindex(b"/M (D\\072") + 12,
    }[place]
    pdf[position] ^= 0x01
    verdict = pdfsig(bytes(pdf))
    assert VALID not in verdict
    assert "Digest Mismatch" in verdict


def test_a_signature_of_another_document_is_refused(
    pdfsig: Callable[[bytes], str],
    seal: Seal,
    now: datetime,
    new_document: Callable[..., ResultDocument],
) -> None:
    one, other = (seal.sign(render(new_document("permit", number=number), now), now) for number in ("101/GP", "102/GP"))
    contents = [pdf[pdf.index(b"/Contents <") :].partition(b">")[0] for pdf in (one, other)]
    assert len(contents[0]) == len(contents[1])
    assert VALID in pdfsig(one)
    assert "Digest Mismatch" in pdfsig(one.replace(contents[0], contents[1]))


def test_a_leader_certified_by_another_root_is_not_trusted(
    pdfsig: Callable[[bytes], str], tmp_path: Path, now: datetime, new_document: Callable[..., ResultDocument]
) -> None:
    stranger = Seal(DevelopmentAuthority(tmp_path).leader_signer("u-1", "Trần Quốc Hưng", "Ủy ban nhân dân xã Bù Đăng"))
    verdict = pdfsig(stranger.sign(render(new_document("certificate"), now), now))
    assert VALID in verdict
    assert TRUSTED not in verdict
