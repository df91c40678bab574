"""What agencies are called. Who is above whom comes with the events; names of those that file nothing, and English ones, do not.

`data/agencies.json` is made from intake's catalogue: python -m dossier_monitor.agencies <agencies.yaml>. A test compares.
An agency that is not in it is shown by the name its events give, or by its code.
"""

from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path

import orjson

_NAMES: dict[str, list[str]] = orjson.loads(files("dossier_monitor").joinpath("data/agencies.json").read_bytes())


def vietnamese(code: str) -> str:
    return _NAMES[code][0] if code in _NAMES else code


def english(code: str) -> str:
    return _NAMES[code][1] if code in _NAMES else ""


def from_catalogue(text: str) -> dict[str, list[str]]:
    """code -> [Vietnamese, English]."""
    import yaml  # not needed to run

    found = yaml.safe_load(text)["agencies"]
    return {agency["code"]: [agency["name_vi"], agency["name_en"]] for agency in found}


def encode(names: dict[str, list[str]]) -> bytes:
    return orjson.dumps(names, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


if __name__ == "__main__":
    target = Path(__file__).parent / "data" / "agencies.json"
    target.write_bytes(encode(from_catalogue(Path(sys.argv[1]).read_text())))
