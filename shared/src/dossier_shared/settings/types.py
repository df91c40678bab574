"""The types of settings: each refuses an invalid value in one line, and repeats none that may hold a secret."""

from __future__ import annotations

import logging
import re
import warnings
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from dossier_shared.contracts.topics import SERVICES
from dossier_shared.settings.risks import accepted

_NAME = r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?"
# A last part of digits alone is an address with a mistake in it.
_HOST_NAME = re.compile(rf"(?=.{{1,253}}$)({_NAME}\.)*(?!\d+$){_NAME}")
_SERVER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(:(\d{1,5}))?")
_BLANK = re.compile(r"[\s\x00-\x1f\x7f]")
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_ENCODE = "user name and password must be percent-encoded (@ is %40, : is %3A, / is %2F, ? is %3F)"
_TLS_FILES = ("tlscafile", "tlscertificatekeyfile", "tlscrlfile")
# What the driver says of an address without repeating any of it; other words of its own may hold the password.
_REPEATS_NOTHING = (
    "Can not specify",
    "Cannot specify",
    "Empty host",
    "MongoDB URI options are",
    "Must provide",
    "Port must be",
    "mongodb+srv:// URIs must",
    "the authSource",
)


def matching(pattern: str, words: str) -> AfterValidator:
    """`words`: what must be, for a person who knows no patterns."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"must be {words}")
        return value

    return AfterValidator(check)


def is_http(url: str) -> bool:
    """Whether requests can be sent there."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and not _BLANK.search(url)
    except ValueError:  # a port that is none, an address in brackets that is none
        return False


def address(value: str) -> str:
    """As it is; raises ValueError where no paths can be put behind it."""
    if not is_http(value) or "?" in value or "#" in value:
        raise ValueError("must be an http(s) address, such as https://host/path, without ? and #")
    return value


def sendable(token: SecretStr | None) -> SecretStr | None:
    """It becomes part of a header."""
    if token is not None and not all("!" <= letter <= "~" for letter in token.get_secret_value()):
        raise ValueError("must be of visible ASCII characters")
    return token


DEPLOYMENT = r"[a-z](?:[a-z0-9-]{0,30}[a-z0-9])"  # the name of one


def _addresses(value: dict[str, str]) -> dict[str, str]:
    for name, url in value.items():
        service, _, deployment = name.partition(".")
        if service not in SERVICES or (deployment and not re.fullmatch(DEPLOYMENT, deployment)):
            raise ValueError(f"{name!r} is no service: there are {', '.join(SERVICES)}")
        try:
            address(url)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    return {name: url.rstrip("/") for name, url in value.items()}


def _networks(value: str) -> str:
    """Empty, as Compose hands on what is not set: none."""
    for one in filter(None, value.split(",")):
        try:
            ip_network(one.strip())
        except ValueError:
            raise ValueError("must be addresses or networks with commas between, such as 10.0.0.0/8") from None
    return value


def _host(value: str) -> str:
    try:
        ip_address(value)
    except ValueError:
        if not _HOST_NAME.fullmatch(value):
            raise ValueError("must be an IP address or a host name of this machine, without a port") from None
    return value


def _risks(value: str) -> str:
    accepted(value)
    return value


def _hosts(value: str) -> str:
    """Empty, as Compose hands on what is not set: see `ServiceSettings.hosts`."""
    for one in filter(None, value.split(",")):
        try:
            _host(one.strip().strip("[]"))
        except ValueError:
            raise ValueError("must be host names without ports, several separated by commas") from None
    return value


def _servers(value: str) -> str:
    for server in value.split(","):
        found = _SERVER.fullmatch(server.strip())
        if not found or not 1 <= int(found[3] or 1) <= 65535:
            raise ValueError("must be host:port, several separated by commas")
    return value


def _database(value: str) -> str:
    if not re.fullmatch(r'[^/\\. "$\x00]+', value) or len(value.encode()) > 63:
        raise ValueError('must be a name of a database: 1 to 63 bytes, none of / \\ . " $ and space')
    return value


