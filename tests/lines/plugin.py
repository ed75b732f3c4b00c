"""Hooks of pytest that show which lines of seqchat the tests run, with `--lines`."""

from __future__ import annotations

import sys

import pytest

from . import measuring

# Begins before pytest has read its options. Processes that this one starts, those of xdist too, are measured from their
# first line on, by sitecustomize.py.
_MEASUREMENT = measuring.Measurement() if {"--lines", "--missing-lines"} & {*sys.argv} else None


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that measure lines."""
    parser.addoption("--lines", action="store_true", help="Measure how many lines of seqchat the tests run.")
    parser.addoption("--missing-lines", action="store_true", help="The same, and list the lines that were not run.")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print how much of each package was run."""
    if _MEASUREMENT is None:
        return
    terminalreporter.section("lines of seqchat that were run")
    for line in _MEASUREMENT.table():
        terminalreporter.write_line(line)
    if config.getoption("--missing-lines"):
        for line in _MEASUREMENT.missing():
            terminalreporter.write_line(line)
