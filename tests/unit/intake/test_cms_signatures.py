"""A signature outside a PDF: with its paper in it the paper is shown, alone it names its paper; what does not hold is
refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import pytest
from asn1crypto import algos, cms
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID
from tests.access.stages import grown
from tests.component.intake.papers import filing

from dossier_intake.filing.checks import Filing, check_filing
from dossier_intake.inspection.look import look
from dossier_intake.inspection.previews import page
from dossier_intake.inspection.verdicts import Fit, Unfit
from dossier_local.simulation.papers import scan
from dossier_shared.http.tokens import Principal
from dossier_shared.http.validation import validated
from dossier_shared.problems import Invalid

from .signed import AN, BINH, signed, wrapped

PAPER = scan("G1", 1)


def seen(content: bytes) -> Fit | Unfit:
    return look(content, clean=True, limit=1024)


def fit(content: bytes) -> Fit:
    verdict = seen(content)
    assert isinstance(verdict, Fit), verdict
    return verdict


def refused(content: bytes) -> str:
    verdict = seen(content)
    assert isinstance(verdict, Unfit), verdict
    assert verdict.vi
    assert verdict.en
    return verdict.code


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_with_its_paper_in_it_the_paper_is_shown_and_the_signer_named(digest: str) -> None:
    verdict = fit(wrapped(digest=digest))
    assert (verdict.type, verdict.content, verdict.pages) == ("application/pkcs7-mime", PAPER, 1)
    assert [one.name for one in verdict.signatures] == [AN]
    assert verdict.signs is None


def test_who_signed_inside_is_named_too() -> None:
    assert [one.name for one in fit(wrapped(signed(name=BINH))).signatures] == [AN, BINH]


def test_alone_it_names_its_paper_and_has_no_pages() -> None:
    loose = wrapped(detached=True)
    verdict = fit(loose)
    assert (verdict.type, verdict.content, verdict.signs) == (
        "application/pkcs7-signature", None, sha256(PAPER).hexdigest(),
    )  # fmt: skip
    assert [one.name for one in verdict.signatures] == [AN]
    shown = page(loose, 1, 200)
    assert isinstance(shown, Unfit)
    assert shown.code == "page-unknown"


def test_another_program_s_are_read() -> None:
    """OpenSSL's, through pyca: RSA, other attributes, the certificate named by its issuer."""
    key, now = generate_private_key(65537, 2048), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, BINH)])
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), 7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, SHA256())
    )
    binary, alone = pkcs7.PKCS7Options.Binary, pkcs7.PKCS7Options.DetachedSignature
    made = pkcs7.PKCS7SignatureBuilder().set_data(PAPER).add_signer(certificate, key, SHA256())
    whole, loose = (fit(made.sign(Encoding.DER, options)) for options in ([binary], [binary, alone]))
    assert (whole.content, loose.signs) == (PAPER, sha256(PAPER).hexdigest())
    assert [one.name for one in (*whole.signatures, *loose.signatures)] == [BINH, BINH]


def with_length_left_open() -> bytes:
    """BER, as programs write that do not know the length before: the paper in pieces of 1000 bytes."""
    whole = cms.ContentInfo.load(wrapped())["content"]
    pieces = b"".join(
        b"\x04" + _length(len(part)) + part for part in (PAPER[at : at + 1000] for at in range(0, len(PAPER), 1000))
    )
    inner = b"\xa0\x80\x24\x80" + pieces + bytes(4)
    encapsulated = b"\x30\x80" + whole["encap_content_info"]["content_type"].dump() + inner + bytes(2)
    rest = b"".join(whole[name].dump() for name in ("certificates", "signer_infos"))
    data = b"\x30\x80" + whole["version"].dump() + whole["digest_algorithms"].dump() + encapsulated + rest + bytes(2)
    return bytes(b"\x30\x80\x06\x09" + SIGNED_DATA + b"\xa0\x80" + data + bytes(4))


def _length(size: int) -> bytes:
    return bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2)


def test_programs_that_write_it_in_pieces_are_read() -> None:
    assert fit(with_length_left_open()).content == PAPER


def changed(content: bytes, at: Callable[[bytes], int]) -> bytes:
    place = at(content)
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def without(content: bytes, name: str) -> bytes:
    """A field of the signed data, or of its only signer, left out."""
    outer = cms.ContentInfo.load(content)
    of = outer["content"] if name == "certificates" else outer["content"]["signer_infos"][0]
    of[name] = None
    return bytes(outer.dump(force=True))


