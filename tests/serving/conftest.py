"""A resident engine in the process of the tests."""

import shutil
import tempfile
from pathlib import Path

import pytest

from seqchat.cli import run_in
from seqchat.serving import resident as resident_module
from seqchat.serving.api import Api, Loading
from seqchat.serving.engines import Engines
from seqchat.serving.http import HttpServer
from seqchat.serving.resident import Resident

TOKEN = "a-token-of-the-tests"


@pytest.fixture(autouse=True)
def runtime(monkeypatch):
    """The folder of sockets; the path of a socket is short, which pytest's folders are not."""
    # Each test ends its servers, and waits for them.
    monkeypatch.setattr(resident_module, "_LOOK_SECONDS", 0.01)
    folder = tempfile.mkdtemp(prefix="sq", dir="/tmp")
    monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
    yield Path(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def engines():
    """Engines that keep their models for all tests."""
    return Engines(kept=5)


@pytest.fixture
def resident(engines):
    """An engine that listens on the private socket."""
    resident = Resident(engines, run_in, None, None)
    with resident.listening():
        yield resident


@pytest.fixture
def http(engines, models):
    """A server of two models that listens on a port."""
    server = HttpServer("127.0.0.1", 0, Api(engines, [str(models["lstm"]), str(models["gru"])], Loading()), TOKEN)
    # Its private socket is that of another program, so that tests may use both.
    with Resident(engines, run_in, server, None).listening():
        yield server
