"""The commands as a person or a script calls them: in a process of their own."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from seqchat.cli import COMMANDS


def seqchat(*arguments, stdin: str | None = None, cwd=None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "seqchat", *map(str, arguments)],
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        timeout=300,
    )


def failed(done: subprocess.CompletedProcess[str], status: int, *says: str) -> None:
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    for text in says:
        assert text in done.stderr


def test_help_lists_every_command():
    done = seqchat("--help")
    assert done.returncode == 0
    for command in COMMANDS:
        assert f"\n  {command} " in done.stdout
        assert "Usage: seqchat" in seqchat(command, "--help").stdout


def test_complete_as_json(models):
    done = seqchat("complete", "我想吃huog", "-m", models["lstm"], "-k", 3, "--json")
    answer = json.loads(done.stdout)
    assert set(answer) == {"text", "suggestions", "milliseconds"}
    assert answer["text"] == "我想吃huog"
    assert len(answer["suggestions"]) == 3
    assert all(set(s) == {"word", "insert", "replace", "probability"} for s in answer["suggestions"])
    assert {"word": "火锅", "insert": "火锅", "replace": 4} in [
        {k: s[k] for k in ("word", "insert", "replace")} for s in answer["suggestions"]
    ]


def test_complete_reads_lines(models):
    done = seqchat("complete", "-m", models["gru"], "--json", stdin="你好\n我想\n\n")
    assert [json.loads(line)["text"] for line in done.stdout.splitlines()] == ["你好", "我想", ""]
    plain = seqchat("complete", "你好", "-m", models["gru"])
    assert len(plain.stdout.splitlines()) == 5
    assert all("你好" in line and "%" in line for line in plain.stdout.splitlines())


def test_generate(models):
    arguments = ("generate", "今天", "-m", models["lstm"], "--seed", 4, "--max-words", 6)
    done = seqchat(*arguments, "-n", 2, "--json")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert sorted(a["index"] for a in answers) == [0, 1]
    for answer in answers:
        assert set(answer) == {"index", "text", "words", "log_probability"}
        assert "".join(answer["words"]) == answer["text"]
        assert 1 <= len(answer["words"]) <= 6
        assert answer["log_probability"] < 0
    assert seqchat(*arguments, "-n", 2, "--json").stdout == done.stdout
    one = seqchat(*arguments, "-n", 1)
    assert one.stdout.startswith("今天")
    assert len(one.stdout.splitlines()) == 1


def test_models_as_json(tmp_path):
    done = seqchat("models", "--json", cwd=tmp_path)
    (shipped,) = [m for m in json.loads(done.stdout)["models"] if m["name"] == "lstm-chat"]
    assert set(shipped) == {"name", "path", "cell", "words", "parameters"}
    assert shipped["cell"] == "lstm"
    assert Path(shipped["path"]).is_dir()
    assert "lstm-chat" in seqchat("models", cwd=tmp_path).stdout


SMALL = ("--embedding", 16, "--hidden", 16, "--epochs", 1, "--device", "cpu")


def test_train_and_use_what_was_trained(tmp_path):
    done = seqchat("train", "sample", *SMALL, "--cell", "gru", "--json", cwd=tmp_path)
    answer = json.loads(done.stdout)
    assert set(answer) == {"checkpoint", "words_seen", "seconds", "validation"}
    assert set(answer["validation"]) == {"perplexity", "top1", "top5"}
    assert answer["checkpoint"] == "checkpoints/gru-sample"
    assert "validation perplexity" in done.stderr
    assert seqchat("complete", "你好", "-m", "gru-sample", cwd=tmp_path).returncode == 0
    again = seqchat("train", "sample", *SMALL, "--cell", "gru", cwd=tmp_path)
    failed(again, 1, "is there already", "--overwrite")
    replaced = seqchat("train", "sample", *SMALL, "--cell", "gru", "--overwrite", cwd=tmp_path)
    assert replaced.returncode == 0
    assert "seqchat tui checkpoints/gru-sample" in replaced.stdout
    assert [p.name for p in (tmp_path / "checkpoints").iterdir()] == ["gru-sample"]


def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path):
    command = [sys.executable, "-m", "seqchat", "train", "sample", "--out", "m", "--epochs", "4"]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    assert process.stderr is not None
    while "Training" not in process.stderr.readline():
        pass
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=120)
    assert process.returncode == 0, error
    assert "seqchat train --resume m" in out
    assert "Traceback" not in error
    done = seqchat("train", "--resume", "m", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["words_seen"] > 0
    assert seqchat("complete", "你好", "-m", "m", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("nothing",), 2, "the commands are tui, train"),
        (("complete", "x", "-m", "nothing"), 1, "There is no model 'nothing'"),
        (("complete", "x", "-k", "0"), 2, "-k"),
        (("generate", "x", "--temperature", "-1"), 1, "temperature"),
        (("generate", "x", "--temperature", "nan"), 1, "temperature"),
        (("generate", "x", "--top-p", "0"), 1, "top-p"),
        (("train", "nowhere.jsonl"), 1, "no file or folder nowhere.jsonl"),
        (("train", "sample", "--epochs", "0"), 1, "epochs is at least 1"),
        (("train", "sample", "--hidden", "0"), 1, "hidden_size"),
        (("train", "sample", "--output-dropout", "2"), 1, "output_dropout is a share"),
        (("train", "sample", "--bidirectional"), 1, "it would read the word it shall predict"),
        (("train", "sample", "--objective", "infill", "--bidirectional"), 1, "two directions already"),
        (("train", "sample", "--validation-share", "0"), 1, "between 0 and 1"),
        (("train", "sample", "--min-count", "0"), 1, "at least 1"),
        (("train", "sample", "--device", "cuda"), 1, "no CUDA device"),
        (("train", "sample", "--preset", "huge"), 2, "tiny"),
        (("plot", "nowhere"), 1, "no metrics.jsonl"),
        (("plot", ".", "--out", "x.doc"), 1, ".png or .svg"),
        (("train", "sample", "--time-limit", "soon"), 2, "90s, 10m or 2h"),
        (("train", "sample", "--out", "/proc/none/m"), 1, "cannot be written"),
        (("train", "--resume", "nowhere"), 1, "nothing to resume"),
        (("train", "sample", "--resume", "x"), 2, "--resume"),
        (("tui",), 1, "needs a terminal"),
        (("tui", "nothing"), 1, "There is no model"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(arguments, status, says, tmp_path):
    failed(seqchat(*arguments, cwd=tmp_path), status, says)
    assert list(tmp_path.iterdir()) == []


def test_only_a_model_is_ever_replaced(tmp_path):
    (tmp_path / "chats").mkdir()
    (tmp_path / "chats" / "a.txt").write_text("你好\n在吗\n", "utf-8")
    for out in ("chats", "."):
        done = seqchat("train", "chats", "--out", out, "--overwrite", cwd=tmp_path)
        failed(done, 1, "choose another --out")
    assert (tmp_path / "chats" / "a.txt").exists()


def test_a_run_goes_on_with_what_it_began_with(models, tmp_path):
    model = shutil.copytree(models["lstm"], tmp_path / "m")
    failed(seqchat("train", "--resume", model, "--batch", 4), 1, "cannot go on with another batch_size")
    failed(seqchat("train", "--resume", model, "--hidden", 4), 2, "its shape cannot change")


def test_the_default_data_set_needs_a_network(tmp_path):
    failed(seqchat("train", cwd=tmp_path), 1, "a file of your own", "'sample'", "go online")


def test_a_traceback_only_where_it_is_asked_for():
    done = seqchat("--debug", "complete", "x", "-m", "nothing")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_a_reader_that_leaves_early_is_no_error(models):
    command = f"yes 你好 | head -50 | {sys.executable} -m seqchat complete --json -m {models['lstm']} | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120)
    assert json.loads(done.stdout)["text"] == "你好"
    assert "Traceback" not in done.stderr
