"""`tests/benchmarks/all.py` runs what the documents quote, and reports what came of it."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Compares two checkouts; explains a command; says what was set otherwise
_NOT_MEASURED = re.compile("same.py|all.py|MODEL|^seqchat [a-z]+$")


@pytest.fixture(scope="module")
def measuring():
    spec = importlib.util.spec_from_file_location("measuring", ROOT / "tests/benchmarks/all.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.mark.parametrize("page", ["measurements.md", "measurements.zh.md"])
def test_every_quoted_command_is_a_part(measuring, page):
    text = (ROOT / "docs" / page).read_text("utf-8")
    quoted = re.findall(r"^((?:python tests/benchmarks|seqchat ).*?)(?:  +#.*)?$", text, re.MULTILINE)
    quoted += [" ".join(line.split()) for line in re.findall(r"`(python tests/benchmarks[^`]*)`", text)]
    known = {part.command for part in measuring.PARTS}
    assert quoted
    assert [line for line in quoted if line not in known and not _NOT_MEASURED.search(line)] == []


def test_parts_have_names_and_sections_of_their_own(measuring):
    text = (ROOT / "docs/measurements.md").read_text("utf-8")
    names = [part.name for part in measuring.PARTS]
    assert len(set(names)) == len(names)
    assert all(f"## {part.section}\n" in text for part in measuring.PARTS)


def test_a_report_has_what_ran_what_failed_and_what_was_not_there(measuring, tmp_path):
    commands = {"ran": "seqchat --version", "failed": "seqchat models --wrong", "missing": "seqchat eval a none.jsonl"}
    parts = [measuring.Part(name, "Quality", command, command) for name, command in commands.items()]
    measuring.run(parts, tmp_path, tmp_path / "out", quick=False)
    found = json.loads((tmp_path / "out/results.json").read_text("utf-8"))
    assert [part["status"] for part in found["parts"]] == [0, 2, None]
    assert found["parts"][0]["output"].startswith("seqchat")
    assert found["parts"][0]["peak"] > 5
    written = (tmp_path / "out/results.md").read_text("utf-8")
    assert "| failed | failed with status 2 |" in written
    assert "| missing | files missing |" in written
