"""The QR code of an identity card on a citizen's sheet: what it says is shown, and fills in what is empty when they say so. Pure.

It is never trusted: a number that is not the account's is told and fills nothing in, and what the card says of a field somebody
has typed in stands beside that field.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from dossier_intake.filing.identity_card import IdentityCard, card_among
from dossier_intake.pages.filing.held import Held, has_person, of_facts
from dossier_intake.pages.filing.view import ANOTHER, FOR, masked
from dossier_intake.pages.sheet.offer import Offer
from dossier_intake.pages.sheet.reading import CODE_DEED
from dossier_intake.pages.sheet.sheet import Sheet
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.texts import Lang, Texts
from dossier_shared.vocabulary.persons import person_of

DEED: Final = CODE_DEED  # look at it; `card:use`, `card:person`: fill in, of the form's person too
TEXT: Final = "card.text"  # posted name: of a code that was read before, by the page's camera or by us


class CardShown(NamedTuple):
    """`text`: the code's own, kept in the page while one compares. `lines`: label and value. `wrong`: why there is nothing.
    `other`: why nothing is filled in. `person`: the form has somebody whom the card may be of."""

    text: str = ""
    lines: Sequence[tuple[str, str]] = ()
    wrong: str = ""
    other: str = ""
    person: bool = False


NOTHING: Final = CardShown()


class CardStep(NamedTuple):
    shown: CardShown
    found: Sequence[Held] = ()  # what is to be filled in


def looked_at(sheet: Sheet, deed: str, offer: Offer, who: Principal, key: bytes, lang: Lang, t: Texts) -> CardStep:
    """`sheet`: as it was posted. `key`: by which persons have their ids."""
    if (unfit := sheet.codes_unfit) is not None:
        return CardStep(CardShown(wrong=unfit[lang]))
    texts = [text for text in sheet.codes or [sheet.first(TEXT)] if text]
    if not texts:
        return CardStep(CardShown(wrong=t("card.nothing")))
    if (read := card_among(texts)) is None:
        return CardStep(CardShown(wrong=t("card.foreign")))
    text, card = read
    another = sheet.first(FOR) == ANOTHER
    other = ""
    if not another and not _of_account(card, who, key):
        number = masked(who.number) or t("card.unknown_number")
        other = t("card.other_number", number=number)
    shown = CardShown(text, _lines(card, t), other=other, person=not another and has_person(offer))
    wanted = deed.partition(":")[2]
    if other or wanted not in ("use", "person"):
        return CardStep(shown)
    return CardStep(shown, _held(card, sheet, offer, who, about_me=wanted == "person" and shown.person))


def _of_account(card: IdentityCard, who: Principal, key: bytes) -> bool:
    """Or nothing is known of whose the account is."""
    if who.number:
        return card.number == who.number
    return who.person is None or not key or who.person == person_of(key, "citizen", card.number)


def _held(card: IdentityCard, sheet: Sheet, offer: Offer, who: Principal, *, about_me: bool) -> list[Held]:
    if sheet.first("applicant.kind", "person") != "person":
        return [Held("card", "applicant.representative", card.name)]
    facts = {
        "name": card.name,
        "residence": card.residence,
        "sex": card.sex,
        "date_of_birth": card.birth.isoformat() if card.birth else None,
    }
    found = [one._replace(source="card") for one in of_facts(facts, offer, about_me=about_me)]
    if not who.number or sheet.first(FOR) == ANOTHER:  # else the account says it, and nobody types it
        found.append(Held("card", "applicant.citizen_id", card.number))
    return found


def _lines(card: IdentityCard, t: Texts) -> list[tuple[str, str]]:
    sex = {"male": t("file.male"), "female": t("file.female")}.get(card.sex or "", "–")
    birth = f"{card.birth:%d/%m/%Y}" if card.birth else "–"
    return [
        (t("card.number"), card.number),
        (t("card.name"), card.name),
        (t("card.birth"), birth),
        (t("card.sex"), sex),
        (t("card.residence"), card.residence or "–"),
    ]
