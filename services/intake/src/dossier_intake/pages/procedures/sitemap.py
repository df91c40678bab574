"""What search engines are led to: `sitemap.xml`, every procedure in both languages, and `robots.txt`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from dossier_shared.pages.texts import LANGUAGES

MOST: Final = 50_000  # addresses a sitemap may have
_HEAD: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">\n'
)


def sitemap(base: str, codes: Iterable[str]) -> bytes:
    """`base`: of intake, in full."""
    paths = ["/procedures", *(f"/procedures/{code}" for code in codes)][: MOST // len(LANGUAGES)]
    return (_HEAD + "".join(_of(base + path) for path in paths) + "</urlset>\n").encode()


def _of(address: str) -> str:
    others = "".join(
        f'<xhtml:link rel="alternate" hreflang="{lang}" href={quoteattr(in_language(address, lang))}/>'
        for lang in LANGUAGES
    )
    return "".join(f"<url><loc>{escape(in_language(address, lang))}</loc>{others}</url>\n" for lang in LANGUAGES)


def in_language(address: str, lang: str) -> str:
    """The one address of a page in a language."""
    return address if lang == LANGUAGES[0] else f"{address}?lang={lang}"


def robots(base: str, path: str) -> bytes:
    """What is not published needs a sign-in or a secret. `path`: under which a proxy serves intake."""
    allowed = "".join(f"Allow: {path}{one}\n" for one in ("/procedures", "/static/", "/sitemap.xml"))
    return f"User-agent: *\n{allowed}Disallow: {path}/\n\nSitemap: {base}/sitemap.xml\n".encode()
