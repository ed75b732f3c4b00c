"""The app in a real terminal: tmux presses the keys, and what its pane and the kept session hold is looked at."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux that could press keys"),
    pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc that lists processes"),
]

REPOSITORY = Path(__file__).parents[2]
SERVER = f"seqchat-test-{os.getpid()}"
MOST_SECONDS = 180
# A cell of the candidate bar: its number, its word, its kind, its probability
CELL = re.compile(r"(\d) (\S+) ([→+])<?[\d.]+%")
# A candidate at the cursor: its number, its word
AT_CURSOR = re.compile(r"[│ ](\d) ([一-龥]+)(?=  | +│)")
GROWING = re.compile(r"[├└]\d .*▌")
# The last word that the gates show: that of the selected neuron, in front of the band
LAST_READ = re.compile(r"(\S+) +▌*◆")


def tmux(*arguments: object, text: str | None = None) -> str:
    done = subprocess.run(
        ["tmux", "-L", SERVER, "-f", "/dev/null", *map(str, arguments)],
        input=text,
        capture_output=True,
        encoding="utf-8",
        env={name: value for name, value in os.environ.items() if name != "TMUX"} | {"LC_ALL": "C.UTF-8"},
        timeout=MOST_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[None]:
    """A tmux of our own, without anybody's settings."""
    tmux("start-server", ";", "set", "-g", "exit-empty", "off")
    socket = Path(tmux("display-message", "-p", "#{socket_path}").strip())
    yield
    tmux("kill-server")
    socket.unlink(missing_ok=True)


def until(condition: Callable[[], object], what: Callable[[], object]) -> None:
    end = time.monotonic() + MOST_SECONDS
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"waited in vain; there was: {what()}")
        time.sleep(0.05)


class Terminal:
    """A pane of tmux, and a person's folders for the programs in it."""

    def __init__(
        self, folder: Path, cache: Path, *command: object, columns: int = 100, lines: int = 30, chosen="", **variables
    ):
        folders = {f"XDG_{kind}_HOME": folder / kind.lower() for kind in ("DATA", "CONFIG", "STATE")}
        own = {"PATH": os.environ["PATH"], "HOME": folder, "XDG_CACHE_HOME": cache, **folders}
        own |= {"LANG": "C.UTF-8", "TERM": "tmux-256color", "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", **variables}
        self._sessions = folder / "state" / "seqchat" / "sessions"
        # Candidates are recognised by their probabilities.
        settings = folder / "config" / "seqchat" / "config.toml"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(f"numbers = true\n{chosen}")
        set_ = [f"{name}={value}" for name, value in own.items()]
        size = ["-x", columns, "-y", lines, "-c", REPOSITORY]
        new = tmux("new-session", "-d", *size, "-P", "-F", "#{pane_id} #{pane_pid}", "env", "-i", *set_, *command)
        self._pane, pid = new.split()
        self.process = int(pid)

    # --- what a person does

    def press(self, *keys: str) -> None:
        """Press keys as tmux names them: ``M-1`` is Alt+1."""
        tmux("send-keys", "-t", self._pane, *keys)

    def type(self, text: str) -> None:
        tmux("send-keys", "-t", self._pane, "-l", text)

    def paste(self, text: str) -> None:
        tmux("load-buffer", "-", text=text)
        tmux("paste-buffer", "-p", "-r", "-t", self._pane)

    def resize(self, columns: int, lines: int) -> None:
        tmux("resize-window", "-t", self._pane, "-x", columns, "-y", lines)

    def close(self) -> None:
        tmux("kill-pane", "-t", self._pane)

    # --- what a person sees

    def screen(self, *, colours: bool = False) -> str:
        return tmux("capture-pane", "-p", *(["-e"] if colours else []), "-t", self._pane)

    def state(self, name: str) -> str:
        """What tmux knows of the pane, such as ``alternate_on``."""
        return tmux("display-message", "-p", "-t", self._pane, f"#{{{name}}}").strip()

    def until(self, *texts: str, without: str = "\0") -> None:
        """Wait until the screen shows all these texts."""
        until(lambda: (s := self.screen()) and without not in s and all(t in s for t in texts), self.screen)

    def candidates(self) -> dict[str, tuple[str, str]]:
        """The number of each candidate on the screen, with its kind and its word."""
        return {number: (kind, word) for number, word, kind in CELL.findall(self.screen())}

    def popup(self) -> dict[str, str]:
        """The number of each candidate at the cursor, with its word."""
        return dict(AT_CURSOR.findall(self.screen()))

    def until_settled(self, *texts: str, after: str = "") -> None:
        """Wait until the candidates and continuations are there, and stay; those `after` a text if there is one.

        Candidates of an earlier text may stay long where the machine is slow. Gates come with those of the same text.
        """
        seen = [""]

        def is_read(screen: str) -> bool:
            last = LAST_READ.search(screen)
            return last is not None and last[1].rstrip("…") in after[-len(last[1]) :]

        def same() -> bool:
            seen.append(self.screen())
            time.sleep(0.2)
            now = seen[-1]
            there = CELL.search(now) and not GROWING.search(now) and all(text in now for text in (*texts, after))
            return bool(there) and (not after or is_read(now)) and now == seen[-2]

        until(same, self.screen)

    # --- what is kept

    def session(self) -> dict[str, object]:
        """The latest session on the disk; empty where there is none."""
        files = sorted(self._sessions.glob("*.json"))
        return json.loads(files[-1].read_text(encoding="utf-8")) if files else {}

    def until_in_order(self) -> None:
        """Wait until the terminal is as it was before the app: its screen, its mouse, its cursor."""
        names = ("alternate_on", "mouse_any_flag", "cursor_flag")
        until(lambda: [*map(self.state, names)] == ["0", "0", "1"], lambda: [*map(self.state, names)])

    def until_text(self, condition: str | Callable[[str], bool]) -> None:
        """Wait until the text that is kept is this one, or meets the condition."""
        wanted = condition if callable(condition) else lambda text: text == condition
        until(lambda: wanted(str(self.session().get("text"))), lambda: f"{self.session()}\n{self.screen()}")


