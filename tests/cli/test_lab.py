import json
import signal
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

import seqchat
from seqchat.cli.lab import lab
from seqchat.errors import SeqchatError

QUICK = ["--parameters", "3000", "--longest", "3", "--distances", "1,3,6", "--updates", "3", "--texts", "40"]


def memory(*arguments):
    return CliRunner().invoke(lab, ["memory", *map(str, arguments)], catch_exceptions=False)


def test_memory_as_json():
    done = memory(*QUICK, "--runs", 2, "--json")
    answer = json.loads(done.stdout)
    assert set(answer) == {"task", "seed", "updates", "seconds", "stopped", "models", "claims"}
    assert answer["task"] == {
        "subjects": "changing",
        "mixture": "octave",
        "longest": 3,
        "texts": 40,
        "chance": 0.5,
    }
    assert (answer["seed"], answer["updates"], answer["stopped"]) == (1, [3, 3], False)
    assert [m["name"] for m in answer["models"]] == ["rnn", "lstm", "gru", "gru-small"]
    for model in answer["models"]:
        assert set(model) == {
            "name",
            "cell",
            "hidden_size",
            "parameters",
            "recurrent_parameters",
            "learning_rates",
            "seconds_per_update",
            "reach",
            "milestones",
            "accuracy",
        }
        assert len(model["learning_rates"]) == len(model["reach"]) == 2
        assert model["milestones"] == []  # the first milestone is after 50 updates
        assert [a["distance"] for a in model["accuracy"]] == [1, 3, 6]
        assert [a["beyond_training"] for a in model["accuracy"]] == [False, False, True]
        for at in model["accuracy"]:
            assert at["accuracy"] == sum(at["correct"]) / 80
            assert 0 <= at["low"] <= at["accuracy"] <= at["high"] <= 1
    assert len(answer["claims"]) == 5
    assert all(set(c) == {"claim", "outcome", "measured"} for c in answer["claims"])


def test_memory_in_words():
    done = memory(*QUICK, "--runs", 1)
    assert done.exit_code == 0
    assert "6 beyond training" in done.stdout
    assert "one run, seed 1" in done.stdout
    assert "chance, which is 50%" in done.stdout
    assert done.stdout.count("The LSTM remembers farther than the RNN.") == 1
    assert "Texts such as: " in done.stderr


def test_what_was_so_on_the_way_is_told_too():
    done = memory(*QUICK, "--cell", "lstm", "--updates", 51, "--runs", 1, "--json")
    (model,) = json.loads(done.stdout)["models"]
    (milestone,) = model["milestones"]
    assert milestone["updates"] == 50
    assert set(milestone) == {"updates", "reach", "accuracy"}
    assert [set(a) for a in milestone["accuracy"]] == [set(a) for a in model["accuracy"]]


def test_a_single_cell_has_no_verdicts():
    assert "No claim compares these cells" in memory(*QUICK, "--cell", "gru").stdout
    answer = json.loads(memory(*QUICK, "--cell", "gru", "--cell", "rnn", "--json").stdout)
    assert [m["name"] for m in answer["models"]] == ["rnn", "gru"]
    assert [c["claim"] for c in answer["claims"]] == ["The GRU remembers farther than the RNN."]


def test_memory_as_pictures(tmp_path):
    memory(*QUICK, "--cell", "rnn", "--runs", 1, "--out", tmp_path / "a.svg")
    assert ElementTree.parse(tmp_path / "a.svg").getroot().tag.endswith("svg")
    memory(*QUICK, "--cell", "rnn", "--runs", 2, "--out", tmp_path / "a.PNG")
    assert (tmp_path / "a.PNG").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.PNG", "a.svg"]


