from seqchat.cli.progress import TrainingProgress


def test_what_is_told_has_no_escape_sequences(capsys):
    with TrainingProgress() as progress:
        progress.message("Reading \x1b[31mred\x1b[0m.txt")
        progress.progress("\x1b]0;title\x07 5 dialogs", 0.5)
    assert capsys.readouterr().err == "Reading red.txt\n"
