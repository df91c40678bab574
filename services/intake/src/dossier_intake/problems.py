"""What a filing can get wrong, beyond one sentence: a place, a stable code, both languages. Never the value itself."""

from __future__ import annotations

from typing import Any

from dossier_shared.problems import Invalid


def field_error(path: str, code: str, vi: str, en: str, **more: Any) -> dict[str, Any]:
    """`path` is a JSON pointer into what was sent."""
    return {"path": path, "code": code, "message": {"vi": vi, "en": en}, **more}


def at(problem: Invalid, path: str) -> dict[str, Any]:
    """A problem about one value, as an entry in the list of a larger one."""
    return field_error(path, problem.code, problem.vi, problem.en)
