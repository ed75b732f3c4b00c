"""The commands as a person or a script calls them: in a process of their own."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.torch import save_file

from seqchat.cli import COMMANDS

from ..processes import python, seqchat


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


@pytest.mark.slow
def test_train_and_use_what_was_trained(tmp_path):
    command = ("train", "sample", "--max-dialogs", 180, *SMALL, "--cell", "gru")
    done = seqchat(*command, "--json", cwd=tmp_path)
    answer = json.loads(done.stdout)
    assert set(answer) == {"checkpoint", "words_seen", "seconds", "validation", "held_out", "next"}
    assert answer["next"] == "seqchat tui checkpoints/gru-sample"
    found = answer["held_out"]
    assert found["model"] == "gru-sample"
    assert found["tested"]
    assert found["words"] > 100
    assert found["bits_per_character"] > found["shipped"]["bits_per_character"] > 1
    assert 0 <= found["keystroke_savings"] < found["shipped"]["keystroke_savings"] < 1
    assert set(answer["validation"]) == {"perplexity", "top1", "top5"}
    assert answer["checkpoint"] == "checkpoints/gru-sample"
    assert "validation perplexity" in done.stderr
    assert seqchat("complete", "你好", "-m", "gru-sample", cwd=tmp_path).returncode == 0
    again = seqchat(*command, cwd=tmp_path)
    failed(again, 1, "already exists", "--overwrite")
    replaced = seqchat(*command, "--overwrite", cwd=tmp_path)
    assert replaced.returncode == 0
    assert "seqchat tui checkpoints/gru-sample" in replaced.stdout
    assert re.search(
        r"on \d+ held-out dialogs, [\d,]+ words:\n +top-5 +bits per character +keys saved", replaced.stdout
    )
    assert "go on from it: seqchat train DATA --from lstm-chat" in replaced.stdout
    assert [p.name for p in (tmp_path / "checkpoints").iterdir()] == ["gru-sample"]


@pytest.mark.slow
def test_a_model_goes_on_with_a_chat_that_is_one_dialog(models, tmp_path):
    """Its end is held out, and measured on; the folder is named after both."""
    lines = [f"今天第{i}次说饕餮盛宴，我们去吃火锅吧" for i in range(150)]
    (tmp_path / "mine.txt").write_text("\n".join(lines), "utf-8")
    shutil.copytree(models["gru"], tmp_path / "checkpoints" / "old")
    done = seqchat("train", "mine.txt", "--from", "old", "--epochs", "2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Going on from old: its" in done.stderr
    assert "on 1 held-out dialog, " in done.stdout
    assert "they chose its best weights" in done.stdout
    assert "--from lstm-chat" not in done.stdout
    assert "seqchat tui checkpoints/old-mine" in done.stdout
    assert "饕餮" in seqchat("complete", "今天第3次说", "-m", "old-mine", cwd=tmp_path).stdout
    assert "seqchat train mine.txt --from old" in (tmp_path / "checkpoints/old-mine/README.md").read_text("utf-8")


def until_it_says(what, process):
    for line in process.stderr:
        if what in line:
            return
    pytest.fail(f"it ended without {what}")


@pytest.mark.slow
def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path):
    command = [sys.executable, "-m", "seqchat", "train", "sample", *map(str, SMALL), "--out", "m", "--epochs", "1000"]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    until_it_says("Training", process)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=120)
    assert process.returncode == 0, error
    assert "seqchat train --resume m" in out
    assert "Traceback" not in error
    done = seqchat("train", "--resume", "m", "--time-limit", "1s", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["words_seen"] > 0
    assert seqchat("complete", "你好", "-m", "m", cwd=tmp_path).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.3, 1])
def test_ctrl_c_while_the_text_is_read_leaves_nothing(tmp_path, seconds):
    """It reaches all processes, as that of a terminal does, also those that are only starting to cut the text."""
    (tmp_path / "chats.txt").write_text("".join(f"今天第{i}次说我们要去吃火锅\n" for i in range(200_000)), "utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "seqchat", "train", "chats.txt", "--out", "m"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )
    until_it_says("Reading", process)
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGINT)
    error = process.communicate(timeout=120)[1]
    assert process.returncode == 130, error
    assert "Traceback" not in error
    assert [path.name for path in tmp_path.iterdir()] == ["chats.txt"]


def test_an_interrupt_that_became_an_error_is_one_still():
    """As when it comes while Python's C code decodes bytes."""
    code = """
import seqchat.cli as cli

def interrupted(*_, **__):
    raise SystemError("a result with an exception set") from KeyboardInterrupt()

cli.cli.main = interrupted
cli.main()
"""
    done = python(code)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "Stopped.\n")


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("nothing",), 2, "the commands are tui, "),
        (("complete", "x", "-m", "nothing"), 1, "There is no model 'nothing'"),
        (("complete", "x", "-k", "0"), 2, "-k"),
        (("generate", "x", "--temperature", "-1"), 1, "temperature"),
        (("generate", "x", "--temperature", "nan"), 1, "temperature"),
        (("generate", "x", "--top-p", "0"), 1, "top-p"),
        (("train", "nowhere.jsonl"), 1, "no file or folder nowhere.jsonl"),
        (("train", "sample", "--epochs", "-1"), 1, "epochs must be a whole number of at least 0"),
        (("train", "sample", "--hidden", "0"), 1, "hidden_size"),
        (("train", "sample", "--output-dropout", "2"), 1, "output_dropout must be a number from 0 to 0.99"),
        (("train", "sample", "--bidirectional"), 1, "it would read the word that it should predict"),
        (("train", "sample", "--objective", "infill", "--bidirectional"), 1, "two directions already"),
        (("train", "sample", "--validation-share", "0"), 1, "greater than 0 and less than 1"),
        (("train", "sample", "--min-count", "0"), 1, "min_count must be a whole number of at least 1"),
        (("train", "sample", "--device", "cuda"), 1, "no CUDA device"),
        (("train", "sample", "--preset", "huge"), 2, "tiny"),
        (("plot", "nowhere"), 1, "There is no model 'nowhere'"),
        (("plot", ".", "--out", "x.doc"), 1, ".png or .svg"),
        (("train", "sample", "--time-limit", "soon"), 2, "90s, 10m or 2h"),
        (("train", "sample", "--out", "/proc/none/m"), 1, "cannot be written"),
        (("train", "--resume", "nowhere"), 1, "nothing to resume"),
        (("train", "sample", "--resume", "x"), 2, "DATA cannot change"),
        (("train", "sample", "--resume", "x"), 2, "to go on with other text, use --from DIR"),
        (("train", "--resume", "x", "--from", "lstm-chat"), 2, "--from cannot change"),
        (("train", "--from", "lstm-chat"), 2, "--from needs DATA"),
        (("train", "sample", "--from", "lstm-chat", "--hidden", "9"), 2, "--hidden cannot be chosen with --from"),
        (("train", "sample", "--from", "lstm-chat", "--preset", "tiny"), 2, "--preset cannot be chosen with --from"),
        (("train", "sample", "--from", "lstm-chat", "--segmenter", "auto"), 2, "--segmenter cannot be chosen"),
        (("train", "sample", "--from", "lstm-chat", "--max-words", "9"), 2, "--max-words cannot be chosen"),
        (
            ("train", "sample", "--from", "lstm-chat-infill", "--replay", "0.5"),
            2,
            "a model that predicts the next word",
        ),
        (("train", "sample", "--from", "rnn-chat", "--hidden-dropout", "0.1"), 2, "applies only with --layers 2"),
        (("train", "sample", "--from", "nothing"), 1, "There is no model 'nothing'"),
        (("train", "sample", "--from", "lstm-chat", "--replay", "1"), 1, "replay must be a number"),
        (("train", "sample", "--replay", "0.5"), 2, "--replay applies only with --from"),
        (("train", "--resume", "x", "--overwrite"), 2, "--overwrite cannot change"),
        (("train", "--resume", "x", "--preset", "tiny"), 2, "--preset cannot change"),
        (("train", "sample", "--nonlinearity", "relu"), 2, "--nonlinearity applies only with --cell rnn"),
        (("train", "sample", "--window-words", "4"), 2, "applies only with --objective window"),
        (
            ("train", "sample", "--softmax", "full", "--samples", "9"),
            2,
            "only with --softmax auto or sampled",
        ),
        (
            ("train", "sample", "--cell", "mingru", "--weight-dropout", "0.1"),
            2,
            "--weight-dropout applies only with --cell rnn, lstm or gru",
        ),
        (("train", "sample", "--non-monotonic", "9"), 2, "applies only with --optimizer sgd"),
        (("train", "sample", "--optimizer", "sgd", "--warmup", "0.1"), 2, "applies only with --optimizer adamw"),
        (("train", "sample", "--hidden-dropout", "0.1"), 2, "applies only with --layers 2 or more"),
        (
            ("train", "sample", "--objective", "window", "--weight-dropout", "0.1"),
            2,
            "applies only with --objective next or infill",
        ),
        (
            ("train", "sample", "--validation", "sample", "--validation-share", "0.1"),
            2,
            "applies only without --validation",
        ),
        (("train", "sample", "--field", "text"), 2, "with the sample"),
        (("train", "sample", "--activation", "-1"), 1, "ar_alpha must be a number of at least 0"),
        (("train", "sample", "--slowness", "1", "--tar-beta", "1"), 2, "--slowness is the old name of --tar-beta"),
        (("train", "sample", "--streaming"), 2, "--streaming is for data sets of the hub"),
        (("train", "sample", "--max-words", "5"), 1, "vocabulary has a single word"),
        (("train", "sample", "--max-dialogs", "1", "--validation", "nowhere.txt"), 1, "no file or folder nowhere.txt"),
        (("tui",), 1, "needs a terminal"),
        (("tui", "--remember", "--forget-on-exit"), 2, "exclude each other"),
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