def runs(process: int) -> bool:
    """Whether a process is there, and not only what its parent has yet to take note of."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


def children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def kill(terminal: Terminal) -> None:
    """End what runs in a terminal, whether or not it would end by itself."""
    if runs(terminal.process):
        for process in (*children(terminal.process), terminal.process):
            os.kill(process, signal.SIGKILL)


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    """One cache for all, so that the dictionary is read in once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def terminal(models, cache, tmp_path) -> Iterator[Callable[..., Terminal]]:
    """Open terminals in which the app starts, or another command."""
    opened: list[Terminal] = []

    def open_terminal(*command: object, **how) -> Terminal:
        opened.append(Terminal(tmp_path, cache, *(command or app(models)), **how))
        return opened[-1]

    yield open_terminal
    for one in opened:
        kill(one)


def app(models, *options: str) -> list[str]:
    return [sys.executable, "-m", "seqchat", "tui", str(models["lstm"]), *options]


BASH = ["PS1=$ ", "bash", "--norc", "--noprofile", "-i"]


@pytest.fixture(scope="module")
def shared(models, cache, tmp_path_factory) -> Iterator[Terminal]:
    one = Terminal(tmp_path_factory.mktemp("shared"), cache, *app(models))
    yield one
    kill(one)


@pytest.fixture
def writing(shared) -> Terminal:
    """A terminal whose app has an empty text and the focus in it; several tests use it one after the other."""
    shared.until("Compose", "Candidates · lstm")
    shared.type("我")
    shared.press("M-a", "BSpace")
    shared.until(" 0 words", without="Leave")
    shared.until_settled()
    return shared


def test_suggestions_are_there_before_anything_is_typed(shared):
    shared.until_settled("0 words", "Candidates · lstm")


def test_tab_accepts_chinese_that_was_typed_and_alt_with_a_digit_a_candidate(writing):
    writing.type("今天我们")
    writing.until_settled(after="今天我们")
    kind, word = writing.candidates()["1"]
    assert kind == "→"
    writing.press("Tab")
    writing.until_text(lambda text: text.startswith(f"今天我们{word}"))
    before = str(writing.session()["text"])
    writing.until_settled(after=before)
    kind, word = writing.candidates()["2"]
    writing.press("M-2")
    # A candidate that finishes a word is named by the whole word.
    finishes = kind == "+"
    writing.until_text(
        lambda text: (
            text == before + word or (finishes and text != before and text.startswith(before) and text.endswith(word))
        )
    )


def test_digits_pick_in_the_bar_and_are_text_elsewhere(writing):
    writing.type("我有 32")
    writing.until_text("我有 32")
    writing.press("BSpace", "BSpace", "BSpace")
    writing.until_text("我有")
    writing.until_settled(after="我有")
    word = writing.candidates()["3"][1]
    writing.press("Down")
    writing.until("Space Insert", "Leave")
    writing.press("3")
    # A candidate that finishes a word is named by the whole word.
    writing.until_text(lambda text: text.startswith("我有") and text.endswith(word) and text != "我有")
    text = str(writing.session()["text"])
    writing.until("Tab Insert", without="Leave")
    writing.type("3")
    writing.until_text(f"{text}3")