def of_other_hash(content: bytes, name: str) -> bytes:
    outer = cms.ContentInfo.load(content)
    outer["content"]["signer_infos"][0]["digest_algorithm"] = algos.DigestAlgorithm({"algorithm": name})
    return bytes(outer.dump(force=True))


def signed_nothing() -> bytes:
    outer = cms.ContentInfo.load(wrapped())
    outer["content"]["signer_infos"] = cms.SignerInfos([])
    return bytes(outer.dump(force=True))


SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
LOOSE, WHOLE = wrapped(detached=True), wrapped()
BAD: dict[str, tuple[str, bytes]] = {
    "a letter of the paper": ("signature-broken", WHOLE.replace(b"ban quet 001", b"ban quet 002")),
    "the signature's value": ("signature-broken", changed(WHOLE, lambda content: len(content) - 3)),
    "the value of one alone": ("signature-broken", changed(LOOSE, lambda content: len(content) - 3)),
    "the hash it names": ("signature-broken", changed(LOOSE, lambda content: content.index(sha256(PAPER).digest()))),
    "bytes behind it": ("signature-broken", WHOLE + b"x"),
    "cut off": ("signature-broken", WHOLE[:-10]),
    "a head and nothing else": ("signature-broken", WHOLE[:20]),
    "says it is 2 GB": ("signature-broken", b"\x30\x84\x7f\xff\xff\xff" + WHOLE[4:]),
    "ten thousand boxes in each other": ("signature-broken", WHOLE[:4] + WHOLE[4:19] + b"\x30\x80" * 10_000),
    "without the certificate": ("signature-unsupported", without(WHOLE, "certificates")),
    "without signed attributes": ("signature-unsupported", without(LOOSE, "signed_attrs")),
    "SHA-1": ("signature-unsupported", of_other_hash(WHOLE, "sha1")),
    "alone by SHA-512": ("signature-unsupported", wrapped(detached=True, digest="sha512")),
    "certificates only": ("signature-unsupported", signed_nothing()),
    "around another signature": ("signed-content-refused", wrapped(wrapped())),
    "around what is no PDF": ("document-type-refused", wrapped(b"words")),
    "around what does something": (
        "document-active-content",
        wrapped(PAPER.replace(b"/Type/Catalog", b"/Type/Catalog/OpenAction<</S/JavaScript/JS(1)>>")),
    ),
    "as text": ("document-type-refused", b"-----BEGIN PKCS7-----\nMIIB\n-----END PKCS7-----\n"),
    "encrypted": ("document-type-refused", WHOLE.replace(SIGNED_DATA, SIGNED_DATA[:-1] + b"\x03", 1)),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_what_does_not_hold_is_refused_with_the_reason(what: str) -> None:
    code, content = BAD[what]
    assert refused(content) == code


CLERK = Principal("citizen", frozenset({"citizen"}), None)
OF_A, OF_B, SIGNATURE = "a" * 64, "b" * 64, "c" * 64
FILES = {
    OF_A: {"type": "application/pdf", "size": 9, "name": "a.pdf"},
    OF_B: {"type": "application/pdf", "size": 9, "name": "b.pdf"},
    SIGNATURE: {"type": "application/pkcs7-signature", "size": 9, "name": "a.p7s", "signs": OF_A},
}


def filed(*papers: tuple[str, str]) -> None:
    wish = filing(documents=[{"code": code, "id": id_} for code, id_ in papers])
    check_filing(grown(), validated(Filing, wish), FILES, CLERK, date(2026, 11, 27))


def test_a_signature_alone_is_handed_in_with_its_paper_and_stands_for_none() -> None:
    first, second = [paper.code for paper in grown().procedure(filing()["procedure"]).documents][:2]
    demanded = [(paper.code, OF_B) for paper in grown().procedure(filing()["procedure"]).demanded("online")]
    filed(*demanded, (first, SIGNATURE), (first, OF_A))
    for papers in ([(first, SIGNATURE)], [(first, SIGNATURE), (first, OF_B)], [(first, SIGNATURE), (second, OF_A)]):
        with pytest.raises(Invalid) as caught:
            filed(*demanded, *papers)
        assert caught.value.code == "signature-without-paper"
        assert caught.value.errors[0]["path"] == f"/documents/{len(demanded)}/id"
