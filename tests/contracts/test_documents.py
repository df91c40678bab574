"""The documents: what they link to is there, and every decision is numbered, dated, and in the index."""

from __future__ import annotations

import ast
import re
import subprocess
from datetime import date
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).parents[2]
DECISIONS = ROOT / "docs/decisions"
SOURCES = [*ROOT.glob("*/src"), *ROOT.glob("*/*/src")]
STATUS = r"accepted|proposed|superseded by (\d{4})"


def documents() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z", "*.md"], cwd=ROOT, capture_output=True, check=True)
    return [name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def prose(text: str) -> str:
    """Without code, in which brackets mean something else."""
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


def links(text: str) -> list[str]:
    """Where the text leads within the repository."""
    found = re.findall(r"\]\(<?([^)>\s]+)>?\)|^\[[^\]]+\]:\s+(\S+)", prose(text), re.MULTILINE)
    return [target for pair in found for target in pair if target and not re.match(r"[a-z][a-z0-9+.-]*:", target)]


def anchors(text: str) -> set[str]:
    """The names a heading is reached by: small letters, no marks, a hyphen for each blank."""
    headings = re.findall(r"^#{1,6} +(.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(document: Path, text: str) -> list[str]:
    wrong = []
    for link in links(text):
        path, _, anchor = unquote(link).partition("#")
        target = document.parent / path if path else document
        known = not anchor or (
            target.suffix == ".md" and target.is_file() and anchor in anchors(target.read_text("utf-8"))
        )
        if not target.exists() or not known:
            wrong.append(link)
    return wrong


def test_every_link_leads_somewhere() -> None:
    found = {name: broken(ROOT / name, (ROOT / name).read_text("utf-8")) for name in documents()}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_a_broken_link_is_seen() -> None:
    text = "[a](README.md) [b](gone.md) [c](README.md#gone) [d](#two-commands) ![e](docs/images) `[f](g)`\n\n[h]: also-gone\n"
    assert broken(ROOT / "README.md", text) == ["gone.md", "README.md#gone", "also-gone"]


def test_code_names_decisions_that_are_there() -> None:
    listed = subprocess.run(["git", "grep", "-hIoE", r"docs/decisions/[^])`, ]+\.md"], cwd=ROOT, capture_output=True)
    assert [name for name in set(listed.stdout.decode().split()) if not (ROOT / name).is_file()] == []


def source(name: str) -> Path | None:
    """`dossier_intake/api.py` → where it is."""
    return next((folder / name for folder in SOURCES if (folder / name).is_file()), None)


def test_files_of_code_that_documents_name_are_there() -> None:
    named = {
        (name, path)
        for name in documents()
        for path in re.findall(r"\bdossier_\w+/[\w/]+\.py\b", (ROOT / name).read_text("utf-8"))
    }
    assert sorted(pair for pair in named if source(pair[1]) is None) == []


def test_the_walk_through_a_filing_can_be_walked() -> None:
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    assert len(text.splitlines()) < 120
    steps = re.findall(r"`(dossier_\w+/[\w/]+\.py):([\w.]+)`", text)
    assert [path for path, _ in steps if source(path) is None] == []
    assert [f"{path}:{name}" for path, name in steps if name not in defined(source(path))] == []
    walk = text.split("## From a filing to its topic")[1].split("\nOn the other side")[0]
    assert 10 <= len({path for path, name in steps if f"`{path}:{name}`" in walk}) <= 15


def defined(path: Path | None) -> set[str]:
    """Functions and classes of a module, methods with their class."""
    found = set()
    for node in ast.parse(path.read_text("utf-8")).body if path else ():
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
            found |= {f"{node.name}.{inner.name}" for inner in getattr(node, "body", ()) if hasattr(inner, "name")}
    return found


def decisions() -> dict[str, tuple[str, str, str]]:
    """Number → title, date and status, as its page says."""
    told = {}
    for page in sorted(DECISIONS.glob("[0-9]*.md")):
        assert re.fullmatch(r"\d{4}-[a-z0-9.-]+\.md", page.name)
        head = re.match(rf"# (.+)\n\nDate: (\d{{4}}-\d\d-\d\d) · Status: ({STATUS})\n\n", page.read_text("utf-8"))
        assert head, f"{page.name}: title, blank line, `Date: YYYY-MM-DD · Status: accepted`, blank line"
        told[page.name[:4]] = (head[1], head[2], head[3])
    return told


def test_decisions_are_numbered_in_the_order_of_their_dates() -> None:
    assert list(decisions()) == [f"{number:04d}" for number in range(1, len(list(DECISIONS.glob("[0-9]*.md"))) + 1)]
    days = [date.fromisoformat(day) for _, day, _ in decisions().values()]
    assert days == sorted(days)


def test_a_superseded_decision_names_a_later_one() -> None:
    for number, (_, _, status) in decisions().items():
        later = re.fullmatch(STATUS, status)
        assert later
        assert later[1] is None or number < later[1] <= max(decisions())


def test_the_index_says_what_the_pages_say() -> None:
    index = (DECISIONS / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| \[(\d{4})\]\((\S+)\) \| (.+) \| (\S+) \| (.+) \|$", index, re.MULTILINE)
    assert {number: tuple(told) for number, _, *told in rows} == decisions()
    assert [page for number, page, *_ in rows if not page.startswith(number)] == []


def test_every_test_that_a_document_names_is_there() -> None:
    named = [
        (name, found[1], found[2])
        for name in documents()
        for found in re.finditer(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / name).read_text("utf-8"))
    ]
    assert len(named) >= 10
    assert [one for one in named if f"def {one[2]}(" not in (ROOT / one[1]).read_text("utf-8")] == []
