"""A process with the manners of a service and none of its work, or with bad manners on request."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PREFIX = os.environ.get("STANDIN_PREFIX", "STANDIN_")
MANNERS = os.environ.get("MANNERS", "")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps(dict(os.environ) if self.path == "/env" else {"status": "ready"}).encode()
        self.send_response(503 if MANNERS == "never-ready" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        pass


def main() -> None:
    if MANNERS == "fails":
        sys.exit("this stand-in was told to fail")
    if MANNERS == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    if MANNERS == "parent":
        child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
        print("child", child.pid, flush=True)
    port = int(os.environ[PREFIX + "PORT"])
    ThreadingHTTPServer((os.environ[PREFIX + "HOST"], port), Handler).serve_forever()


if __name__ == "__main__":
    main()
