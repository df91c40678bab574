"""What `dossier privacy` does: a person's data taken out as an archive, a person erased, keys made and wrapped anew."""

from __future__ import annotations

import asyncio
import json
import os
import zipfile
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from dossier_local.addresses import Addresses
from dossier_local.administration import bearer, call, readable
from dossier_local.errors import StackError
from dossier_shared.adapters import security_module
from dossier_shared.contracts.topics import SERVICES
from dossier_shared.journal.wrapping import public_of
from dossier_shared.settings import pkcs11_uri
from dossier_shared.settings.wrapping_key import written

AT_ONCE = 8  # requests of a list
Line = tuple[int, str]
"""Its number in the file, and its first word."""
FILES_OF = {"intake": "documents", "signing": "file"}  # by service, where its events name files


async def export(at: Addresses, person: str, path: Path) -> dict[str, int]:
    """Writes the archive, readable by its owner only; answers how many dossiers each service had, how many files, and of
    what is beside the dossiers: drafts, questions to registers, papers shared, devices. Deployments are asked of which the
    address is known."""
    found = {
        name: (await call(at, name, "GET", f"/internal/privacy/dossiers?person={person}"))["dossiers"]
        for name in at.services
        if name.partition(".")[0] in SERVICES
    }
    beside = await call(at, "intake", "GET", f"/internal/privacy/beside?person={person}")
    devices = (await call(at, "notify", "GET", f"/internal/privacy/devices?person={person}"))["devices"]
    if not any(found.values()) and not any(beside.values()) and not devices:
        raise StackError(f"No service has anything of {person}.")
    count = {service: len(dossiers) for service, dossiers in found.items()} | {"files": 0}
    count |= {name: len(kept) for name, kept in beside.items()}
    count["devices"] = len(devices)
    try:
        target = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except FileExistsError:
        raise StackError(f"{path} is there already: an export is not written over another.") from None
    with target, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        if devices:
            archive.writestr("notify/devices.json", json.dumps(devices, ensure_ascii=False, indent=1))
        for name, kept in beside.items():
            for one in kept:
                archive.writestr(f"intake/{name}/{one['id']}.json", json.dumps(one, ensure_ascii=False, indent=1))
        for service, dossiers in found.items():
            for dossier in dossiers:
                archive.writestr(f"{service}/{dossier['id']}.json", json.dumps(dossier, ensure_ascii=False, indent=1))
            for id_ in dict.fromkeys(files_of(service, dossiers)):
                if (content := await _file(at, service, id_)) is not None:
                    archive.writestr(f"{service}/files/{id_}", content)
                    count["files"] += 1
    return count


def files_of(service: str, dossiers: list[dict[str, Any]]) -> Iterator[str]:
    name = FILES_OF.get(service.partition(".")[0])
    for dossier in dossiers:
        for event in dossier["events"]:
            told = event["data"].get(name) if name else None
            if isinstance(told, str):
                yield told
            elif isinstance(told, list):
                yield from (paper["id"] for paper in told if isinstance(paper, Mapping))


async def _file(at: Addresses, service: str, id_: str) -> bytes | None:
    """None: it is no more, as of whom is erased."""
    headers = {"Authorization": f"Bearer {await bearer(at)}"}
    async with httpx.AsyncClient(base_url=at.url(service), trust_env=False, timeout=120) as client:
        answer = await client.get(f"/internal/privacy/files/{id_}", headers=headers)
    if answer.status_code == httpx.codes.NOT_FOUND:
        return None
    if answer.is_error:
        raise StackError(readable(answer))
    return answer.content


async def ask_erasure(at: Addresses, person: str, ground: str, account: str) -> dict[str, Any]:
    path = "/internal/privacy/erasures"
    return await call(at, "intake", "POST", path, account=account, person=person, ground=ground)


async def grant_erasure(at: Addresses, erasure: str, account: str) -> dict[str, Any]:
    return await call(at, "intake", "POST", "/internal/privacy/erasures:grant", account=account, erasure=erasure)


def lines_of(path: Path) -> list[Line]:
    """One to a line; what follows the first word, and lines that begin with #, are for people."""
    try:
        text = path.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise StackError(f"{path} cannot be read ({type(error).__name__}).") from None
    found = [(number, words[0]) for number, line in enumerate(text.splitlines(), 1) if (words := line.split())]
    lines = [line for line in found if not line[1].startswith("#")]
    if not lines:
        raise StackError(f"{path} names nobody.")
    return lines


async def of_each(
    lines: Sequence[Line], work: Callable[[str], Awaitable[dict[str, Any]]], done: Callable[[], None]
) -> tuple[list[dict[str, Any]], list[tuple[int, str]]]:
    """What was answered, in the order of the lines, and what was refused by the line's number: never by what stands there."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(line: Line) -> dict[str, Any] | str:
        async with gate:
            try:
                return await work(line[1])
            except StackError as error:
                return str(error)
            finally:
                done()

    answers = await asyncio.gather(*map(one, lines))
    refused = [(number, answer) for (number, _), answer in zip(lines, answers, strict=True) if isinstance(answer, str)]
    return [answer for answer in answers if not isinstance(answer, str)], refused


def write_requests(path: Path, asked: Sequence[Mapping[str, Any]]) -> None:
    """What was asked for, to be granted by somebody else; readable by its owner only, and never written over another."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.writelines(f"{one['erasure']} {one['person']}\n" for one in asked)
    except FileExistsError:
        raise StackError(f"{path} is there already: it is not written over.") from None


async def rotate(at: Addresses) -> dict[str, Any]:
    return await call(at, "intake", "POST", "/internal/privacy/keys:rotate")


def new_key(path: Path) -> str:
    """Makes a wrapping key that only its owner may read; answers the public one. One that is there is never written over."""
    made = X25519PrivateKey.generate()
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(written(made))
    except FileExistsError:
        raise StackError(f"{path} is there already: a key is not written over.") from None
    return public_of(made)


def key_in_module(uri: str) -> str:
    """The same in a security module, which keeps the private half to itself."""
    try:
        return security_module.make(pkcs11_uri.read(uri))
    except (ValueError, security_module.NoSuchKey) as error:
        raise StackError(str(error)) from None
