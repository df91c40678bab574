"""The signed PDF as PDF/A wants its bytes: an update begins on a line of its own (ISO 19005-2, 6.1.9)."""

from datetime import UTC, datetime

import pytest

from dossier_signing.documents.authority import DevelopmentAuthority
from dossier_signing.documents.pades import Seal
from dossier_signing.documents.result_document import render

from ..component.signing_pades.conftest import document_of  # noqa: TID252

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def seal(tmp_path_factory: pytest.TempPathFactory) -> Seal:
    authority = DevelopmentAuthority(tmp_path_factory.mktemp("keys"))
    return Seal(authority.leader_signer("u-1", "Trần Quốc Hưng", "Ủy ban nhân dân xã Bù Đăng"))


def parts(pdf: bytes, original: bytes) -> tuple[bytes, bytes]:
    """What was there before, and what the signature added to it."""
    assert pdf.startswith(original)
    return original, pdf[len(original) :]


def test_d9_the_update_begins_on_a_line_of_its_own(seal: Seal) -> None:
    original = render(document_of("certificate"), NOW)
    before, update = parts(seal.sign(original, NOW), original)
    assert (before + update[:1]).endswith((b"%%EOF\n", b"%%EOF\r"))
    assert update.lstrip(b"\r\n")[:1].isdigit()
    assert update.endswith(b"\n%%EOF\n")


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\r", b" "], ids=["none", "lf", "crlf", "cr", "blank"])
def test_d9_whatever_the_file_ended_with(seal: Seal, end: bytes) -> None:
    """A sibling: another writer's file, with or without a line break of its own; none is added beside one."""
    original = render(document_of("rejection"), NOW).rstrip() + end
    _, update = parts(seal.sign(original, NOW), original)
    broken = end.endswith((b"\n", b"\r"))
    assert update[:1].isdigit() if broken else update[:1] == b"\n"
    assert update.count(b"%%EOF") == 1


def test_d9_every_mark_of_the_signed_file_stands_alone(seal: Seal) -> None:
    """A sibling: `endobj`, `startxref` and `%%EOF` of the update each stand on a line of their own as well."""
    original = render(document_of("decision"), NOW)
    _, update = parts(seal.sign(original, NOW), original)
    for mark in (b"endobj", b"startxref", b"%%EOF"):
        for before, after in around(update, mark):
            assert (before, after) == (b"\n", b"\n"), mark


def around(data: bytes, mark: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], data.find(mark)
    while at >= 0:
        found.append((data[at - 1 : at], data[at + len(mark) : at + len(mark) + 1]))
        at = data.find(mark, at + 1)
    return found