def test_typing_goes_on_from_the_bar(writing):
    writing.type("我")
    writing.until_settled("我")
    writing.press("Down")
    writing.until("Leave")
    writing.type("们")
    writing.until_text("我们")
    writing.until_settled("我们")
    writing.press("Down")
    writing.until("Leave")
    writing.press("Escape")
    writing.until("Tab Insert", without="Leave")
    writing.type("好")
    writing.until_text("我们好")


def test_pasted_escape_sequences_do_nothing_but_leave_their_text(writing):
    title, mouse = writing.state("pane_title"), writing.state("mouse_any_flag")
    writing.paste("红\x1b[31m色\x1b]0;taken over\x07\x1b[2J\x1b[?1003l\x1b[10;10H\x9b5m\x08白\r\n第二行")
    writing.until_text("红色白\n第二行")
    writing.until_settled("红色白", "第二行", "Candidates")
    assert (writing.state("pane_title"), writing.state("mouse_any_flag")) == (title, mouse)
    assert "\\u001b" not in json.dumps(writing.session())


def test_a_tiny_window_and_a_large_one_again(writing):
    writing.type("你好")
    writing.until_settled("你好")
    writing.resize(20, 5)
    writing.until("你好", without="╭")
    assert all(len(line) <= 20 for line in writing.screen().splitlines())
    writing.type("吗")
    writing.until_settled("你好吗")
    writing.resize(100, 30)
    writing.until_settled("你好吗", "Continuations", "hidden h", "^Q Quit")
    writing.type("？")
    writing.until_text("你好吗？")


def test_a_chat_answers_what_enter_sends(writing):
    writing.press("M-m")
    writing.until("Chat", "Send")
    writing.type("你好吗")
    writing.until("│ 你好吗")
    writing.press("Enter")
    until(lambda: len(writing.session().get("turns", ())) == 2, writing.screen)
    until(lambda: all(turn[1] for turn in writing.session()["turns"]), writing.screen)
    turns = writing.session()["turns"]
    assert turns[0] == ["you", "你好吗"]
    assert turns[1][::2] == ["model", "lstm"]
    writing.until("You  你好吗", f"lstm  {turns[1][1][:4]}".rstrip())
    # Enter waits for the letters that were typed before it.
    writing.type("我们明天去哪里吃饭\r")
    until(lambda: len(writing.session()["turns"]) == 4, writing.screen)
    assert writing.session()["turns"][2] == ["you", "我们明天去哪里吃饭"]
    writing.press("M-m")
    writing.until("Compose", without="You  ")


def test_a_stopped_app_comes_back_and_leaves_the_terminal_in_order(models, terminal):
    shell = terminal(*BASH)
    shell.type(f"{shlex.join(app(models))}\n")
    shell.until("Compose")
    shell.type("今天")
    shell.until("今天")
    shell.press("C-z")
    shell.until("Stopped")
    shell.until_in_order()
    shell.type("clear\n")
    shell.until("$", without="今天")
    shell.type("fg\n")
    shell.until_settled("今天", "Candidates")
    shell.type("晚上")
    shell.until_text("今天晚上")
    shell.press("C-q")
    shell.until("$", without="Candidates")
    shell.until_in_order()
    shell.type("echo back-$?\n")
    shell.until("back-0", without="今天")


def test_what_was_typed_outlives_a_kill_and_a_closed_window(models, terminal):
    killed = terminal()
    killed.until("Compose")
    killed.type("别丢了")
    killed.until_text("别丢了")
    os.kill(killed.process, signal.SIGKILL)
    until(lambda: not runs(killed.process), lambda: "the process")

    shell = terminal(*BASH)
    shell.type(f"{shlex.join(app(models))}\n")
    shell.until("别丢了", "Continue", "Start new")
    shell.press("Enter")
    shell.until("别丢了", without="Start new")
    shell.until_settled("别丢了")
    shell.type("我的")
    shell.until("别丢了我的")
    (process,) = children(shell.process)
    shell.close()
    until(lambda: not runs(process), lambda: Path(f"/proc/{process}/status").read_text())
    assert shell.session()["ended"]

    again = terminal()
    again.until("别丢了我的", without="Start new")
    again.type("字")
    again.until("别丢了我的字")
    again.close()
    until(lambda: not runs(again.process), lambda: Path(f"/proc/{again.process}/status").read_text())
    assert again.session()["text"] == "别丢了我的字"


COLOUR = re.compile(r"\x1b\[(?:\d+;)*?([34]8;5|[34]8;2;\d+;\d+;\d+|[34][0-7]|9[0-7]|10[0-7])[;m]")


