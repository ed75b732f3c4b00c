"""Files of older formats, with the names of the current one: the only module that knows both.

Format 2 uses the terms of the field where format 1 had words of its own: λ and θ of the neural cache (Grave et al.
2017), α and β of activation regularisation (Merity et al. 2017). Numbers, weights and states are the same in both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seqchat.errors import SeqchatError, quoted
from seqchat.model.folder import FORMAT

# name in format 1 → name in format 2
CONFIG_ENTRIES = {"adaptation": "cache"}
CACHE_FIELDS = {"share": "cache_lambda", "flatness": "cache_theta"}
# Fields of `TrainingSettings`; the options of `train` that had these names still work too.
TRAINING_SETTINGS = {"activation": "ar_alpha", "slowness": "tar_beta", "report_words": "eval_interval"}


def is_readable(version: object) -> bool:
    """Whether files of this format can be read."""
    return type(version) is int and 1 <= version <= FORMAT


def upgraded_config(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of ``config.json`` as today's format has it.

    Raises:
        SeqchatError: its format is newer, or none at all.
    """
    check_format("the model", document["format"])
    if document["format"] == FORMAT:
        return dict(document)
    upgraded = _renamed(document, CONFIG_ENTRIES)
    if isinstance(cache := upgraded.get("cache"), Mapping):
        upgraded["cache"] = _renamed(cache, CACHE_FIELDS)
    return {**upgraded, "format": FORMAT}


def upgraded_run(values: Mapping[str, Any], version: int) -> dict[str, Any]:
    """Return the settings and counters of an interrupted run, written in some format, as today's format has them."""
    upgraded = dict(values)
    if version != FORMAT and isinstance(settings := upgraded.get("settings"), Mapping):
        upgraded["settings"] = _renamed(settings, TRAINING_SETTINGS)
    return upgraded


def check_format(what: str, version: object) -> None:
    """Refuse what this seqchat cannot read.

    Raises:
        SeqchatError: says which formats can be read.
    """
    if not is_readable(version):
        raise SeqchatError(
            f"{what} has format {quoted(version)}, and this seqchat reads formats 1 to {FORMAT}; "
            "install a newer seqchat, or train the model again."
        )


def _renamed(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in values.items()}