@pytest.mark.slow
def test_memory_keeps_its_networks(tmp_path):
    folder = tmp_path / "networks"
    done = memory(*QUICK, "--subjects", "one", "--updates", 70, "--runs", 2, "--save", folder, "--json")
    names = [m["name"] for m in json.loads(done.stdout)["models"]]
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)
    assert list(tmp_path.iterdir()) == [folder]
    for name in names:
        model = seqchat.load(folder / name)
        right = [
            max(("他", "她"), key=lambda pronoun: found[pronoun]) == answer
            for text, answer in [
                ("说到 小帅", "他"),
                ("说到 小美", "她"),
                ("说到 小帅 今天", "他"),
                ("说到 小美 的", "她"),
            ]
            for found in [{s.word: s.probability for s in model.suggest(text, k=100)}]
        ]
        assert all(right)
        card = (folder / name / "README.md").read_text("utf-8")
        assert card.startswith(f"# {name}\n")
        assert "| 6 | " in card
        assert "farther than in training" in card


def test_pronouns_as_json_and_in_words():
    arguments = ["pronouns", "lesson-rnn", "lesson-lstm", "--between", "0,4", "--texts", "10"]
    answer = json.loads(CliRunner().invoke(lab, [*arguments, "--json"], catch_exceptions=False).stdout)
    assert [model["name"] for model in answer["models"]] == ["lesson-rnn", "lesson-lstm"]
    for model in answer["models"]:
        assert [a["between"] for a in model["answers"]] == [0, 4]
        assert all(set(a) == {"between", "words", "right", "certainty"} for a in model["answers"])
        assert model["answers"][0]["words"] < model["answers"][1]["words"]
    done = CliRunner().invoke(lab, arguments, catch_exceptions=False)
    assert done.stdout.splitlines()[2].split()[0] == "lesson-rnn"
    assert "half of all guesses are right" in done.stdout


def test_a_folder_for_networks_is_checked_before_training(tmp_path):
    for folder, says in [(tmp_path, "already exists"), (tmp_path / "no" / "folder", "there is no folder")]:
        with pytest.raises(SeqchatError, match=says):
            memory(*QUICK, "--save", folder)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--distances", "0,5"), "distances must each be a whole number from 1 to 1,000, not 0."),
        (("--distances", "5,-1"), "not -1"),
        (("--distances", "100000"), "not 100000"),
        (("--longest", "0"), "not 0"),
        (("--updates", "0"), "updates must be a whole number from 1 to"),
        (("--parameters", "380"), "cannot be made equal"),
        (("--out", "x.doc"), "its name must end in .png or .svg"),
        (("--out", "nowhere/x.png"), "there is no folder nowhere"),
    ],
)
def test_what_cannot_be_measured_is_one_sentence(arguments, says):
    with pytest.raises(SeqchatError) as error:
        memory(*arguments)
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--cell", "transformer"), "'rnn', 'lstm', 'gru'"),
        (("--subjects", "two"), "'one', 'changing'"),
        (("--distances", "near"), "'near' is not a list of numbers"),
        (("--distances", ""), "not a list of numbers"),
        (("--seconds", "0"), "is not a length of time"),
    ],
)
def test_wrong_usage_is_one_sentence(arguments, says):
    done = memory(*arguments)
    assert done.exit_code == 2
    assert says in done.stderr
    assert done.stdout == ""


def interrupt_after(monkeypatch, updates):
    from seqchat.training.lab.learner import Learner

    update, count = Learner.update, iter(range(1, 1_000))

    def update_and_interrupt(self, batch):
        update(self, batch)
        if next(count) in updates:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Learner, "update", update_and_interrupt)


def test_ctrl_c_measures_what_is_learned_so_far(monkeypatch):
    before = signal.getsignal(signal.SIGINT)
    interrupt_after(monkeypatch, {9})  # in the second update of the eight networks
    done = memory(*QUICK, "--updates", 1000, "--json")
    answer = json.loads(done.stdout)
    assert (answer["updates"], answer["stopped"]) == ([2], True)
    assert all(len(model["reach"]) == 1 for model in answer["models"])
    assert "Measuring what has been learned so far" in done.stderr
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_again_leaves_at_once(monkeypatch):
    interrupt_after(monkeypatch, {1, 2})
    done = memory(*QUICK, "--updates", 1000)
    assert done.exit_code == 1
    assert done.stdout == ""
