"""A form's schema as what a page draws: groups with legends, lists whose entries come and go, a control for each field. Pure.

The one renderer of forms: whoever fills one in, at a counter or at home, gets these fields; templates/fields.html makes HTML of
them. What was typed stands in them again, with what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from dossier_intake.forms.nodes import LEVELS, MOST_ENTRIES, Choice, Node, Nodes, choices, step
from dossier_intake.forms.posted import PREFIX, Typed
from dossier_shared.vocabulary.answers import Lang

FEW = 4  # choices that are seen at a glance
LONG = 300  # letters of a text that has more than one line
Look = Literal["text", "lines", "select", "radio", "tick", "ticks"]
Errors = Mapping[str, Sequence[str]]
"""By JSON pointer into the answers, as `Form.check` tells them."""

_AUTOFILL = {"email": "email", "phone": "tel", "mobile": "tel"}
_DIGITS = frozenset({"citizen-id", "dong"})
_KEYBOARDS = {"email": "email", "phone": "tel", "mobile": "tel"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """`id`: of the element, and the beginning of what belongs to it. `hint`: the schema's own words."""

    name: str
    label: str
    hint: str = ""
    required: bool = False
    errors: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return self.name.replace("~", "_").replace(".", "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Control(_Drawn):
    """`form`: a format the page may explain. `insist`: it must be filled in whatever else is."""

    look: Look
    form: str = ""
    values: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    insist: bool = False
    max_length: int | None = None
    keyboard: str = ""
    autofill: str = "off"

    @property
    def value(self) -> str:
        return self.values[0] if self.values else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(_Drawn):
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(_Drawn):
    """`entries`: each a group or a single control."""

    entries: tuple[Field, ...] = ()
    may_add: bool = True
    may_drop: bool = True


Field = Control | Group | Listing


def draw(
    schema: Mapping[str, Any],
    lang: Lang,
    typed: Typed | None = None,
    errors: Errors | None = None,
    prefix: str = PREFIX,
    *,
    autofill: bool = False,
) -> Group:
    """The whole form as one group. `autofill`: the reader fills in what is their own, so their browser may help."""
    drawing = _Drawing(
        Nodes(schema), lang, typed or {}, {at: list(said) for at, said in (errors or {}).items()}, autofill
    )
    return drawing.group(drawing.nodes.root(), prefix, "", 0, insist=True)


def controls(drawn: Field) -> Iterator[Control]:
    """All of it, in order."""
    return (one for one in everything(drawn) if isinstance(one, Control))


def listings(drawn: Field) -> Iterator[Listing]:
    return (one for one in everything(drawn) if isinstance(one, Listing))


def wrong(drawn: Field) -> Iterator[Field]:
    """What has something wrong with it, in order."""
    return (one for one in everything(drawn) if one.errors)


def everything(drawn: Field) -> Iterator[Field]:
    """Itself, and all that is within it."""
    yield drawn
    for inner in drawn.fields if isinstance(drawn, Group) else drawn.entries if isinstance(drawn, Listing) else ():
        yield from everything(inner)


@dataclass(slots=True)
class _Drawing:
    nodes: Nodes
    lang: Lang
    typed: Typed
    errors: dict[str, list[str]]
    autofill: bool

    def any(self, key: str, node: Node, name: str, at: str, level: int, *, insist: bool) -> Field:
        if node.kind == "group":
            return self.group(node, name, at, level, key, insist=insist)
        if node.kind == "entries":
            return self.listing(key, node, name, at, level, insist=insist)
        return self.control(key, node, name, at, insist=insist)

    def group(self, node: Node, name: str, at: str, level: int, key: str = "", *, insist: bool) -> Group:
        fields = tuple(
            self.any(child_key, child, f"{name}.{step(child_key)}", f"{at}/{_pointed(child_key)}", level + 1,
                     insist=insist and child.required)
            for child_key, child in (self.nodes.fields(node) if level < LEVELS else ())
        )  # fmt: skip
        return Group(name=name, **self.said(node, key), errors=self.below(at), required=node.required, fields=fields)

    def listing(self, key: str, node: Node, name: str, at: str, level: int, *, insist: bool) -> Listing:
        entry, least, most = self.nodes.entry(node), node.schema.get("minItems", 0), node.schema.get("maxItems")
        count = len(self.typed.get(name, ())) or int(node.required)
        entries = tuple(
            _numbered(self.any(key, entry, f"{name}.{number}", f"{at}/{number}", level + 1, insist=insist and number < least),
                      number)
            for number in range(count)
        )  # fmt: skip
        return Listing(
            name=name, **self.said(node, key), errors=self.below(at), required=node.required, entries=entries,
            may_add=count < min(most or MOST_ENTRIES, MOST_ENTRIES), may_drop=count > (1 if node.required else 0),
        )  # fmt: skip

    def control(self, key: str, node: Node, name: str, at: str, *, insist: bool) -> Control:
        limit = node.schema.get("maxLength")
        entry = self.nodes.entry(node) if node.kind == "several" else None
        return Control(
            name=name,
            **self.said(node, key),
            errors=self.below(at),
            required=node.required,
            insist=insist,
            look=_look(node),
            form=node.format if node.kind in ("text", "amount") else node.kind,
            values=tuple(self.typed.get(name, ())),
            choices=tuple(choices(node, entry, self.lang)),
            max_length=None if node.format or not isinstance(limit, int) else limit,
            keyboard=_keyboard(node),
            autofill=_AUTOFILL.get(node.format, "off") if self.autofill else "off",
        )

    def said(self, node: Node, key: str) -> dict[str, Any]:
        """What the schema calls it, and says of it."""
        english = node.schema.get("x-en") if self.lang == "en" else None
        english = english if isinstance(english, Mapping) else {}
        label, hint = (english.get(word) or node.schema.get(word) or "" for word in ("title", "description"))
        return {"label": str(label or key), "hint": str(hint)}

    def below(self, at: str) -> tuple[str, ...]:
        """What is said of a place, and of whatever is within it and was not drawn."""
        found = [one for one in self.errors if one == at or one.startswith(f"{at}/")]
        return tuple(said for one in found for said in self.errors.pop(one))


def _numbered(entry: Field, number: int) -> Field:
    """A control that is an entry by itself says which one; a group has it in its legend."""
    return replace(entry, label=f"{entry.label} {number + 1}", required=True) if isinstance(entry, Control) else entry


def _look(node: Node) -> Look:
    match node.kind:
        case "several":
            return "ticks"
        case "agreement":
            return "tick"
        case "yes_no":
            return "radio"
        case "choice":
            return "radio" if node.required and len(node.schema["enum"]) <= FEW else "select"
    if node.kind == "text" and not node.format and "pattern" not in node.schema:
        return "lines" if node.schema.get("maxLength", LONG + 1) > LONG else "text"
    return "text"


def _keyboard(node: Node) -> str:
    if node.kind in ("whole", "amount") or node.format in _DIGITS:
        return "numeric"
    return "decimal" if node.kind == "number" else _KEYBOARDS.get(node.format, "")


def _pointed(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
