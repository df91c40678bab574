"""What kind of file this is, by its first bytes. What its sender calls it decides nothing."""

from __future__ import annotations

import filetype  # type: ignore[import-untyped]

from dossier_intake.inspection.verdicts import Refusal, Unfit, other_kind

PDF, JPEG, PNG, HEIC = "application/pdf", "image/jpeg", "image/png", "image/heic"
CMS = "cms"  # a signature outside a PDF, with its paper in it or alone
HEAD = 4096
_SIGNED, _ENVELOPED = (b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07" + kind for kind in (b"\x02", b"\x03"))
_OUTER = 24  # bytes within which the outermost object says what it is
BLANK = b"\xef\xbb\xbf \t\r\n\x00"  # readers look for the header behind these
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
_PICTURE = ("Hãy lưu ảnh thành JPEG rồi gửi lại.", "Save the picture as JPEG and send it again.")
_WORK = ("Hãy xuất ra PDF rồi gửi lại.", "Export it to PDF and send that.")
_OTHERS = {
    "image/webp": ("Tệp này là ảnh WebP.", "This is a WebP picture.", *_PICTURE),
    "image/avif": ("Tệp này là ảnh AVIF.", "This is an AVIF picture.", *_PICTURE),
    "image/tiff": ("Tệp này là ảnh TIFF.", "This is a TIFF picture.", *_PICTURE),
    "image/gif": ("Tệp này là ảnh GIF.", "This is a GIF picture.", *_PICTURE),
    "image/bmp": ("Tệp này là ảnh BMP.", "This is a BMP picture.", *_PICTURE),
    "image/svg+xml": ("Tệp này là ảnh SVG.", "This is an SVG picture.", *_PICTURE),
    "application/zip": ("Tệp này là tệp nén ZIP.", "This is a ZIP archive.",
        "Hãy giải nén và gửi từng tệp.", "Unpack it and send each file."),
    "office": ("Tệp này là tài liệu Word, Excel hoặc PowerPoint.", "This is a Word, Excel or PowerPoint document.", *_WORK),
    "enveloped": ("Tệp này đã được mã hóa nên cán bộ không đọc được.", "This file is encrypted, so no officer can read it.",
        "Hãy gửi bản chỉ ký số, không mã hóa.", "Send one that is signed and not encrypted."),
    "armoured": ("Tệp ký số này ở dạng văn bản (PEM).", "This signature is written as text (PEM).",
        "Hãy lưu ở dạng nhị phân (DER) rồi gửi lại.", "Save it in binary form (DER) and send it again."),
    "multipart": ("Nội dung gửi lên là một biểu mẫu (multipart).", "The body is a form (multipart).",
        "Hãy gửi chính tệp làm nội dung.", "Send the file itself as the body."),
}  # fmt: skip


def kind_of(content: bytes) -> str:
    """PDF, JPEG, PNG, HEIC or CMS; anything else is refused by its name, as far as it is known."""
    head = content[:HEAD]
    if head.lstrip(BLANK).startswith(b"%PDF"):
        return PDF
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith(b"\x30") and _SIGNED in head[:_OUTER]:
        return CMS
    if head[4:8] == b"ftyp":
        brands = {head[at : at + 4] for at in (8, *range(16, min(int.from_bytes(head[:4]), 256), 4))}
        if not brands & _AVIF_BRANDS and brands & _HEIC_BRANDS:
            return HEIC
        raise Refusal(_named("image/avif" if brands & _AVIF_BRANDS else ""))
    raise Refusal(_named(_other(content, head)))


def _other(content: bytes, head: bytes) -> str:
    if head.startswith(b"\x30") and _ENVELOPED in head[:_OUTER]:
        return "enveloped"
    if head.lstrip(BLANK).startswith((b"-----BEGIN PKCS7", b"-----BEGIN CMS")):
        return "armoured"
    if head.startswith(b"--") and b"content-disposition:" in head.lower():
        return "multipart"
    if head.startswith((b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"{\\rtf")):
        return "office"
    if head.startswith(b"PK\x03\x04"):
        inner = (b"word/", b"xl/", b"ppt/", b"[Content_Types].xml", b"opendocument")
        return "office" if any(name in content for name in inner) else "application/zip"
    if b"<svg" in head:
        return "image/svg+xml"
    return str(filetype.guess_mime(head) or "")


def _named(kind: str) -> Unfit:
    if kind not in _OTHERS:
        return other_kind("Hãy chọn tệp khác.", "Choose another file.")
    vi, en, do_vi, do_en = _OTHERS[kind]
    return other_kind(f"{vi} {do_vi}", f"{en} {do_en}")
