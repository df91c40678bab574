"""Texts = what pages use, in every language: nothing missing, nothing left over, nothing empty, the same placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

from dossier_local import page_texts
from dossier_local.page_texts import FAMILIES, catalogue_path, read, uses, wanted
from dossier_shared.pages.texts import LANGUAGES, Text

ROOT = Path(__file__).parents[2]


def forms(text: Text) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else text


def faults(root: Path) -> Iterator[str]:
    for package, ids in wanted(root).items():
        catalogues = {lang: read(catalogue_path(root, package, lang), lang) for lang in LANGUAGES}
        for lang, found in catalogues.items():
            yield from (f"{lang}: missing {id_}" for id_ in ids.keys() - found.keys())
            yield from (f"{lang}: unused {id_}" for id_ in found.keys() - ids.keys())
            yield from (f"{lang}: empty {id_}" for id_, text in found.items() if not all(forms(text)))
            for id_ in ids.keys() & found.keys():
                if ids[id_] is isinstance(found[id_], str):
                    yield f"{lang}: plural forms {id_}"
        for id_ in ids:
            names = {
                str(sorted(re.findall(r"{\w+}", form)))
                for found in catalogues.values()
                for form in forms(found.get(id_, ""))
            }
            if len(names) > 1:
                yield f"placeholders {id_}"


def test_every_text_is_there_and_used() -> None:
    assert not sorted(faults(ROOT))


def test_every_family_has_a_page_that_asks_for_it() -> None:
    asked = {use.id for use in uses(ROOT) if use.how in ("label", "plural of")}
    given = {family for families in FAMILIES.values() for family, names in families.items() if names}
    assert asked <= given
    assert given - asked == {"did", "ended", "reached", "yes_no"}  # a filter's own words: lists/pages.py, _WORDS


def test_a_script_asks_for_what_its_page_gives_it() -> None:
    by_scripts = [use for use in uses(ROOT) if use.file.suffix == ".js"]
    for package in FAMILIES:
        code = " ".join(path.read_text("utf-8") for path in (ROOT / package).rglob("*.py"))
        given = {family for names in re.findall(r"\.of\(([^)]*)\)", code) for family in re.findall(r'"(\w+)"', names)}
        asked = {use.id.partition(".")[0] for use in by_scripts if ROOT / package in use.file.parents}
        assert asked <= given, package


SHARED = "shared/src/dossier_shared"
BREAKS = [
    ("templates/notice.html", '{{ t("shared.try_again") }}', '{{ t("shared.try_once") }}', "missing shared.try_once"),
    ("templates/notice.html", '{{ t("shared.try_again") }}', "", "unused shared.try_again"),
    ("static/work.js", 't("shared.working")', 't("shared.workin")', "missing shared.workin"),
    ("notice.py", 't("shared.expired")', 't("shared.expire")', "missing shared.expire"),
    ("locale/en/LC_MESSAGES/messages.po", '"Try again"', '""', "empty shared.try_again"),
    ("locale/en/LC_MESSAGES/messages.po", "{n} selected", "{m} selected", "placeholders shared.selected"),
    ("locale/en/LC_MESSAGES/messages.po", "{n} dossier?", "one dossier?", "placeholders shared.confirm_bulk"),
    ("locale/vi/LC_MESSAGES/messages.po", 'msgid "shared.reload"', 'msgid "shared.load"', "missing shared.reload"),
    (
        "notice.py",
        't("shared.signed_out_hint")',
        't.plural("shared.signed_out_hint", 1)',
        "plural forms shared.signed_out_hint",
    ),
]


@pytest.mark.parametrize(("file", "was", "becomes", "found"), BREAKS, ids=[fault for *_, fault in BREAKS])
def test_what_is_broken_is_found(
    file: str, was: str, becomes: str, found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_texts, "FAMILIES", {SHARED: FAMILIES[SHARED]})
    copytree(ROOT / SHARED / "pages", tmp_path / SHARED / "pages")
    assert not [*faults(tmp_path)]
    path = tmp_path / SHARED / "pages" / file
    text = path.read_text("utf-8")
    assert was in text
    path.write_text(text.replace(was, becomes), "utf-8")
    assert any(fault.endswith(found) for fault in faults(tmp_path))


def test_the_catalogues_are_as_make_texts_writes_them(tmp_path: Path) -> None:
    for package in FAMILIES:
        copytree(ROOT / package / "pages", tmp_path / package / "pages")
    for package in FAMILIES:
        for lang in LANGUAGES:
            path = catalogue_path(tmp_path, package, lang)
            before = path.read_text("utf-8")
            page_texts.write(path, lang, dict.fromkeys(read(path, lang), False))
            assert path.read_text("utf-8") == before


def test_a_live_table_says_of_each_figure_what_it_is_where_its_head_is_hidden() -> None:
    """On a phone a live table is shown without its head: a figure there has `data-l`."""
    for path in (ROOT / "services/monitor/src/dossier_monitor/pages/templates").glob("*.html"):
        for table in re.findall(r'<table class="live">.*?</table>', path.read_text("utf-8"), re.DOTALL):
            assert '<td class="n">' not in table, path.name
