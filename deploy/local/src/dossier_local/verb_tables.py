"""Writes the table of verbs into each service's README: `python -m dossier_local.verb_tables [repository]`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from dossier_shared.http.verbs import Verb

TABLES = {
    "intake": "dossier_intake.commands",
    "review": "dossier_review.commands",
    "signing": "dossier_signing.commands",
    "notify": "dossier_notify.commands",
    "monitor": "dossier_monitor.alarms.commands",
}
BEGIN, END = "<!-- verbs: written by `make contracts` -->", "<!-- end of the verbs -->"


def verbs_of(service: str) -> Sequence[Verb[Any, Any]]:
    found: Sequence[Verb[Any, Any]] = import_module(TABLES[service]).VERBS
    return found


def table(service: str) -> str:
    rows = [
        f"| `POST {verb.path}`{', `' + verb.bulk_path + '`' if verb.bulk_path else ''} | {', '.join(verb.roles)} "
        f"| `{_body(verb)}` | {', '.join(f'`{event}`' for event in verb.records)} | {verb.purpose} |"
        for verb in verbs_of(service)
    ]
    head = ["| call | who | body | may record | what it is for |", "|---|---|---|---|---|"]
    return "\n".join([BEGIN, *head, *rows, END])


def _body(verb: Verb[Any, Any]) -> str:
    fields = verb.body.model_fields.items()
    return "{" + ", ".join(f"{name}{'' if field.is_required() else '?'}" for name, field in fields) + "}"


def filled(text: str, service: str) -> str:
    """A README with its table as the code has it."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the README of {service} has no place for its verbs")
    return before + table(service) + after


def write(root: Path) -> list[str]:
    """Answers what was written anew."""
    changed = []
    for service in TABLES:
        path = root / f"services/{service}/README.md"
        text = path.read_text("utf-8")
        if (new := filled(text, service)) != text:
            path.write_text(new, "utf-8")
            changed.append(str(path.relative_to(root)))
    return changed


if __name__ == "__main__":
    for name in write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd()):
        sys.stdout.write(f"{name}\n")
