"""How a process reads its settings at start: what is wrong with them is said in one line each, and nothing starts.

    settings = configuration.read(Settings)

Wrong is: a value that cannot be; a variable with the service's prefix that is no setting of it (a typing error would else
be ignored in silence); and, outside development, an address that is not given (the defaults are a developer's own machine).
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from pydantic import AliasChoices, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import SettingsError

from dossier_shared.settings import ServiceSettings

S = TypeVar("S", bound=ServiceSettings)
EXIT = 78  # EX_CONFIG of sysexits.h
DEMANDED = ("MONGODB_URL", "KAFKA_BOOTSTRAP_SERVERS", "OIDC_ISSUER")
# Of which Kubernetes makes some for every service of a namespace, unless told not to.
# What begins like a service's name and is none of ours: systemd and podman set it.
_FOREIGN = frozenset({"NOTIFY_SOCKET"})
_LINKS = ("_SERVICE_HOST", "_SERVICE_PORT", "_TCP", "_TCP_ADDR", "_TCP_PORT", "_TCP_PROTO")


def read(kind: type[S], demanded: tuple[str, ...] = DEMANDED) -> S:
    """Exits with status 78 where something is wrong."""
    environment = dict(os.environ)
    wrong = list(unknown(kind, environment))
    try:
        settings = kind()  # type: ignore[call-arg]  # from the environment
    except ValidationError as error:
        wrong += _invalid(kind, error)
    except SettingsError as error:  # names the field, never the value
        field = re.search(r'field "(\w+)"', str(error))
        wrong.append(f"{names(kind).get(field[1], field[1]) if field else 'a value'}: not valid JSON")
    else:
        if not settings.development:
            wrong += missing(environment, demanded)
        if not wrong:
            return settings
    for line in wrong:
        sys.stderr.write(f"{kind.model_fields['service'].default}: {line}\n")
    raise SystemExit(EXIT)


def names(kind: type[ServiceSettings]) -> dict[str, str]:
    """Field -> the variable it is read from."""
    return {field: _variable(kind, field, info) for field, info in kind.model_fields.items()}


def unknown(kind: type[ServiceSettings], environment: Mapping[str, str]) -> Iterator[str]:
    prefix, known = _prefix(kind), set(names(kind).values())
    others = [other for other in kind.other_prefixes if other.startswith(prefix)]
    for name in sorted(environment):
        if not name.startswith(prefix) or name in known | _FOREIGN or any(name.startswith(other) for other in others):
            continue
        if name.endswith(_LINKS):
            yield f"{name} is no setting; it looks like a service link of Kubernetes: set enableServiceLinks: false"
            continue
        close = get_close_matches(name, known, 1)
        yield f"{name} is no setting" + (
            f"; is {close[0]} meant?" if close else f": there are {', '.join(sorted(known))}"
        )


def missing(environment: Mapping[str, str], demanded: tuple[str, ...] = DEMANDED) -> Iterator[str]:
    given = {name.upper() for name, value in environment.items() if value}
    folder = environment.get("SECRETS_DIR")
    files = {file.name.lower() for file in Path(folder).iterdir()} if folder and Path(folder).is_dir() else set()
    for name in demanded:
        if name not in given and name.lower() not in files:
            where = f"a file {name.lower()} in {folder}" if folder else "a file of that name in SECRETS_DIR"
            yield f"{name} is missing: set it, or put {where}"


def _invalid(kind: type[ServiceSettings], error: ValidationError) -> Iterator[str]:
    """Without the values: some are secrets."""
    variables = names(kind)
    for one in error.errors(include_url=False):
        place = [str(part) for part in one["loc"]]
        name = variables.get(place[0].lower(), place[0]) if place else ""
        rest = "".join(f".{part}" for part in place[1:])
        shown = _shown(kind, place, one["input"])
        yield f"{name + rest + ': ' if name else ''}{one['msg'].removeprefix('Value error, ')}{shown}"


def _shown(kind: type[ServiceSettings], place: list[str], value: object) -> str:
    info = kind.model_fields.get(place[0].lower()) if place else None
    secret = (
        len(place) > 1
        or info is None
        or not info.repr
        or "SecretStr" in str(info.annotation)
        or isinstance(value, SecretStr)
    )
    return f" (is {value!r})" if not secret and isinstance(value, str | int | float) else ""


def _variable(kind: type[ServiceSettings], field: str, info: FieldInfo) -> str:
    alias = info.validation_alias
    if isinstance(alias, AliasChoices):
        return str(alias.choices[0])
    return alias if isinstance(alias, str) else f"{_prefix(kind)}{field.upper()}"


def _prefix(kind: type[ServiceSettings]) -> str:
    return kind.model_config.get("env_prefix", "")
