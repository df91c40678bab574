"""Reads a process's settings at its start. Invalid configuration exits with status 78 and one line for each fault.

    settings = reading.read(Settings)

Invalid is: a value outside its bounds (`types.py`), or a file it names that cannot be used; a variable with the service's prefix
that is none of its settings (else a typing error would be ignored); and, outside development, a missing address (the
defaults are a developer's own machine) or what is fit for development only (`risks.py`).
"""

from __future__ import annotations

import errno
import os
import re
import socket
import sys
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn, TypeVar, get_origin

from pydantic import AliasChoices, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsError

from dossier_shared.settings.service import ServiceSettings, secrets_folder

S = TypeVar("S", bound=ServiceSettings)
B = TypeVar("B", bound=BaseSettings)
Environment = Mapping[str, str]
EXIT = 78  # EX_CONFIG of sysexits.h
DEMANDED = ("MONGODB_URL", "KAFKA_BOOTSTRAP_SERVERS", "OIDC_ISSUER")
# What begins like a service's name and is none of ours: systemd and podman set it.
_FOREIGN = frozenset({"NOTIFY_SOCKET"})
# Of which Kubernetes makes some for every service of a namespace, unless told not to.
_LINKS = ("_SERVICE_HOST", "_SERVICE_PORT", "_TCP", "_TCP_ADDR", "_TCP_PORT", "_TCP_PROTO")
_SHOWN = 100  # letters of a wrong value


def read(kind: type[S], demanded: tuple[str, ...] = DEMANDED) -> S:
    """Exits with status 78 where something is wrong."""
    service, environment = str(kind.model_fields["service"].default), dict(os.environ)
    wrong = list(unknown(kind, environment))
    made = _made(kind, environment, demanded)
    if isinstance(made, list):
        refuse(service, *wrong, *made)
    if not made.development:
        wrong += missing(environment, demanded)
    # said once the rest is right: what is missing stands for a developer's own machine
    wrong = wrong or [str(risk) for risk in made.refused]
    if wrong:
        refuse(service, *wrong)
    return made


def read_plain(kind: type[B], name: str) -> B:
    """The same for a process that is no service: its values only."""
    made = _made(kind, os.environ, ())
    if isinstance(made, list):
        refuse(name, *made)
    return made


def check_address(settings: ServiceSettings) -> None:
    """Before it listens: one that is not this machine's, or that it has no right to, will not become so. One in use may."""
    troubles = []
    try:
        for family, kind, protocol, _, place in socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            try:
                with socket.socket(family, kind, protocol) as trial:
                    trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    trial.bind(place)
                return
            except OSError as error:
                troubles.append(error)
    except socket.gaierror as error:
        troubles.append(error)
    if all(error.errno not in (errno.EADDRINUSE, socket.EAI_AGAIN) for error in troubles):
        prefix = _prefix(type(settings))
        why = f"cannot listen at {settings.host}, {settings.port}: {troubles[0].strerror}"
        refuse(settings.service, f"{prefix}HOST, {prefix}PORT: {why}")


def refuse(service: str, *lines: str) -> NoReturn:
    for line in lines:
        sys.stderr.write(f"{service}: {' '.join(line.split())}\n")
    raise SystemExit(EXIT)


def names(kind: type[BaseSettings]) -> dict[str, str]:
    """Field -> the variable it is read from."""
    return {field: _variable(kind, field, info) for field, info in kind.model_fields.items()}


def unknown(kind: type[ServiceSettings], environment: Environment) -> Iterator[str]:
    variables = names(kind)
    prefix, known = _prefix(kind), set(variables.values()) - {variables["service"]}  # which it is, is no setting
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


def missing(environment: Environment, demanded: tuple[str, ...] = DEMANDED) -> Iterator[str]:
    given = {name.upper() for name, value in environment.items() if value}
    folder, files = environment.get("SECRETS_DIR"), _files(environment)
    for name in demanded:
        if name not in given and name.lower() not in files:
            where = f"a file {name.lower()} in {folder}" if folder else "a file of that name in SECRETS_DIR"
            yield f"{name} is missing: set it, or put {where}"


def _files(environment: Environment) -> dict[str, Path]:
    """Of SECRETS_DIR, by their names in small letters."""
    folder = secrets_folder(environment)
    try:
        return {file.name.lower(): file for file in folder.iterdir()} if folder else {}
    except OSError:
        return {}


def _made(kind: type[B], environment: Environment, demanded: tuple[str, ...]) -> B | list[str]:
    """Or what is wrong with it."""
    try:
        return kind()
    except ValidationError as error:
        return list(_invalid(kind, error, environment, demanded))
    except SettingsError as error:  # names the field, never the value
        field = re.search(r'field "(\w+)"', str(error))
        name = names(kind).get(field[1], field[1]) if field else "a value"
        return [_named(name, environment) + ": " + _unread(error)]


def _unread(error: SettingsError) -> str:
    cause = error.__cause__
    if isinstance(cause, OSError):
        return f"{cause.filename} cannot be read: {cause.strerror}"
    return "no text in UTF-8" if isinstance(cause, UnicodeError) else "not valid JSON"


def _invalid(
    kind: type[BaseSettings], error: ValidationError, environment: Environment, demanded: tuple[str, ...]
) -> Iterator[str]:
    """Without the values: some are secrets."""
    variables = names(kind)
    for one in error.errors(include_url=False):
        place = [str(part) for part in one["loc"]]
        name = variables.get(place[0].lower(), place[0]) if place else ""
        if name in demanded and one["input"] == "":
            file = _files(environment).get(name.lower())
            yield f"{name} is empty, and goes before {file}" if file else next(missing(environment, (name,)))
            continue
        rest = "".join(f".{part}" for part in place[1:])
        told = one["msg"].removeprefix("Value error, ")
        yield f"{_named(name, environment) + rest + ': ' if name else ''}{told}{_shown(kind, place, one['input'], told)}"


def _named(name: str, environment: Environment) -> str:
    """With the file it is read from, if it is."""
    file = _files(environment).get(name.lower())
    return name if file is None or name in {given.upper() for given in environment} else f"{name} (file {file})"


def _shown(kind: type[BaseSettings], place: list[str], value: object, told: str) -> str:
    info = kind.model_fields.get(place[0].lower()) if place else None
    hidden = (
        len(place) > 1
        or info is None
        or not info.repr
        or "SecretStr" in str(info.annotation)
        or get_origin(info.annotation) in (dict, list)  # somebody's numbers, or JSON with who knows what in it
        or not isinstance(value, str | int | float)
        or isinstance(value, SecretStr)
        or "@" in str(value)  # an address with a password
        or ("/" in str(value) and str(value) in told)
    )
    return "" if hidden else f" (is {value!r})" if len(str(value)) <= _SHOWN else f" (is {str(value)[:_SHOWN]!r}…)"


def _variable(kind: type[BaseSettings], field: str, info: FieldInfo) -> str:
    alias = info.validation_alias
    if isinstance(alias, AliasChoices):
        return str(alias.choices[0])
    return alias if isinstance(alias, str) else f"{_prefix(kind)}{field.upper()}"


def _prefix(kind: type[BaseSettings]) -> str:
    return kind.model_config.get("env_prefix", "")
