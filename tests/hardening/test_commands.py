"""Commands use no network, write only files that were named, and let no other user read them.

Each command runs as a process that can reach no network and logs every file it writes. It starts with empty folders for
the user and without a umask.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from seqchat.cli import COMMANDS

pytestmark = pytest.mark.slow

_WATCHED = Path(__file__).parent / "watched"
_FOLDERS = {"XDG_DATA_HOME": "data", "XDG_CONFIG_HOME": "config", "XDG_CACHE_HOME": "cache", "XDG_STATE_HOME": "state"}
_PATIENCE_SECONDS = 240
_TEXT = "".join(f"今天去{n}号吃火锅吗\n好的，我想去北京，{n}点见\n\n" for n in range(60))

_API = """
import sys, seqchat
model = seqchat.load(sys.argv[1])
print(model.suggest("我想吃huog", k=3, after="吧"))
print("".join(model.reply(["你好", "在吗"], seed=1)), list(model.generate("今天", n=2, max_words=3, seed=1)))
model.learn("我家的猫叫小花")
print(model.observe("小帅是一名程序员").layers[0]["hidden"].shape)
"""

# The library tries several times, and sleeps in between.
_HUB = """
import sys, time
from seqchat.cli import main
time.sleep = lambda _: None
sys.argv = ["seqchat", "train", "Jax-dan/HundredCV-Chat", "--out", "out/hub"]
main()
"""

# What is run, and what is typed into it; {rnn}, {lstm} and {gru} are models, {out} a folder for what is written
Command = tuple[Sequence[str], str]
_TRAINED = ("--embedding", "16", "--hidden", "16", "--epochs", "1", "--device", "cpu", "--json")
_SHORT = ("--words", "5", "--distance", "5")
_LAB = ("--updates", "1", "--runs", "1", "--texts", "8", "--distances", "5")
RUNS: dict[str, Command] = {
    "models": (("models", "--json"), ""),
    "complete": (("complete", "-m", "{lstm}", "--remember"), "我想吃huog\n你好\n"),
    "generate": (("generate", "今天", "-m", "{gru}", "-n", "2", "--max-words", "4", "--seed", "1"), ""),
    "chat": (("chat", "-m", "{rnn}", "--seed", "1", "--remember"), "你好\n在吗\n"),
    "words": (("words", "list", "--json"), ""),
    "eval": (("eval", "{lstm}", "text.txt", "--json"), ""),
    "compare": (("compare", "{lstm}", "{gru}", "--data", "text.txt", "--json"), ""),
    "inspect": (("inspect", "小帅是一名程序员", "-m", "{gru}", "--json"), ""),
    "inspect --out html": (("inspect", "小帅是一名程序员", "-m", "{lstm}", "--out", "{out}/gates.html"), ""),
    "inspect --out npz": (("inspect", "--file", "text.txt", "-m", "{lstm}", "--out", "{out}/gates.npz"), ""),
    "inspect --out png": (("inspect", "小帅", "-m", "{rnn}", "--out", "{out}/gates.png"), ""),
    "probe": (("probe", "小帅是一名程序员", "-m", "{lstm}", "--hold", "forget=0@1", "--swap", "帅=美"), ""),
    "gradients": (("gradients", "{rnn}", "{lstm}", *_SHORT, "--data", "text.txt", "--out", "{out}/g.svg"), ""),
    "neurons colour": (("neurons", "colour", "你知道吗", "-m", "{lstm}", "--neuron", "3", "--out", "{out}/n.html"), ""),
    "neurons contexts": (("neurons", "contexts", "-m", "{lstm}", "--neuron", "3", "--data", "text.txt"), ""),
    "neurons track": (("neurons", "track", "speaker", "-m", "{lstm}", "--data", "text.txt", "--words", "300"), ""),
    "plot": (("plot", "{lstm}", "--out", "{out}/curves.png"), ""),
    "data": (("data", "text.txt", "--json"), ""),
    "lexicon": (("lexicon", "jieba", "--out", "{out}/words.safetensors", "--chinese", "50", "--english", "0"), ""),
    "lab pronouns": (("lab", "pronouns", "lesson-gru", "--texts", "8"), ""),
    "lab memory": (("lab", "memory", *_LAB, "--out", "{out}/memory.svg"), ""),
    "serve": (("serve", "--status"), ""),
    "tour": (("tour", "--export", "{out}/lessons"), ""),
    "watch": (("watch", "{lstm}", "--json"), ""),
    "bench": (("bench", "{rnn}", "--json"), ""),
    "train sample": (("train", "sample", "--out", "{out}/me", "--max-dialogs", "40", *_TRAINED), ""),
    "train a text": (("train", "text.txt", "--out", "{out}/you", "--cell", "gru", *_TRAINED), ""),
    "forget": (("forget",), ""),
}


@dataclass
class Done:
    """How a command ended, what it printed, and what was logged."""

    status: int
    said: str
    written: list[Path]
    asked: list[str]


class Sandbox:
    """A working folder, and a user whose own folders are empty."""

    def __init__(self, root: Path, models: dict[str, Path]) -> None:
        self._root, self._models = root, models
        self.work, self.out, self.user, self.temporary = (root / name for name in ("work", "work/out", "home", "tmp"))
        for folder in (self.out, self.user, self.temporary):
            folder.mkdir(parents=True)
        (self.work / "text.txt").write_text(_TEXT, "utf-8")
        self._log = root / "log"

    def environment(self) -> dict[str, str]:
        """Return the whole environment of a command."""
        folders = {name: str(self.user / part) for name, part in _FOLDERS.items()}
        own = {"HOME": str(self.user), "TMPDIR": str(self.temporary), "SEQCHAT_WATCH": str(self._log)}
        paths = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join([str(_WATCHED), *sys.path[1:]])}
        quick = {"PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
        return {
            **folders,
            **own,
            **paths,
            **quick,
            "LC_ALL": "C.UTF-8",
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
        }

    def filled(self, arguments: Sequence[str]) -> list[str]:
        """Return arguments with the paths of models and of what is written."""
        return [argument.format(**self._models, out=self.out) for argument in arguments]

    def seqchat(self, arguments: Sequence[str], entered: str) -> Done:
        """Run a command to its end."""
        return self.python(["-m", "seqchat", *self.filled(arguments)], entered)

    def python(self, arguments: Sequence[str], entered: str = "") -> Done:
        """Run Python to its end."""
        done = subprocess.run(
            [sys.executable, *arguments],
            input=entered.encode(),
            capture_output=True,
            cwd=self.work,
            env=self.environment(),
            umask=0,
            timeout=_PATIENCE_SECONDS,
        )
        return self.logged(done.returncode, (done.stdout + done.stderr).decode())

    def logged(self, status: int, said: str) -> Done:
        """Return what was logged since the last command."""
        lines = [line.partition("\t") for line in self._log.read_text().splitlines()]
        self._log.unlink()
        written = sorted({Path(what) for kind, _, what in lines if kind == "write"})
        return Done(status, said, written, [what for kind, _, what in lines if kind == "network"])

    def unexpected_files(self, done: Done) -> list[Path]:
        """Return files that were written or left outside the folders for them; temporary files must be gone."""
        own = [self.user / part for part in _FOLDERS.values()]
        fine = [self.out, self.temporary, *own, Path("/dev")]
        # PyTorch leaves an empty temporary folder.
        found = [path for path in self._root.rglob("*") if not path.is_dir() and path != self.work / "text.txt"]
        left = [path for path in found if not any(path.is_relative_to(one) for one in (self.out, *own))]
        return [path for path in done.written if not any(path.is_relative_to(one) for one in fine)] + left

    def readable_by_others(self) -> list[Path]:
        """Return the program's folders, and the files with a person's text, that others may read."""
        folders = [self.user / part / "seqchat" for part in _FOLDERS.values()]
        texts = [path for folder in folders if folder.parent.name != "cache" for path in folder.rglob("*")]
        return [path for path in (*folders, *texts) if path.exists() and path.stat().st_mode & 0o077]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory, models: dict[str, Path]) -> Sandbox:
    """One sandbox for all commands, so that jieba's dictionary is prepared once."""
    return Sandbox(tmp_path_factory.mktemp("sandbox"), models)


