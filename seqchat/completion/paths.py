"""How probable it is to come from one node to another, over every way to cut the characters between them.

Words that the vocabulary lacks are spelled with its characters, and a lexicon may have them as well: both ways lead to
the same node, so their probabilities add up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seqchat.completion.prediction import Predictor, logsumexp
from seqchat.completion.states import Node
from seqchat.corpus.cleaning import GLUE
from seqchat.corpus.extra_words import ExtraWords
from seqchat.corpus.lexicon import MAX_LENGTH
from seqchat.corpus.vocabulary import SPECIAL_WORDS, Vocabulary
from seqchat.corpus.words import graphemes


def log_prob_of_path(path: Sequence[Node], predictor: Predictor, vocabulary: Vocabulary, lexicon: ExtraWords) -> float:
    """Return log P(the words of a path after its first node), those that it spells as entries of the lexicon too."""
    words = [_character(node, vocabulary) for node in path]
    ways: list[list[float]] = [[0.0], *([] for _ in path[1:])]
    for start, node in enumerate(path[:-1]):
        reached = logsumexp(ways[start])
        ways[start + 1].append(reached + predictor.log_prob(path[start + 1]) + predictor.log_kept(node))
        for length, word_id in _ways(path[start + 1].word_id, words[start + 1 :], vocabulary, lexicon):
            log_prob = predictor.log_share(node, lexicon.part(word_id)) + lexicon.log_prob(word_id)
            ways[start + length].append(reached + log_prob)
    return logsumexp(ways[-1])


def _ways(
    first: int, characters: Sequence[str], vocabulary: Vocabulary, lexicon: ExtraWords
) -> Iterator[tuple[int, int]]:
    """Yield the entries that are the first word, or that the first characters spell: of how many words, and the id."""
    for word_id in lexicon.ids_of(vocabulary.words[first]) if first >= len(SPECIAL_WORDS) else ():
        yield 1, word_id
    yield from _entries(characters, vocabulary, lexicon)


def before_spelled(chains: Sequence[Sequence[Node]], vocabulary: Vocabulary, lexicon: ExtraWords) -> list[list[Node]]:
    """Return chains of nodes that end with the same one, continued to where no entry of the lexicon spans it.

    A chain leads from a node back to those before it.
    """
    longer = [list(chain) for chain in chains]
    if all(len(chain) == 1 for chain in chains):
        return longer
    added: list[Node] = []
    before: list[str] = []
    shared: Node | None = chains[0][-1]
    after = {tuple(_character(node, vocabulary) for node in chain[-2::-1]) for chain in chains}
    while shared is not None and len(added) < MAX_LENGTH and (character := _character(shared, vocabulary)):
        before.insert(0, character)
        shared = shared.parent
        assert shared is not None
        added.append(shared)
        if any(_spans(len(before), [*before, *characters], vocabulary, lexicon) for characters in after):
            for chain in longer:
                chain.extend(added)
            return before_spelled(longer, vocabulary, lexicon)
    return longer


def _spans(inside: int, characters: Sequence[str], vocabulary: Vocabulary, lexicon: ExtraWords) -> bool:
    """Whether an entry begins with these characters and is longer than `inside`."""
    return any(length > inside for length, _ in _entries(characters, vocabulary, lexicon))


def _entries(characters: Sequence[str], vocabulary: Vocabulary, lexicon: ExtraWords) -> Iterator[tuple[int, int]]:
    """Yield the entries that the first of some characters spell: how many, and the id."""
    word = ""
    for length, character in enumerate(characters, 1):
        if not character:
            return
        # A character without a space before it is marked in the middle of a word, and never at its start.
        inner = character.removeprefix(GLUE)
        marked = length > 1 and vocabulary.segmenter.space_after(word) and vocabulary.segmenter.space_before(inner)
        if (character != inner) != marked:
            return
        word += inner
        if length > 1 or len(word) > 1:
            for word_id in lexicon.ids_of(word) if length > 1 or word not in vocabulary else ():
                yield length, word_id


def _character(node: Node, vocabulary: Vocabulary) -> str:
    """Return the word of a node if it is one character, an empty string otherwise."""
    word = vocabulary.words[node.word_id] if node.word_id >= len(SPECIAL_WORDS) else ""
    return word if word and len(graphemes(word.removeprefix(GLUE))) == 1 else ""
