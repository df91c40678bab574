"""What ETSI EN 319 142-1 asks of level B-B, read back with pyHanko's validator."""

import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import get_args

import pytest
from asn1crypto import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.generic import parse_pdf_date
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import EmbeddedPdfSignature, SignatureCoverageLevel, validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from dossier_signing.documents.authority import DevelopmentAuthority
from dossier_signing.documents.pades import Cast, OutsideValidity, Seal, UnsignablePdf
from dossier_signing.documents.result_document import ResultDocument, ResultKind, render


def signature_in(pdf: bytes) -> EmbeddedPdfSignature:
    (signature,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    assert isinstance(signature, EmbeddedPdfSignature)
    return signature


@pytest.fixture
def trust(keys: Path, seal: Seal) -> ValidationContext:
    root = DevelopmentAuthority(keys).root().certificate
    return ValidationContext(trust_roots=[x509.Certificate.load(root.public_bytes(Encoding.DER))], allow_fetching=False)


@pytest.mark.parametrize("kind", get_args(ResultKind))
def test_pyhanko_finds_it_intact_trusted_and_whole(
    signed: dict[ResultKind, bytes], trust: ValidationContext, kind: ResultKind
) -> None:
    status = validate_pdf_signature(signature_in(signed[kind]), trust)
    assert status.intact
    assert status.valid
    assert status.trusted
    assert status.bottom_line
    assert status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    assert status.modification_level == ModificationLevel.NONE


def test_pyhanko_refuses_a_changed_byte(signed: dict[ResultKind, bytes], trust: ValidationContext) -> None:
    pdf = bytearray(signed["certificate"])
    pdf[pdf.index(b"stream\n") + 40] ^= 0x01
    status = validate_pdf_signature(signature_in(bytes(pdf)), trust)
    assert not status.intact
    assert not status.bottom_line


def test_the_attributes_are_those_of_b_b(signed: dict[ResultKind, bytes], now: datetime) -> None:
    signature = signature_in(signed["certificate"])
    attributes = {attribute["type"].native: attribute["values"] for attribute in signature.signer_info["signed_attrs"]}
    assert set(attributes) == {"content_type", "message_digest", "signing_certificate_v2"}
    assert attributes["content_type"][0].native == "data"
    assert attributes["message_digest"][0].native == signature.compute_digest()
    (named,) = attributes["signing_certificate_v2"][0]["certs"]
    assert named["cert_hash"].native == signature.signer_cert.sha256
    assert not signature.signer_info["unsigned_attrs"].native, "a time stamp would need a network"

    dictionary = signature.sig_object
    assert dictionary["/Filter"] == "/Adobe.PPKLite"
    assert dictionary["/SubFilter"] == "/ETSI.CAdES.detached"
    assert parse_pdf_date(dictionary["/M"]) == now
    assert "/Cert" not in dictionary
    assert {"/Reason", "/Location"}.isdisjoint(dictionary)


def test_the_chain_is_embedded(signed: dict[ResultKind, bytes], seal: Seal) -> None:
    signature = signature_in(signed["certificate"])
    assert len(signature.signed_data["certificates"]) == 2
    assert f"{signature.signer_cert.serial_number:x}" == seal.serial


def test_pdf_a_survives_the_signature(signed: dict[ResultKind, bytes]) -> None:
    for pdf in signed.values():
        reader = PdfFileReader(io.BytesIO(pdf))
        assert b"<pdfaid:conformance>B</pdfaid:conformance>" in reader.root["/Metadata"].data
        assert reader.root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
        widget = reader.root["/AcroForm"]["/Fields"][0]
        assert widget["/F"] & 0b100, "PDF/A wants annotations to print"
        assert not widget["/F"] & 0b10_0011, "and forbids hidden ones"
        assert len(reader.trailer["/ID"]) == 2


def test_what_is_signed_already_is_not_signed_again(seal: Seal, signed: dict[ResultKind, bytes], now: datetime) -> None:
    with pytest.raises(UnsignablePdf, match="already"):
        seal.sign(signed["permit"], now)


@pytest.mark.parametrize("rubbish", [b"", b"no pdf", b"%PDF-1.7\n%%EOF\n", b"%PDF-1.7\nstartxref\n7\n%%EOF\n"])
def test_rubbish_is_refused(seal: Seal, rubbish: bytes, now: datetime) -> None:
    with pytest.raises(UnsignablePdf):
        seal.sign(rubbish, now)


def test_a_truncated_document_is_refused(
    seal: Seal, now: datetime, new_document: Callable[..., ResultDocument]
) -> None:
    with pytest.raises(UnsignablePdf):
        seal.sign(render(new_document("permit"), now)[:-200], now)


def test_an_instant_the_certificate_does_not_cover_is_refused(seal: Seal) -> None:
    with pytest.raises(OutsideValidity):
        seal.sign(b"", seal.valid_from.replace(year=2011))


def test_a_cast_needs_each_mark_once() -> None:
    assert Cast(b"a-MM-b-NN-c", b"MM", b"NN").filled(b"11", b"22") == b"a-11-b-22-c"
    with pytest.raises(ValueError, match="exactly once"):
        Cast(b"MM MM", b"MM")
    with pytest.raises(ValueError, match="exactly once"):
        Cast(b"xx", b"MM")
