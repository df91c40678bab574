from __future__ import annotations

import pytest

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.filing import documents
from dossier_shared.problems import Invalid

CATALOGUE = Catalogue.load_packaged()


def test_empty_and_too_large_are_refused() -> None:
    for size, code, status in ((0, "document-empty", 422), (documents.SIZE_LIMIT + 1, "document-too-large", 413)):
        with pytest.raises(Invalid) as refused:
            documents.check_size(size)
        assert (refused.value.code, refused.value.http_status) == (code, status)


def test_exactly_the_limit_is_accepted() -> None:
    documents.check_size(documents.SIZE_LIMIT)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("scan.pdf", "scan.pdf"),
        ("SCAN.PDF", "SCAN.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\a\\Giấy khai sinh.pdf", "Giấy khai sinh.pdf"),
        ("a\x00b\r\nc.pdf", "abc.pdf"),
        ("fdp\u202efdp.exe", "fdpfdp.exe.pdf"),
        ("x.pdf.exe", "x.pdf.exe.pdf"),
        ("", "tai-lieu.pdf"),
        ("...", "tai-lieu.pdf"),
        (".pdf", "tai-lieu.pdf"),
        (".bashrc", "bashrc.pdf"),
        ("IMG_1.HEIC", "IMG_1.pdf"),
        ("ảnh.jpeg", "ảnh.pdf"),
        ('a"b<c>.pdf', "abc.pdf"),
        ("x" * 500 + ".pdf", "x" * 150 + ".pdf"),
        ("Tờ khai\u0301.pdf", "Tờ khaí.pdf"),
        ("\ud800.pdf", "tai-lieu.pdf"),
    ],
)
def test_names(name: str, safe: str) -> None:
    assert documents.safe_name(name, "application/pdf") == safe


def test_missing_documents_are_named() -> None:
    permit = CATALOGUE.procedure("1.013225")
    with pytest.raises(Invalid) as refused:
        documents.check_documents(permit, "online", ["G17-KQ002712"])
    assert refused.value.code == "missing-documents"
    assert "Giấy tờ hợp pháp về đất đai" in refused.value.vi
    assert [error["document"] for error in refused.value.errors] == ["G17-KQ003215"]
    documents.check_documents(permit, "online", ["G17-KQ002712", "G17-KQ003215"])
    with pytest.raises(Invalid, match="missing-documents"):  # on paper, the application form is a document too
        documents.check_documents(permit, "postal", ["G17-KQ002712", "G17-KQ003215"])


def test_what_the_agency_finds_itself_is_not_demanded() -> None:
    birth = CATALOGUE.procedure("1.001193")
    with pytest.raises(Invalid, match="missing-documents"):
        documents.check_documents(birth, "online", [])
    documents.check_documents(birth, "online", [], reused=["G15-KQ004389"])  # birth notice in the results repository
    with pytest.raises(Invalid) as refused:  # the paper form is in no repository
        documents.check_documents(birth, "direct", ["G15-KQ004389"], reused=["G15-KQ004389", "G15-KQ003204"])
    assert refused.value.code == "document-not-reusable"
    assert [error["path"] for error in refused.value.errors] == ["/reused/1"]


def test_documents_of_another_procedure() -> None:
    with pytest.raises(Invalid) as refused:
        documents.check_documents(CATALOGUE.procedure("1.000894"), "online", ["G15-KQ003229", "G17-KQ002712"])
    assert refused.value.code == "document-not-of-procedure"
    assert [error["path"] for error in refused.value.errors] == ["/documents/1"]
