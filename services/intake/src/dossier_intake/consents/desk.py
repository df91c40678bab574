"""Who files for somebody else has a code sent to them, and the filing shows it: for the API and the pages."""

from __future__ import annotations

from dossier_intake.consents import code as codes
from dossier_intake.consents.code import LASTS, OF_HELPER, OF_PERSON, SPAN, TRIES, AskConsent, ConsentCodeView
from dossier_intake.consents.store import Asked, ConsentCodes
from dossier_intake.filing.checks import Checked, Filing, read_applicant
from dossier_intake.filing.persons import person_of_applicant
from dossier_intake.store import Catalogues
from dossier_shared.clock import Clock, instant
from dossier_shared.contracts.consent_codes import PREFIX, CodeMessage, seal
from dossier_shared.contracts.entries import ConsentCodeEntry
from dossier_shared.errors import Refusal
from dossier_shared.http.idempotency import CommandContext
from dossier_shared.http.quotas import TooManyRequests
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import command_id
from dossier_shared.telemetry.masking import masked_phone
from dossier_shared.vocabulary.moments import VIETNAM
from dossier_shared.vocabulary.persons import letters_of
from dossier_shared.vocabulary.phone import mobile


class ConsentDesk:
    """`key`: of persons' ids; without it nobody can be told from another, and no code is sent."""

    def __init__(
        self, store: ConsentCodes, catalogues: Catalogues, clock: Clock, key: bytes, *, demanded: bool
    ) -> None:
        self.store, self._catalogues, self._clock, self._key = store, catalogues, clock, key
        self._demanded = demanded

    async def ask(self, context: CommandContext, wish: AskConsent) -> ConsentCodeView:
        """Once a key. What is wrong with whom it is about is said before anything is sent."""
        if not self._key:
            raise codes.off()
        who, id_ = context.principal, PREFIX + command_id(context.principal.sub, f"consent {context.key}")
        if (before := await self.store.get(id_)) is not None:
            entry, fingerprint, asked = before
            if fingerprint != context.fingerprint:
                raise Refusal("idempotency-key-reused")
            return _view(entry, asked)
        now = self._clock.now()
        day = now.astimezone(VIETNAM).date()
        procedure = self._catalogues.current.fileable(wish.procedure, wish.agency, "online", day)
        applicant = read_applicant(wish.applicant, day)
        to = mobile(applicant.phone or "")
        person = person_of_applicant(applicant, self._key)
        if person is None:
            raise codes.nobody_known()
        if person == who.person:
            raise codes.oneself()
        for whose, most in ((person, OF_PERSON), (letters_of(self._key, f"consents:{who.sub}"), OF_HELPER)):
            if (until := await self.store.count(whose, now, most, SPAN)) is not None:
                raise TooManyRequests("Gửi mã xác nhận", "codes of consent", (until - now).total_seconds())
        code = codes.new_code()
        sealed = seal(self._key, id_, CodeMessage(to, code, procedure.name_vi, who.name or who.sub))
        fresh = ConsentCodeEntry(
            id=id_, agency=wish.agency, start=instant(now), end=instant(now + LASTS), sealed=sealed
        )
        digests = (codes.digest(self._key, id_, to), codes.digest(self._key, id_, code))
        await self.store.put(fresh, context.fingerprint, Asked(who.sub, person, *digests, masked_phone(to)))
        entry, _, asked = await self.store.get(id_) or (fresh, "", Asked(who.sub, person, *digests, masked_phone(to)))
        return _view(entry, asked)

    async def open_for(self, who: Principal, id_: str) -> ConsentCodeView | None:
        """One that may still be typed in."""
        found = await self.store.get(id_) if codes.is_ours(id_) else None
        if found is None or found[2].helper != who.sub or found[0].end <= instant(self._clock.now()):
            return None
        view = _view(found[0], found[2])
        return view if view.tries > 0 and found[2].used is None else None

    async def demand(self, filing: Filing, checked: Checked, who: Principal, command: str) -> None:
        """Of a filing that is right otherwise. Raises Problem where its code does not hold for it: then nothing is filed."""
        given = filing.consent
        if checked.consent is None or given is None or given.kind != "sms_code":
            return
        own = codes.is_ours(given.reference)
        if not own and given.code is None and not self._demanded and "citizen" not in who.roles:
            return  # sent by a helper's own means, as they say: recorded, not proved
        if not own or given.code is None or not self._key:
            raise codes.missing()
        await self._demand(str(given.reference), given.code, checked, who, command)

    async def _demand(self, id_: str, typed: str, checked: Checked, who: Principal, command: str) -> None:
        found = await self.store.get(id_)
        if found is None or found[2].helper != who.sub:
            raise codes.unknown()
        entry, _, asked = found
        phone = codes.digest(self._key, id_, checked.sealed.applicant.phone or "")
        if asked.person != checked.person or not codes.same(asked.phone, phone):
            raise codes.of_another()
        right = codes.same(asked.code, codes.digest(self._key, id_, codes.typed(typed)))
        if asked.used == command and right:
            return  # the same filing once more
        if asked.used is not None:
            raise codes.used()
        if entry.end <= instant(self._clock.now()):
            raise codes.expired()
        if (counted := await self.store.tried(id_)) is None:
            raise codes.spent()
        if not right:
            raise codes.mistyped(TRIES - counted.tries)
        if not await self.store.use(id_, command):
            raise codes.used()


def _view(entry: ConsentCodeEntry, asked: Asked) -> ConsentCodeView:
    return ConsentCodeView(id=entry.id, sent_to=asked.sent_to, expires_at=entry.end, tries=max(0, TRIES - asked.tries))
