"""Jars, fetched once by jgo into Maven's local repository, only those of a lock (name, SHA-256): the broker's `kafka.lock`."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import stamina

from dossier_local.errors import BrokerDownloadFailed

if TYPE_CHECKING:
    from jgo.maven import MavenContext

Say = Callable[[str], None]


def class_path(say: Say, lock: str | None = None, name: str = "the Kafka broker") -> list[Path]:
    """Every jar of the lock, each with the recorded hash. Fetches what is missing (of the broker about 45 MB).

    `lock`: lines of `group:artifact:version sha256:digest`, with `:zip` behind the version of what is no jar; by default the
    broker's.

    Works without Maven and without Java; mirrors come from the user's own jgo configuration, certificates from the usual
    environment variables.
    """
    from jgo.config import GlobalSettings
    from jgo.maven import MavenContext

    settings = GlobalSettings.load()
    context = MavenContext(repo_cache=settings.repo_cache, remote_repos=settings.repositories or None, timeout=60)
    with _alone(context.repo_cache), ThreadPoolExecutor(8) as pool:
        wanted = list(_wanted(lock))
        missing = [w for w in wanted if not _have(context, *w)]
        if missing:
            say(f"Fetching {name}, {len(missing)} files, once …")
        list(pool.map(lambda w: _fetch(context, *w), missing))
        return [_path(context, coordinate) for coordinate, _ in wanted]


def store() -> Path:
    """Where jars are kept, for all who use them."""
    from jgo.config import GlobalSettings

    return Path(GlobalSettings.load().repo_cache)


def _wanted(lock: str | None) -> Iterator[tuple[str, str]]:
    lines = resources.files("dossier_local").joinpath("kafka.lock").read_text() if lock is None else lock
    for line in lines.splitlines():
        coordinate, _, digest = line.partition(" sha256:")
        yield coordinate, digest


def _path(context: MavenContext, coordinate: str) -> Path:
    group, artifact, version, kind = _parts(coordinate)
    return Path(context.repo_cache, *group.split("."), artifact, version, f"{artifact}-{version}.{kind}")


def _parts(coordinate: str) -> tuple[str, str, str, str]:
    group, artifact, version, kind = f"{coordinate}:jar".split(":")[:4]
    return group, artifact, version, kind


def _have(context: MavenContext, coordinate: str, digest: str) -> bool:
    path = _path(context, coordinate)
    return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == digest


@stamina.retry(on=BrokerDownloadFailed, attempts=3, wait_initial=1.0, timeout=None)
def _fetch(context: MavenContext, coordinate: str, digest: str) -> None:
    group, artifact, version, kind = _parts(coordinate)
    _path(context, coordinate).unlink(missing_ok=True)  # an interrupted download
    try:
        context.project(group, artifact).at_version(version).artifact(packaging=kind).resolve()
    except (OSError, RuntimeError) as error:  # requests' exceptions are OSErrors
        raise BrokerDownloadFailed(coordinate, str(error)) from error
    _check(context, coordinate, digest)


def _check(context: MavenContext, coordinate: str, digest: str) -> None:
    if not _have(context, coordinate, digest):
        raise BrokerDownloadFailed(coordinate, "not the file recorded in the lock")


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two commands started together must not write one file at once."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".dossier-kafka.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
