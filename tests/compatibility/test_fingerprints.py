"""A batch repeated with the same keys after an upgrade is recognised: what is optional and new counts only where it is given."""

from __future__ import annotations

from pathlib import Path

from dossier_shared.contracts.topics import SERVICES

from . import baseline

FINGERPRINTS = Path(__file__).with_name("fingerprints.py")
ITEMS = {
    "intake": {"AcceptItem": {}, "PaymentConfirmationItem": {}},
    "review": {
        "AssignItem": {},
        "RequestSupplementItem": {"text": "Nộp thêm giấy chứng sinh."},
        "RequestPaymentItem": {"amount_vnd": 8000, "reason": "Lệ phí"},
        "ConsultItem": {"agency": "H19.15", "question": "Có đúng không?"},
        "AnswerConsultationItem": {"answer": "Đúng."},
        "AppraiseItem": {"proposal": "approve"},
        "ApproveItem": {},
    },
    "signing": {"SignItem": {}},
}


def test_an_item_is_recognised_by_what_it_was_recognised_by_yesterday() -> None:
    assert ITEMS.keys() <= set(SERVICES)
    old = baseline.ask(baseline.checkout(), FINGERPRINTS, given=ITEMS)
    new = baseline.ask(baseline.ROOT, FINGERPRINTS, given=ITEMS)
    assert new == old
