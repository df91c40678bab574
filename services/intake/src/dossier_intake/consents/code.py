"""A code: how it is made, what is kept of it, and every way in which it does not hold. Pure."""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict

from dossier_intake.filing.checks import ApplicantBody
from dossier_intake.problems import field_error
from dossier_shared.contracts.consent_codes import PREFIX
from dossier_shared.problems import Conflict, Invalid, NotFound, Problem
from dossier_shared.vocabulary.codes import GivenCode

LASTS: Final = timedelta(minutes=10)
TRIES: Final = 5
DIGITS: Final = 6
KEPT: Final = timedelta(days=1)  # to know a repeated filing by
SPAN: Final = timedelta(hours=1)
OF_PERSON, OF_HELPER = 5, 60  # codes in a span: to one person whoever asks, for one helper whomever they ask


class AskConsent(BaseModel):
    """For whom one wants to file, what and where. The code goes to `applicant.phone`, and holds for a filing with that phone."""

    model_config = ConfigDict(extra="forbid")
    procedure: GivenCode
    agency: GivenCode
    applicant: ApplicantBody


class ConsentCodeView(BaseModel):
    """`id` is the consent's `reference` when it is filed, with the `code` that the person tells. `sent_to`: the phone's last
    digits."""

    id: str
    sent_to: str
    expires_at: str
    tries: int


def new_code() -> str:
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def digest(key: bytes, id_: str, what: str) -> str:
    """Of a code or a phone: says nothing without the key, and is another for each id."""
    return hmac.digest(key, f"consent:{id_}:{what}".encode(), "sha256").hex()


def same(one: str, other: str) -> bool:
    """In a time that says nothing of where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def typed(code: str) -> str:
    """Without spaces and dashes, as people group digits; no sign that is none can be in the way."""
    return "".join(sign for sign in code if sign.isalnum())


def is_ours(reference: str | None) -> bool:
    return reference is not None and reference.startswith(PREFIX)


def off() -> Problem:
    return Conflict(
        "consent-code-off",
        "Nơi này chưa gửi được mã xác nhận. Hãy dùng giấy đồng ý, hoặc cùng người đó đến một cửa.",
        "No codes can be sent here. Use a paper of consent, or come to the counter together.",
    )


def nobody_known() -> Invalid:
    return _wrong(
        "/applicant/citizen_id", "consent-number-missing",
        "Hãy ghi số định danh của người được nộp thay: sự đồng ý là của đúng người đó.",
        "Write the personal number of whom you file for: the consent is that person's own.",
    )  # fmt: skip


def oneself() -> Conflict:
    return Conflict(
        "consent-not-needed",
        "Đây là số của chính tài khoản này: nộp cho mình thì không cần mã đồng ý.",
        "This is the account's own number: who files for themselves needs no consent.",
    )


def unknown() -> NotFound:
    """One of another helper, too."""
    return NotFound(
        "consent-code-unknown",
        "Không có mã xác nhận này. Hãy gửi mã mới đến điện thoại của người được nộp thay.",
        "There is no such code. Send a new one to the phone of whom you file for.",
    )


def of_another() -> Invalid:
    return _code_wrong(
        "consent-code-of-another",
        "Mã này đã gửi cho người khác, hoặc đến số điện thoại khác với số ghi trong hồ sơ. Hãy gửi mã mới.",
        "This code was sent to somebody else, or to another phone than the filing says. Send a new one.",
    )


def expired() -> Invalid:
    return _code_wrong(
        "consent-code-expired",
        "Mã đã hết hạn sau 10 phút. Hãy gửi mã mới.",
        "The code ran out after 10 minutes. Send a new one.",
    )


def used() -> Invalid:
    return _code_wrong(
        "consent-code-used",
        "Mã này đã dùng cho một hồ sơ khác. Mỗi hồ sơ cần một mã riêng.",
        "This code was used for another dossier. Each needs one of its own.",
    )


def spent() -> Invalid:
    return _code_wrong(
        "consent-code-spent",
        f"Đã nhập sai {TRIES} lần, mã không dùng được nữa. Hãy gửi mã mới.",
        f"It was typed wrongly {TRIES} times and holds no more. Send a new one.",
    )


def mistyped(left: int) -> Invalid:
    if left <= 0:
        return spent()
    return _code_wrong(
        "consent-code-wrong",
        f"Mã không đúng. Hãy hỏi lại người nhận tin nhắn; còn {left} lần nhập.",
        f"That is not the code. Ask whoever has the message again; {left} tries are left.",
    )


def missing() -> Invalid:
    return _code_wrong(
        "consent-code-missing",
        "Chưa có mã xác nhận. Hãy gửi mã đến điện thoại của người được nộp thay rồi ghi reference và code.",
        "The code is missing. Have one sent to the phone of whom you file for, then give `reference` and `code`.",
    )


def _code_wrong(code: str, vi: str, en: str) -> Invalid:
    return _wrong("/consent/code", code, vi, en)


def _wrong(path: str, code: str, vi: str, en: str) -> Invalid:
    return Invalid(code, vi, en, errors=[field_error(path, code, vi, en)])
