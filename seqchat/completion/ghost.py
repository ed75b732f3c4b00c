"""Grey text: what probably follows the best suggestion, as far as it is worth a glance."""

from __future__ import annotations

import math
from collections.abc import Callable

from seqchat.completion.continuation import generate
from seqchat.completion.engine import Engine
from seqchat.completion.sampling import Sampling
from seqchat.completion.spacing import is_finished
from seqchat.completion.suggestion import Suggestion
from seqchat.completion.worth import MIN_NEXT_PROBABILITY, without_open_end


def words_ahead(
    engine: Engine,
    text: str,
    best: Suggestion,
    most: int,
    stops: Callable[[], bool],
    fits: Callable[[str, str], bool] = lambda word, before: True,
) -> str:
    """Return the most probable words after a text and its best suggestion, as long as they are probable.

    most: how many words at most; stops: asked after each word whether to go no further; fits: whether a word may follow
    the text before it.
    """
    ahead = ""
    finished = is_finished(best.insert)
    greedy = Sampling(temperature=0, max_words=most)
    for word in generate(engine, text + best.insert, 1, greedy, finished=finished):
        if word.log_probability < math.log(MIN_NEXT_PROBABILITY) or stops():
            break
        if not fits(word.text, text + best.insert + ahead):
            break
        ahead += word.text
    return without_open_end(ahead)
