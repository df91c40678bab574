"""A wrapping key in a security module: SoftHSM, a real PKCS #11 device that is a program."""

from __future__ import annotations

import os
import shutil
import subprocess
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import PyKCS11 as pkcs11  # type: ignore[import-untyped]  # noqa: N813 - as the standard writes it
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from tests.missing import missing

from dossier_local import personal_data
from dossier_local.errors import StackError
from dossier_review.settings import Settings
from dossier_shared.adapters import security_module
from dossier_shared.adapters.security_module import InModule, NoSuchKey
from dossier_shared.errors import Unavailable
from dossier_shared.journal.wrapping import PrivateKeys, Together, Wrapper, public_of, wrapping_key_id
from dossier_shared.runtime.persons import wrapper
from dossier_shared.settings import pkcs11_uri
from dossier_shared.settings.wrapping_key import written

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
KEY = os.urandom(32)
MADE = "2026-01-01T00:00:00.000000Z"


class Device:
    """`uri` of a key in it, that may be there or not."""

    def __init__(self, module: str, pin: Path) -> None:
        self.module, self.pin = module, pin

    def uri(self, label: str) -> str:
        return (
            f"pkcs11:token=b%E1%BA%BFn;object={label}?module-path={self.module}&pin-source=file:{quote(str(self.pin))}"
        )


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Device]:
    module = next((one for one in MODULES if Path(one).exists()), None)
    if module is None or shutil.which("softhsm2-util") is None:
        missing("softhsm2", "system-deps")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\n")
    pin = folder / "pin"
    pin.write_text("2468\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(folder / "softhsm2.conf"))
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", "bến", "--pin", "2468", "--so-pin", "1357"],
            check=True, capture_output=True,
        )  # fmt: skip
        security_module._library.cache_clear()
        yield Device(module, pin)


def settings(keys: str) -> Settings:
    return Settings(mongodb_url="mongodb://localhost", development=True, wrapping_key=keys)


def test_a_key_made_in_the_device_opens_what_is_wrapped_for_it(device: Device) -> None:
    public = personal_data.key_in_module(device.uri("review"))
    assert len(b64decode(public)) == 32
    intake = Wrapper(PrivateKeys([X25519PrivateKey.generate()]))
    record = intake.wrap("p-1", KEY, {"review": public}, MADE)
    mine = record.wrappings["review"]
    own = wrapper(settings(device.uri("review")))
    assert own is not None
    assert own.unwrap("p-1", "review", record.maker, mine.to, b64decode(mine.box)) == KEY
    with pytest.raises(InvalidTag):  # bound to whose it is
        own.unwrap("p-2", "review", record.maker, mine.to, b64decode(mine.box))


def test_the_device_agrees_on_what_cryptography_does_and_keeps_its_key(device: Device) -> None:
    public = personal_data.key_in_module(device.uri("alone"))
    other = X25519PrivateKey.generate()
    there = InModule(pkcs11_uri.read(device.uri("alone")))
    assert there.public == [public]
    assert there.secret(public, public_of(other)) == PrivateKeys([other]).secret(public_of(other), public)
    with security_module._session(there._at) as session:
        private = security_module._find(session, there._at, pkcs11.CKO_PRIVATE_KEY)
        assert session.getAttributeValue(private, [pkcs11.CKA_VALUE]) == [None]


def test_a_key_of_before_goes_on_opening_while_the_device_s_is_the_newest(device: Device) -> None:
    public = personal_data.key_in_module(device.uri("newest"))
    before = X25519PrivateKey.generate()
    own = wrapper(settings(f"{device.uri('newest')}\n{written(before)}"))
    assert own is not None
    assert own.public == public
    assert own.has(wrapping_key_id(public_of(before)))
    intake = Wrapper(PrivateKeys([X25519PrivateKey.generate()]))
    record = intake.wrap("p-1", KEY, {"review": public_of(before)}, MADE)
    mine = record.wrappings["review"]
    assert own.unwrap("p-1", "review", record.maker, mine.to, b64decode(mine.box)) == KEY


def test_what_is_asked_of_it_once_is_not_asked_again(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrapping costs what it cost: the device is asked for each two keys, not for each person."""
    public = personal_data.key_in_module(device.uri("once"))
    own = Wrapper(Together([InModule(pkcs11_uri.read(device.uri("once")))]))
    own.wrap("p-1", KEY, {"review": public}, MADE)
    monkeypatch.setattr(InModule, "secret", None)
    own.wrap("p-2", KEY, {"review": public}, MADE)


def test_a_device_that_is_away_is_an_outage_and_found_again(device: Device) -> None:
    public = personal_data.key_in_module(device.uri("away"))
    there = InModule(pkcs11_uri.read(device.uri("away")))
    hidden = device.pin.rename(device.pin.with_name("hidden"))
    try:
        with pytest.raises(Unavailable):
            there.secret(public, public)
    finally:
        hidden.rename(device.pin)
    assert len(there.secret(public, public)) == 32


def test_a_key_is_not_written_over(device: Device) -> None:
    personal_data.key_in_module(device.uri("kept"))
    with pytest.raises(StackError, match="kept already"):
        personal_data.key_in_module(device.uri("kept"))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (("object=gone", "object=gone"), "has 0 keys gone, not one"),
        (("token=b%E1%BA%BFn", "token=other"), "no token other"),
        (("module-path=/usr", "module-path=/nowhere"), "/nowhere"),
        (("/pin", "/no-pin"), "No such file"),
    ],
)
def test_a_device_without_the_key_ends_the_start_in_a_line(
    device: Device, wrong: tuple[str, str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        wrapper(settings(device.uri("gone").replace(*wrong)))
    assert ended.value.code == 78
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("review: REVIEW_WRAPPING_KEY: ")
    assert says in line


@pytest.mark.parametrize(
    "uri",
    [
        "pkcs11:object=a?module-path=/m&pin-source=file:/p",
        "pkcs11:token=a?module-path=/m&pin-source=file:/p",
        "pkcs11:token=a;object=b?pin-source=file:/p",
        "pkcs11:token=a;object=b?module-path=/m",
        "pkcs11:token=a;object=b?module-path=/m&pin-value=2468",
        "pkcs11:token=a;object=b?module-path=/m&pin-source=2468",
        "pkcs11:token=a;object=b;serial=2468?module-path=/m&pin-source=file:/p",
    ],
)
def test_a_uri_that_says_too_little_or_a_pin_is_refused_without_being_told(uri: str) -> None:
    with pytest.raises(ValueError, match="PKCS #11"):
        settings(uri)
    with pytest.raises(ValueError, match="PKCS #11") as refused:
        pkcs11_uri.read(uri)
    assert "2468" not in str(refused.value)


def test_a_key_of_another_kind_is_found_out_at_the_start(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security_module, "_X25519", bytes.fromhex("06032b6570"))  # Ed25519, which signs
    security_module.make(pkcs11_uri.read(device.uri("signs")))
    with pytest.raises(NoSuchKey, match="CKR_"):
        InModule(pkcs11_uri.read(device.uri("signs")))
