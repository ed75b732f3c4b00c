import json

import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from seqchat.cli.probe import probe
from seqchat.completion.engine import Engine
from seqchat.errors import SeqchatError
from seqchat.insight.holds import GateHold
from seqchat.insight.intervention import Intervention, compare
from seqchat.insight.splits import find_word, logit_split
from seqchat.insight.swaps import Swap

TEXT = "小帅喜欢吃火锅，他每天都去"


def run(*arguments):
    return CliRunner().invoke(probe, [str(a) for a in arguments], catch_exceptions=False)


def test_probe_as_json(models):
    done = run(TEXT, "-m", models["lstm"], "--hold", "forget=0@2:n3,w2", "--swap", "他=她", "-k", 4, "--json")
    answer = json.loads(done.stdout)
    found = compare(
        Engine.load(models["lstm"]),
        TEXT,
        Intervention((GateHold("forget", 0.0, "2", (3,), 2),), (Swap("他", "她"),)),
        4,
    )
    assert set(answer) == {
        *("text", "holds", "swaps", "untouched", "changed", "bits", "state", "columns", "layers"),
        *("substitutes", "text_substitutes", "why"),
    }
    assert answer["holds"] == [{"gate": "forget", "value": 0.0, "layer": "2", "neurons": [3], "start": 2}]
    assert answer["swaps"] == [{"old": "他", "new": "她", "at": None}]
    assert answer["bits"] == pytest.approx(found.bits) and found.bits > 0
    for name, run_ in (("untouched", found.untouched), ("changed", found.changed)):
        assert answer[name]["words"] == run_.words
        assert answer[name]["first"] == 0
        assert len(answer[name]["suggestions"]) == 4
        for given, chance in zip(answer[name]["suggestions"], run_.suggestions, strict=True):
            assert given["word"] == chance.word
            assert (given["untouched"], given["changed"]) == pytest.approx((chance.untouched, chance.changed))
    assert answer["columns"] == [list(pair) for pair in found.columns]
    assert [layer["name"] for layer in answer["layers"]] == ["1", "2"]
    for k, layer in enumerate(answer["layers"]):
        assert layer["distance"] == pytest.approx(found.distance[k].tolist())
        assert [mover["neuron"] for mover in layer["movers"]] == [neuron for neuron, _ in found.top_changes[k]]
        assert [m["changed"] - m["untouched"] for m in layer["movers"]] == pytest.approx(
            [change for _, change in found.top_changes[k]], abs=1e-6
        )
    assert answer["text_substitutes"] == found.text_substitutes
    assert answer["why"] is None


def test_an_undefined_cosine_is_null(models):
    done = run("你好", "-m", models["lstm"], "--hold", "cell=0", "--json")
    layers = json.loads(done.stdout)["layers"]
    assert all(layer["cosine"] == [None] * len(layer["distance"]) for layer in layers)
    assert "–" in run("你好", "-m", models["lstm"], "--hold", "cell=0").stdout


def test_why_as_json(models):
    arguments = (TEXT, "-m", models["gru"], "--swap", "他=她", "--why", "火锅", "--rather-than", "的", "--json")
    answer = json.loads(run(*arguments).stdout)["why"]
    engine = Engine.load(models["gru"])
    found = compare(engine, TEXT, Intervention(swaps=(Swap("他", "她"),)))
    ids = [find_word(engine, found.untouched.node, word) for word in ("火锅", "的")]
    assert (answer["word"], answer["rather_than"]) == ("火锅", "的")
    for name, node in (("untouched", found.untouched.node), ("changed", found.changed.node)):
        split = logit_split(engine, node, *ids)
        assert answer[name]["logit"] == pytest.approx(split.total)
        assert answer[name]["bias"] == pytest.approx(split.bias)
        raising, lowering = split.strongest(5)
        assert [part["neuron"] for part in answer[name]["raising"]] == [part.neuron for part in raising]
        assert [part["contribution"] for part in answer[name]["lowering"]] == pytest.approx(
            [part.value for part in lowering]
        )
    assert len(answer["moved"]) == 5
    changes = [abs(moved["changed"] - moved["untouched"]) for moved in answer["moved"]]
    assert changes == sorted(changes, reverse=True)


