"""Who may do what: a service's table of rules, and the one decision made by it. Pure; what no rule allows is denied.

A rule is a line: an action, roles, relations to the resource of which one must hold, and bars of which none may. One line that
allows is enough. What is refused says the nearest reason: a bar where role and relation are right, then that the resource is
not there, then that the role is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from dossier_shared.clock import instant
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.steps import Permit
from dossier_shared.problems import Forbidden, NotFound, Problem

Resource = Mapping[str, Any]
Refused = Callable[[], Problem]


class Context(NamedTuple):
    """What a rule may read besides who asks and what for. `world`: the service's own. `wish`: the body of the command, None
    where only a button is to be shown or hidden. `repeats`: the same command was carried out before."""

    world: Any = None
    wish: Any = None
    repeats: bool = False


NOTHING = Context()
Test = Callable[[Principal, Resource, Context], bool]


@dataclass(frozen=True, slots=True)
class Relation:
    """What somebody is to a resource. `refused`: what they are told who are nothing of the kind."""

    name: str
    holds: Test
    refused: Refused = NotFound


@dataclass(frozen=True, slots=True)
class Bar:
    """What stands against somebody whose role and relation are right. `of_lender`: also where they have the role from somebody
    else, and it stands against everybody who lends it."""

    name: str
    holds: Test
    refused: Refused
    of_lender: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """`roles`: of whom the actor is the first that the account has."""

    action: str
    roles: tuple[str, ...]
    relations: tuple[Relation, ...]
    bars: tuple[Bar, ...] = ()


class Allow(NamedTuple):
    """By which role and relation."""

    role: str
    relation: str


class Deny(NamedTuple):
    """`reason`: a stable code, of the problem that `refused` makes."""

    reason: str
    refused: Refused


Decision = Allow | Deny
NO_ROLE = Deny("forbidden", Forbidden)

# Who asks is in the query itself, or there is nothing of anybody's in it.
FILTERED = Relation("filtered", lambda who, resource, context: True)


def consent_lives(who: Principal, dossier: Resource) -> bool:
    """Of the person, to whoever filed for them: not withdrawn, and not over when it is asked. Who files for themselves has none
    that could end. Where nobody says when it is asked, what ends has ended."""
    if dossier.get("consent_withdrawn"):
        return False
    until = dossier.get("consent_until")
    return not until or (who.asked is not None and instant(who.asked) < until)


def filed_from(who: Principal, dossier: Resource) -> bool:
    """Whether it was filed from the account, for itself or by a consent that lives."""
    return bool(dossier.get("owner")) and dossier["owner"] == who.sub and consent_lives(who, dossier)


def reads_in_emergency(who: Principal, resource: Resource) -> bool:
    return "code" in resource and any(one.of(resource["code"]) for one in who.emergencies)


# Of nobody who has to do with it: they have said why they must read this one now, and are told of (decision 0049).
EMERGENCY = Relation("emergency", lambda who, resource, context: reads_in_emergency(who, resource))


def own_dossier(filers: Callable[[Resource], Sequence[str]] = lambda dossier: (dossier.get("owner", ""),)) -> Bar:
    """Of what is done as an officer, to one's own dossier or in the name of whose it is. `filers`: accounts it was filed from."""

    def holds(who: Principal, dossier: Resource, _: Context) -> bool:
        return who.sub in filers(dossier) or (who.person is not None and who.person == dossier.get("person"))

    return Bar(
        "own-dossier",
        holds,
        lambda: Forbidden(
            "own-dossier",
            "Đây là hồ sơ của bạn, do bạn nộp, hoặc của người đã uỷ quyền cho bạn. Hãy để cán bộ khác xử lý bằng quyền của họ.",
            "This dossier is your own, you have filed it, or it is of who delegated to you. Another officer must handle it,"
            " by a right of their own.",
        ),
        of_lender=True,
    )


class Policy:
    """`repeated`: relations by which a command may be repeated, whatever it was."""

    def __init__(self, *rules: Rule, repeated: Sequence[Relation] = ()) -> None:
        self.rules, self.repeated = rules, tuple(repeated)
        self._lines: dict[str, list[Rule]] = {}
        for rule in rules:
            self._lines.setdefault(rule.action, []).append(rule)
        self._roles = {
            action: tuple(dict.fromkeys(role for line in lines for role in line.roles))
            for action, lines in self._lines.items()
        }

    def roles(self, *actions: str) -> tuple[str, ...]:
        """To whom any of the actions is open at all; nobody where no rule speaks of it."""
        return tuple(dict.fromkeys(role for action in actions for role in self._roles.get(action, ())))

    def unseen(self, action: str) -> Problem:
        """What those are told who are nothing to a resource of this action: also where there is none."""
        return next((_unseen(line.relations).refused() for line in self._lines.get(action, ())), Forbidden())

    def decide(self, subject: Principal, action: str, resource: Resource, context: Context = NOTHING) -> Decision:
        denied: Deny | None = None
        for rule in self._lines.get(action, ()):
            role = next((role for role in rule.roles if role in subject.roles), None)
            if role is None:
                continue
            found = self._related(rule, subject, resource, context)
            if found is None:
                denied = denied or _unseen(rule.relations)
                continue
            bar = None if context.repeats else _barred(rule, role, subject, resource, context)
            if bar is None:
                return Allow(role, found.name)
            denied = Deny(bar.name, bar.refused) if denied is None or denied.reason == _UNSEEN else denied
        return denied or NO_ROLE

    def demand(self, subject: Principal, action: str, resource: Resource, context: Context = NOTHING) -> Allow:
        """Raises what refuses it."""
        decision = self.decide(subject, action, resource, context)
        if isinstance(decision, Deny):
            raise decision.refused()
        return decision

    def may(self, subject: Principal, action: str, resource: Resource, context: Context = NOTHING) -> bool:
        return isinstance(self.decide(subject, action, resource, context), Allow)

    def permit(self, subject: Principal, action: str, context: Context = NOTHING) -> Permit:
        """For a command: asked of the resource as it is when its turn comes, and whether it repeats one."""

        def ask(resource: Resource, repeats: bool) -> None:
            self.demand(subject, action, resource, context._replace(repeats=repeats))

        return ask

    def _related(self, rule: Rule, subject: Principal, resource: Resource, context: Context) -> Relation | None:
        for relation in rule.relations:
            if relation.holds(subject, resource, context):
                return relation
        if context.repeats:
            return next((one for one in self.repeated if one.holds(subject, resource, context)), None)
        return None


_UNSEEN = "unseen"


def _unseen(relations: Sequence[Relation]) -> Deny:
    return Deny(_UNSEEN, relations[0].refused if relations else NotFound)


def _barred(rule: Rule, role: str, subject: Principal, resource: Resource, context: Context) -> Bar | None:
    for bar in rule.bars:
        if bar.holds(subject, resource, context):
            return bar
        lenders = subject.lenders(role) if bar.of_lender else ()
        if lenders and all(bar.holds(one, resource, context) for one in lenders):
            return bar
    return None