@pytest.mark.slow
def test_a_run_goes_on_with_what_it_began_with(models, tmp_path):
    model = shutil.copytree(models["lstm"], tmp_path / "m")
    failed(seqchat("train", "--resume", model, "--batch", 4), 2, "--batch cannot change")
    failed(seqchat("train", "--resume", model, "--hidden", 4), 2, "--hidden cannot change")
    done = seqchat("train", "--resume", model)
    assert done.returncode == 0
    assert "Nothing was left to train" in done.stderr


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "a.txt has no usable dialog (it is empty)"),
        (" \n\n\u200b\n", "has no usable dialog"),
        ("好" * 1_000_000, "a.txt:1: a turn of 1,000,000 characters, more than 100,000; break it up"),
        ("好\n\n好\n", "All dialogs of the data are the same"),
        ("好", "a single turn"),
        ("好\n\n好 好\n", "vocabulary has a single word"),
        ("\x00\x01", "a.txt is no text that can be read"),
    ],
    # A million characters would be part of the test's name, which is handed to processes.
    ids=["empty", "blank", "a long turn", "all the same", "a single turn", "a single word", "control characters"],
)
def test_a_text_that_cannot_be_learnt_is_one_sentence(text, says, tmp_path):
    (tmp_path / "a.txt").write_text(text, "utf-8")
    failed(seqchat("train", "a.txt", "--min-count", "1", cwd=tmp_path), 1, says)
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_run_of_another_shape_or_format_is_refused(models, tmp_path):
    for number, (change, says) in enumerate(
        [
            (lambda m: _edit(m / "config.json", '"hidden_size": ', '"hidden_size": 1'), "hidden_size|shape"),
            (lambda m: (m / "training" / "state.safetensors").write_bytes(b"PK" * 99), "is damaged"),
            (lambda m: shutil.rmtree(m / "training" / "train"), "cannot be read"),
            (lambda m: (m / "training" / "train" / "starts.npy").unlink(), "cannot be read"),
            (_another_format, "has format 9"),
            (_another_text, "a different text"),
        ]
    ):
        model = shutil.copytree(models["lstm"], tmp_path / f"m{number}")
        change(model)
        before = {path: path.read_bytes() for path in model.rglob("*") if path.is_file()}
        done = seqchat("train", "--resume", model, cwd=tmp_path)
        failed(done, 1)
        assert re.search(says, done.stderr), done.stderr
        assert {path: path.read_bytes() for path in model.rglob("*") if path.is_file()} == before


def _edit(path, old, new):
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")


def _another_format(model):
    path = model / "training" / "state.safetensors"
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        header = {**file.metadata(), "format": "9"}
    save_file(tensors, path, header)


def _another_text(model):
    part = model / "training" / "train"
    starts = np.load(part / "starts.npy")
    starts[-1] -= 3
    np.save(part / "starts.npy", starts)


def test_the_default_data_set_needs_a_network(tmp_path):
    failed(seqchat("train", cwd=tmp_path), 1, "a file of your own", "'sample'", "go online")


def test_a_traceback_only_where_it_is_asked_for():
    done = seqchat("--debug", "complete", "x", "-m", "nothing")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


@pytest.mark.slow
def test_a_reader_that_leaves_early_is_no_error(models):
    command = f"yes 你好 | head -50 | {sys.executable} -m seqchat complete --json -m {models['lstm']} | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120)
    assert json.loads(done.stdout)["text"] == "你好"
    assert "Traceback" not in done.stderr
