"""What is published about the software: the changelog, publiccode.yml and the packages name the same version."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
# publiccode.yml 0.4 demands these of whoever publishes the repository; nothing true can be written there yet
NOT_KNOWN_YET = {"url", "maintenance/contacts"}
MANDATORY = {
    "publiccodeYmlVersion", "name", "url", "platforms", "categories", "developmentStatus", "softwareType", "legal/license",
    "maintenance/type", "maintenance/contacts", "localisation/localisationReady", "localisation/availableLanguages",
}  # fmt: skip
KNOWN = MANDATORY | {"softwareVersion", "releaseDate", "intendedAudience", "description", "dependsOn"}


def publiccode() -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe", pure=True).load((ROOT / "publiccode.yml").read_text("utf-8"))
    return found


def released() -> tuple[str, str]:
    """The newest version of the changelog and its day."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    head = re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)", headings[1])
    assert head, headings[1]
    return head[1], head[2]


def test_every_line_of_a_release_stands_in_a_section_of_its_own() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    for release in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        before, *sections = re.split(r"^### ", release, flags=re.MULTILINE)
        assert "\n- " not in before, before[:200]
        names = [section.partition("\n")[0] for section in sections]
        assert len(names) == len(set(names)), f"{before.partition(chr(10))[0]}: {names}"
        assert set(names) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_publiccode_has_all_that_is_known() -> None:
    told = publiccode()
    there = {key for key in MANDATORY if _at(told, key) is not None}
    assert MANDATORY - there == NOT_KNOWN_YET
    assert set(told) <= {key.partition("/")[0] for key in KNOWN}
    assert told["developmentStatus"] in {"concept", "development", "beta", "stable", "obsolete"}
    assert told["maintenance"]["type"] in {"internal", "contract", "community", "none"}
    assert told["legal"]["license"] == "Apache-2.0"


def test_publiccode_describes_it_in_both_languages() -> None:
    told = publiccode()
    assert set(told["description"]) == set(told["localisation"]["availableLanguages"]) == {"vi", "en"}
    for text in told["description"].values():
        assert len(text["shortDescription"]) <= 150
        assert "\n" not in text["shortDescription"]
        assert 150 <= len(text["longDescription"]) <= 10_000
        assert text["features"]
        assert [name for name in text.get("screenshots", []) if not (ROOT / name).is_file()] == []


def test_every_place_names_the_version_released_last() -> None:
    version, day = released()
    told = publiccode()
    assert (told["softwareVersion"], told["releaseDate"]) == (version, day)
    assert date.fromisoformat(day)
    projects = [ROOT / "pyproject.toml", *ROOT.glob("*/pyproject.toml"), *ROOT.glob("*/*/pyproject.toml")]
    assert {tomllib.loads(path.read_text())["project"]["version"] for path in projects} == {version}


def _at(told: Any, key: str) -> Any:
    for part in key.split("/"):
        told = told.get(part) if isinstance(told, dict) else None
    return told
