"""The end of a run: its best weights are measured as stored, and the model gets n-grams, a cache and a card."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from seqchat.corpus.lexicon_words import LexiconWords, lexicons_of
from seqchat.evaluation.evaluated_model import EvaluatedModel
from seqchat.evaluation.metrics import Metrics
from seqchat.evaluation.predictor import TextPredictor
from seqchat.evaluation.tuning import tune_cache, tune_lexicon, tune_mixture
from seqchat.evaluation.validation import validate
from seqchat.files import write_file
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.folder import CARD
from seqchat.model.network import Network, build
from seqchat.model.ngrams import NgramModel
from seqchat.model.weights import load_weights
from seqchat.progress import Progress
from seqchat.training.card import model_card
from seqchat.training.closing import ClosingTime, TimeToMeasure
from seqchat.training.counting import count_ngrams
from seqchat.training.fine_tuning import base_mixture
from seqchat.training.loop import Trainer

# The stages of `ClosingTime.text`
_VALIDATING, _MIXTURE, _CACHE, _LEXICON = range(4)


def finish(folder: Path, checkpoint: Checkpoint, trainer: Trainer, progress: Progress) -> tuple[Metrics, TimeToMeasure]:
    """Complete the model in a folder; return how good its best weights are, and what there is time left to measure."""
    closing = ClosingTime(trainer)
    network = build(checkpoint.config)
    network.load_state_dict(load_weights(folder, checkpoint.config))
    text = closing.text(_VALIDATING)
    heads = validate(network.to(trainer.device), text, trainer.suggestible)
    closing.has_read(text)
    if trainer.group.leads:
        network = network.cpu().eval()
        complete = _completed(checkpoint, network, trainer, closing, progress)
        vocabulary = EvaluatedModel.of(folder.name, complete, lexicons_of(folder)).vocabulary
        predictor = TextPredictor(network, complete.mixture)
        complete = replace(complete, lexicon_shares=tune_lexicon(predictor, closing.text(_LEXICON), vocabulary))
        complete.save_config(folder)
        tokens, seconds = trainer.counters.tokens, trainer.counters.seconds
        lexicon = vocabulary.lexicon if isinstance(vocabulary.lexicon, LexiconWords) else None
        card = model_card(folder.name, complete, trainer.settings, heads, lexicon, tokens=tokens, seconds=seconds)
        write_file(folder / CARD, card)
    return list(heads.values())[-1], closing.time_to_measure()


def _completed(
    checkpoint: Checkpoint, network: Network, trainer: Trainer, closing: ClosingTime, progress: Progress
) -> Checkpoint:
    """Return the checkpoint with n-grams and a cache, as much of them as helps on the text to validate on."""
    if not trainer.total_tokens and not checkpoint.data.get("base"):
        return checkpoint  # nothing but the network, which is to be seen untrained
    if checkpoint.config.objective == "window" or not trainer.settings.ngrams:
        return _tuned(checkpoint, network, None, closing)
    progress.message("Counting n-grams")
    settings = trainer.settings
    ngrams = count_ngrams(
        trainer.train, checkpoint.config.vocabulary_size, settings.ngrams, max_tokens=closing.tokens_to_count()
    )
    return _tuned(checkpoint, network, ngrams.stored(), closing)


def _tuned(checkpoint: Checkpoint, network: Network, ngrams: NgramModel | None, closing: ClosingTime) -> Checkpoint:
    mixture = tune_mixture(network, ngrams, closing.text(_MIXTURE), base_mixture(checkpoint))
    return replace(checkpoint, mixture=mixture, cache=tune_cache(network, closing.text(_CACHE), mixture))
