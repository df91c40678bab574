"""Pages for everybody say what they say in everybody's words: none of `office_words.yaml` where there is a plain one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dossier_local.page_texts import FAMILIES, catalogue_path, read
from dossier_shared.pages.texts import LANGUAGES, Lang
from dossier_shared.vocabulary.yaml import read as read_yaml

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "services/intake/src/dossier_intake/pages/templates"
LIST: dict[str, Any] = read_yaml((Path(__file__).parent / "office_words.yaml").read_text("utf-8")).data


def shown_by_templates() -> set[str]:
    """Ids that citizens' templates of intake name, of whatever family."""
    found = set[str]()
    for name in LIST["templates"]:
        found |= set(
            re.findall(r"""\b(?:t|plural)\(["']([a-z_]+\.[a-z_]+)["']""", (TEMPLATES / name).read_text("utf-8"))
        )
    return found


def said(lang: Lang) -> Iterator[tuple[str, str]]:
    shown = shown_by_templates()
    for package, families in LIST["families"].items():
        for id_, text in read(catalogue_path(ROOT, package, lang), lang).items():
            if id_.partition(".")[0] in families or id_ in shown:
                yield id_, text if isinstance(text, str) else " ".join(text)


def office_words(text: str, lang: Lang) -> list[str]:
    text = re.sub("|".join(map(re.escape, LIST["names"])), "", text, flags=re.IGNORECASE)
    return [word for word in LIST["words"][lang] if re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE)]


def test_every_page_is_somebody_s() -> None:
    """A citizen's page that is added is held to the list: its template must be named."""
    listed = [*LIST["templates"], *LIST["officers"]]
    assert sorted(listed) == sorted(path.name for path in TEMPLATES.iterdir())
    assert "receive.forget" in shown_by_templates()


def test_every_family_of_the_list_is_there_and_says_something() -> None:
    for package, families in LIST["families"].items():
        assert set(families) <= FAMILIES[package].keys()
    for lang in LANGUAGES:
        assert len(list(said(lang))) > 300


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_word_of_the_office_is_said_where_there_is_a_plain_one(lang: Lang) -> None:
    assert {id_: found for id_, text in said(lang) if (found := office_words(text, lang))} == {}


@pytest.mark.parametrize(
    ("lang", "text"), [("vi", "Cơ quan Tiếp nhận hồ sơ"), ("en", "The applicant must furnish two copies")]
)
def test_the_list_finds_them(lang: Lang, text: str) -> None:
    assert office_words(text, lang)
    assert not office_words("Số định danh cá nhân", lang), "what is printed on one's card is called so"
    assert not office_words("bạn nhận được gì" if lang == "vi" else "what you send, and when it begins", lang)
