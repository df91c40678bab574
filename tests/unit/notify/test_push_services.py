"""Where we send at all: whoever subscribes chooses the address, and it must not lead anywhere else."""

from __future__ import annotations

import asyncio

import pytest

from dossier_notify.push.services import WELL_KNOWN, AddressNotPublic, PushServices, checked, public, resolved
from dossier_shared.problems import Invalid

KNOWN = [
    ("https://fcm.googleapis.com/fcm/send/abc:APA91b", "https://fcm.googleapis.com"),
    ("https://updates.push.services.mozilla.com/wpush/v2/gAAAA", "https://updates.push.services.mozilla.com"),
    ("https://web.push.apple.com/QGuQy", "https://web.push.apple.com"),
    ("https://sg2p.notify.windows.com/w/?token=BQYAAA%3d", "https://sg2p.notify.windows.com"),
    ("https://FCM.GoogleAPIs.com:443/fcm/send/x", "https://fcm.googleapis.com"),
]
STRANGE = [
    "http://fcm.googleapis.com/fcm/send/x", "https://fcm.googleapis.com:8443/x", "https://fcm.googleapis.com@10.0.0.1/x",
    "https://user" + ":word" + "@fcm.googleapis.com/x", "https://evil.example/fcm.googleapis.com", "https://fcm.googleapis.com.evil.example/x",
    "https://evilnotify.windows.com/x", "https://.notify.windows.com/x", "https://notify.windows.com/x", "https://127.0.0.1/x",
    "https://[::1]/x", "https://169.254.169.254/latest/meta-data", "https://localhost/x", "https://mongodb:27017/", "file:///etc/passwd",
    "gopher://fcm.googleapis.com/x", "https://fcm.googleapis.com\\@evil.example/x", "https://fcm.googleapis.com/x#y",
    "https://fcm.googleapis.com/\u0111", "", "x", "https://fcm.googleapis.com/" + "x" * 2000,
]  # fmt: skip
PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255",
    "::1", "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "ff02::1", "::", "2001:db8::1",
]  # fmt: skip


@pytest.mark.parametrize(("endpoint", "origin"), KNOWN)
def test_the_services_of_the_browsers_there_are_may_be_named(endpoint: str, origin: str) -> None:
    assert PushServices(WELL_KNOWN).allow(endpoint) == origin


@pytest.mark.parametrize("endpoint", STRANGE)
def test_no_other_address_is_taken(endpoint: str) -> None:
    with pytest.raises(Invalid) as refused:
        PushServices(WELL_KNOWN).allow(endpoint)
    assert refused.value.code == "push-service-unknown"


def test_one_of_development_is_taken_to_the_letter() -> None:
    services = PushServices("http://127.0.0.1:9000,push.example.vn")
    assert services.is_own(services.allow("http://127.0.0.1:9000/send/x"))
    for other in (
        "http://127.0.0.1:9001/send/x",
        "https://127.0.0.1:9000/send/x",
        "http://127.0.0.1:9000.evil.example/x",
    ):
        with pytest.raises(Invalid):
            services.allow(other)
    assert not services.is_own(services.allow("https://push.example.vn/x"))


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_that_leads_inside_is_no_push_service(address: str) -> None:
    with pytest.raises(AddressNotPublic):
        public(["142.250.199.10", address])


def test_public_addresses_are_kept_in_their_order() -> None:
    assert public(["2404:6800:4005:80b::200a", "142.250.199.10", "142.250.199.10"]) == [
        "2404:6800:4005:80b::200a",
        "142.250.199.10",
    ]


async def test_a_name_is_looked_up_and_what_it_says_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    async def found(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(2, 1, 6, "", ("10.0.0.7" if host == "inside.example" else "142.250.199.10", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", found)
    assert await resolved("fcm.googleapis.com") == ["142.250.199.10"]
    with pytest.raises(AddressNotPublic):
        await resolved("inside.example")


@pytest.mark.parametrize(
    "listed", ["https://fcm.googleapis.com", "localhost", "a b.vn", "*", "*.*.vn", "http://x/path", "a..vn"]
)
def test_what_is_no_list_of_hosts_is_refused(listed: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        checked(listed)
