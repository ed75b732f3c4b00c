import json

from click.testing import CliRunner

from seqchat.cli.data import data

CHAT = "29/03/2024, 13:23 - Nora: hello\n29/03/2024, 13:24 - Theo: <Media omitted>\n29/03/2024, 13:25 - Theo: hi\n"


def run(*arguments):
    done = CliRunner().invoke(data, [str(argument) for argument in arguments], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_the_report_says_what_is_read_and_what_is_left_out(tmp_path):
    path = tmp_path / "chat.txt"
    path.write_text(CHAT, "utf-8")
    said = run(path)
    assert "WhatsApp, 2 messages by 2 people on 1 day; left out: 1 media note" in said
    assert "Nora: hello" in said
    report = json.loads(run(path, "--json"))
    assert report["files"][0]["left_out"] == {"media note": 1}
    assert (report["dialogs"], report["turns"]) == (1, 2)


def test_every_dialog_is_a_line_with_its_speakers(tmp_path):
    path = tmp_path / "chat.txt"
    path.write_text(CHAT, "utf-8")
    assert json.loads(run(path, "--dialogs", "--json")) == {
        "dialog": ["hello", "hi"],
        "speakers": ["Nora", "Theo"],
        "file": str(path),
        "format": "WhatsApp",
    }
    assert run(path, "--dialogs") == "Nora: hello\nTheo: hi\n\n"


def test_lines_of_a_format_that_is_not_known_are_shown(tmp_path):
    path = tmp_path / "log.txt"
    path.write_text("".join(f"2024-03-29 09:12:0{n} checked pump number {n} again\n" for n in range(6)), "utf-8")
    said = run(path)
    assert "no format of chats fits" in said
    assert said.count("checked pump") >= 3
