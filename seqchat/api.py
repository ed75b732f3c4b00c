"""The Python interface: one class around a loaded model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from seqchat.completion.chat import REPLY, reply
from seqchat.completion.continuation import GeneratedWord, generate
from seqchat.completion.engine import MAX_RIGHT_WORDS, Engine
from seqchat.completion.sampling import Sampling
from seqchat.completion.suggestion import Suggestion, suggest
from seqchat.insight.notebook.observed import Observed
from seqchat.insight.observing import observe
from seqchat.insight.view import select_view
from seqchat.model.threads import one_thread

if TYPE_CHECKING:
    from seqchat.insight.notebook.followed import FollowedGradient
    from seqchat.insight.notebook.found import FoundContexts
    from seqchat.insight.notebook.patterns import FoundGroups, FoundMatches
    from seqchat.insight.notebook.probed import Probed

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

    def observe(self, text: str, last: int | None = None, *, after: str = "") -> Observed:
        """Return every gate at the last words of `text`, by default at all words.

        A model of two directions shows both, the layers ``1→`` and ``1←`` of `names`, and the words of `after`, the
        text right of a gap, as well. A model that reads windows shows the window that ends with the text, each of its
        words, ``∅`` where there is none. `words` has the start of the
        dialog as its first word; `layers` is a list, bottom layer first, of arrays
        [words, neurons] by the name of the gate (LSTM ``input``, ``forget``, ``candidate``, ``output``, ``cell``,
        ``hidden``; GRU ``reset``, ``update``, ``candidate``, ``hidden``; RNN ``hidden``). A notebook draws it.
        """
        with one_thread():
            right = self._engine.right_ids(after, text[-1:] or " ")[:MAX_RIGHT_WORDS]
            trace = observe(self._engine, self._engine.context.node(text), last, right)
            return Observed.of(trace, select_view(self._engine))

    def probe(
        self,
        text: str,
        *,
        hold: str | Sequence[str] = (),
        swap: str | Sequence[str] = (),
        why: str | None = None,
        rather_than: str | None = None,
        k: int = 9,
        last: int | None = None,
    ) -> Probed:
        """Read `text` untouched, and again with gates held or words swapped; a notebook draws both runs.

        hold, swap: as of ``seqchat probe``, such as ``"forget=0@1:n5,w3"`` and ``"他=她"``, one or several; why: the
        next word whose logit is split into what each neuron adds, rather_than: or its difference to that of another
        word; k: how many next words; last: how many words are shown, by default all.

        Raises:
            SeqchatError: the text has no words, or there is no such layer, gate, neuron, value or word.
        """
        from seqchat.insight.holds import GateHold
        from seqchat.insight.intervention import Intervention, compare
        from seqchat.insight.notebook.probed import Probed
        from seqchat.insight.splits import compare_logits
        from seqchat.insight.swaps import Swap

        with one_thread():
            changes = Intervention(tuple(map(GateHold.parse, _several(hold))), tuple(map(Swap.parse, _several(swap))))
            found = compare(self._engine, text, changes, k, last=last)
            nodes = found.untouched.node, found.changed.node
            logits = compare_logits(self._engine, *nodes, why, rather_than) if why else None
            return Probed.of(found, self.name, logits)

    def gradients(
        self,
        data: str = "sample",
        *,
        words: int = 200,
        distance: int = 50,
        layer: int | None = None,
        seed: int = 0,
    ) -> FollowedGradient:
        """Follow the losses of `words` words of a text back through time, and return how much of the gradient is left.

        data: a file or folder, as for ``train``; distance: how many words back; layer: from 1, by default the top one.
        A notebook draws the curves.

        Raises:
            SeqchatError: the text cannot be read or is too short, or a number is out of its range.
        """
        from seqchat.insight.gradient_flow import gradient_flow_on_text
        from seqchat.insight.notebook.followed import FollowedGradient

        with one_thread():
            options = {"words": words, "distance": distance, "layer": layer, "seed": seed}
            return FollowedGradient.of(gradient_flow_on_text(self._engine, data, **options))

    def contexts(
        self,
        neuron: int,
        data: Sequence[str] = (),
        *,
        layer: int | str | None = None,
        quantity: str = "hidden",
        k: int = 10,
        around: int = 8,
    ) -> FoundContexts:
        """Return where in a text a neuron is highest and lowest, `around` words on each side; a notebook draws it.

        data: as of `matches`; quantity: a gate or state; layer: by default the last one.

        Raises:
            SeqchatError: there is no such layer, gate, neuron or file.
        """
        from seqchat.corpus.source_names import SAMPLE
        from seqchat.corpus.sources import read_dialogs
        from seqchat.insight.neurons.contexts import contexts
        from seqchat.insight.notebook.found import FoundContexts
        from seqchat.insight.selection import find_quantity

        with one_thread():
            name = self._engine.network.layer_names[find_quantity(self._engine.network, layer, quantity).layer]
            dialogs = read_dialogs(data or [SAMPLE])
            found = contexts(self._engine, dialogs, layer, neuron, quantity, k=k, around=around)
            return FoundContexts.of(found, f"{self.name}, layer {name}, neuron {neuron}, {quantity}")

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
    ) -> FoundMatches:
        """Return the passages of a corpus whose states share most of the neurons that are on during a span of `text`.

        data: files or folders, as for ``train``, by default the sample; span: the first and the last word, from 1, by
        default the last three words; threshold: the value from which on a neuron is on, by default one that fits the
        gate or state `quantity`; layer: by default the last one. options: ``k``, ``around``, ``shuffles`` and ``seed``,
        as of `seqchat.insight.neurons.matches.find_matches`. Each match has what chance reaches beside it; a notebook
        draws them.

        Raises:
            SeqchatError: there is no such layer, gate, word or file, or no neuron is on.
        """
        from seqchat.corpus.source_names import SAMPLE
        from seqchat.corpus.sources import read_dialogs
        from seqchat.insight.neurons.matches import find_matches
        from seqchat.insight.neurons.patterns import Span, read_text
        from seqchat.insight.notebook.patterns import FoundMatches

        with one_thread():
            read = read_text(self._engine, text, layer, quantity)
            chosen = Span(*span) if span is not None else read.last_words()
            pattern = read.pattern(chosen, read.usual if threshold is None else threshold)
            found = find_matches(self._engine, read_dialogs(data or [SAMPLE]), pattern, **options)
            return FoundMatches.of(found, self.name)

    def groups(
        self,
        data: Sequence[str] = (),
        *,
        layer: int | str | None = None,
        quantity: str = "hidden",
        words: int = 10_000,
        **options: Any,
    ) -> FoundGroups:
        """Return the groups of neurons of a layer that move together, with what chance reaches; a notebook draws them.

        data: as of `matches`; words: about how many are read; options: ``least``, ``shuffles`` and ``seed``, as of
        `seqchat.insight.neurons.groups.find_groups`.

        Raises:
            SeqchatError: there is no such layer, gate or file, or too little text.
        """
        from seqchat.corpus.source_names import SAMPLE
        from seqchat.corpus.sources import read_dialogs
        from seqchat.insight.neurons.groups import find_groups
        from seqchat.insight.neurons.sample import collect
        from seqchat.insight.notebook.patterns import FoundGroups
        from seqchat.insight.selection import find_quantity

        with one_thread():
            name = self._engine.network.layer_names[find_quantity(self._engine.network, layer, quantity).layer]
            sample = collect(self._engine, read_dialogs(data or [SAMPLE]), layer, quantity, words=words)
            found = find_groups(sample, self._engine.vocabulary, **options)
            return FoundGroups.of(found, f"{self.name}, layer {name}, {quantity}")

    def learn(self, *texts: str) -> None:
        """Remember texts that the writer wrote, so that their words become more probable; nothing is stored on disk."""
        with one_thread():
            self._engine.learn(texts)


def _several(texts: str | Sequence[str]) -> Sequence[str]:
    return [texts] if isinstance(texts, str) else texts


def _in_one_thread(words: Iterator[T]) -> Iterator[T]:
    """Compute each word in one thread, and yield it with the thread count of the caller."""
    with one_thread():
        word = next(words, None)
    while word is not None:
        yield word
        with one_thread():
            word = next(words, None)
