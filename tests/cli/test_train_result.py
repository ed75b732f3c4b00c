"""What the end of a run says, beside the model that ships."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from seqchat.cli.train_result import print_result
from seqchat.training.assessment import Assessment, Quality

BETTER, WORSE = Quality("a", 3.0, 0.2, 0.5, 0.3), Quality("b", 4.0, 0.1, 0.3, 0.2)


@pytest.mark.parametrize(
    ("own", "shipped", "goes_on", "advice"),
    [
        (BETTER, WORSE, False, ""),
        (WORSE, BETTER, False, "a knows this text better; go on from it: seqchat train DATA --from a"),
        (WORSE, BETTER, True, "a still knows this text better; give the new model more of it, or more time"),
        (BETTER, None, True, ""),
    ],
)
def test_it_says_what_to_do_if_the_shipped_model_is_better(own, shipped, goes_on, advice, capsys):
    quality = SimpleNamespace(perplexity=40.0, top1=0.2, top5=0.5)
    result = SimpleNamespace(folder=Path("m"), outcome="finished", tokens=1_000, seconds=9.0, quality=quality)
    print_result(result, Assessment(own, shipped, True, 100, 3, goes_on), as_json=False)
    lines = [line for line in capsys.readouterr().out.splitlines() if "knows this text better" in line]
    assert lines == [advice] * bool(advice)
