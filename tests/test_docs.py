"""The documentation runs: every python block of README.md and docs/**/*.md, and every relative link leads somewhere.

A file's blocks share one namespace and run in order, in an empty folder with a tiny data set called DATASET, which is
also sys.argv[1]. A block that cannot run here says why in a comment on the line before it:
`<!-- not run: needs a GPU -->`.
"""

import re
import sys
from pathlib import Path

import pytest

from tests.shards.synthetic import make_dataset

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_BLOCK = re.compile(r"(?P<before>[^\n]*)\n```python[^\n]*\n(?P<code>.*?)^```", re.MULTILINE | re.DOTALL)
_OPT_OUT = re.compile(r"<!-- not run: (?P<reason>\S.*?) -->$")
_LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


def python_blocks(text: str) -> list[tuple[int, str, str | None]]:
    """(line number of the first line of code, code, reason for not running it or None)."""
    found = []
    for match in _BLOCK.finditer("\n" + text):
        excuse = _OPT_OUT.search(match["before"].rstrip())
        line = text.count("\n", 0, match.start("code") - 1) + 1
        found.append((line, match["code"], excuse["reason"] if excuse else None))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_python_block_runs(page, tmp_path, monkeypatch):
    runnable = [(line, code) for line, code, excuse in python_blocks(page.read_text(encoding="utf-8")) if not excuse]
    if not runnable:
        return
    make_dataset(tmp_path / "DATASET")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["example", "DATASET"])
    namespace = {"__name__": "__example__"}
    for line, code in runnable:
        # Blank lines in front, so that a traceback names the line of the page.
        exec(compile("\n" * (line - 1) + code, str(page), "exec"), namespace)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_to_a_file(page):
    for target in _LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_conventions_has_examples_and_they_are_found():
    text = (ROOT / "docs" / "conventions.md").read_text(encoding="utf-8")
    blocks = python_blocks(text)
    assert len(blocks) == text.count("```python") >= 7
    assert all(excuse is None for _, _, excuse in blocks)
    first_line = text.splitlines()[blocks[0][0] - 1]
    assert blocks[0][1].startswith(first_line)


def test_the_way_out_needs_a_reason():
    page = "a\n\n<!-- not run: draws on a GPU -->\n```python\n1 / 0\n```\n<!-- not run: -->\n```python\n2\n```\n"
    assert python_blocks(page) == [(5, "1 / 0\n", "draws on a GPU"), (9, "2\n", None)]


def test_a_broken_example_fails(tmp_path, monkeypatch):
    page = tmp_path / "page.md"
    page.write_text("```python\nassert 1 + 1 == 3\n```\n")
    with pytest.raises(AssertionError):
        test_every_python_block_runs(page, tmp_path, monkeypatch)
