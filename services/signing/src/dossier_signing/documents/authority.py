"""A development certificate authority: a root and one certificate per leader, made on first use and then kept.

In production the same ``SigningIdentity`` comes from the agency's provider; nothing else in the service changes.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.x509.oid import NameOID

from dossier_signing.documents.result_document import KeyUnreadable

ROOT_NAME = "Dossier development root CA"
ROOT_VALIDITY = timedelta(days=3650)
LEADER_VALIDITY = timedelta(days=1095)
RENEWED_BEFORE_END = timedelta(days=30)
VALID_BEFORE_CREATION = timedelta(days=30)  # an intent recorded before its leader's first certificate
NAME_BYTES = 64


@dataclass(frozen=True, slots=True)
class SigningIdentity:
    """A loaded key with its certificate; ``chain`` is what a verifier needs above it, the root last."""

    key: RSAPrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]


class DevelopmentAuthority:
    """Keys under ``folder`` (``root.pem``, ``leaders/*.pem``; 0600) and the root to trust in ``root.crt``."""

    def __init__(self, folder: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._folder = folder
        self._now = now

    @property
    def root_path(self) -> Path:
        return self._folder / "root.crt"

    def root(self) -> SigningIdentity:
        path = self._folder / "root.pem"
        existing = self._usable(path)
        if existing is None:
            with self._only_one_process():
                existing = self._usable(path) or self._create_root(path)
        key, certificate = existing
        return SigningIdentity(key, certificate, ())

    def leader_signer(self, sub: str, name: str, agency: str) -> SigningIdentity:
        root = self.root()
        digest = hashlib.sha256("\x00".join((sub, name, agency)).encode()).hexdigest()[:32]
        path = self._folder / "leaders" / f"{digest}.pem"
        try:
            existing = self._usable(path, issuer=root.certificate)
        except OSError as error:  # the root's key was read from the same folder
            raise KeyUnreadable(f"{path.name}: {error.strerror}") from error
        if existing is None:
            with self._only_one_process():
                existing = self._usable(path, issuer=root.certificate) or self._create_leader(
                    path, root, sub, name, agency
                )
        key, certificate = existing
        return SigningIdentity(key, certificate, (root.certificate,))

    def _usable(
        self, path: Path, issuer: x509.Certificate | None = None
    ) -> tuple[RSAPrivateKey, x509.Certificate] | None:
        try:
            pem = path.read_bytes()
        except FileNotFoundError:
            return None
        key = serialization.load_pem_private_key(pem, password=None)
        certificate = x509.load_pem_x509_certificate(pem)
        if not isinstance(key, RSAPrivateKey) or key.public_key() != certificate.public_key():
            raise ValueError(f"{path.name}: key and certificate do not belong together")
        if certificate.not_valid_after_utc - RENEWED_BEFORE_END <= self._now():
            return None
        if issuer is not None:
            certificate.verify_directly_issued_by(issuer)
        return key, certificate

    def _create_root(self, path: Path) -> tuple[RSAPrivateKey, x509.Certificate]:
        key = generate_private_key(65537, 2048)
        name = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "For development only"),
                x509.NameAttribute(NameOID.COMMON_NAME, ROOT_NAME),
            ]
        )
        builder = self._builder(name, name, key.public_key(), key.public_key(), ROOT_VALIDITY)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        certificate = builder.sign(key, hashes.SHA256())
        _write_atomically(self.root_path, certificate.public_bytes(serialization.Encoding.PEM), mode=0o644)
        _write_atomically(path, _pem(key, certificate), mode=0o600)
        return key, certificate

    def _create_leader(
        self, path: Path, root: SigningIdentity, sub: str, name: str, agency: str
    ) -> tuple[RSAPrivateKey, x509.Certificate]:
        key = generate_private_key(65537, 2048)
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, _fitting(agency)),
                x509.NameAttribute(NameOID.COMMON_NAME, _fitting(name)),
                x509.NameAttribute(NameOID.USER_ID, _fitting(sub)),
            ]
        )
        builder = self._builder(
            subject, root.certificate.subject, key.public_key(), root.key.public_key(), LEADER_VALIDITY
        )
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(digital_signature=True, content_commitment=True), critical=True)
        certificate = builder.sign(root.key, hashes.SHA256())
        _write_atomically(path, _pem(key, certificate), mode=0o600)
        return key, certificate

    def _builder(
        self,
        subject: x509.Name,
        issuer: x509.Name,
        public: RSAPublicKey,
        issuer_public: RSAPublicKey,
        validity: timedelta,
    ) -> x509.CertificateBuilder:
        now = self._now()
        return (
            x509.CertificateBuilder(issuer_name=issuer, subject_name=subject, public_key=public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - VALID_BEFORE_CREATION)
            .not_valid_after(now + validity)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_public), critical=False)
        )

    @contextmanager
    def _only_one_process(self) -> Iterator[None]:
        (self._folder / "leaders").mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self._folder / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _usage(
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: RSAPrivateKey, certificate: x509.Certificate) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + certificate.public_bytes(serialization.Encoding.PEM)


def _write_atomically(path: Path, content: bytes, mode: int) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _fitting(text: str) -> str:
    """A distinguished name's attribute holds at most 64 bytes here; the document itself carries the whole name."""
    encoded = text.encode()
    if len(encoded) <= NAME_BYTES:
        return text
    return encoded[: NAME_BYTES - 3].decode(errors="ignore").rstrip() + "…"
