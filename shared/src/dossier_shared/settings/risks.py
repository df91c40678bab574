"""What is right on a developer's machine and a risk anywhere else (decision 0040).

Outside development a service does not start with one of these unless INSECURE names it. Pure: settings in, risks out.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

from dossier_shared.settings.broker import Broker

RISKS = {
    "plain-kafka": "events go to the broker and back without TLS",
    "anonymous-kafka": "the broker does not know which service it is",
    "plain-mongodb": "the database is asked without TLS, or whoever answers is believed",
    "anonymous-mongodb": "the database asks nobody for a password",
    "http-issuer": "the keys that verify tokens come over http",
    "http-provider": "text messages, and the token to send them with, go over http",
    "http-register": "a register of the State is asked about persons over http",
    "known-secrets": "a password is one that everybody knows",
    "no-person-key": "a person sees only what they filed themselves",
    "unsigned-events": "events are sent without a signature, and nobody can tell them from a forger's",
    "unchecked-events": "events are applied whatever their signature is",
    "readable-persons": "names, numbers and papers are readable on topics and in file stores, and cannot be erased there",
    "any-proxy": "whoever asks may say which address they have",
    "self-made-signatures": "results are signed with keys the service makes itself, which nobody trusts",
}
# Passwords that come with programs and examples; those of development begin with its name.
_DEFAULTS = frozenset(
    {"admin", "changeit", "changeme", "change-me", "default", "dossier", "guest", "password", "root", "secret", "test"}
)
_UNCHECKED = ("tlsinsecure", "tlsallowinvalidcertificates", "tlsallowinvalidhostnames")


class Risk(NamedTuple):
    """`fault`: which setting, and what to set instead."""

    name: str
    fault: str

    def __str__(self) -> str:
        return f"{self.fault}, or accept that {RISKS[self.name]}: {self.name} in INSECURE"


def accepted(insecure: str) -> frozenset[str]:
    """The names in INSECURE. Raises ValueError where there is no such risk."""
    names = frozenset(filter(None, (name.strip() for name in insecure.split(","))))
    if unknown := sorted(names - RISKS.keys()):
        raise ValueError(f"there is no risk {', '.join(unknown)}: there are {', '.join(RISKS)}")
    return names


def of_broker(broker: Broker) -> Iterator[Risk]:
    if not broker.tls:
        yield Risk("plain-kafka", f"KAFKA_SECURITY_PROTOCOL is {broker.protocol}: set SASL_SSL or SSL")
    if not broker.sasl and broker.certificate_file is None:
        yield Risk(
            "anonymous-kafka", "set KAFKA_USERNAME and KAFKA_PASSWORD (SASL_SSL), or KAFKA_CERTIFICATE_FILE (SSL)"
        )
    if broker.sasl:
        yield from of_secret("KAFKA_PASSWORD", broker.password, broker.username)


def of_database(url: str) -> Iterator[Risk]:
    """Of a MongoDB address that the driver has taken already. Looks nothing up."""
    address, _, query = url.partition("?")
    scheme, _, rest = address.partition("://")
    options = {name.lower(): value.lower() for name, value in parse_qsl(query, keep_blank_values=True)}
    user, given, password = rest.rpartition("@")[0].partition(":")
    tls = options.get("tls", options.get("ssl", "true" if scheme == "mongodb+srv" else "false"))
    if tls != "true":
        yield Risk("plain-mongodb", "MONGODB_URL has no tls=true: add it")
    elif unchecked := [name for name in _UNCHECKED if options.get(name) == "true"]:
        yield Risk("plain-mongodb", f"MONGODB_URL has {', '.join(unchecked)}: take it out")
    if not user and "authmechanism" not in options:
        yield Risk("anonymous-mongodb", "MONGODB_URL names no user: begin it with mongodb://user:password@")
    if given:
        yield from of_secret("MONGODB_URL's password", unquote(password), unquote(user))


def of_address(name: str, variable: str, url: str) -> Iterator[Risk]:
    if not url.lower().startswith("https://"):
        yield Risk(name, f"{variable} is no https address: set one")


def of_signatures(asked: str) -> Iterator[Risk]:
    if asked != "demand":
        yield Risk("unchecked-events", f"EVENT_SIGNATURES is {asked}: set demand")


def of_proxies(variable: str, networks: str) -> Iterator[Risk]:
    """Of addresses and networks that have been read already."""
    if any(ip_network(one.strip()).prefixlen == 0 for one in networks.split(",") if one):
        yield Risk("any-proxy", f"{variable} names every address: name those of your own proxies")


def of_secret(what: str, secret: str, user: str = "") -> Iterator[Risk]:
    """An empty one is none."""
    plain = secret.strip().lower()
    if plain and (plain.startswith("development") or plain in _DEFAULTS or plain == user.lower()):
        yield Risk("known-secrets", f"{what} is one that everybody knows: set one of your own")
