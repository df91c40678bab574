"""Dossiers flow through the one origin while each service in turn is stopped, killed, upgraded and rolled back.

STOPPED: seconds each stays stopped (60). The demo's own proof is the verdict: what every client was
told, every topic, every database, the provider's ledger and the board, compared as sets. At the end one database is put back.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from .stack import PROCESSES, ROOT, SERVICES, Stack, docker, until

pytestmark = pytest.mark.long

STOPPED = float(os.environ.get("STOPPED", "60"))
RATE = 3
# Seconds that a kill, an upgrade and a rollback take together, beside the time this machine needs to start everything.
A_ROUND = 25.0
UPGRADED = "dev-next"


@pytest.fixture(scope="module")
def running(stack: Stack, figures: Path) -> Stack:
    """Everything, started from nothing; idle memory measured before anything is asked of it."""
    stack.down()
    began = time.monotonic()
    stack.up()
    stack.well(PROCESSES)
    ready = time.monotonic() - began
    time.sleep(20)  # what starting took is given back
    figures.parent.mkdir(exist_ok=True)
    figures.write_text(json.dumps({"ready_s": round(ready, 1), "idle_mib": idle(stack)}, indent=1) + "\n")
    return stack


def idle(stack: Stack) -> dict[str, float]:
    """Resident memory of each container, MiB, without what the kernel merely caches for it."""
    ids = stack.compose("ps", "--quiet").stdout.split()
    lines = docker("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}", *ids).splitlines()
    found = {}
    for line in lines:
        name, used = line.split()[:2]
        number, unit = re.fullmatch(r"([\d.]+)([KMG]iB)", used).groups()  # type: ignore[union-attr]
        found[re.sub(rf"^{stack.project}-(.*)-\d+$", r"\1", name)] = round(
            float(number) * {"KiB": 1 / 1024, "MiB": 1, "GiB": 1024}[unit], 1
        )
    return dict(sorted(found.items())) | {"whole": round(sum(found.values()), 1)}


def test_the_stack_is_one_origin(running: Stack) -> None:
    for path in ("/intake/api/v1/procedures", "/intake/api/v1/agencies"):
        with urllib.request.urlopen(f"http://localhost:{running.port}{path}", timeout=10) as answer:
            assert answer.status == 200
    for path in ("/intake/metrics", "/review/internal/facts", "/monitor/health/ready"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"http://localhost:{running.port}{path}", timeout=10)


def test_the_readme_s_commands_are_those_run_here() -> None:
    commands = re.findall(r"(?m)^docker .*$", (ROOT / "README.md").read_text())
    assert commands == [
        "docker compose up --build --detach",  # make images, and the fixture `running`
        "docker compose run --rm dossier demo",  # the last test of this file
        "docker compose run --rm dossier links",  # the next
        'docker compose --profile "*" down --volumes',  # Stack.down
    ]


def test_a_login_link_opens_a_page_at_the_one_origin(running: Stack) -> None:
    said = running.compose("run", "--rm", "dossier", "links").stdout
    origin = f"http://localhost:{running.port}"
    links = re.findall(rf"{origin}/identity/login/\S+", said)
    assert len(links) == 7, said
    for link in links:
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with browser.open(urllib.request.Request(link, headers={"accept": "text/html"}), timeout=10) as page:
            assert page.status == 200
            assert page.url.startswith(f"{origin}/"), page.url
            assert "/identity/" not in page.url


def test_a_backup_is_taken(running: Stack) -> None:
    """Before the first dossier: what is put back from it below has everything to read from the topics."""
    said = running.compose("run", "--rm", "--no-deps", "dossier", "backup", "/data/before").stdout
    assert re.search(r"(?m)^review: \d+ documents", said), said


def test_nothing_can_be_written_into_a_service_s_files(running: Stack) -> None:
    for service in SERVICES:
        done = running.compose("exec", "-T", service, "sh", "-c", "touch /opt/dossier/x; touch /x; id -u", check=False)
        assert done.stdout.split() == ["10001"]
        assert done.stderr.count("Read-only file system") == 2, done.stderr


@pytest.mark.timeout(3600)
def test_each_service_is_stopped_killed_upgraded_and_rolled_back_and_nothing_is_lost(
    running: Stack, figures: Path, tmp_path: Path
) -> None:
    a_round = STOPPED + A_ROUND + json.loads(figures.read_text())["ready_s"]
    dossiers = int(RATE * len(SERVICES) * a_round)
    for service in SERVICES:
        image = "monitor" if service == "monitor-worker" else service
        another_image(image, UPGRADED)
    options = ["--dossiers", str(dossiers), "--rate", str(RATE), "--patience", "400", "--json", "/data/demo.json"]
    demo = running.compose("run", "--detach", "--no-deps", "dossier", "demo", *options).stdout.split()[-1]
    try:
        until(lambda: "through" in docker("logs", demo), 60, "the demo does not begin")
        for service in SERVICES:
            assert _alive(demo), (
                f"the demo ended before {service} had its turn: {docker('logs', demo, check=False)[-3000:]}"
            )
            endure(running, service)
        assert docker("wait", demo).strip() == "0", docker("logs", demo, check=False)[-6000:]
        docker("cp", f"{demo}:/data/demo.json", str(tmp_path / "demo.json"))
    finally:
        docker("rm", "--force", demo)
    told: dict[str, Any] = json.loads((tmp_path / "demo.json").read_text())
    assert told["reconciled"] is True
    assert told["lost"] == told["doubled"] == 0
    assert told["filed"] == dossiers


def test_a_database_is_put_back_and_read_up_from_the_topics(running: Stack) -> None:
    running.compose("stop", "review")
    restore = ("run", "--rm", "--no-deps", "dossier", "restore", "/data/before", "review", "--replace")
    said = running.compose(*restore).stdout
    recover = "docker compose run --rm --no-deps review recover"
    assert recover in said
    report = json.loads(running.compose(*recover.split()[2:]).stdout.splitlines()[-1])
    assert report["whole"] is True
    assert report["dossiers"] > 0
    running.compose("start", "review")
    running.well(["review"])
    count = ("run", "--rm", "--no-deps", "dossier", "recount")
    until(lambda: running.compose(*count, check=False).returncode == 0, 180, "the recount finds differences")


def test_the_documents_commands_of_backup_and_restore_are_those_run_here() -> None:
    """Here the backup is called `before`."""
    section = (ROOT / "docs/compose.md").read_text().split("## Backup and restore")[1].split("\n## ")[0]
    assert re.findall(r"(?m)^docker .*$", section) == [
        "docker compose run --rm dossier backup /data/2026-11-26",
        "docker compose stop review",
        "docker compose run --rm dossier restore /data/2026-11-26 review --replace",
        "docker compose run --rm --no-deps review recover",
        "docker compose start review",
    ]


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("recover review", "Run `docker compose run --rm --no-deps review recover`"),
        ("backup /backups/today", "Read-only file system: '/backups'"),
        ("waiting list review", "set DOSSIER_TOKEN, or put it into a file dossier_token"),
    ],
)
def test_what_the_command_cannot_do_in_a_container_is_said(running: Stack, command: str, says: str) -> None:
    nobody = {"DOSSIER_TOKEN": "a.b.c"}
    done = running.compose("run", "--rm", "--no-deps", "dossier", *command.split(), check=False, env=nobody)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def endure(stack: Stack, service: str) -> None:
    """Stop, kill, upgrade, roll back; the others are never touched."""
    others = {name: stack.inspect(name)["State"]["StartedAt"] for name in SERVICES if name != service}
    stack.compose("stop", service)
    time.sleep(STOPPED)
    docker("start", stack.id(service))
    stack.well([service])
    started = stack.inspect(service)["State"]["StartedAt"]
    stack.crash(service)
    until(lambda: stack.inspect(service)["State"]["StartedAt"] != started, 30, f"{service} is not started again")
    stack.well([service])
    for version in (UPGRADED, "dev"):
        stack.replace(service, version)
        stack.well([service])
        assert stack.inspect(service)["Config"]["Image"].endswith(f":{version}")
    assert {name: stack.inspect(name)["State"]["StartedAt"] for name in others} == others, "another one was restarted"


def another_image(name: str, version: str) -> None:
    """The same code under another version: how one is replaced is tried here, what is in it by tests/compatibility."""
    lines = f"FROM dossier/{name}:dev\nLABEL org.opencontainers.image.version={version}\n"
    command = ["docker", "build", "--quiet", "--tag", f"dossier/{name}:{version}", "-"]
    subprocess.run(
        command, input=lines, text=True, check=True, capture_output=True, env={**os.environ, "DOCKER_BUILDKIT": "0"}
    )


def _alive(container: str) -> bool:
    return docker("inspect", "--format", "{{.State.Running}}", container).strip() == "true"
