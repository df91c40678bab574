"""A service's table of rights changed in one place, to see who notices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dossier_shared.http.policy import Policy, Rule


def open_to(policy: Policy, action: str, roles: tuple[str, ...]) -> Policy:
    """The lines of one action with other roles: those of a line stay in it, new ones come to the first."""
    kept = [
        replace(rule, roles=tuple(role for role in rule.roles if role in roles)) if rule.action == action else rule
        for rule in policy.rules
    ]
    first = next(number for number, rule in enumerate(kept) if rule.action == action)
    new = tuple(role for role in roles if role not in policy.roles(action))
    kept[first] = replace(kept[first], roles=(*kept[first].roles, *new))
    return Policy(*kept, repeated=policy.repeated)


def without(policy: Policy, action: str) -> Iterator[tuple[str, Policy]]:
    """The table without one part of what it says of an action, each time: a line, a role or relation of it, or a bar."""
    for number, rule in enumerate(policy.rules):
        if rule.action == action:
            for part, left in _parts(rule):
                kept = [*policy.rules[:number], *((left,) if left else ()), *policy.rules[number + 1 :]]
                yield f"{action} ({', '.join(rule.roles)}) without {part}", Policy(*kept, repeated=policy.repeated)


def _parts(rule: Rule) -> Iterator[tuple[str, Rule | None]]:
    yield "the line", None
    for role in rule.roles if len(rule.roles) > 1 else ():
        yield f"role {role}", replace(rule, roles=tuple(one for one in rule.roles if one != role))
    for relation in rule.relations if len(rule.relations) > 1 else ():
        left = tuple(one for one in rule.relations if one is not relation)
        yield f"relation {relation.name}", replace(rule, relations=left)
    for bar in rule.bars:
        yield f"bar {bar.name}", replace(rule, bars=tuple(one for one in rule.bars if one is not bar))
