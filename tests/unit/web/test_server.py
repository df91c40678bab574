"""The real server in its own process: limits on the wire, and a clean end."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import httpx

PROGRAM = """
import asyncio, sys
from contextlib import asynccontextmanager
from starlette.requests import Request
from starlette.responses import Response
from dossier_shared.http.fast_lane import fast_lane
from dossier_shared.runtime.server import run
from dossier_shared.settings.service import ServiceSettings
from dossier_shared.http.app import create_app

@asynccontextmanager
async def lifespan(app):
    yield
    await asyncio.sleep(0.1)
    open(sys.argv[2], "w").write("finished")

async def ready():
    return {"all": True}

settings = ServiceSettings(service="probe", port=int(sys.argv[1]), database="x")
app = create_app(settings, title="Probe", readiness=ready, lifespan=lifespan)

async def echo(request: Request) -> Response:
    return Response(await request.body())

fast_lane(app, "POST", "/echo", echo)
run(app, settings)
"""


async def test_limits_on_the_wire_and_sigterm_ends_with_0(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    mark = tmp_path / "mark"
    environment = {**os.environ, "OIDC_ISSUER": "http://127.0.0.1:9"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, str(port), str(mark), stdout=asyncio.subprocess.PIPE, env=environment
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            for _ in range(300):
                try:
                    assert (await client.get("/health/ready")).status_code == 200
                    break
                except httpx.ConnectError:
                    await asyncio.sleep(0.05)
            big = b"a" * 10_485_760
            answer = await client.post("/echo", content=big)
            assert answer.status_code == 413
            assert answer.json()["code"] == "body-too-large"
            assert "server" not in answer.headers
            assert (await client.get("/health/live")).status_code == 200
        process.send_signal(signal.SIGTERM)
        out, _ = await asyncio.wait_for(process.communicate(), 10)
        assert process.returncode == 0, out
        assert mark.read_text() == "finished"
        assert b"Traceback" not in out
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
