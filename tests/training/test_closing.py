"""What the end of a run has time for: texts are as long as the time that is left allows, and never empty."""

from types import SimpleNamespace

import numpy as np
import pytest

from seqchat.training import closing as closing_module
from seqchat.training.closing import MEASURING_SECONDS, ClosingTime, TimeToMeasure, closing_seconds


@pytest.fixture(autouse=True)
def as_fast_as_where_it_was_measured(monkeypatch):
    monkeypatch.setattr(closing_module, "machine_factor", lambda: 1.0)


class Text:
    """A text of dialogs of ten tokens."""

    def __init__(self, dialogs):
        self.dialogs, self.targets = dialogs, 10 * dialogs

    def selected(self, chosen):
        return Text(int(np.sum(chosen)))


def closing(left, *, report_seconds=10.0, slowdown=1.0):
    trainer = SimpleNamespace(
        validation=Text(1_000),
        report_seconds=report_seconds,
        slowdown=slowdown,
        device=SimpleNamespace(type="cpu"),
        settings=SimpleNamespace(ngram_words=4_000_000),
        seconds_left=lambda: left,
    )
    return ClosingTime(trainer)


@pytest.mark.parametrize("left", [None, 1_000.0])
def test_with_enough_time_everything_is_read(left):
    assert closing(left).text(0).targets == 10_000
    assert closing(left).tokens_to_count() == 4_000_000
    assert closing(left).time_to_measure().share == 1.0


def test_with_little_time_as_much_is_read_as_fits():
    # 10,000 tokens take 10 seconds; what is left to do reads them five times.
    assert closing(40.0 + MEASURING_SECONDS).text(0).targets == pytest.approx(8_000, rel=0.1)
    assert closing(40.0 + MEASURING_SECONDS).text(3).targets == 10_000
    assert closing(20.0).text(0).targets == pytest.approx(2_000, rel=0.1)
    assert 0.3 < closing(MEASURING_SECONDS / 2).time_to_measure().share < 0.5


def test_of_a_long_text_only_the_beginning_is_read_again():
    assert closing_seconds(10_000, 1e-3) == pytest.approx(50.0)
    assert closing_seconds(1_000_000, 1e-3) < 1_700


def test_on_a_busy_machine_less_is_counted_and_measured():
    assert closing(20.0, slowdown=4.0).tokens_to_count() < closing(20.0).tokens_to_count()
    assert closing(40.0, slowdown=8.0).time_to_measure().share < 0.5


def test_on_a_slow_machine_too(monkeypatch):
    fast = closing(60.0).time_to_measure().share
    monkeypatch.setattr(closing_module, "machine_factor", lambda: 4.0)
    assert closing(60.0).time_to_measure().share < fast


def test_after_its_end_a_little_is_read_all_the_same():
    over = closing(-30.0)
    assert 0 < over.text(3).targets <= 2_000
    assert 0 < over.tokens_to_count() < 4_000_000
    assert 0 < over.time_to_measure().share < 0.2


def test_what_does_not_end_in_time_is_not_allowed():
    assert TimeToMeasure().allows(1e9)
    assert closing(20.0).time_to_measure().allows(10.0)
    assert not closing(20.0).time_to_measure().allows(60.0)
