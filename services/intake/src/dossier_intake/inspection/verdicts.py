"""What looking into a file comes to: what to store, or why not. Plain values: they cross from one process to another."""

from __future__ import annotations

from typing import NamedTuple

ACCEPTED_VI = "Chỉ nhận tệp PDF, ảnh JPEG, PNG hoặc HEIC, và tệp ký số .p7m, .p7s."
ACCEPTED_EN = "Only PDF files, JPEG, PNG or HEIC pictures, and signatures (.p7m, .p7s) are accepted."


NAME_LENGTH = 200
PREVIEW = "image/webp"
STRAIGHTENED = "straightened"


class Signature(NamedTuple):
    """Good for these bytes. `name`: in the certificate, whose issuer nobody has judged. `at`: by the signer's own clock."""

    name: str
    at: str | None = None


class Fit(NamedTuple):
    """`content`: what is to be stored, where it is not what came; of a signature with its paper in it (`.p7m`), the paper, to be
    shown. `changes`: how it differs. `pages`: of a PDF. `signs`: of a signature alone (`.p7s`), the SHA-256 of its paper."""

    type: str
    content: bytes | None = None
    changes: tuple[str, ...] = ()
    pages: int | None = None
    signatures: tuple[Signature, ...] = ()
    signs: str | None = None


class Unfit(NamedTuple):
    code: str
    vi: str
    en: str
    status: int = 422


class Refusal(Exception):
    """Raised while looking; a worker answers its verdict."""

    def __init__(self, verdict: Unfit) -> None:
        self.verdict = verdict
        super().__init__(verdict.code)


BROKEN = Unfit(
    "document-broken",
    "Tệp bị hỏng hoặc bị cắt cụt nên không mở được. Hãy xuất hoặc chụp lại rồi gửi lại.",
    "The file is damaged or cut off and cannot be opened. Export or photograph it again, then send it again.",
)
LOCKED = Unfit(
    "document-locked",
    "Tệp PDF có mật khẩu nên cán bộ không đọc được. Hãy bỏ mật khẩu (in ra PDF mới) rồi gửi lại.",
    "The PDF has a password, so no officer can read it. Remove the password (print to a new PDF) and send it again.",
)
EMPTY = Unfit(
    "document-without-pages",
    "Tệp PDF không có trang nào. Hãy xuất lại rồi gửi lại.",
    "The PDF has no pages. Export it again, then send it again.",
)
NESTED = Unfit(
    "document-two-in-one",
    "Trong tệp còn giấu một tệp khác. Hãy in ra PDF mới hoặc chụp lại rồi gửi lại.",
    "Another file is hidden in this one. Print to a new PDF or photograph it again, then send it again.",
)
TOO_MANY_PIXELS = Unfit(
    "document-too-many-pixels",
    "Ảnh có quá nhiều điểm ảnh. Hãy chụp hoặc quét lại với độ phân giải thấp hơn (300 dpi là đủ).",
    "The picture has too many pixels. Photograph or scan it at a lower resolution (300 dpi is enough).",
)
TOO_COMPLEX = Unfit(
    "document-too-complex",
    "Tệp quá phức tạp, không kiểm tra được. Hãy in ra PDF mới hoặc chụp lại rồi gửi lại.",
    "The file is too complex to be checked. Print to a new PDF or photograph it again, then send it again.",
)
NO_EDGES = Unfit(
    "document-without-edges",
    "Không thấy rõ bốn cạnh của tờ giấy nên ảnh được giữ nguyên. Hãy đặt giấy trên nền tối rồi chụp lại đủ bốn góc.",
    "The four edges of the paper are not seen, so the photo stays as it is. Lay the paper on something dark and photograph all "
    "four corners again.",
)
SIGNATURE_BROKEN = Unfit(
    "signature-broken",
    "Chữ ký số trong tệp không còn đúng: tệp đã bị sửa sau khi ký, hoặc chữ ký bị hỏng. Hãy gửi đúng bản đã ký, hoặc ký lại.",
    "The digital signature in the file does not hold: the file was changed after signing, or the signature is damaged. "
    "Send the very file that was signed, or sign it again.",
)
SIGNATURE_UNSUPPORTED = Unfit(
    "signature-unsupported",
    "Tệp ký số không kiểm tra được: không có chữ ký, thiếu chứng thư của người ký, hoặc không dùng SHA-256. "
    "Hãy ký lại bằng SHA-256 theo chuẩn CAdES, kèm chứng thư, rồi gửi lại.",
    "The signature cannot be checked: there is none in it, the signer's certificate is missing, or it does not use SHA-256. "
    "Sign again with SHA-256 as CAdES has it, with the certificate, and send that.",
)
SIGNED_NO_PDF = Unfit(
    "signed-content-refused",
    "Trong tệp ký số (.p7m) phải là một tệp PDF. Hãy xuất giấy tờ ra PDF, ký lại rồi gửi.",
    "What is signed in the file (.p7m) must be a PDF. Export the paper to PDF, sign that, and send it.",
)
PAGE_UNKNOWN = Unfit(
    "page-unknown",
    "Giấy tờ này không có trang đó. Hãy chọn trang khác.",
    "The paper has no such page. Choose another one.",
    status=404,
)
NO_QR_CODE = Unfit(
    "qr-code-not-found",
    "Không thấy mã QR trong ảnh. Hãy chụp gần hơn, đủ sáng, không loá, chỉ riêng mã QR trên thẻ; hoặc tự gõ.",
    "No QR code was found in the photo. Take it closer, in good light, without glare, of the code alone; or type it yourself.",
)
INFECTED = Unfit(
    "document-infected",
    "Tệp chứa mã độc nên không được nhận. Hãy quét vi-rút máy của bạn và gửi bản khác.",
    "The file contains malicious code and is not accepted. Scan your computer for viruses and send another copy.",
)


def active(vi: str, en: str) -> Unfit:
    return Unfit(
        "document-active-content",
        f"Tệp PDF chứa {vi}, không được nhận. Hãy in ra PDF mới (Print to PDF) rồi gửi lại.",
        f"The PDF contains {en}, which is not accepted. Print it to a new PDF and send that.",
    )


def other_kind(vi: str, en: str) -> Unfit:
    return Unfit("document-type-refused", f"{ACCEPTED_VI} {vi}", f"{ACCEPTED_EN} {en}", status=415)