def assert_isolated(sandbox: Sandbox, done: Done) -> None:
    """Check that a command used no network, wrote only where it may, and left nothing that others may read."""
    assert done.asked == []
    assert sandbox.unexpected_files(done) == []
    assert sandbox.readable_by_others() == []


def test_every_command_is_here():
    """A new command needs an entry in the table above; an editor starts lsp, in tests/serving."""
    tried = {arguments[0] for arguments, _ in RUNS.values()} | {"tui", "lsp"}
    assert set(COMMANDS) <= tried


@pytest.mark.parametrize("name", RUNS)
def test_a_command_uses_no_network_and_writes_only_where_it_may(sandbox, name):
    arguments, entered = RUNS[name]
    done = sandbox.seqchat(arguments, entered)
    assert done.status == 0, done.said
    assert "Traceback" not in done.said
    if "{out}" in "".join(arguments):
        assert any(path.is_relative_to(sandbox.out) for path in done.written), "the log has what was written"
    assert_isolated(sandbox, done)


def test_the_python_interface_uses_no_network_and_writes_only_where_it_may(sandbox, models):
    done = sandbox.python(["-c", _API, str(models["lstm"])])
    assert done.status == 0, done.said
    assert_isolated(sandbox, done)


def test_only_a_data_set_of_the_hub_uses_the_network(sandbox):
    done = sandbox.python(["-c", _HUB])
    assert done.status == 1
    assert "could not be loaded" in done.said
    assert "Traceback" not in done.said
    assert done.asked, "the log has what was asked"
    assert sandbox.unexpected_files(done) == []


