"""One of each form, as an office would hand it out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from dossier_shared.documents.forms.models import (
    Apology,
    ControlSlip,
    Fee,
    Form,
    Missing,
    Office,
    Paper,
    Person,
    Receipt,
    Refusal,
    Register,
    RegisterRow,
    Step,
    StopNotice,
    SupplementRequest,
)
from dossier_shared.documents.letterhead import derived

AT = datetime(2026, 11, 27, 1, 5, tzinfo=UTC)  # Friday, 08:05
URL = "https://dichvucong.example.vn/tra-cuu?code=H19.151-20261127-0000042&secret=k3Jd82Lq0ZpXw7Tn"
OFFICE = Office.model_validate(derived("Ủy ban nhân dân phường Phước Long"))
CASE: dict[str, Any] = {
    "office": OFFICE,
    "at": AT,
    "code": "H19.151-20261127-0000042",
    "procedure": "Đăng ký khai sinh",
    "person": Person(name="Nguyễn Văn Bình", address="Khu phố 3, tỉnh Đồng Nai", phone="0912 345 678", email="b@example.vn"),
}  # fmt: skip
DESK = {**CASE, "desk": "Trung tâm Phục vụ hành chính công phường Phước Long", "officer": "Trần Thị Mai"}
REASON = "Cần xác minh nơi cư trú của người cha."


def receipt(**changes: Any) -> Receipt:
    papers = (
        Paper(name="Tờ khai đăng ký khai sinh", originals=1),
        Paper(name="Giấy chứng sinh", originals=1, copies=2, note="Trả bản chính khi nhận kết quả"),
    )
    return Receipt.model_validate(
        {
            **DESK, "papers": papers, "received_at": AT - timedelta(minutes=5), "appointment": AT + timedelta(days=4),
            "limit": "02 ngày làm việc", "why": "Nhận trước 15:00 nên tính từ thứ Sáu 27/11/2026; trừ thứ Bảy, Chủ nhật.",
            "fee": Fee(amount=1_500_000, paid=True), "delivery": "Qua dịch vụ bưu chính công ích", "tracking_url": URL,
            "register_entry": "Quyển số 01, số thứ tự 42", **changes,
        }
    )  # fmt: skip


def supplement(**changes: Any) -> SupplementRequest:
    missing = (
        Missing(what="Giấy chứng sinh (bản chính).", why="Bản nộp là bản chụp."),
        Missing(what="Số căn cước của người mẹ."),
    )
    said = {**DESK, "number": "15/PYC", "missing": missing, "until": AT + timedelta(days=10)}
    return SupplementRequest.model_validate({**said, "contact": "bà Mai", "contact_phone": "0251 3822 501", **changes})


def refusal(**changes: Any) -> Refusal:
    said = {"reasons": ("Không thuộc thẩm quyền của phường.",), "guidance": "Nộp tại Sở Tư pháp tỉnh Đồng Nai."}
    return Refusal.model_validate({**DESK, **said, **changes})


def apology(**changes: Any) -> Apology:
    said = {"received_at": AT - timedelta(days=9), "appointment": AT, "new_appointment": AT + timedelta(days=5)}
    signed = {"number": "12/PXL-UBND", "reasons": (REASON,), "signer": "Trần Quốc Hưng"}
    return Apology.model_validate({**CASE, **said, **signed, **changes})


def stop(**changes: Any) -> StopNotice:
    said = {"received_at": AT - timedelta(days=9), "stopped_at": AT, "consequence": "Giấy tờ được trả lại."}
    signed = {"number": "13/TB-UBND", "reasons": (REASON, "Quá hạn bổ sung."), "signer": "Trần Quốc Hưng"}
    return StopNotice.model_validate({**CASE, **said, **signed, **changes})


def control(**changes: Any) -> ControlSlip:
    later = AT + timedelta(hours=2)
    steps = (
        Step(who="Trần Thị Mai", agency="Bộ phận Một cửa", work="Tiếp nhận", since=AT, until=later, result="Đúng hạn"),
        Step(who="Lê Văn Tám, công chức tư pháp", work="Thẩm định", since=later, note="Chờ xác minh"),
    )
    said = {"steps": steps, "received_at": AT, "appointment": AT + timedelta(days=4), "handed_by": "Trần Thị Mai"}
    return ControlSlip.model_validate({**CASE, **said, "cooperating": ("Công an phường Phước Long",), **changes})


def register(rows: int = 2, **changes: Any) -> Register:
    row = RegisterRow(
        code="H19.151-20261127-0000042", procedure="Đăng ký khai sinh", person="Nguyễn Văn Bình", reached_at="0912 345 678",
        received_at=AT, appointment=AT + timedelta(days=4), returned_by="Bưu chính",
    )  # fmt: skip
    said = {"office": OFFICE, "at": AT, "desk": DESK["desk"], "first": "2026-11-01", "last": "2026-11-30"}
    return Register.model_validate({**said, "rows": (row,) * rows, "kept_by": "Trần Thị Mai", **changes})


EVERY: dict[str, Form] = {
    "01": receipt(), "02": supplement(), "03": refusal(), "04": apology(), "05": stop(), "06": control(), "07": register(),
}  # fmt: skip
