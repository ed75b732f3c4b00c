"""Work in a process of its own, whose memory does not stay."""

from __future__ import annotations

import subprocess
import sys


def run_apart(module: str, *arguments: str, text: str = "") -> bool:
    """Run a module of this package as a program that reads a text; return whether it could."""
    # -P: no module of the current folder is imported.
    command = [sys.executable, "-P", "-m", module, *arguments]
    try:
        return subprocess.run(command, input=text.encode(), capture_output=True, check=False).returncode == 0
    except OSError:
        return False
