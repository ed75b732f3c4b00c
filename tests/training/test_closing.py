"""What the end of a run has time for: texts are as long as the time that is left allows, and never empty."""

from types import SimpleNamespace

import numpy as np
import pytest

from seqchat.training.closing import MEASURING_SECONDS, ClosingTime


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
        settings=SimpleNamespace(ngram_words=4_000_000),
        seconds_left=lambda: left,
    )
    return ClosingTime(trainer)


@pytest.mark.parametrize("left", [None, 1_000.0])
def test_with_enough_time_everything_is_read(left):
    assert closing(left).text(5.0).targets == 10_000
    assert closing(left).tokens_to_count() == 4_000_000
    assert closing(left).share_to_measure() == 1.0


def test_with_little_time_as_much_is_read_as_fits():
    # 10,000 tokens take 10 seconds; they are to be read five times in 20.
    assert closing(20.0 + MEASURING_SECONDS).text(5.0).targets == pytest.approx(4_000, rel=0.1)
    assert closing(MEASURING_SECONDS / 2).share_to_measure() == 0.5


def test_on_a_busy_machine_less_is_counted_and_measured():
    assert closing(40.0, slowdown=3.0).tokens_to_count() < closing(40.0).tokens_to_count()
    assert closing(40.0, slowdown=8.0).share_to_measure() < 0.5


def test_after_its_end_a_little_is_read_all_the_same():
    over = closing(-30.0)
    assert 0 < over.text(1.2).targets <= 2_000
    assert 0 < over.tokens_to_count() < 4_000_000
    assert 0 < over.share_to_measure() < 0.2
