"""`python -m dossier_shared.http.health`: exit 0 if the process of this container is ready. Run by Docker every few seconds,
so it loads as little as it can.

Where: HEALTH_PORT, else the port the image was built for.
"""

from __future__ import annotations

import os
import sys
from http.client import HTTPConnection, HTTPException
from pathlib import Path

BUILT_FOR = Path("/opt/dossier/port")


def main() -> int:
    port = int(os.environ.get("HEALTH_PORT") or BUILT_FOR.read_text())
    connection = HTTPConnection("127.0.0.1", port, timeout=6)
    try:
        connection.request("GET", "/health/ready")
        answer = connection.getresponse()
        body = answer.read(2000).decode(errors="replace")
    except (OSError, HTTPException) as error:
        body, good = repr(error), False
    else:
        good = answer.status == 200
    sys.stdout.write(body)  # `docker inspect` shows it
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
