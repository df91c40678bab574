"""A device as its browser subscribes it, and as the person reads it in their list. Pure."""

from __future__ import annotations

import hmac
import re
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from pydantic import BaseModel, ConfigDict

from dossier_notify.push.services import LONGEST
from dossier_notify.push.vapid import decoded, encoded
from dossier_shared.problems import Conflict, Invalid, NotFound
from dossier_shared.vocabulary.persons import letters_of
from dossier_shared.vocabulary.reading import Text

MOST: Final = 10  # devices of one person
UNUSED: Final = timedelta(days=400)  # browsers end a subscription sooner: what is not renewed is nobody's any more
_BROWSERS = (  # the first that fits: those that follow call themselves by the names before them, too
    ("Edge", r"Edg(?:A|iOS)?/"), ("Opera", r"OPR/"), ("Samsung Internet", r"SamsungBrowser/"), ("Cốc Cốc", r"coc_coc"),
    ("Firefox", r"(?:Firefox|FxiOS)/"), ("Chrome", r"(?:Chrome|CriOS)/"), ("Safari", r"Safari/"),
)  # fmt: skip
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac", "Mac OS X"),
    ("Linux", "Linux"),
)  # fmt: skip


def _address(text: str) -> str:
    """Whose it may be is another question (`PushServices.allow`)."""
    if len(text) > LONGEST or not text.isascii() or not text.startswith(("https://", "http://")):
        raise Invalid(
            "device-address",
            "Địa chỉ nhận thông báo mà trình duyệt gửi không dùng được. Hãy tải lại trang rồi bật lại thông báo.",
            "The address the browser sent cannot be used. Reload the page and turn notices on again.",
        )
    return text


def _public_key(text: str) -> str:
    try:
        raw = decoded(text)
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), raw)
    except ValueError:
        raise _bad_keys() from None
    if len(raw) != 65:
        raise _bad_keys()
    return encoded(raw)


def _secret(text: str) -> str:
    try:
        raw = decoded(text)
    except ValueError:
        raise _bad_keys() from None
    if len(raw) != 16:
        raise _bad_keys()
    return encoded(raw)


def _bad_keys() -> Invalid:
    return Invalid(
        "device-keys",
        "Khoá mã hoá mà trình duyệt gửi không dùng được. Hãy tải lại trang rồi bật lại thông báo.",
        "The keys the browser sent cannot be used. Reload the page and turn notices on again.",
    )


class DeviceKeys(BaseModel):
    """Base64url: `p256dh` of a point on P-256, `auth` of 16 bytes."""

    model_config = ConfigDict(extra="forbid")
    p256dh: Annotated[str, Text(_public_key, {"maxLength": 100})]
    auth: Annotated[str, Text(_secret, {"maxLength": 40})]


class NewDevice(BaseModel):
    """As a browser's `PushSubscription` has it, and in which language it is told."""

    model_config = ConfigDict(extra="forbid")
    endpoint: Annotated[str, Text(_address, {"maxLength": LONGEST})]
    keys: DeviceKeys
    lang: Literal["vi", "en"] = "vi"


class DeviceView(BaseModel):
    """`name`: browser and system, as far as the browser tells. `last`: when something was last sent there. Instants are
    ISO 8601, UTC."""

    id: str
    name: str
    since: str
    last: str | None = None


class DeviceList(BaseModel):
    devices: list[DeviceView]


class Device(NamedTuple):
    """What is needed to send to it. `key`: the public VAPID key it was subscribed with, for which alone it takes anything."""

    id: str
    endpoint: str
    p256dh: str
    auth: str
    lang: Literal["vi", "en"]
    key: str


class Listed(NamedTuple):
    """As its person reads it."""

    id: str
    name: str
    since: datetime
    last: datetime | None


def id_of(key: bytes, endpoint: str) -> str:
    """One per address, whoever is signed in. `key`: PERSON_KEY."""
    return letters_of(key, f"device:{endpoint}")


def proof_of(key: bytes, device: NewDevice) -> str:
    """Who sends the same again has the browser itself: an address alone can be overheard."""
    return hmac.digest(key, f"{device.endpoint}\n{device.keys.p256dh}\n{device.keys.auth}".encode(), "sha256").hex()


def name_of(user_agent: str) -> str:
    """`Chrome, Android`; empty where nothing is known."""
    browser = next((name for name, sign in _BROWSERS if re.search(sign, user_agent)), "")
    system = next((name for name, sign in _SYSTEMS if sign in user_agent), "")
    return ", ".join(filter(None, (browser, system)))


def too_many() -> Conflict:
    return Conflict(
        "devices-too-many",
        f"Bạn đã bật thông báo trên {MOST} thiết bị, không bật thêm được. Hãy tắt bớt một thiết bị không dùng nữa.",
        f"Notices are on for {MOST} devices, and there is no room for more. Turn off one you no longer use.",
    )


def taken() -> Conflict:
    return Conflict(
        "device-taken",
        "Thiết bị này đã được đăng ký với khoá khác. Hãy tải lại trang rồi bật lại thông báo.",
        "This device is subscribed with other keys. Reload the page and turn notices on again.",
    )


def missing() -> NotFound:
    return NotFound(
        "device-not-found",
        "Không có thiết bị này trong danh sách của bạn. Có thể nó đã được tắt.",
        "There is no such device in your list. It may have been turned off already.",
    )


def off() -> Conflict:
    return Conflict(
        "push-off",
        "Hệ thống này chưa gửi thông báo đến thiết bị. Tin nhắn vẫn gửi như thường.",
        "This system sends no notices to devices. Text messages go on as before.",
    )