# --- the app


def run_app(sandbox: Sandbox, arguments: Sequence[str], keys: Sequence[tuple[str, Callable[[str], bool]]]) -> Done:
    """Run the app in a terminal. keys: what is pressed, each as soon as its condition on the output so far holds."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "seqchat", *sandbox.filled(arguments)],
        stdin=its,
        stdout=its,
        stderr=its,
        cwd=sandbox.work,
        env=sandbox.environment(),
        umask=0,
        start_new_session=True,
    )
    os.close(its)
    drawn = ""
    waiting = list(keys)
    end = time.monotonic() + _PATIENCE_SECONDS
    try:
        for piece in _read(ours, end):
            drawn += piece
            while waiting and waiting[0][1](drawn):
                os.write(ours, waiting.pop(0)[0].encode())
        status = process.wait(timeout=30)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    assert not waiting, drawn[-2_000:]
    return sandbox.logged(status, drawn)


def _read(terminal: int, end: float) -> Iterator[str]:
    """Yield a terminal's output until it closes, and empty texts in between so that the caller can check the time."""
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 0.1)[0]:
            yield ""
            continue
        try:
            yield os.read(terminal, 65_536).decode(errors="replace")
        except OSError:  # the other end is closed
            return


def test_the_app_uses_no_network_and_hides_what_is_typed_from_others(sandbox):
    sessions = sandbox.user / "state" / "seqchat" / "sessions"
    remembered = sandbox.user / "data" / "seqchat" / "remembered.txt"

    def kept(text: str) -> bool:
        return any(text in path.read_text() for path in sessions.glob("*.json"))

    keys = [
        ("我想吃", lambda drawn: "Candidates" in drawn),
        ("\x1bm", lambda _: kept("我想吃")),  # to the chat
        ("你好\r", lambda drawn: "Chat" in drawn),
        ("\x1bi", lambda _: kept("你好")),  # the settings
        ("\x1b", lambda drawn: "Temperature" in drawn),
        ("\x11", lambda _: True),
    ]
    done = run_app(sandbox, ("tui", "{lstm}", "{gru}", "--remember", "--fresh", "--lang", "en"), keys)
    assert done.status == 0, done.said[-2_000:]
    assert "你好" in remembered.read_text()
    assert list(sessions.glob("*.json"))
    assert_isolated(sandbox, done)
    # A second start finds it, and then it is removed.
    forgotten = sandbox.seqchat(("forget",), "")
    assert "Forgot" in forgotten.said
    assert not remembered.exists()
    assert not list(sessions.glob("*"))


def test_the_lessons_and_the_single_line_use_no_network_and_write_only_where_they_may(sandbox):
    lessons = run_app(sandbox, ("tui", "{lstm}", "--tour", "--lang", "en"), [("\x11", lambda drawn: "1/16" in drawn)])
    assert lessons.status == 0
    assert_isolated(sandbox, lessons)
    line = run_app(sandbox, ("tui", "{lstm}", "--inline", "--lang", "en"), [("好\r", lambda drawn: len(drawn) > 1_500)])
    assert line.status == 0
    assert_isolated(sandbox, line)


# --- a user who has no folders


def test_people_without_folders_of_their_own_can_type(tmp_path, models):
    sandbox = Sandbox(tmp_path, models)
    for part in _FOLDERS.values():
        (sandbox.user / part).write_text("")
    done = sandbox.seqchat(("complete", "我想吃huog", "-m", "{lstm}"), "")
    assert done.status == 0, done.said
    assert "Traceback" not in done.said
    done = sandbox.seqchat(("chat", "-m", "{lstm}", "--remember"), "你好\n")
    assert done.status == 1
    assert "cannot be" in done.said
    assert "Traceback" not in done.said
    app = run_app(
        sandbox, ("tui", "{lstm}", "--lang", "en"), [("我想", lambda drawn: "Candidates" in drawn), ("\x11", bool)]
    )
    assert app.status == 0, app.said[-2_000:]
