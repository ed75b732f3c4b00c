import pytest

from seqchat.completion.suggestion import suggest
from seqchat.corpus.sources import read_dialogs
from seqchat.evaluation import latency
from seqchat.evaluation.latency import measure_latency, typed_prefixes
from seqchat.model.checkpoint import Checkpoint

MESSAGES = [turn for dialog in list(read_dialogs(["sample"]))[:8] for turn in dialog.turns]


def test_keys_are_what_stands_before_the_cursor():
    assert list(typed_prefixes(["你好", "在"])) == ["你", "你好", "在"]


@pytest.mark.slow
def test_all_stages_are_timed_and_nothing_stays_wrapped(models, monkeypatch):
    monkeypatch.setattr(latency, "_LONG_CONTEXT", 100)
    found = measure_latency(Checkpoint.load(models["gru"]), MESSAGES, "fp32")
    assert found.keystrokes == sum(map(len, MESSAGES[:20]))
    assert set(found.stages) == {"words", "cell", "output", "ranking"}
    assert sum(found.stages.values()) == pytest.approx(1)
    assert all(share > 0 for share in found.stages.values())
    assert 0 < found.keystroke.p50 <= found.keystroke.p99
    assert found.naive_ms > 0
    assert found.words_per_second > 0
    assert found.precision == "fp32"
    assert found.same_top5 is None


def test_stages_leave_the_engine_as_it_was(lstm):
    before = [s.insert for s in suggest(lstm, "我想")]
    with latency._stages(lstm) as spent:
        suggest(lstm, "我想吃")
    assert spent["cell"] > 0
    assert not vars(lstm.network.output).keys() & {"logits", "exact_logits"}
    assert "step" not in vars(lstm.network)
    assert [s.insert for s in suggest(lstm, "我想")] == before


@pytest.mark.slow
def test_the_synthetic_network_has_the_shape_of_the_design(monkeypatch):
    small = {**latency.SYNTHETIC.to_json(), "vocabulary_size": 6_000, "hidden_size": 16, "embedding_size": 8}
    monkeypatch.setattr(latency, "SYNTHETIC", type(latency.SYNTHETIC)(**small))
    checkpoint = latency.synthetic_checkpoint()
    assert len(checkpoint.words) == checkpoint.config.vocabulary_size == 6_000
    assert "的" in checkpoint.words
    assert checkpoint.config.layers == 2
