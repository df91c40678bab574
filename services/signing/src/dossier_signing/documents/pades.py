"""PAdES B-B with pyHanko: the key stays loaded, and the CMS is cast once per leader.

Between two signatures of one leader, a B-B CMS differs in exactly two places of fixed length: the message digest and
the RSA signature. pyHanko builds the CMS once with marks in those places; each document then costs one incremental
update and one RSA operation instead of rebuilding every ASN.1 structure. ``Seal`` refuses to exist unless its cast
equals, byte for byte, what pyHanko makes the long way.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import secrets
from collections.abc import Generator
from datetime import UTC, datetime
from typing import Any

from asn1crypto import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from pyhanko.keys.internal import translate_pyca_cryptography_cert_to_asn1
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.fields import InvisSigSettings, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import Signer
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest, SignatureObject
from pyhanko_certvalidator.registry import SimpleCertificateStore

from dossier_signing.documents.authority import SigningIdentity
from dossier_signing.documents.result_document import CannotSign

DIGEST = "sha256"
FIELD_NAME = "LeaderSignature"
MARK_IN_PLACE_OF_A_DIGEST = bytes(range(32))


class UnsignablePdf(CannotSign):
    code = "unsignable-pdf"


class OutsideValidity(CannotSign):
    code = "certificate-not-valid"


class KeptKeySigner(Signer):
    """pyHanko's own signer parses its private key at every signature; this one was given a loaded key."""

    def __init__(self, key: RSAPrivateKey, certificate: x509.Certificate, chain: list[x509.Certificate]) -> None:
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        store.register_multiple(chain)
        super().__init__(signing_cert=certificate, cert_registry=store)
        self._key = key
        self.last_signed_attributes = b""
        self.last_signature = b""

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        self.last_signed_attributes = data
        self.last_signature = self._key.sign(data, PKCS1v15(), hashes.SHA256())
        return self.last_signature

    def whole_cms(self, digest: bytes) -> bytes:
        cms = asyncio.run(self.async_sign(digest, DIGEST, use_pades=True))
        return bytes(cms.dump())


class Cast:
    """DER bytes with holes of known place and length, where the sample carried the marks (in this order)."""

    def __init__(self, sample: bytes, *marks: bytes) -> None:
        self._parts: list[bytes] = []
        rest = sample
        for mark in marks:
            if sample.count(mark) != 1:
                raise ValueError("each mark must occur exactly once")
            before, _, rest = rest.partition(mark)
            self._parts.append(before)
        self._end = rest

    def filled(self, *contents: bytes) -> bytes:
        pairs = zip(self._parts, contents, strict=True)
        return b"".join(before + content for before, content in pairs) + self._end


class Seal:
    """One leader's signature, ready to be set under any number of documents. Build it where no event loop runs."""

    def __init__(self, identity: SigningIdentity) -> None:
        self._key = identity.key
        certificate = translate_pyca_cryptography_cert_to_asn1(identity.certificate)
        chain = [translate_pyca_cryptography_cert_to_asn1(link) for link in identity.chain]
        signer = KeptKeySigner(identity.key, certificate, chain)
        sample = signer.whole_cms(MARK_IN_PLACE_OF_A_DIGEST)
        self._attributes = Cast(signer.last_signed_attributes, MARK_IN_PLACE_OF_A_DIGEST)
        self._whole = Cast(sample, MARK_IN_PLACE_OF_A_DIGEST, signer.last_signature)
        self._reserved = 2 * len(sample)
        self.serial = f"{identity.certificate.serial_number:x}"
        self.subject = identity.certificate.subject.rfc4514_string()
        self.valid_from = identity.certificate.not_valid_before_utc
        self.valid_until = identity.certificate.not_valid_after_utc
        probe = secrets.token_bytes(len(MARK_IN_PLACE_OF_A_DIGEST))
        if self._cms(probe) != signer.whole_cms(probe):
            raise ValueError("the cast CMS differs from the one pyHanko builds")

    def sign(self, pdf: bytes, signed_at: datetime) -> bytes:
        """The same PDF and second give the same bytes. Raises UnsignablePdf, OutsideValidity."""
        if not self.valid_from <= signed_at <= self.valid_until:
            raise OutsideValidity(f"{signed_at.isoformat()} is outside the validity of certificate {self.serial}")
        second = signed_at.astimezone(UTC).replace(microsecond=0)
        try:
            # PDF/A-2 6.1.9: nothing but a line break follows `%%EOF`, and typst ends its files right after it
            whole = pdf if pdf.endswith((b"\n", b"\r")) else pdf + b"\n"
            writer = ResultUpdate(io.BytesIO(whole), second)
            if "/AcroForm" in writer.root:
                raise UnsignablePdf("the document already carries a form or a signature")
            return self._embed(writer, second)
        except (PdfError, KeyError, TypeError) as error:
            raise UnsignablePdf(str(error)) from error

    def _embed(self, writer: ResultUpdate, signed_at: datetime) -> bytes:
        field = SigFieldSpec(FIELD_NAME, invis_sig_settings=InvisSigSettings(set_print_flag=True))
        steps: Generator[Any, Any, None] = PdfCMSEmbedder(new_field_spec=field).write_cms(FIELD_NAME, writer)
        next(steps)
        placeholder = SignatureObject(
            timestamp=signed_at, subfilter=SigSeedSubFilter.PADES, bytes_reserved=self._reserved
        )
        steps.send(SigObjSetup(sig_placeholder=placeholder))
        prepared, output = steps.send(SigIOSetup(md_algorithm=DIGEST, in_place=True))
        assert isinstance(prepared, PreparedByteRangeDigest)
        assert isinstance(output, io.BytesIO)
        steps.send(self._cms(prepared.document_digest))
        return output.getvalue()

    def _cms(self, digest: bytes) -> bytes:
        signature = self._key.sign(self._attributes.filled(digest), PKCS1v15(), hashes.SHA256())
        return self._whole.filled(digest, signature)


class ResultUpdate(IncrementalPdfFileWriter):
    """An update that adds a signature and nothing else.

    Title, author and dates stay as they were set with the document (PDF/A wants them equal in both places, and
    rewriting them would name the moment of a retry); the second half of the file's id follows from what is signed.
    """

    def __init__(self, stream: io.BytesIO, signed_at: datetime) -> None:
        super().__init__(stream)
        content = hashlib.sha256(stream.getbuffer())
        content.update(signed_at.isoformat().encode())
        self._document_id[1] = generic.ByteStringObject(content.digest()[:16])

    def _update_meta(self) -> None:
        pass
