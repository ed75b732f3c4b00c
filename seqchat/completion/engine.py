"""A loaded model, ready to type with."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from pathlib import Path

import torch
from torch import Tensor

from seqchat.completion.context import TextContext
from seqchat.completion.cursor import Cursor
from seqchat.completion.habits import Habits
from seqchat.completion.learned_words import LearnedWords
from seqchat.completion.memory import MAX_REMEMBERED_WORDS, Memory
from seqchat.completion.prediction import GapPredictor, Predictor
from seqchat.completion.script import TraditionalScript, script_of
from seqchat.completion.worth import is_fragment
from seqchat.corpus.lexicon_words import NO_LEXICON, Lexicons, LexiconWords, contexts_of, lexicons_of
from seqchat.corpus.spelling import Spelling
from seqchat.corpus.vocabulary import SPECIAL_WORDS, TURN_ID, Vocabulary
from seqchat.corpus.words import segmenter
from seqchat.errors import SeqchatError
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.mixture import LexiconMixture, LexiconShares
from seqchat.model.model_registry import find
from seqchat.model.output import Precision
from seqchat.model.stepping import InfillSteps, build_steps

# A network reads this much on the right of a gap; it learned from windows of about this length.
MAX_RIGHT_WORDS = 40


class Engine:
    """A model, its words, the states of the current text, and the memory.

    Not safe to use from several threads at once; each can have a `fork`.
    """

    def __init__(
        self, name: str, checkpoint: Checkpoint, precision: Precision = "auto", lexicons: Lexicons = NO_LEXICON
    ) -> None:
        self.name = name
        self.config = checkpoint.config
        self.vocabulary = Vocabulary(checkpoint.words, segmenter(checkpoint.segmenter))
        if not self.vocabulary.suggestible.any():
            raise SeqchatError("its vocabulary has no word that could be offered.")
        if lexicons != NO_LEXICON:
            self.vocabulary.lexicon = LexiconWords(self.vocabulary, lexicons.shared, lexicons.own)
        self.lexicon = mixed_in(self.vocabulary, checkpoint.lexicon_shares)
        self.network = build_steps(checkpoint.config, checkpoint.weights, precision)
        self.context = TextContext(self.network, self.vocabulary, checkpoint.mixture)
        self.mixture = checkpoint.mixture
        self.memory = Memory(checkpoint.cache, len(checkpoint.words))
        # 0 for the words [words] that may be offered, minus infinity for the others
        self.suggestible_mask = torch.zeros(len(self.vocabulary))
        self.suggestible_mask[torch.from_numpy(~self.vocabulary.suggestible)] = -torch.inf
        self.fragments = _fragments(self.vocabulary)
        self._right: tuple[str, Tensor] = ("", torch.empty(0))
        # What the writer's habits add, and the mixture without them
        self._learned: LearnedWords | None = None
        self._learned_share = 0.0
        # How what is suggested and continued is written; None as models write it
        self.script: TraditionalScript | None = None
        self._apart = self.lexicon

    @classmethod
    def load(cls, model: str | Path, precision: Precision = "auto", lexicon: str | Path | None = None) -> Engine:
        """Load a model by its path or name; this thread computes alone from then on.

        lexicon: as for `lexicons_of`.

        Raises:
            SeqchatError: there is no such model, or its files are damaged or do not fit each other.
        """
        # One thread is faster and steadier than several for the small products of a single step.
        torch.set_num_threads(1)
        folder = find(str(model))
        checkpoint = Checkpoint.load(folder)
        try:
            return cls(folder.name, checkpoint, precision, lexicons_of(folder, lexicon))
        except SeqchatError as error:
            raise SeqchatError(f"The model in {folder} cannot be used: {error}") from error

    def spell(self, spelling: Spelling) -> None:
        """Read letters as a writer with these habits types them; forks do so too."""
        self.vocabulary.spell(spelling)

    def fork(self, spelling: Spelling | None = None) -> Engine:
        """Return an engine that shares the weights and the words, with states and a memory of its own.

        spelling: how it alone reads letters; by default as this one does, also after `spell`.
        """
        other = copy(self)
        if spelling is not None:
            other.vocabulary = copy(self.vocabulary)
            other.vocabulary.lexicon = copy(self.vocabulary.lexicon)
            other.vocabulary.spell(spelling)
        other.context = TextContext(self.network, self.vocabulary, self.mixture)
        other.context.read_as = self.context.read_as
        other.memory = Memory(self.memory.cache_weights, len(self.vocabulary))
        other._right = ("", torch.empty(0))
        return other

    def follow(self, habits: Habits) -> None:
        """Offer the words of a writer's habits from now on, with all that changes in them.

        Forks that were made before do not; those made later do.
        """
        self.adopt(self.learned(habits))

    @property
    def has_learned(self) -> bool:
        """Whether it offers learned words."""
        return self._learned is not None

    def learned(self, habits: Habits) -> LearnedWords:
        """Return the words of habits for `adopt`; with many of them that takes a while, and any thread may do it."""
        lexicon = self.vocabulary.lexicon
        words = LearnedWords(self.vocabulary, lexicon if isinstance(lexicon, LexiconWords) else None, habits)
        words.follow()
        return words

    def adopt(self, words: LearnedWords) -> None:
        """Offer learned words from now on, as `follow` does."""
        assert self._learned is None, "an engine follows one writer"
        self._learned, self.vocabulary = words, copy(self.vocabulary)
        self.vocabulary.lexicon = words
        self._apart = self.lexicon or LexiconMixture.of_nothing(len(self.vocabulary))
        self._learned_share = words.share
        self.lexicon = self._apart.with_learned(words.share)

    def _follow(self, words: LearnedWords) -> None:
        """Use the learned words as they are now; another fork may have asked for them before."""
        words.follow()
        if self._apart is not None and words.share != self._learned_share:
            self._learned_share = words.share
            self.lexicon = self._apart.with_learned(words.share)

    def use_script(self, name: str) -> None:
        """Read and write text in simplified or traditional characters from now on.

        Raises:
            SeqchatError: what the conversion needs is not installed.
        """
        self.script = script_of(name)
        self.context.read_as = str if self.script is None else self.script.read

    @property
    def reads_both_sides(self) -> bool:
        """Whether the network has a direction that reads the text right of a gap."""
        return isinstance(self.network, InfillSteps)

    def learn(self, texts: Sequence[str]) -> None:
        """Remember texts that the writer wrote, so that their words become more probable; each is a turn of its own.

        Only the last texts are read, as many as fit into the memory.
        """
        turns: list[list[int]] = []
        words = 0
        for text in reversed(texts):
            if words >= MAX_REMEMBERED_WORDS:
                break
            turns.insert(0, self.context.ids(f"{text}\n"))
            words += len(turns[0])
        tree = self.context.tree
        for node in tree.read([tree.root] * len(turns), turns):
            self.memory.learn(list(node.path_to_root())[-2::-1])

    def cursor(self, text: str, after: str = "") -> Cursor:
        """Read a text up to the cursor.

        after: a `readable_right` text on the right of it, for networks that read both sides.
        """
        if self._learned is not None:
            self._follow(self._learned)
        text = self.context.readable(text)
        (node,) = self.context.nodes(text, [len(text)])
        predictor = Predictor(self.context.tree, self.memory.cache_before(node), self.lexicon)
        return Cursor(text, node, predictor, self.gap_predictor(after) or predictor)

    def gap_predictor(self, after: str) -> GapPredictor | None:
        """Return what predicts the word before a `readable_right` text; None if it is empty or the network cannot read
        it."""
        if not isinstance(self.network, InfillSteps) or not after.strip():
            return None
        if self._right[0] != after:
            ids = self.right_ids(after, " ")[:MAX_RIGHT_WORDS]
            self._right = after, self.network.read_right(torch.tensor(ids))
        return GapPredictor(self.context.tree, self.network, self._right[1], self.lexicon)

    def right_ids(self, after: str, before: str) -> list[int]:
        """Return the words of a text that follows the character `before`; a line break ends the turn."""
        ids: list[int] = []
        for number, line in enumerate(after.split("\n")):
            if number:
                ids.append(TURN_ID)
            ids += self.vocabulary.encode(self.vocabulary.segmenter.split(line, " " if number else before))
        return ids


def _fragments(vocabulary: Vocabulary) -> list[int]:
    """Return the ids of the letters that only spell other words; none if there is nothing else."""
    found = [i for i, word in enumerate(vocabulary.words) if is_fragment(word)]
    return found if len(found) + len(SPECIAL_WORDS) < len(vocabulary) else []


def mixed_in(vocabulary: Vocabulary, shares: LexiconShares) -> LexiconMixture | None:
    """Return how the lexicon of a vocabulary is mixed in; None if it has none."""
    if not isinstance(vocabulary.lexicon, LexiconWords):
        return None
    return LexiconMixture(shares, contexts_of(vocabulary), vocabulary.lexicon.present)
