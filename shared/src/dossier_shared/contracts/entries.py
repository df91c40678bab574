"""The directories' records: on `catalogue.agencies` and `catalogue.procedures` what the catalogue in force says of each, on
`platform.officers` who works where, on `platform.delegations` who stands in for whom, on `platform.emergencies` who reads a
dossier of others in an emergency; and codes on their way to a phone, on `consent.codes`.

They are no events. A record replaces what was known of its key; an empty one says that the key is no longer there.
JSON Schemas, golden examples and AsyncAPI are generated from here (`make contracts`). A new field is optional.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from dossier_shared.contracts.events import Part
from dossier_shared.contracts.topics import AGENCIES, CONSENT_CODES, DELEGATIONS, EMERGENCIES, OFFICERS, PROCEDURES


class Signature(Part):
    """How what an agency signs begins and ends."""

    title: str  # of who signs
    place: str  # before the date
    on_behalf_of: str | None = None  # the line above the title
    letterhead: list[str] = Field(default_factory=list)  # its name as it is broken into lines at the head of a document


class OfficeDays(Part):
    """On which days offices work, of the years from `since` to `until`; days, `YYYY-MM-DD`."""

    weekend: list[int]  # 0 is Monday
    off: list[str]  # other days that are not worked
    worked: list[str]  # days of a weekend that are
    since: str
    until: str


class AgencyEntry(Part):
    """An agency as the catalogue in force has it."""

    code: str
    name_vi: str
    name_en: str
    parent: str | None = None
    above: list[str] = Field(default_factory=list)  # agencies above it, the nearest first
    level: str
    kind: str
    former_names: list[dict[str, Any]] = Field(default_factory=list)
    valid_from: str | None = None  # days, `YYYY-MM-DD`
    valid_until: str | None = None
    successor: str | None = None  # code of the agency that took its place
    signature: Signature | None = None
    # of a one-stop centre: agencies whose dossiers its counter takes in
    serves: list[str] = Field(default_factory=list, exclude_if=lambda codes: not codes)
    # of an agency with none above it; it holds for those below too
    office_days: OfficeDays | None = Field(default=None, exclude_if=lambda days: days is None)
    catalogue: str  # version of the catalogue that says so


class PaperEntry(Part):
    """A paper a procedure asks for."""

    code: str
    name_vi: str
    required: bool = True
    copies: int = 1


class ProcedureEntry(Part):
    """What a procedure is called in the version in force, what it asks for, who may sign its
    result, and the form its answers are read by."""

    code: str
    name_vi: str
    name_en: str
    papers: list[PaperEntry] = Field(default_factory=list, exclude_if=lambda papers: not papers)
    separate_signing: bool = Field(default=False, exclude_if=lambda apart: not apart)  # who decided may not sign
    form: dict[str, Any] | None = Field(default=None, exclude_if=lambda form: form is None)  # JSON Schema
    catalogue: str  # version of the catalogue that says so


class OfficerEntry(Part):
    """An officer: who works where, in which roles, from when to when."""

    subject: str  # of the account, as the issuer's tokens name it
    name: str
    agency: str
    roles: list[str]
    valid_from: str | None = None  # instants
    valid_until: str | None = None  # from then on not in office any more
    successor: str | None = None  # subject of who goes on with their open cases


class SpanEntry(Part):
    """What is given from `start` until `end`; taken back, it ends then."""

    id: str
    start: str  # instants
    end: str

    def in_force(self, at: str) -> bool:
        return self.start <= at < self.end


class DelegationEntry(SpanEntry):
    """A delegation: `deputy` holds roles of `giver` at their agency."""

    agency: str
    giver: str  # subjects of accounts
    deputy: str
    roles: list[str]
    reason: str
    given_at: str  # instant


class EmergencyEntry(SpanEntry):
    """Emergency access: `subject` reads one dossier that is not their office's.

    `sealed`: why, as JSON `{"reason": …}`; of a dossier that is encrypted a box of its person's key, bound to
    `<dossier>:emergency:<id>`.
    """

    dossier: str
    code: str  # of the dossier
    agency: str  # that has the dossier
    subject: str  # of the account
    role: str  # by which it was opened
    officer_agency: str | None = None  # the account's; an administrator may have none
    sealed: str


class ConsentCodeEntry(SpanEntry):
    """A one-time code on its way to a person's phone. `sealed`: phone and text, under a key made of `PERSON_KEY`
    (`consent_codes.py`). Nobody keeps it: read after `end`, it is passed over."""

    agency: str  # the dossier is to be filed with
    sealed: str


Entry = AgencyEntry | ProcedureEntry
AnyEntry = Entry | OfficerEntry | DelegationEntry | EmergencyEntry | ConsentCodeEntry
CATALOGUED: dict[str, type[AgencyEntry] | type[ProcedureEntry]] = {
    AGENCIES.name: AgencyEntry,
    PROCEDURES.name: ProcedureEntry,
}
ENTRIES: dict[str, type[AnyEntry]] = {
    **CATALOGUED,
    OFFICERS.name: OfficerEntry,
    DELEGATIONS.name: DelegationEntry,
    EMERGENCIES.name: EmergencyEntry,
    CONSENT_CODES.name: ConsentCodeEntry,
}
