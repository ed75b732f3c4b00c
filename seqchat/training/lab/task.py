"""The memory test's data: a person becomes the subject, words that say nothing about them follow, and then 他 or 她.

After the long-range tasks of Bengio, Simard and Frasconi (1994) and of Hochreiter and Schmidhuber (1997): one bit has
to be kept over many steps while other words are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from seqchat.training.lab.settings import Mixture, Subjects

PERSONS = ("小帅", "小美")
PRONOUNS = ("他", "她")
# The word before a person says whether they are the subject from here on, or are merely mentioned.
SUBJECT, OBJECT = "说到", "和"
FILLERS = ("是", "程序员", "今天", "每天", "都", "在", "加班", "喜欢", "吃", "火锅", "看", "电影", "家", "了", "的")
WORDS = (*PERSONS, *PRONOUNS, SUBJECT, OBJECT, *FILLERS)

_IDS = {word: i for i, word in enumerate(WORDS)}
# For changing subjects: the most pairs of words before the last subject, and the share of them that name a person.
_EARLIER_PAIRS = 5
_SUBJECT_SHARE, _OBJECT_SHARE = 0.3, 0.2


class TaskBatch(NamedTuple):
    """Texts side by side.

    ids [time, batch]: what is read; lengths [batch]: the number of words of each text; answers [batch]: the id of the
    pronoun that comes next.
    """

    ids: Tensor
    lengths: Tensor
    answers: Tensor


@dataclass(frozen=True)
class MemoryTask:
    """How texts are drawn.

    With ``one`` subject, a text names a person, drawn at random, and all other words are drawn at random from
    `FILLERS`. With ``changing`` subjects, others are the subject first, and persons who are not the subject are named
    everywhere, all drawn at random. The last subject decides the pronoun.

    Distances in training are ``uniform``, or by ``octave``: as often from 2 to 4 words as from 20 to 40, so that near
    subjects are more frequent than far ones, as in real text.
    """

    subjects: Subjects = "changing"
    mixture: Mixture = "octave"

    def draw(self, distances: Tensor, generator: Generator) -> TaskBatch:
        """Draw a text for each distance [batch]: the pronoun is this many words after the last subject, at least 1."""
        count = len(distances)
        changing = self.subjects == "changing"
        last = torch.randint(_EARLIER_PAIRS + 1 if changing else 1, (count,), generator=generator)
        lengths = 2 * last + 1 + distances
        shape = (int(lengths.max()) + 1) // 2, count
        pairs = torch.randint(_IDS[FILLERS[0]], len(WORDS), (2, *shape), generator=generator)
        persons = torch.randint(len(PERSONS), shape, generator=generator)
        draws = torch.rand(shape, generator=generator)
        index = torch.arange(len(draws))[:, None]
        subject = (index == last) | ((index < last) & (draws < _SUBJECT_SHARE))
        # A pair that the text's end would split names nobody.
        named = changing & ~subject & (draws > 1 - _OBJECT_SHARE) & (2 * index + 2 <= lengths)
        pairs[0] = torch.where(subject, _IDS[SUBJECT], torch.where(named, _IDS[OBJECT], pairs[0]))
        pairs[1] = torch.where(subject | named, persons, pairs[1])
        ids = pairs.transpose(0, 1).reshape(-1, count)
        answers = persons[last, torch.arange(count)] + _IDS[PRONOUNS[0]]
        return TaskBatch(ids[: int(lengths.max())], lengths, answers)

    def draw_up_to(self, longest: int, count: int, generator: Generator) -> TaskBatch:
        """Draw texts of all distances from 1 to `longest`, mixed as `mixture` says."""
        share = torch.rand(count, generator=generator, dtype=torch.float64)
        exact = 1 + longest * share if self.mixture == "uniform" else (1 + longest) ** share
        return self.draw(exact.long().clamp(1, longest), generator)

    def draw_at(self, distance: int, count: int, generator: Generator) -> TaskBatch:
        """Draw texts of one distance."""
        return self.draw(torch.full((count,), distance), generator)


def as_text(batch: TaskBatch, row: int) -> str:
    """Return a text of a batch with its answer, as a person reads it."""
    words = [WORDS[i] for i in batch.ids[: batch.lengths[row], row]]
    return f"{' '.join(words)} → {WORDS[batch.answers[row]]}"
