"""`python deploy/tools/audit.py ADVISORIES [FOLDER]`: which locked packages have an advisory. Reads files only, asks nobody.

ADVISORIES: records in OSV's format: a file (.json, .jsonl), a folder of them, or a .zip as osv.dev publishes it per ecosystem.
Checked: requirements.lock (PyPI) and every package-lock.json (npm) of FOLDER. What was weighed and accepted is in
deploy/tools/accepted-advisories.toml: an id, why, and until when. Ends with 1 where a package is affected, with 2 where the data
cannot tell: no record of an ecosystem, a file that cannot be read, a version that cannot be compared.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

PYPI, NPM = "PyPI", "npm"
ACCEPTED = "deploy/tools/accepted-advisories.toml"
Record = Mapping[str, Any]
Key = tuple[str, str]  # ecosystem, name
SEMVER = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")


class CannotTell(Exception):
    """An audit that could not be made is not a green one."""


@dataclass
class Told:
    """What the data says of our packages, and what it holds at all."""

    affected: list[tuple[Key, str, Record]] = field(default_factory=list)
    records: Counter[str] = field(default_factory=Counter)
    newest: str = ""


# -- what is locked -----------------------------------------------------------------------------------------------------------


def locked(folder: Path) -> dict[Key, set[str]]:
    found: dict[Key, set[str]] = {}
    for line in (folder / "requirements.lock").read_text("utf-8").splitlines():
        if re.match(r"[a-zA-Z0-9]", line):
            wanted = Requirement(line.rstrip("\\ "))
            (pinned,) = wanted.specifier
            found.setdefault((PYPI, canonicalize_name(wanted.name)), set()).add(pinned.version)
    for lock in (folder / "package-lock.json", *sorted(folder.glob("deploy/tools/*/package-lock.json"))):
        packages = json.loads(lock.read_text("utf-8"))["packages"] if lock.exists() else {}
        for path, about in packages.items():
            if path and "version" in about:
                name = about.get("name") or path.rpartition("node_modules/")[2]
                found.setdefault((NPM, name), set()).add(about["version"])
    return found


# -- what is known ------------------------------------------------------------------------------------------------------------


def records(where: Path) -> Iterator[Record]:
    """Raises CannotTell where there is something that is no record."""
    if where.is_dir():
        for file in sorted(where.rglob("*.json*")):
            yield from records(file)
    elif where.suffix == ".zip":
        with zipfile.ZipFile(where) as pack:
            for name in pack.namelist():
                if name.endswith(".json"):
                    yield from _parsed(pack.read(name), name)
    elif where.suffix == ".jsonl":
        for number, line in enumerate(where.read_bytes().splitlines(), 1):
            if line.strip():
                yield from _parsed(line, f"{where}:{number}")
    else:
        yield from _parsed(where.read_bytes(), str(where))


def _parsed(text: bytes, name: str) -> Iterator[Record]:
    try:
        told = json.loads(text)
    except ValueError as error:
        raise CannotTell(f"{name} is no JSON: {error}") from None
    for one in told if isinstance(told, list) else [told]:
        if not (isinstance(one, dict) and "id" in one and "modified" in one):
            raise CannotTell(f"{name} is no record in OSV's format")
        yield one


def judge(packages: Mapping[Key, Iterable[str]], known: Iterable[Record]) -> Told:
    told = Told()
    for record in known:
        told.newest = max(told.newest, record["modified"])
        for part in record.get("affected", ()):
            ecosystem = part.get("package", {}).get("ecosystem", "").partition(":")[0]
            told.records[ecosystem] += 1
            name = part.get("package", {}).get("name", "")
            key = ecosystem, canonicalize_name(name) if ecosystem == PYPI else name
            if "withdrawn" not in record:
                told.affected += [(key, one, record) for one in packages.get(key, ()) if concerns(part, ecosystem, one)]
    return told


def concerns(part: Record, ecosystem: str, version: str) -> bool:
    """As OSV's specification has it: named, or within a range."""
    if version in part.get("versions", ()):
        return True
    comparable = [one for one in part.get("ranges", ()) if one.get("type") in ("ECOSYSTEM", "SEMVER")]
    return any(within(one["events"], ecosystem, version) for one in comparable)


def within(events: Sequence[Mapping[str, str]], ecosystem: str, version: str) -> bool:
    here, affected = ordered(version, ecosystem), False
    moments = [
        (kind, at) for event in events for kind, at in event.items() if kind in ("introduced", "fixed", "last_affected")
    ]
    for kind, at in sorted(moments, key=lambda one: (ordered(one[1], ecosystem), one[0] != "introduced")):
        point = ordered(at, ecosystem)
        if kind == "introduced" and here >= point:
            affected = True
        elif (kind == "fixed" and here >= point) or (kind == "last_affected" and here > point):
            affected = False
    return affected


def ordered(version: str, ecosystem: str) -> Any:
    """To be compared within an ecosystem. Raises CannotTell."""
    if ecosystem == PYPI:
        try:
            return Version("0.dev0" if version == "0" else version)
        except ValueError:
            raise CannotTell(f"{version!r} is no version of {ecosystem}") from None
    if version == "0":
        return ((0, 0, 0), 0, ())
    match = SEMVER.fullmatch(version.removeprefix("v"))
    if match is None:
        raise CannotTell(f"{version!r} is no version of {ecosystem}")
    *numbers, early = match.groups()
    # a release is after its previews; numbers are before words
    preview = tuple((0, int(one), "") if one.isdigit() else (1, 0, one) for one in early.split(".")) if early else ()
    return (tuple(map(int, numbers)), 0 if early else 1, preview)


# -- what is said -------------------------------------------------------------------------------------------------------------


def accepted(file: Path, day: date) -> set[str]:
    """Ids weighed and accepted that have not run out."""
    listed = tomllib.loads(file.read_text("utf-8")).get("accepted", []) if file.exists() else []
    return {one["id"] for one in listed if one["reason"] and one["until"] >= day}


def main(advisories: str, folder: str = str(Path(__file__).parents[2])) -> int:
    packages = locked(Path(folder))
    try:
        told = judge(packages, records(Path(advisories)))
        for ecosystem in sorted({one for one, _ in packages}):
            if not told.records[ecosystem]:
                raise CannotTell(f"{advisories} has no advisory of {ecosystem}")
    except (CannotTell, OSError, zipfile.BadZipFile) as error:
        sys.stderr.write(f"audit: cannot tell: {error}\n")
        return 2
    passed = accepted(Path(folder) / ACCEPTED, datetime.now(UTC).date())
    found = {(key, version, record["id"]): record for key, version, record in told.affected}
    bad = 0
    for (ecosystem, name), version, id_ in sorted(found):
        record = found[((ecosystem, name), version, id_)]
        names = {id_, *record.get("aliases", ())}
        bad += not names & passed
        mark = "accepted " if names & passed else ""
        sys.stdout.write(f"{mark}{name} {version} ({ecosystem}): {id_} {record.get('summary', '')}".rstrip() + "\n")
    held = ", ".join(f"{told.records[one]} of {one}" for one in (PYPI, NPM))
    sys.stdout.write(
        f"{len(packages)} locked packages; advisories: {held}, the newest of {told.newest[:10] or 'no date'}\n"
    )
    return int(bool(bad))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or not sys.argv[1]:
        sys.exit("Say where the advisories are: make audit ADVISORIES=path (docs/operations.md)")
    sys.exit(main(*sys.argv[1:]))