def test_probe_in_words(models):
    done = run(TEXT, "-m", models["lstm"], "--hold", "forget=0", "--swap", "小帅=小美", "-k", 3)
    lines = done.stdout.splitlines()
    assert "小美 is read as 小 美" in lines[0]
    assert "D(untouched ‖ changed)" in done.stdout
    start = lines.index("The next word, untouched → changed:")
    arrows = [[cell_len(line[:i]) for i, c in enumerate(line) if c == "→"] for line in lines[start + 2 : start + 5]]
    assert len(arrows[0]) == 2
    assert arrows[0] == arrows[1] == arrows[2]
    start = next(i for i, line in enumerate(lines) if line.startswith("How far the cell states"))
    rows = lines[start + 1 : lines.index("", start)]
    assert len({cell_len(row) for row in rows}) == 1
    assert rows[1].split()[:3] == ["0", "▶", "▶"]
    assert "layer 2" in rows[0]
    assert any("帅" in row and "美" in row for row in rows)
    assert "Why" not in done.stdout


def test_words_without_a_match_have_a_row_of_their_own(models):
    done = run("他去", "-m", models["rnn"], "--swap", "他=☃☃", "--last", 10)
    lines = done.stdout.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("How far the hidden states"))
    assert [line.split()[:3] for line in lines[start + 2 : start + 6]] == [
        ["0", "▶", "▶"],
        ["□"],
        ["1", "他", "□"],
        ["2", "去", "去"],
    ]


def test_why_alone_shows_one_run(models):
    done = run("我想吃", "-m", models["gru"], "--why", "火锅")
    assert done.stdout.splitlines()[0] == "Why 火锅, as parts of the logit:"
    assert "untouched" in done.stdout
    assert "changed" not in done.stdout
    assert "all 32 and bias" in done.stdout
    both = run("我想吃", "-m", models["gru"], "--why", "火锅", "--rather-than", "的", "--hold", "update=1")
    assert "Why 火锅 rather than 的, as parts of the logit difference:" in both.stdout
    assert "changed most" in both.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("", "--hold", "forget=0"), "The text has no words"),
        ((TEXT, "--hold", "forget=0@3"), "There is no layer 3; the model has layers 1 and 2."),
        ((TEXT, "--hold", "reset=0"), "it has input, forget, candidate, output, cell and hidden."),
        ((TEXT, "--hold", "forget=0@1:n32"), "each layer has the neurons 0 to 31"),
        ((TEXT, "--hold", "forget=2"), "between 0 and 1"),
        ((TEXT, "--swap", "北京=上海"), "'北京' is not a word of the text; its words are 小 帅"),
        ((TEXT, "--why", "☃☃"), "<unk> <unk> is read instead."),
    ],
)
def test_what_is_not_there_is_one_sentence(models, arguments, says):
    with pytest.raises(SeqchatError) as error:
        run(*arguments, "-m", models["lstm"])
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((TEXT,), "Give --hold, --swap or --why"),
        ((TEXT, "--swap", "他=她", "--rather-than", "的"), "--rather-than needs --why"),
        ((TEXT, "--hold", "forget"), "is not a hold; write gate=value@layer"),
        ((TEXT, "--swap", "他"), "is not a swap; write old=new"),
        ((TEXT, "--hold", "forget=0", "-k", "0"), "0 is not in the range"),
    ],
)
def test_wrong_usage_is_one_sentence(models, arguments, says):
    done = run(*arguments, "-m", models["lstm"])
    assert done.exit_code == 2
    assert says in done.stderr
    assert done.stdout == ""
