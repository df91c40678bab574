"""Signatures in a PDF (PAdES): whether the bytes are those that were signed, and by whom the certificate says they were.

Who issued the certificate is not judged: there is no list of whom to trust. Only a worker imports this, and only when a signed
file has come: pyHanko takes most of a second to load.
"""

from __future__ import annotations

from io import BytesIO
from unicodedata import category

from asn1crypto.x509 import Certificate
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from dossier_intake.inspection.verdicts import NAME_LENGTH, SIGNATURE_BROKEN, Refusal, Signature
from dossier_shared.clock import instant


def signatures(content: bytes) -> tuple[Signature, ...]:
    """In the order they were made; stamps of time are nobody's. Refuses a file changed after it was signed."""
    try:
        found = PdfFileReader(BytesIO(content), strict=False).embedded_regular_signatures
        return tuple(_checked(one) for one in found)
    except (MemoryError, Refusal):
        raise
    except Exception:  # the file is anybody's: what cannot be read as a signature is none that holds
        raise Refusal(SIGNATURE_BROKEN) from None


def _checked(one: EmbeddedPdfSignature) -> Signature:
    one.compute_integrity_info()  # type: ignore[no-untyped-call]
    # what was added behind it may be a further signature, a stamp or filled fields; another content may not
    if not one.summarise_integrity_info()["docmdp_ok"]:
        raise Refusal(SIGNATURE_BROKEN)
    intact, valid = validate_sig_integrity(
        one.signer_info,
        one.signer_cert,
        expected_content_type="data",
        actual_digest=one.compute_digest(),
    )
    if not (intact and valid):
        raise Refusal(SIGNATURE_BROKEN)
    at = one.self_reported_timestamp
    return Signature(signer_name(one.signer_cert), instant(at) if at is not None and at.tzinfo is not None else None)


def signer_name(certificate: Certificate) -> str:
    """Of the person, else the organisation; without what hides or turns letters."""
    subject = certificate.subject.native
    for part in ("common_name", "organization_name"):
        given = subject.get(part)
        text = given if isinstance(given, str) else next(iter(given or ()), "")
        plain = "".join(letter for letter in " ".join(str(text).split()) if category(letter) not in ("Cc", "Cf", "Cs"))
        if plain:
            return plain[:NAME_LENGTH]
    return ""
