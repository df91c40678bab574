"""`python deploy/tools/find_secrets.py [--accept] [FOLDER]`: what looks like a key or a password, and is not in the baseline.

Ends with 1 where there is any. `--accept` writes `.secrets.baseline` anew: to be read line by line before it is committed. It
names values by their SHA-1, not their lines, so that it changes only with a value. A comment in the code accepts nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import get_settings

BASELINE = ".secrets.baseline"
HEX = "Hex High Entropy String"
# Written by `make contracts` or a test's program from code that is looked through itself.
GENERATED = ("docs/openapi/", "docs/asyncapi.json", "tests/access/expected.txt")
# Golden records are chained by SHA-256; everything but such a hash is still found in them.
HASHES = ("shared/contracts/",)
ALLOWLIST = "detect_secrets.filters.allowlist.is_line_allowlisted"
Found = tuple[str, str, str, int]  # path, kind, SHA-1 of the value, line


def main() -> int:
    reading = argparse.ArgumentParser()
    reading.add_argument("--accept", action="store_true")
    reading.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parents[2])
    asked = reading.parse_args()
    os.chdir(asked.folder)
    found = look(files())
    if asked.accept:
        Path(BASELINE).write_text(written(found), "utf-8")
        return 0
    known = accepted(Path(BASELINE))
    new = [one for one in found if one[:3] not in known]
    for path, kind, _, line in new:
        sys.stdout.write(f"{path}:{line}: {kind}\n")
    if new:
        sys.stdout.write("Take it out (and give up the key: it is in the history), or accept it: see SECURITY.md.\n")
    return int(bool(new))


def files() -> list[str]:
    """What is, or may come, into the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], check=True, capture_output=True  # noqa: S607
    )  # fmt: skip
    names = {name for name in listed.stdout.decode().split("\0") if name and not name.startswith(GENERATED)}
    return sorted(name for name in names - {BASELINE} if Path(name).is_file() and not Path(name).is_symlink())


def look(names: list[str]) -> list[Found]:
    """A file seen before is not looked through again: what was found is kept by its bytes, in build/."""
    kept_at = Path("build/secrets.json")
    rules = sha256(Path(__file__).read_bytes() + version("detect-secrets").encode()).hexdigest()
    kept: dict[str, Any] = json.loads(kept_at.read_text("utf-8")) if kept_at.exists() else {}
    if kept.get("rules") != rules:
        kept = {}
    before: dict[str, list[Any]] = kept.get("files", {})
    keys = {name: f"{name}:{sha256(Path(name).read_bytes()).hexdigest()}" for name in names}
    unseen = [name for name, key in keys.items() if key not in before]
    with ProcessPoolExecutor(min(os.cpu_count() or 1, max(len(unseen) // 50, 1)), initializer=with_every_kind) as pool:
        fresh = dict(zip(unseen, pool.map(within, unseen, chunksize=20), strict=True))
    now = {key: fresh[name] if name in fresh else before[key] for name, key in keys.items()}
    if Path(".gitignore").exists():
        kept_at.parent.mkdir(exist_ok=True)
        kept_at.write_text(json.dumps({"rules": rules, "files": now}), "utf-8")
    return sorted((name, *one) for name, key in keys.items() for one in now[key])


def with_every_kind() -> None:
    """And without the filter that asks a finding's issuer whether it is in force: nothing is sent anywhere."""
    settings = get_settings()
    settings.configure_plugins([{"name": one.__name__} for one in get_mapping_from_secret_type_to_class().values()])
    settings.disable_filters(ALLOWLIST)


def within(name: str) -> list[tuple[str, str, int]]:
    found = {(one.type, one.secret_hash, one.line_number) for one in scan_file(name)}
    return sorted(one for one in found if not (one[0] == HEX and name.startswith(HASHES)))


def accepted(baseline: Path) -> set[tuple[str, str, str]]:
    if not baseline.exists():
        return set()
    listed = json.loads(baseline.read_text("utf-8"))["results"]
    return {(path, one["type"], one["hashed_secret"]) for path, ones in listed.items() for one in ones}


def written(found: list[Found]) -> str:
    """As detect-secrets itself reads it: `detect-secrets audit .secrets.baseline` shows them one by one."""
    results: dict[str, list[dict[str, Any]]] = {}
    for path, kind, value in sorted({one[:3] for one in found}):
        results.setdefault(path, []).append(
            {"type": kind, "filename": path, "hashed_secret": value, "is_verified": False}
        )
    return json.dumps({"version": version("detect-secrets"), "results": results}, indent=1) + "\n"


if __name__ == "__main__":
    sys.exit(main())
