"""Hooks of pytest that show which lines of seqchat the tests run. Importing this module starts the measurement."""

from __future__ import annotations

import os

import pytest

from . import measuring

# Processes that this one starts are measured from their first line on, by sitecustomize.py.
_MEASUREMENT = None if "PYTEST_XDIST_WORKER" in os.environ else measuring.Measurement()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that lists what no test runs."""
    parser.addoption("--missing-lines", action="store_true", help="List the lines of seqchat that were not run.")


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
