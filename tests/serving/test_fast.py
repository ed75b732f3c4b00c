"""`--fast`: the resident engine answers exactly as the command does without it, whatever clients do."""

import ast
import io
import json
import os
import re
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from seqchat.cli import run_in
from seqchat.errors import SeqchatError
from seqchat.serving import address, client, limits, peers, private_socket
from seqchat.serving.commands import ClientSurroundings
from seqchat.serving.resident import Resident, ask, make_way

from ..processes import seqchat

_TIME = re.compile(r'"milliseconds": [\d.]+')


@pytest.fixture
def fast(monkeypatch, capsys):
    """Runs a command in the resident engine; returns its status and what it prints."""

    def run(*arguments, stdin=b""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        status = client.run([*map(str, arguments), "--fast"])
        return status, *capsys.readouterr()

    return run


def raw(*messages, seconds=60.0):
    """What the engine answers to bytes."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(seconds)
        connection.connect(address.socket_path())
        for message in messages:
            connection.sendall(message)
        with connection.makefile("rb") as lines:
            return [json.loads(line) for line in lines]


@pytest.mark.parametrize(
    "arguments",
    [
        ("complete", "我想吃", "--json"),
        ("complete", "我想吃huog", "-k", 3),
        ("complete", "nihcma", "--double-pinyin", "xiaohe"),
        ("complete", "woxianchi", "--fuzzy", "an/ang", "--json"),
        ("complete", "我想去", "--after", "看电影", "--precision", "fp32", "--json"),
        ("complete", "我們", "--script", "traditional"),
        ("complete", "--json"),
        ("generate", "今天", "--seed", 3),
        ("generate", "今天", "--seed", 3, "-n", 1),
        ("generate", "今天", "--beam", 4, "-n", 2, "--max-words", 5, "--json"),
        ("generate", "--seed", 1, "--json"),
    ],
)
def test_the_output_is_the_same(models, resident, fast, arguments):
    arguments = (*arguments, "-m", models["lstm"])
    lines = "你好\n\n在吗 woxiang\n".encode() + b"\xff\xfe?\nlast"
    plain = subprocess_of(*arguments, stdin=lines)
    # The second time, another text has been read by the model.
    for _ in range(2):
        status, out, error = fast(*arguments, stdin=lines)
        assert (status, error) == (0, "")
        assert _TIME.sub("", out) == _TIME.sub("", plain)


def subprocess_of(*arguments, stdin):
    """What a command prints without --fast."""
    done = seqchat(*arguments, stdin=stdin.decode("utf-8", "surrogateescape"))
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_names_are_those_of_the_folder_of_the_command(models, resident, fast, tmp_path, monkeypatch):
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "mine").symlink_to(models["gru"])
    monkeypatch.chdir(tmp_path)
    assert fast("complete", "我想吃", "-m", "mine")[0] == 0
    assert fast("complete", "我想吃", "-m", "checkpoints/mine")[0] == 0
    monkeypatch.chdir("/")
    assert fast("complete", "我想吃", "-m", "mine") == (None, "", "")


@pytest.mark.parametrize(
    "arguments",
    [
        ("complete", "我", "-m", "no-such-model"),
        ("complete", "我", "-k", 0),
        ("complete", "--help"),
        ("generate", "我", "--temperature", "-1"),
        ("generate", "我", "--beam", 4, "--top-p", 0.5),
        ("models", "--fast", "x"),
    ],
)
def test_errors_are_those_of_the_command_itself(models, resident, fast, arguments):
    if arguments[0] == "generate":
        arguments = (*arguments, "-m", models["lstm"])
    assert fast(*arguments) == (None, "", "")
    plain, quick = (seqchat(*arguments, *more) for more in ([], ["--fast"]))
    assert (quick.returncode, quick.stdout, quick.stderr) == (plain.returncode, plain.stdout, plain.stderr)


def test_memories_are_not_shared_between_commands(models, engines, fast, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    (tmp_path / "seqchat").mkdir()
    (tmp_path / "seqchat" / "remembered.txt").write_text("我家的猫叫小花\n" * 5, "utf-8")
    arguments = ("complete", "我家", "-m", models["lstm"], "--json")
    with Resident(engines, run_in, None, None).listening():
        before, remembering, after = (_TIME.sub("", fast(*arguments, *more)[1]) for more in ([], ["--remember"], []))
        assert before == after != remembering


def test_only_its_user_can_open_the_socket(resident, runtime):
    path = address.socket_path()
    assert path.startswith(str(runtime))
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600
    assert stat.S_IMODE(Path(address.folder()).stat().st_mode) == 0o700


def test_another_user_is_refused(models, resident, fast, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(peers, "user_of", lambda _: os.getuid() + 1)
        (answer,) = raw(b'{"state": true}\n')
        assert "another user" in answer["refused"]
        assert fast("complete", "我", "-m", models["lstm"])[0] is None
    assert ask("state")["process"] == os.getpid()


def test_the_user_at_the_other_end_is_known():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert peers.user_of(ours) == os.getuid()


@pytest.mark.parametrize("mode", [0o755, 0o770])
def test_a_folder_that_others_can_enter_is_not_used(engines, runtime, mode):
    (runtime / "seqchat").mkdir()
    (runtime / "seqchat").chmod(mode)
    with pytest.raises(SeqchatError, match="only you"), Resident(engines, run_in, None, None).listening():
        pass
    assert client.connect() is None


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        (b"no JSON\n", "JSON object"),
        (b"[1]\n", "JSON object"),
        (b"[" * 100_000 + b"\n", "JSON object"),
        (b"\xff\x00\n", "JSON object"),
        (b"{}\n", "other folders"),
        (b'{"fingerprint": [], "run": ["complete"]}\n', "other folders"),
        (json.dumps({"fingerprint": address.fingerprint(), "run": ["train", "x"]}).encode() + b"\n", "other folders"),
        (b"x" * 1_000_001, "at most"),
    ],
)
def test_a_request_that_cannot_be_read_is_answered_with_why(resident, sent, says):
    (answer,) = raw(sent)
    assert says in answer["refused"]
    assert ask("state") is not None


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"run": ["train", "x"]}, "complete and generate"),
        ({"run": "complete"}, "complete and generate"),
        ({"run": [], "folder": "/"}, "complete and generate"),
        ({"run": ["complete", "x"], "folder": "here"}, "folder"),
        ({"run": ["complete", "x"], "folder": "/", "terminal": 3}, "terminals"),
    ],
)
def test_a_request_with_wrong_fields_is_answered_with_why(resident, fields, says):
    (answer,) = raw(json.dumps({"fingerprint": address.fingerprint(), **fields}).encode() + b"\n")
    assert says in answer["refused"]


def test_a_hundred_megabytes_are_refused_at_the_first(resident):
    (answer,) = raw(*[b"x" * 1_000_000] * 100)
    assert "1,000,000 bytes" in answer["refused"]
    assert ask("state") is not None


def test_clients_that_hang_keep_nobody_waiting(models, resident, fast, monkeypatch):
    monkeypatch.setattr(limits, "MAX_CLIENTS", 3)
    hanging = [client.connect() for _ in range(2)]
    hanging[1].sendall(b'{"run"')
    assert fast("complete", "我", "-m", models["lstm"])[0] == 0
    hanging.append(client.connect())
    for _ in range(100):
        if raw(b'{"state": true}\n')[0].get("refused"):
            break
        time.sleep(0.01)
    assert "too many" in raw(b'{"state": true}\n')[0]["refused"]
    for connection in hanging:
        connection.close()
    for _ in range(500):
        if resident.activity.is_idle_for(0):
            break
        time.sleep(0.01)
    assert ask("state") is not None


def test_a_client_that_sends_byte_by_byte_is_ended(engines, monkeypatch):
    monkeypatch.setattr("seqchat.serving.commands.SECONDS", 0.2)
    with Resident(engines, run_in, None, None).listening():
        connection = client.connect()
        for _ in range(100):
            try:
                connection.sendall(b" ")
            except OSError:
                break
            time.sleep(0.05)
        else:
            pytest.fail("the engine still listens")
        connection.close()


def test_a_client_that_goes_away_ends_its_command(models, resident):
    connection = client.connect()
    request = {
        "fingerprint": address.fingerprint(),
        "folder": "/",
        "terminal": [False, False],
        "run": ["generate", "今天", "-n", "16", "--max-words", "100000", "--json", "-m", str(models["lstm"])],
    }
    client.send(connection, request)
    assert connection.recv(1)
    connection.close()
    for _ in range(1_000):
        if resident.activity.is_idle_for(0):
            return
        time.sleep(0.01)
    pytest.fail("the command goes on")


def test_a_stale_socket_is_replaced(models, engines, fast, runtime):
    (runtime / "seqchat").mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left:
        left.bind(address.socket_path())
    assert ask("state") is None
    with Resident(engines, run_in, None, None).listening():
        assert fast("complete", "我", "-m", models["lstm"])[0] == 0
    assert not Path(address.socket_path()).exists()


def test_a_second_engine_is_refused(resident, engines, monkeypatch):
    with pytest.raises(SeqchatError, match="running already"):
        make_way(for_http=False)
    monkeypatch.setattr(private_socket, "_LOCK_SECONDS", 0)
    with pytest.raises(SeqchatError, match="Another engine"), Resident(engines, run_in, None, None).listening():
        pass
    assert ask("state") is not None


def test_an_engine_with_http_takes_the_place_of_one_without(engines):
    resident = Resident(engines, run_in, None, None)
    with resident.listening():
        make_way(for_http=True)
        resident.wait()


def test_an_idle_engine_ends(engines):
    resident = Resident(engines, run_in, None, 0.0)
    with resident.listening(), client.connect() as connection:
        waiting = threading.Thread(target=resident.wait, daemon=True)
        waiting.start()
        client.send(connection, {"run": None})
        connection.close()
        waiting.join(60)
        assert not waiting.is_alive()


def test_an_engine_that_dies_is_said_once_something_was_printed(models, resident, fast, monkeypatch):
    def lines(self):
        yield "你好".encode()
        raise OSError

    monkeypatch.setattr(ClientSurroundings, "lines", lines)
    status, out, error = fast("complete", "-m", models["lstm"])
    assert status == 1
    assert len(out.splitlines()) == 5
    assert error == "Error: The resident engine has ended in the middle of its answer.\n"


def test_the_fast_path_imports_almost_nothing(resident, models, tmp_path):
    code = (
        "import sys; before = set(sys.modules); sys.argv = ['seqchat', 'complete', '我', '-m', sys.argv[1], '--fast']\n"
        "from seqchat.__main__ import main\n"
        "try: main()\n"
        "finally: print([*set(sys.modules) - before])"
    )
    # Elsewhere, as Python would import the checkout that it is started in, which has an engine of its own.
    command = [sys.executable, "-c", code, str(models["lstm"])]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert len(done.stdout.splitlines()) == 6, done.stdout
    imported = set(ast.literal_eval(done.stdout.splitlines()[-1]))
    assert imported & {"click", "dataclasses", "inspect", "numpy", "pathlib", "subprocess", "torch"} == set()
    assert {name for name in imported if name.startswith("seqchat")} == {
        "seqchat",
        "seqchat.__main__",
        "seqchat.serving",
        "seqchat.serving.address",
        "seqchat.serving.client",
    }


@pytest.mark.slow
def test_an_engine_is_started_where_there_is_none(models, tmp_path):
    arguments = ("complete", "我想吃", "-m", models["lstm"], "--json")
    plain, first, second = seqchat(*arguments), seqchat(*arguments, "--fast"), seqchat(*arguments, "--fast")
    state = json.loads(seqchat("serve", "--status", "--json").stdout)
    try:
        for done in (first, second):
            assert _TIME.sub("", done.stdout) == _TIME.sub("", plain.stdout)
            assert (done.returncode, done.stderr) == (0, "")
        assert state["running"]
        assert state["process"] != os.getpid()
    finally:
        stopped = seqchat("serve", "--stop")
    assert str(state["process"]) in stopped.stdout
    for _ in range(1_000):
        if not Path(address.socket_path()).exists():
            break
        time.sleep(0.01)
    assert "No engine" in seqchat("serve", "--status").stdout


def test_a_second_engine_with_http_is_told_of_the_first(http, tmp_path):
    done = seqchat("serve", "--port", str(http.server_port))
    assert (done.returncode, done.stdout) == (1, "")
    assert "An engine is running already" in done.stderr
