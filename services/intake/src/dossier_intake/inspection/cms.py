"""Signatures outside a PDF (CMS): a `.p7m` has the signed PDF in it, a `.p7s` is the signature alone and
names its paper by its hash.

As with those in a PDF the bytes are judged, not who issued the certificate; only a worker imports this.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import new

from asn1crypto import cms, x509
from pyhanko.sign.general import find_unique_cms_attribute
from pyhanko.sign.validation.generic_cms import extract_self_reported_ts, validate_sig_integrity

from dossier_intake.filing.documents import P7M, P7S
from dossier_intake.inspection.signatures import signer_name
from dossier_intake.inspection.verdicts import SIGNATURE_BROKEN, SIGNATURE_UNSUPPORTED, Fit, Refusal, Signature
from dossier_shared.clock import instant

HASHES = frozenset({"sha256", "sha384", "sha512"})
ALONE = "sha256"  # of a .p7s: papers are kept under theirs
SIGNERS = 20  # in one file at most: nobody's program puts more there


def look_into(content: bytes, paper: Callable[[bytes], Fit]) -> Fit:
    """`paper` looks into what was signed. Refuses what does not hold, and trailing bytes."""
    try:
        signed = _signed(content)
        inner = signed["encap_content_info"]["content"].native
        signers = list(signed["signer_infos"])
        if not 0 < len(signers) <= SIGNERS:
            raise Refusal(SIGNATURE_UNSUPPORTED)
        certificates = _certificates(signed)
        found = [_checked(one, certificates, inner) for one in signers]
    except (MemoryError, Refusal):
        raise
    except Exception:  # the file is anybody's: what cannot be read as a signature is none that holds
        raise Refusal(SIGNATURE_BROKEN) from None
    by, hashes = tuple(signature for signature, _ in found), {digest for _, digest in found}
    if inner is not None:
        fit = paper(inner)
        return Fit(P7M, inner, (), fit.pages, (*by, *fit.signatures))
    if len(hashes) != 1:
        raise Refusal(SIGNATURE_BROKEN)  # of two papers at once
    return Fit(P7S, signatures=by, signs=hashes.pop())


def _signed(content: bytes) -> cms.SignedData:
    outer = cms.ContentInfo.load(content, strict=True)
    signed = outer["content"]
    if outer["content_type"].native != "signed_data" or signed["encap_content_info"]["content_type"].native != "data":
        raise Refusal(SIGNATURE_UNSUPPORTED)
    return signed


def _certificates(signed: cms.SignedData) -> list[x509.Certificate]:
    """Those it brings; nothing is fetched."""
    return [one.chosen for one in signed["certificates"] or () if one.name == "certificate"]


def _checked(one: cms.SignerInfo, certificates: list[x509.Certificate], inner: bytes | None) -> tuple[Signature, str]:
    """And the hash of what it signs, hex. `inner`: None, it is not here: the hash that was signed is told."""
    hashing = one["digest_algorithm"]["algorithm"].native
    certificate = next((known for known in certificates if _is_of(one["sid"], known)), None)
    known = (ALONE,) if inner is None else HASHES
    if certificate is None or hashing not in known or not one["signed_attrs"]:
        raise Refusal(SIGNATURE_UNSUPPORTED)
    said = find_unique_cms_attribute(one["signed_attrs"], "message_digest").native
    digest = said if inner is None else new(hashing, inner).digest()
    intact, valid = validate_sig_integrity(one, certificate, expected_content_type="data", actual_digest=digest)
    if not (intact and valid):
        raise Refusal(SIGNATURE_BROKEN)
    at = extract_self_reported_ts(one)
    told = instant(at) if at is not None and at.tzinfo is not None else None
    return Signature(signer_name(certificate), told), digest.hex()


def _is_of(sid: cms.SignerIdentifier, certificate: x509.Certificate) -> bool:
    if sid.name == "subject_key_identifier":
        return bool(certificate.key_identifier == sid.chosen.native)
    named = sid.chosen
    return bool(named["issuer"] == certificate.issuer and named["serial_number"].native == certificate.serial_number)
