"""What people read on pages, from gettext catalogues: an id as `shared.reload` has a text in every language.

An id is a family and a name. Pages ask for a literal id, `t("shared.reload")`, or for a name that is only known when they are
drawn, `t.label("status", status)`: so `make texts` finds every id that is used.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from gettext import c2py
from importlib.resources import files
from typing import Final, Literal, get_args

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import parse_pattern

Text = str | tuple[str, ...]  # in its plural forms, where it has any
Lang = Literal["vi", "en"]
LANGUAGES: Final[tuple[Lang, ...]] = get_args(Lang)
_WHOLE: Final = parse_pattern("#,##0")


class Texts:
    """One language of every page of this process."""

    def __init__(self, lang: Lang) -> None:
        self.lang: Final = lang
        self._texts: dict[str, Text] = {}
        self._form: Callable[[int], int] = int

    def __call__(self, id: str, **values: object) -> str:  # noqa: A002
        text = str(self._texts[id])
        return text.format(**values) if values else text

    def plural(self, id: str, n: int, **values: object) -> str:  # noqa: A002
        """The form that goes with `n`, which it has as `{n}`."""
        forms = self._texts[id]
        return (forms if isinstance(forms, str) else forms[self._form(n)]).format(n=number(n, self.lang), **values)

    def label(self, family: str, name: str, otherwise: str | None = None) -> str:
        """The name itself where there is no word for it yet, and nothing else is wished."""
        return str(self._texts.get(f"{family}.{name}", name if otherwise is None else otherwise))

    def of(self, *families: str) -> dict[str, Text]:
        """For a page's script."""
        return {id_: text for id_, text in self._texts.items() if id_.partition(".")[0] in families}

    def add(self, package: str) -> None:
        place = files(package).joinpath("locale", self.lang, "LC_MESSAGES", "messages.po")
        with place.open("rb") as file:
            catalogue = read_po(file, locale=self.lang)
        self._form = c2py(catalogue.plural_expr)
        self._texts |= texts_of(catalogue)


def texts_of(catalogue: Catalog) -> dict[str, Text]:
    """By id. The first message of a catalogue is its head."""
    found = ((one.id if isinstance(one.id, str) else one.id[0], one.string or "") for one in catalogue)
    return {id_: text if isinstance(text, str) else tuple(text) for id_, text in found if id_}


_languages: Final = {lang: Texts(lang) for lang in LANGUAGES}


def texts(lang: Lang) -> Texts:
    return _languages[lang]


def add_texts(package: str) -> None:
    """A package's own `locale/`, beside what is there, under other ids."""
    for known in _languages.values():
        known.add(package)


def language(asked: str | None) -> Lang:
    return "en" if asked == "en" else "vi"


@lru_cache(4096)
def number(value: int, lang: Lang) -> str:
    """`1.234`, `1,234`."""
    return str(_WHOLE.apply(value, lang))


add_texts(__package__)
