"""Whose key seals what was filed in clear: the one it would have been encrypted with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, cast

from dossier_intake.privacy.holders import holder_of
from dossier_intake.privacy.making import KeyMaker
from dossier_intake.privacy.resealing import Holders
from dossier_shared.adapters.mongo import DossierCollection
from dossier_shared.contracts.deployments import Filed
from dossier_shared.contracts.events import Applicant, FiledBy, Refused, Submitted, SubmittedSealed
from dossier_shared.journal.dossier import Dossier, New, Rules, record
from dossier_shared.vocabulary.persons import person_of

KEY, NUMBER, AT = b"of this test", "001099077771", "2026-03-01T01:00:00.000000Z"
PERSON = person_of(KEY, "citizen", NUMBER)
RULES: Rules[Any] = Rules("intake", lambda state, _: state)


def filed(id_: str, applicant: Applicant, holder: str | None = None, **data: Any) -> Dossier[Any]:
    dossier: Dossier[Any] = Dossier(id_, version=1)
    said = Submitted(code="H19.1-1", procedure="2.001159", catalogue="1", channel="online", **data)
    for new in (New(said, SubmittedSealed(applicant=applicant)), New(Refused())):
        record(RULES, dossier, new, time=AT, recorded=AT, agency="X-1", actor="citizen:u-1")
    dossier.holder = holder
    return dossier


class Stored:
    def __init__(self, *dossiers: Dossier[Any]) -> None:
        self.of = {dossier.id: dossier for dossier in dossiers}

    async def load_whole(self, ids: Iterable[str]) -> dict[str, Dossier[Any]]:
        return {id_: self.of[id_] for id_ in ids if id_ in self.of}


class Maker:
    """`erased`: by holder, when."""

    def __init__(self, erased: Mapping[str, str] | None = None, deployment: str = "") -> None:
        self.erased, self.deployment, self.readers = erased or {}, deployment, self
        self.made = set[str]()

    async def held(self, holder: str, filed: Filed) -> str:
        assert filed == Filed("X-1", AT)
        return f"{holder}@{self.deployment}" if self.deployment else holder

    async def ensure(self, holders: Collection[str]) -> dict[str, str]:
        self.made |= set(holders)
        return {holder: f"{holder}-2" if holder in self.erased else holder for holder in holders}

    async def erased_at(self, holder: str) -> str | None:
        return self.erased.get(holder)


async def holders(maker: Maker, *dossiers: Dossier[Any]) -> tuple[dict[str, str], dict[str, str]]:
    of = Holders(cast(DossierCollection, Stored(*dossiers)), cast(KeyMaker, maker), KEY)
    return await of.of([dossier.id for dossier in dossiers])


async def test_each_is_sealed_with_the_key_it_would_have_been_encrypted_with() -> None:
    numbered, called = Applicant(name="A", citizen_id=NUMBER), Applicant(name="A", phone="+84987077771")
    own, helped = FiledBy(sub="u-1", kind="self"), FiledBy(sub="u-1", kind="helper")
    found, failed = await holders(
        maker := Maker(),
        filed("told", numbered, owner="u-1", person="p-told", filed_by=own),
        filed("before-persons", numbered, owner="u-1"),
        filed("account", called, owner="u-1", filed_by=own),
        filed("helped", called, owner="u-1", filed_by=helped),
        filed("nobody", Applicant(name="A"), owner="u-1", filed_by=helped),
    )
    assert failed == {}
    assert found == {
        "told": "p-told",
        "before-persons": PERSON,
        "account": holder_of(None, "u-1", None, "account", KEY),
        "helped": holder_of(None, None, "+84987077771", "helped", KEY),
        "nobody": holder_of(None, None, None, "nobody", KEY),
    }
    assert maker.made == set(found.values()), "there is a key of each"


async def test_readers_are_those_of_when_it_was_filed() -> None:
    found, _ = await holders(
        Maker(deployment="long-khanh"), filed("d", Applicant(name="A", citizen_id=NUMBER), owner="u")
    )
    assert found == {"d": f"{PERSON}@long-khanh"}


async def test_one_that_has_a_holder_keeps_it_and_one_unknown_is_named() -> None:
    applicant = Applicant(name="A", citizen_id=NUMBER)
    of = Holders(
        cast(DossierCollection, Stored(filed("d", applicant, holder="p-own", owner="u"), Dossier("heard", version=1))),
        cast(KeyMaker, maker := Maker()), KEY,
    )  # fmt: skip
    found, failed = await of.of(["d", "heard", "nowhere"])
    assert found == {"d": "p-own"}
    assert failed == dict.fromkeys(("heard", "nowhere"), "intake has no filing of it")
    assert maker.made == set()


async def test_of_who_was_erased_after_they_filed_nothing_is_kept_and_who_filed_again_is_another() -> None:
    applicant = Applicant(name="A", citizen_id=NUMBER)
    after, _ = await holders(Maker({PERSON: "2026-04-01T00:00:00.000000Z"}), filed("d", applicant, owner="u"))
    assert after == {"d": PERSON}
    before, _ = await holders(Maker({PERSON: "2026-02-01T00:00:00.000000Z"}), filed("d", applicant, owner="u"))
    assert before == {"d": f"{PERSON}-2"}
