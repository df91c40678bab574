"""PDFs signed as a person's own program would sign them, with a certificate nobody has heard of."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID
from pyhanko.keys.internal import (
    translate_pyca_cryptography_cert_to_asn1,
    translate_pyca_cryptography_key_to_asn1,
)
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from dossier_local.simulation.papers import scan

AN, BINH = "Nguyễn Văn An", "Trần Thị Bình"


@cache
def signer(name: str) -> signers.SimpleSigner:
    key, now = generate_private_key(SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), 7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, SHA256())
    )
    return signers.SimpleSigner(
        signing_cert=translate_pyca_cryptography_cert_to_asn1(certificate),
        signing_key=translate_pyca_cryptography_key_to_asn1(key),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]
    )


def signed(content: bytes = b"", name: str = AN, field: str = "Signature1") -> bytes:
    out = BytesIO()
    writer = IncrementalPdfFileWriter(BytesIO(content or scan("G1", 1)))
    meta = signers.PdfSignatureMetadata(field_name=field, subfilter=fields.SigSeedSubFilter.PADES)
    signers.sign_pdf(writer, meta, signer=signer(name), output=out)
    return out.getvalue()


def wrapped(content: bytes = b"", *, detached: bool = False, digest: str = "sha256", name: str = AN) -> bytes:
    """A CMS signature with the paper in it, or alone. Not where a loop runs."""
    made = signer(name).async_sign_general_data(content or scan("G1", 1), digest, detached=detached, use_cades=True)
    loop = asyncio.new_event_loop()
    try:
        return bytes(loop.run_until_complete(made).dump())
    finally:
        loop.close()


def added_to(content: bytes, text: bytes = b"BT /F1 30 Tf 60 400 Td (100.000.000) Tj ET") -> bytes:
    """With other words on the page, behind what is signed: each byte that was signed stays."""
    writer = IncrementalPdfFileWriter(BytesIO(content))
    sheet = writer.root["/Pages"]["/Kids"][0]
    sheet["/Contents"] = writer.add_object(generic.StreamObject(stream_data=text))
    writer.update_container(sheet)
    out = BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()
