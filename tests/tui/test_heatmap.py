import numpy as np
import pytest
from rich.cells import cell_len
from rich.style import Style

from seqchat.tui.heatmap import COLUMN, DIVERGING, SEQUENTIAL, bar, bar_row, colour, fit, heat_rows, label_row, levels

GROUND = Style(color="white", bgcolor="black")


def test_a_ramp_begins_and_ends_with_its_colours():
    for ramp in (SEQUENTIAL, DIVERGING):
        assert colour(0, ramp) == colour(-5, ramp) == ramp[0]
        assert colour(1, ramp) == colour(5, ramp) == ramp[-1]
        assert colour(0.5, ramp) == ramp[2]


def test_values_out_of_range_and_none_at_all():
    values = np.array([[-9, -1, 0, 1, 9, np.nan, np.inf]], dtype=np.float32)
    assert levels(values, -1, 1).tolist()[0][:5] == [0, 0, 32, 63, 63]
    assert 0 <= levels(values, -1, 1).min() <= levels(values, -1, 1).max() <= 63


@pytest.mark.parametrize(("words", "neurons", "rows"), [(1, 1, 1), (3, 8, 4), (4, 5, 3), (2, 0, 0)])
def test_two_neurons_a_row_and_a_column_a_word(words, neurons, rows):
    drawn = heat_rows(np.zeros((words, neurons), dtype=np.float32), 0, 1, GROUND)
    assert len(drawn) == rows
    assert all(sum(s.cell_length for s in row) == words * COLUMN for row in drawn)


def test_the_upper_half_is_the_first_neuron():
    row = heat_rows(np.array([[0.0, 1.0]], dtype=np.float32), 0, 1, GROUND)[0]
    style = row[0].style
    assert style is not None
    assert tuple(style.color.triplet) == SEQUENTIAL[0]
    assert tuple(style.bgcolor.triplet) == SEQUENTIAL[-1]


@pytest.mark.parametrize("text", ["", "a", "北", "北京", "北京市", "abcdef", "👨‍👩‍👧", "e\u0301"])
def test_labels_have_just_the_width_of_a_column(text):
    assert cell_len(fit(text, 4)) == 4
    assert sum(s.cell_length for s in label_row([text, text], 1, GROUND)) == 2 * COLUMN


def test_a_long_label_ends_with_an_ellipsis_and_no_gap():
    assert fit("吃火锅", 4) == "吃… "
    assert fit("abcdef", 4) == "abc…"


@pytest.mark.parametrize(
    ("share", "drawn"), [(0, "    "), (1, "████"), (0.5, "██  "), (0.53, "██▏ "), (-1, "    "), (9, "████")]
)
def test_a_bar_is_drawn_in_eighths(share, drawn):
    assert bar(share, 4) == drawn


def test_bars_of_signed_values_begin_with_their_sign():
    values = np.array([-1, 1, 0, np.nan], dtype=np.float32)
    assert "".join(s.text for s in bar_row(values, -1, 1, GROUND)) == "-███ +███ +    +    "
    assert "".join(s.text for s in bar_row(np.array([0.5], dtype=np.float32), 0, 1, GROUND)) == "██   "