def kind(colour: str) -> str:
    """How a colour is named: as one of 16, one of 256, grey or any."""
    if ";2;" in colour:
        return "grey" if len(set(colour.split(";")[2:])) == 1 else "any"
    return "256" if ";5" in colour else "16"


TERMINALS = [
    ({"COLORTERM": "truecolor"}, {"any"}),
    ({"TERM": "screen-256color"}, {"256"}),
    ({"TERM": "linux"}, {"16"}),
    ({"COLORTERM": "truecolor", "NO_COLOR": "1"}, {"grey"}),
]


def test_every_terminal_gets_suggestions_in_the_colours_it_has(models, terminal):
    opened = [(terminal(*app(models, "--fresh"), **variables), kinds) for variables, kinds in TERMINALS]
    for one, kinds in opened:
        one.until("Compose")
        one.type("今天")
        one.until_settled("今天", "Candidates · lstm", "Continuations", "hidden h")
        found = {kind(colour) for colour in COLOUR.findall(one.screen(colours=True))}
        assert found - {"grey"} == kinds - {"grey"}


def test_what_is_composed_in_parts_is_learned_across_a_restart(models, terminal):
    chosen = "pinyin_first = true\nghost_words = 0\ncontinuations = false\n"
    first = terminal(chosen=chosen)
    first.until("中 ，。")
    first.type("chihuoguo")
    first.until("chi'huo'guo")
    first.press("Left", "Left", "Left", "Left", "Left", "Left")
    until(lambda: first.popup().get("1") == "吃", first.screen)
    first.type("1")
    first.until_text("吃huoguo")
    first.press("BSpace")
    first.until_text("chihuoguo")
    until(lambda: first.popup().get("1") == "吃火锅", first.screen)
    first.press("Left", "Left", "Left", "Left", "Left", "Left")
    until(lambda: first.popup().get("1") == "吃", first.screen)
    first.type('1,"huoguo"3.5.')
    first.until_text("吃火锅，“火锅”3.5.")
    first.type(".")
    first.until_text("吃火锅，“火锅”3.5。")
    first.press("M-z")
    first.until_text("吃火锅，“火锅”3.5..")
    first.press("BSpace")
    first.type("shi")
    until(lambda: "2" in first.popup(), first.screen)
    word = first.popup()["2"]
    first.type("2?")
    first.until_text(f"吃火锅，“火锅”3.5.{word}？")
    first.press("C-q")
    first.until("Keep the words that you took (3)")
    first.press("Enter")
    until(lambda: not runs(first.process), first.screen)
    again = terminal(*app(models, "--fresh"), chosen=chosen)
    again.until("中 ，。")
    again.type("shi")
    until(lambda: again.popup().get("1") == word, again.screen)


def test_without_a_terminal_one_sentence_says_so(models):
    done = subprocess.run(app(models), stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=300)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("Error: The app needs a terminal")
    assert done.stderr.count("\n") == 1


def test_a_single_line_goes_to_standard_output(models, terminal, tmp_path):
    shell = terminal(*BASH, columns=60)
    out = tmp_path / "line.txt"
    shell.type(f"echo above; {shlex.join(app(models, '--inline'))} > {shlex.quote(str(out))}; echo status $?\n")
    shell.until("above", "Candidates")
    shell.type("今天天气")
    shell.until_settled("今天天气")
    assert [len(line) for line in shell.screen().splitlines() if line.endswith("╮")] == [60]
    shell.resize(50, 20)
    until(lambda: any(len(ln) == 50 and ln.endswith("╮") for ln in shell.screen().splitlines()), shell.screen)
    shell.until("今天天气", "Candidates")
    shell.press("Enter")
    shell.until("status 0")
    assert out.read_text(encoding="utf-8") == "今天天气\n"
    assert shell.state("cursor_flag") == "1"
    shell.type(f"clear; {shlex.join(app(models, '--inline'))} > {shlex.quote(str(out))}; echo left with $?\n")
    shell.until("Candidates")
    shell.type("不要了")
    shell.until("不要了")
    shell.press("C-c")
    shell.until("left with 1")
    assert out.read_text(encoding="utf-8") == ""


def test_a_single_line_ends_with_its_window(models, terminal):
    shells = [terminal(*BASH) for _ in range(3)]
    for shell in shells:
        shell.type(f"{shlex.join(app(models, '--inline'))} > /dev/null\n")
    processes = []
    for shell in shells:
        shell.until("Candidates")
        shell.type("今天")
        shell.until_settled("今天")
        processes += children(shell.process)
    assert len(processes) == len(shells)
    for shell in shells:
        shell.close()
    until(lambda: not any(map(runs, processes)), lambda: [process for process in processes if runs(process)])
