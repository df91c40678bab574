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
LIST: dict[str, Any] = read_yaml((Path(__file__).parent / "office_words.yaml").read_text("utf-8")).data


def said(lang: Lang) -> Iterator[tuple[str, str]]:
    for package, families in LIST["families"].items():
        for id_, text in read(catalogue_path(ROOT, package, lang), lang).items():
            if id_.partition(".")[0] in families:
                yield id_, text if isinstance(text, str) else " ".join(text)


def office_words(text: str, lang: Lang) -> list[str]:
    return [word for word in LIST["words"][lang] if re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE)]


def test_every_family_of_the_list_is_there_and_says_something() -> None:
    for package, families in LIST["families"].items():
        assert set(families) <= FAMILIES[package].keys()
    for lang in LANGUAGES:
        assert len(list(said(lang))) > 80


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_word_of_the_office_is_said_where_there_is_a_plain_one(lang: Lang) -> None:
    assert {id_: found for id_, text in said(lang) if (found := office_words(text, lang))} == {}


@pytest.mark.parametrize(
    ("lang", "text"), [("vi", "Cơ quan Tiếp nhận hồ sơ"), ("en", "The applicant must furnish two copies")]
)
def test_the_list_finds_them(lang: Lang, text: str) -> None:
    assert office_words(text, lang)
    assert not office_words("bạn nhận được gì" if lang == "vi" else "what you send, and when it begins", lang)
