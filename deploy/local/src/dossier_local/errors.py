"""What can go wrong under the services, told so that a person knows what to do next.

StackError
├── DatabaseBinaryMissing   no mongod for this platform: two ways out
├── BrokerAway              no client can be made of the broker: it is down, or does not let us in
├── BrokerDownloadFailed    the broker's jars could not be fetched, or are not the ones in the lock
├── ProcessFailed           a process ended before it was ready, with the last lines of its log
├── NotReadyInTime          a process is alive and not ready; same lines
├── PortTaken               something else listens where a process should
├── AlreadyRunning          another `dossier up` holds this data folder
└── NotOurs                 the broker or the database was given by URL: it is not ours to stop
"""

from __future__ import annotations

from pathlib import Path


class StackError(Exception):
    """Everything this package raises on purpose; the command prints it without a stack trace."""


class DatabaseBinaryMissing(StackError):
    def __init__(self, platform: str) -> None:
        super().__init__(
            f"There is no embedded mongod for this platform ({platform}). Two ways out:\n"
            "  1. Docker:  docker run -d -p 27117:27017 mongo:7 --replSet dossier   then rs.initiate() in its shell,\n"
            "     and  MONGODB_URL='mongodb://127.0.0.1:27117/?directConnection=true'\n"
            "  2. Set MONGODB_URL to any MongoDB replica set, version 6 or newer, that you can reach."
        )


class BrokerAway(StackError):
    pass


class BrokerDownloadFailed(StackError):
    def __init__(self, artifact: str, why: str) -> None:
        super().__init__(
            f"The Kafka broker could not be fetched ({artifact}: {why}). Check the network and the proxy settings and run the\n"
            "command again: what was fetched is kept. Or set KAFKA_BOOTSTRAP_SERVERS to a broker you already have."
        )


class ProcessFailed(StackError):
    def __init__(self, name: str, code: int | None, log: Path) -> None:
        ended = "was not started" if code is None else f"ended with status {code}"
        super().__init__(f"{name} {ended} before it was ready. Its log, {log}, ends with:\n{_tail(log)}")
        self.name, self.code, self.log = name, code, log


class NotReadyInTime(StackError):
    def __init__(self, name: str, seconds: float, log: Path) -> None:
        super().__init__(
            f"{name} runs but was not ready after {seconds:.0f} s. Its log, {log}, ends with:\n{_tail(log)}"
        )
        self.name, self.log = name, log


class PortTaken(StackError):
    def __init__(self, name: str, port: int) -> None:
        super().__init__(
            f"Port {port}, where {name} should listen, is taken. Stop what listens there, or run `dossier up --free-ports`."
        )


class AlreadyRunning(StackError):
    def __init__(self, folder: Path, pid: int | None) -> None:
        who = f" (process {pid})" if pid else ""
        super().__init__(
            f"Something already runs on {folder}{who}. `dossier status` shows it, `dossier down` stops it."
        )


class NotOurs(StackError):
    def __init__(self, name: str, variable: str) -> None:
        super().__init__(f"{name} was given by {variable}: it was not started here and is not stopped here.")


def _tail(log: Path, lines: int = 20) -> str:
    try:
        return "\n".join("  " + line for line in log.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return "  (no log)"
