"""`make lint` looks for keys and passwords: what is planted is found, what is accepted is one value in one file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "deploy/tools/find_secrets.py"
# put together here: this file is looked through, too
CLOUD_KEY = "AKIA" + "QRSTUVWXZ2345677"
PRIVATE_KEY = "-----BEGIN " + "PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n"
PLANTED = {
    "settings.yaml": f"region: ap-1\ncloud_key: {CLOUD_KEY}\n",
    "key.pem": PRIVATE_KEY,
    "app.py": 'url = "mongodb://root:' + 'hunter2hunter@db:27017"\n',
    "shared/contracts/examples/golden.json": '{"hash": "' + "0f" * 32 + f'", "note": "{CLOUD_KEY}"}}\n',
}


def look(folder: Path, *more: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, TOOL, *more, folder], capture_output=True, text=True, check=False)
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / "harmless.py").write_text('name = "Lê Văn An"\n')
    return tmp_path


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_key_is_found_before_it_is_committed(repository: Path, name: str) -> None:
    assert look(repository) == (0, "")
    (repository / name).parent.mkdir(parents=True, exist_ok=True)
    (repository / name).write_text(PLANTED[name])
    status, said = look(repository)
    assert status == 1
    assert said.startswith(f"{name}:")
    assert "hunter2" not in said and CLOUD_KEY not in said  # noqa: PT018 - a log is read by many


def test_what_is_accepted_is_one_value_and_no_comment_accepts_another(repository: Path) -> None:
    file = repository / "settings.yaml"
    file.write_text(PLANTED["settings.yaml"])
    assert look(repository, "--accept") == (0, "")
    assert CLOUD_KEY not in (repository / ".secrets.baseline").read_text()
    file.write_text("# moved by a line\n" + PLANTED["settings.yaml"])
    assert look(repository) == (0, "")
    file.write_text(PLANTED["settings.yaml"] + f"other_key: {CLOUD_KEY[:-1]}B  # pragma: allowlist secret\n")
    status, said = look(repository)
    assert (status, said.splitlines()[0]) == (1, "settings.yaml:3: AWS Access Key")
