"""The variables each service can be configured with, and what stands when one is not given, as JSON."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent))
from provenance import demand, shared  # type: ignore[import-not-found]

demand("dossier_shared", "dossier_intake", "dossier_review", "dossier_signing", "dossier_notify", "dossier_monitor")

SERVICES = shared("contracts.topics", "topics").SERVICES


def variables(settings: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    prefix = settings.model_config.get("env_prefix", "")
    for name, field in settings.model_fields.items():
        alias = field.validation_alias
        choices = [alias] if isinstance(alias, str) else getattr(alias, "choices", None)
        variable = str(choices[0]) if choices else f"{prefix}{name.upper()}"
        found[variable] = {
            "required": field.is_required(),
            "default": None if field.is_required() else repr(field.get_default(call_default_factory=True)),
        }
    return found


if __name__ == "__main__":
    answer = {s: variables(import_module(f"dossier_{s}.settings").Settings) for s in SERVICES}
    json.dump(answer, sys.stdout)
