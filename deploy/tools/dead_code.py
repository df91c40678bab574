"""`python deploy/tools/dead_code.py FOLDER…`: functions, methods, classes and imports that nothing in the folders names.

What only tests call counts as dead, but for what is made for tests (KEPT). A model's fields are left out: JSON names them.
"""

from __future__ import annotations

import sys
from pathlib import Path

from vulture import Vulture  # type: ignore[import-untyped]

KEPT = {
    "FixedClock": "a clock for tests",
    "MemoryCollection": "the store for tests",
    "MemorySource": "the broker for tests",
    "MemoryWaiting": "the parked events for tests",
    "_fetch_token": "called by Authlib",
    "async_sign_raw": "called by pyHanko",
    "_update_meta": "called by pyHanko",
    "send_400_response": "called by uvicorn",
    "settings_customise_sources": "called by pydantic-settings",
    "model_post_init": "called by pydantic",
    "eventually": "of the local stack, for tests",
    "resume": "of the local stack, for tests",
    "rights": "of the local stack, for tests",
    "make_register": "a register for tests",
    **dict.fromkeys(("backup", "recover", "demo", "recount"), "a command of dossier_local.cli"),
}
DECORATORS = [
    *(f"@*.{verb}" for verb in ("get", "post", "put", "delete", "command", "exception_handler")),
    *("@app.*", "@*_validator", "@*_serializer"),
]


def main(folders: list[str]) -> int:
    known = Vulture(ignore_names=list(KEPT), ignore_decorators=DECORATORS)
    known.scavenge(folders)
    dead = [
        *known.unused_funcs,
        *known.unused_methods,
        *known.unused_classes,
        *known.unused_props,
        *known.unused_imports,
    ]
    for item in sorted(dead + known.unreachable_code, key=lambda found: (str(found.filename), found.first_lineno)):
        sys.stdout.write(
            f"{Path(item.filename).resolve().relative_to(Path.cwd())}:{item.first_lineno}: {item.message}\n"
        )
    return len(dead)


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