def _level(value: str) -> str:
    if value.upper() not in logging.getLevelNamesMapping():
        raise ValueError(f"must be {', '.join(_LEVELS[:-1])} or {_LEVELS[-1]}")
    return value


def _named(value: Any) -> Any:
    if value == "":
        raise ValueError("must name a folder")
    return value


def _folder(path: Path) -> Path:
    """One that is not there yet is made when it is needed."""
    try:
        there = next(place for place in (path, *path.absolute().parents) if place.exists())
    except OSError as error:
        raise ValueError(f"{error.filename}: {error.strerror}") from None
    if not there.is_dir():
        raise ValueError(f"{there} is no folder")
    return path


def _mongodb(value: str) -> str:
    """Asks the driver itself, which connects to nothing yet."""
    if not value.startswith(("mongodb://", "mongodb+srv://")):
        raise ValueError("must begin with mongodb:// or mongodb+srv://")
    if "@" in value.partition("?")[0].partition("://")[2].partition("/")[2]:
        raise ValueError(_ENCODE)  # the driver would take the password's beginning for a port
    from pymongo import MongoClient  # not before an address is given: the monitor's worker has none

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # said once, when the service connects
            MongoClient[Any](value, connect=False).close()
    except Exception as error:
        raise ValueError(_trouble(value, error)) from None
    return value


def _trouble(value: str, error: Exception) -> str:
    said, options = str(error), value.partition("?")[2]
    files = [text for option, text in parse_qsl(options) if option.lower() in _TLS_FILES]
    if files and (isinstance(error, OSError) or said.startswith("Private key doesn't match")):
        return f"{', '.join(files)} cannot be used: {getattr(error, 'strerror', None) or said}"
    if "escaped" in said or "@" in options:
        return _ENCODE
    if said.startswith(_REPEATS_NOTHING):
        return said
    return "must be mongodb://user:password@host:port,host:port/?option=value&option=value, percent-encoded"


Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
Linger = Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)]  # seconds
Port = Annotated[int, Field(ge=1, le=65535)]
Text = Annotated[str, matching(r"(?s).+", "some text")]
Host = Annotated[str, AfterValidator(_host)]
Address = Annotated[str, AfterValidator(address)]  # kept to the letter: an issuer is compared with what tokens say
Addresses = Annotated[dict[str, str], AfterValidator(_addresses)]  # service -> base URL, without a slash at the end
Servers = Annotated[str, AfterValidator(_servers)]
Insecure = Annotated[str, AfterValidator(_risks)]  # names of risks, several separated by commas
Hosts = Annotated[str, AfterValidator(_hosts)]  # host names, several separated by commas
MongodbUrl = Annotated[str, AfterValidator(_mongodb)]
Database = Annotated[str, AfterValidator(_database)]
LogLevel = Annotated[str, AfterValidator(_level)]  # in any case
# of a replica: it becomes the member of consumer groups, and stands before the @ of a claim
Instance = Annotated[str, matching(r"[A-Za-z0-9._-]{1,200}", "1 to 200 letters and digits of ASCII, ., _ and -")]
# of a service that serves some agencies only; it ends the names of its topics, its group and its user at the broker
Deployment = Annotated[
    str,
    matching(f"({DEPLOYMENT})?", "2 to 32 small letters and digits of ASCII and -, a letter first, no - at the end"),
]
CrashPoint = Annotated[
    str, matching(r"([a-z]+([.-][a-z]+)*(:[1-9][0-9]{0,8}(:stop)?)?)?", "name, name:n or name:n:stop, n from 1")
]
Signatures = Literal["off", "warn", "demand"]
PersonalData = Literal["clear", "encrypted"]
Folder = Annotated[Path, BeforeValidator(_named), AfterValidator(_folder)]
# empty, as Compose hands on what is not set: none
MaybeFile = Annotated[Path | None, BeforeValidator(lambda value: value or None)]
Networks = Annotated[str, AfterValidator(_networks)]
