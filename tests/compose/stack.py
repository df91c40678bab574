"""The stack in containers, as an operator handles it: `docker compose` on one project of its own, through testcontainers."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from testcontainers.compose import DockerCompose

ROOT = Path(__file__).parents[2]
PROJECT = "dossier-test"
OFFLINE = os.environ.get("IMAGES") == "offline"
SERVICES = ("intake", "review", "signing", "notify", "monitor", "monitor-worker")
PROCESSES = (*SERVICES, "identity", "provider", "kafka", "mongo")  # those that tell whether they are well


def free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class Stack:
    def __init__(
        self,
        project: str = PROJECT,
        env: Mapping[str, str] | None = None,
        files: Sequence[str] = ("docker-compose.yml",),
    ) -> None:
        self.project = project
        self.port = free_port()
        self._env = {
            **os.environ, "COMPOSE_PROJECT_NAME": project, "PORT": str(self.port), "MONITOR_RECOUNT_HOUR": "-1",
            "PUBLIC_URL": f"http://localhost:{self.port}", **(env or {}),
        }  # fmt: skip
        env_files = [".env", *(["deploy/images/offline/images.env"] if OFFLINE else [])]
        self._base = DockerCompose(ROOT, compose_file_name=[*files], env_file=env_files).docker_compose_command()

    def compose(
        self, *args: str, env: Mapping[str, str] | None = None, check: bool = True, within: float = 300
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*self._base, *args], cwd=ROOT, env={**self._env, **(env or {})}, timeout=within, check=False,
            capture_output=True, text=True,
        )  # fmt: skip
        assert not check or done.returncode == 0, f"docker compose {' '.join(args)}: {done.stdout}{done.stderr}"
        return done

    def config(self) -> dict[str, Any]:
        config: dict[str, Any] = json.loads(self.compose("--profile", "*", "config", "--format", "json").stdout)
        return config

    # -- life

    def up(self, *services: str, env: Mapping[str, str] | None = None) -> None:
        self.compose("up", "--detach", "--no-build", *services, env=env)

    def down(self) -> None:
        self.compose("--profile", "*", "down", "--volumes", "--remove-orphans", "--timeout", "5")

    def crash(self, service: str) -> None:
        """As if the process had died by itself: the engine starts it again, nobody else does."""
        pid = int(self.inspect(service)["State"]["Pid"])
        os.kill(pid, signal.SIGKILL)

    def replace(self, service: str, version: str) -> None:
        """Upgrade and rollback are the same command: another version of one image, nothing else touched."""
        image = "monitor" if service == "monitor-worker" else service
        self.up("--no-deps", service, env={f"{image.upper()}_VERSION": version})

    # -- looking

    def id(self, service: str) -> str:
        found = self.compose("ps", "--all", "--quiet", service).stdout.split()
        assert found, f"{service} has no container"
        return found[0]

    def inspect(self, service: str) -> dict[str, Any]:
        return inspect(self.id(service))

    def healthy(self, service: str) -> bool:
        """Asked at once where its own check can be run by hand; else what the engine's last check found."""
        if service in SERVICES:
            done = subprocess.run(
                ["docker", "exec", self.id(service), "python", "-m", "dossier_shared.http.health"],
                capture_output=True,
                check=False,
            )
            return done.returncode == 0
        state = self.inspect(service)["State"]
        return bool(state["Running"] and state.get("Health", {}).get("Status", "healthy") == "healthy")

    def well(self, services: Sequence[str] = PROCESSES, within: float = 180) -> float:
        """Waits until all are well; answers the seconds it took."""
        began = time.monotonic()
        for service in services:
            until(lambda service=service: self.healthy(service), within, f"{service} is not well")  # type: ignore[misc]
        return time.monotonic() - began

    def logs(self, *services: str) -> str:
        return self.compose("logs", "--no-color", *services, check=False).stdout


def inspect(container: str) -> dict[str, Any]:
    done = docker("inspect", container)
    found: dict[str, Any] = json.loads(done)[0]
    return found


def docker(*args: str, check: bool = True) -> str:
    done = subprocess.run(["docker", *args], capture_output=True, text=True, check=False, timeout=600)
    assert not check or done.returncode == 0, f"docker {' '.join(args)}: {done.stderr}"
    return done.stdout + ("" if check else done.stderr)


def until(check: Callable[[], bool], within: float, otherwise: str) -> None:
    deadline = time.monotonic() + within
    while not check():
        assert time.monotonic() < deadline, f"{otherwise} after {within:.0f} s"
        time.sleep(0.5)
