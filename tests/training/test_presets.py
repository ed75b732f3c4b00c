import pytest

from seqchat.model.cells import CELLS
from seqchat.model.config import ModelConfig
from seqchat.training.presets import FINE_TUNING, OPTIMIZER_NUMBERS, PRESETS


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_a_network_and_a_recipe_and_says_its_size(name):
    preset = PRESETS[name]
    config = ModelConfig(10_000, **preset.network)
    assert f"{config.parameters / 1e6:.1f} M parameters" in str(preset)
    assert preset.settings("lstm").learning_rate == preset.settings("gru").learning_rate


def test_presets_grow():
    sizes = [ModelConfig(10_000, **preset.network).parameters for preset in PRESETS.values()]
    assert sizes == sorted(sizes)
    assert [p.seconds for p in PRESETS.values()] == sorted(p.seconds for p in PRESETS.values())


def test_an_rnn_learns_at_a_lower_rate_unless_told_otherwise():
    preset = PRESETS["small"]
    assert preset.settings("rnn").learning_rate == preset.settings("lstm").learning_rate * CELLS["rnn"].lr_scale
    assert CELLS["rnn"].lr_scale < 1
    assert preset.settings("rnn", learning_rate=0.5, batch_size=3).learning_rate == 0.5
    assert preset.settings("rnn", batch_size=3).batch_size == 3


def test_an_optimizer_brings_its_own_numbers_unless_told_otherwise():
    preset = PRESETS["small"]
    sgd = preset.settings("lstm", optimizer="sgd")
    assert {name: getattr(sgd, name) for name in OPTIMIZER_NUMBERS["sgd"]} == OPTIMIZER_NUMBERS["sgd"]
    assert preset.settings("rnn", optimizer="sgd").learning_rate == sgd.learning_rate * CELLS["rnn"].lr_scale
    assert preset.settings("lstm", optimizer="sgd", clip=3.0).clip == 3.0
    assert preset.settings("lstm", optimizer="adamw") == preset.settings("lstm")


def test_large_texts_are_read_less_often_when_going_on_from_a_model():
    epochs = [FINE_TUNING.epochs_for(tokens) for tokens in (0, 14_999, 15_000, 50_000, 10_000_000)]
    assert epochs == sorted(epochs, reverse=True)
    assert epochs[0] > epochs[2] > epochs[3] == epochs[4] >= 1
