"""Uploaded documents: how large, under which name, and which ones a filing still lacks. What is in them: inspection/."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import TYPE_CHECKING

from dossier_intake.problems import field_error
from dossier_shared.problems import Invalid

if TYPE_CHECKING:
    from dossier_intake.catalogue.model import Procedure

SIZE_LIMIT = 10 * 1024 * 1024
NAME_LENGTH = 150
PDF = "application/pdf"
P7M, P7S = "application/pkcs7-mime", "application/pkcs7-signature"  # signed, with the paper in it; a signature alone
VIEWED = {PDF: ("pdf",), "image/jpeg": ("jpg", "jpeg"), "image/png": ("png",)}  # as they are
EXTENSIONS = {**VIEWED, P7M: ("p7m",), P7S: ("p7s",)}
TAKEN = (*EXTENSIONS, "image/heic", "image/heif", "application/octet-stream")  # declared; the content decides
FREE = "supplement"  # code of what an officer asked for in words: no paper of the procedure's list
CONSENT = "consent"  # code of the paper by which the person lets somebody else file
_KNOWN = frozenset({"heic", "heif", *(name for names in EXTENSIONS.values() for name in names)})
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f<>:"|?*]')


def check_size(size: int, size_limit: int = SIZE_LIMIT) -> None:
    """Also for a body still being read: call it with what has arrived or with Content-Length."""
    if size == 0:
        raise Invalid("document-empty", "Tệp rỗng. Hãy chọn lại tệp.", "The file is empty. Choose the file again.")
    if size > size_limit:
        megabytes = f"{size_limit / 1024 / 1024:g}"
        raise Invalid(
            "document-too-large",
            f"Tệp lớn quá {megabytes} MB. Hãy giảm dung lượng rồi gửi lại.",
            f"The file is larger than {megabytes} MB. Make it smaller and send it again.",
            status=413,
        )


def safe_name(name: str, kind: str) -> str:
    """A name to show and to offer for download: no folders, no control characters, an extension that is true."""
    plain = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode()).replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(
        letter for letter in _NOT_IN_NAMES.sub("", plain) if unicodedata.category(letter) not in ("Cc", "Cf")
    )
    plain = " ".join(plain.split()).rstrip(". ")
    stem, dot, extension = plain.rpartition(".")
    if not dot or extension.lower() not in _KNOWN:
        stem = plain
    if not dot or extension.lower() not in EXTENSIONS[kind]:
        extension = EXTENSIONS[kind][0]
    return f"{(stem.lstrip('. ') or 'tai-lieu')[:NAME_LENGTH]}.{extension.lower()}"


def check_documents(procedure: Procedure, channel: str, given: Collection[str], reused: Collection[str] = ()) -> None:
    """`given`: paper codes with a file. `reused`: papers taken from what the offices hold already instead.

    Raises Invalid.
    """
    check_codes(given, {paper.code for paper in procedure.documents})
    held = {paper.code for paper in procedure.documents if paper.reusable_from}
    if strange := [position for position, code in enumerate(reused) if code not in held]:
        raise Invalid(
            "document-not-reusable",
            "Có giấy tờ không khai thác được từ dữ liệu đã có. Hãy nộp tệp của giấy tờ đó.",
            "Some documents cannot be taken from data already held. Bring their files.",
            errors=[
                field_error(
                    f"/reused/{position}",
                    "document-not-reusable",
                    "Không có trong dữ liệu đã có.",
                    "Not in data already held.",
                )
                for position in strange
            ],
        )
    missing = [paper for paper in procedure.demanded(channel) if paper.code not in given and paper.code not in reused]
    if missing:
        names = "; ".join(paper.name_vi for paper in missing)
        raise Invalid(
            "missing-documents",
            f"Hồ sơ còn thiếu {len(missing)} giấy tờ: {names}.",
            f"{len(missing)} document(s) are missing: {names}.",
            errors=[
                field_error(
                    "/documents",
                    "missing-document",
                    f"Thiếu: {paper.name_vi}.",
                    f"Missing: {paper.name_vi}.",
                    document=paper.code,
                )
                for paper in missing
            ],
        )


def check_codes(given: Collection[str], known: Collection[str]) -> None:
    """Raises Invalid where a paper is none of the procedure's."""
    if strange := [position for position, code in enumerate(given) if code not in known]:
        raise Invalid(
            "document-not-of-procedure",
            "Có giấy tờ không thuộc thủ tục này.",
            "Some documents do not belong to this procedure.",
            errors=[
                field_error(
                    f"/documents/{position}",
                    "document-not-of-procedure",
                    "Không thuộc thủ tục này.",
                    "Not of this procedure.",
                )
                for position in strange
            ],
        )
