import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from dossier_signing.documents.authority import LEADER_VALIDITY, DevelopmentAuthority


def serial_of_a_leader(folder: Path) -> int:
    return (
        DevelopmentAuthority(folder).leader_signer("u-1", "Trần Quốc Hưng", "UBND xã Bù Đăng").certificate.serial_number
    )


def test_a_leader_is_certified_once_by_the_root_with_the_right_uses(tmp_path: Path) -> None:
    authority = DevelopmentAuthority(tmp_path)
    signer = authority.leader_signer("u-1", "Trần Quốc Hưng", "UBND xã Bù Đăng")
    root = authority.root().certificate
    signer.certificate.verify_directly_issued_by(root)

    subject = signer.certificate.subject
    assert subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "Trần Quốc Hưng"
    assert subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == "UBND xã Bù Đăng"
    usage = signer.certificate.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert usage.value.content_commitment
    assert not usage.value.key_cert_sign
    assert signer.key.key_size == 2048
    assert signer.chain == (root,)
    assert x509.load_pem_x509_certificate(authority.root_path.read_bytes()) == root

    assert serial_of_a_leader(tmp_path) == signer.certificate.serial_number
    other = authority.leader_signer("u-1", "Trần Quốc Hưng", "UBND xã Thọ Sơn")
    assert other.certificate.serial_number != signer.certificate.serial_number


def test_private_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    serial_of_a_leader(tmp_path)
    keys = [path for path in tmp_path.rglob("*.pem") if b"PRIVATE KEY" in path.read_bytes()]
    assert len(keys) == 2
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys} == {0o600}
    assert b"PRIVATE" not in (tmp_path / "root.crt").read_bytes()
    assert not list(tmp_path.rglob(".*.pem.*")), "a temporary file was left behind"


def test_processes_that_start_together_get_the_same_certificate(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from dossier_signing.documents.authority import DevelopmentAuthority;"
        "print(DevelopmentAuthority(Path(sys.argv[1])).leader_signer('u-1', 'Trần', 'UBND').certificate.serial_number)"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE) for _ in range(4)
    ]
    serials = {process.communicate(timeout=60)[0] for process in started}
    assert len(serials) == 1
    assert int(serials.pop()) > 0


def test_a_certificate_is_renewed_before_it_ends(tmp_path: Path) -> None:
    first = serial_of_a_leader(tmp_path)
    later = DevelopmentAuthority(tmp_path, now=lambda: datetime.now(UTC) + LEADER_VALIDITY - timedelta(days=1))
    renewed = later.leader_signer("u-1", "Trần Quốc Hưng", "UBND xã Bù Đăng")
    assert renewed.certificate.serial_number != first
    assert serial_of_a_leader(tmp_path) == renewed.certificate.serial_number


def test_a_key_under_another_certificate_is_refused(tmp_path: Path) -> None:
    serial_of_a_leader(tmp_path)
    (leader,) = (tmp_path / "leaders").glob("*.pem")
    leader.write_bytes(leader.read_bytes().partition(b"-----BEGIN CERT")[0] + (tmp_path / "root.crt").read_bytes())
    with pytest.raises(ValueError, match="do not belong together"):
        serial_of_a_leader(tmp_path)


def test_names_longer_than_an_attribute_holds_are_cut_between_letters(tmp_path: Path) -> None:
    signer = DevelopmentAuthority(tmp_path).leader_signer("u-1", "Ễ" * 80, "Ủy ban nhân dân " * 20)
    name = str(signer.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
    assert name == "Ễ" * 20 + "…"
