"""The Python interface: one class around a loaded model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from seqchat.completion.chat import REPLY, reply
from seqchat.completion.continuation import GeneratedWord, generate
from seqchat.completion.engine import MAX_RIGHT_WORDS, Engine
from seqchat.completion.sampling import Sampling
from seqchat.completion.suggestion import Suggestion, suggest
from seqchat.insight.gates import GateTrace
from seqchat.insight.observing import observe
from seqchat.model.threads import one_thread

if TYPE_CHECKING:
    from seqchat.insight.neurons.groups import NeuronGroups
    from seqchat.insight.neurons.matches import Matches

T = TypeVar("T")


class Model:
    """A trained model; made by `seqchat.load`. Not safe to use from several threads at once.

    It computes in one thread, which is fastest for the small products of a single step; the thread count of the program
    that calls it is as before after each call, and between two words of a stream.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def name(self) -> str:
        """The name of the model's directory."""
        return self._engine.name

    def suggest(
        self, text: str, after: str = "", k: int = 5, *, pinyin: bool = True, finished: bool = False
    ) -> list[Suggestion]:
        """Return the k most probable insertions at the end of `text`, the most probable first.

        Each has the `word`, the text to `insert` after `replace` characters before the cursor are removed, its
        `probability` (0 to 1) among everything that agrees with what was typed, and whether it `completes` the word
        that is being typed. `after`: the text right of the cursor, which suggestions then fit as well. `finished`: the
        last word was accepted and is complete; suggestions have the space before them that it needs.

        Raises:
            SeqchatError: k is less than 1.
        """
        with one_thread():
            return suggest(self._engine, text, k, after=after, pinyin=pinyin, finished=finished)

    def generate(self, text: str, n: int = 3, **sampling: Any) -> Iterator[GeneratedWord]:
        """Continue `text` n times, word by word in turns; stop iterating to cancel.

        Each word says the `index` of its continuation, the `text` it adds, its natural `log_probability`, and whether
        the continuation has `ended`. sampling: the fields of `seqchat.completion.sampling.Sampling`, such as
        ``temperature=0.8, top_p=0.95, max_words=20, seed=1``.

        Raises:
            SeqchatError: a number is out of its range.
        """
        return _in_one_thread(generate(self._engine, text, n, Sampling(**sampling)))

    def reply(self, turns: Sequence[str], **sampling: Any) -> Iterator[str]:
        """Yield the reply to a conversation (its turns, oldest first) word by word; sampling as in `generate`."""
        return _in_one_thread(reply(self._engine, turns, Sampling(**{"max_words": REPLY.max_words, **sampling})))

    def observe(self, text: str, last: int | None = None, *, after: str = "") -> GateTrace:
        """Return every gate at the last words of `text`, by default at all words.

        A model of two directions shows both, the layers ``1→`` and ``1←`` of `names`, and the words of `after`, the
        text right of a gap, as well. A model that reads windows shows the window that ends with the text, each of its
        words, ``∅`` where there is none. `words` has the start of the
        dialog as its first word; `layers` is a list, bottom layer first, of arrays
        [words, neurons] by the name of the gate (LSTM ``input``, ``forget``, ``candidate``, ``output``, ``cell``,
        ``hidden``; GRU ``reset``, ``update``, ``candidate``, ``hidden``; RNN ``hidden``).
        """
        with one_thread():
            right = self._engine.right_ids(after, text[-1:] or " ")[:MAX_RIGHT_WORDS]
            return observe(self._engine, self._engine.context.node(text), last, right)

    def matches(
        self,
        text: str,
        data: Sequence[str] = (),
        *,
        span: tuple[int, int] | None = None,
        threshold: float | None = None,
        layer: int | str | None = None,
        quantity: str = "hidden",
        **options: Any,
    ) -> Matches:
        """Return the passages of a corpus whose states share most of the neurons that are on during a span of `text`.

        data: files or folders, as for ``train``, by default the sample; span: the first and the last word, from 1, by
        default the last three words; threshold: the value from which on a neuron is on, by default one that fits the
        gate or state `quantity`; layer: by default the last one. options: ``k``, ``around``, ``shuffles`` and ``seed``,
        as of `seqchat.insight.neurons.matches.find_matches`. Each match has what chance reaches beside it.

        Raises:
            SeqchatError: there is no such layer, gate, word or file, or no neuron is on.
        """
        from seqchat.corpus.source_files import SAMPLE
        from seqchat.corpus.sources import read_dialogs
        from seqchat.insight.neurons.matches import find_matches
        from seqchat.insight.neurons.patterns import Span, read_text

        with one_thread():
            read = read_text(self._engine, text, layer, quantity)
            chosen = Span(*span) if span is not None else read.last_words()
            pattern = read.pattern(chosen, read.usual if threshold is None else threshold)
            return find_matches(self._engine, read_dialogs(data or [SAMPLE]), pattern, **options)

    def groups(
        self,
        data: Sequence[str] = (),
        *,
        layer: int | str | None = None,
        quantity: str = "hidden",
        words: int = 10_000,
        **options: Any,
    ) -> NeuronGroups:
        """Return the groups of neurons of a layer that move together, with what chance reaches.

        data: as of `matches`; words: about how many are read; options: ``least``, ``shuffles`` and ``seed``, as of
        `seqchat.insight.neurons.groups.find_groups`.

        Raises:
            SeqchatError: there is no such layer, gate or file, or too little text.
        """
        from seqchat.corpus.source_files import SAMPLE
        from seqchat.corpus.sources import read_dialogs
        from seqchat.insight.neurons.groups import find_groups
        from seqchat.insight.neurons.sample import collect

        with one_thread():
            sample = collect(self._engine, read_dialogs(data or [SAMPLE]), layer, quantity, words=words)
            return find_groups(sample, self._engine.vocabulary, **options)

    def learn(self, *texts: str) -> None:
        """Remember texts that the writer wrote, so that their words become more probable; nothing is stored on disk."""
        with one_thread():
            self._engine.learn(texts)


def _in_one_thread(words: Iterator[T]) -> Iterator[T]:
    """Compute each word in one thread, and yield it with the thread count of the caller."""
    with one_thread():
        word = next(words, None)
    while word is not None:
        yield word
        with one_thread():
            word = next(words, None)
