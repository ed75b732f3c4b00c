"""Every folder the program reads or writes."""

from pathlib import Path

from platformdirs import user_cache_path, user_config_path, user_data_path, user_state_path

from seqchat.files import private_folder

APP = "seqchat"
PACKAGE = Path(__file__).parent
SAMPLE_CORPUS = PACKAGE / "corpus" / "sample.jsonl"


def local_checkpoints() -> Path:
    """Where `train` writes by default: ./checkpoints of the current folder."""
    return Path("checkpoints")


def user_checkpoints() -> Path:
    """The user's models, which every folder can use."""
    return user_data_path(APP, appauthor=False) / "checkpoints"


def shipped_checkpoints() -> Path:
    """Models that ship with the program: inside the installed package, or next to it in a checkout."""
    inside = PACKAGE / "checkpoints"
    return inside if inside.is_dir() else PACKAGE.parent / "checkpoints"


# Names another lexicon than the one that ships, or none at all
LEXICON_VARIABLE, NAME_OF_NO_LEXICON = "SEQCHAT_LEXICON", "none"


def shipped_lexicon() -> Path:
    """The words with frequencies that every model can offer."""
    return PACKAGE / "lexicon" / "lexicon.safetensors"


def changelog() -> Path:
    """What changed from version to version: inside the installed package, or next to it in a checkout."""
    inside = PACKAGE / "CHANGELOG.md"
    return inside if inside.is_file() else PACKAGE.parent / "CHANGELOG.md"


def last_version() -> Path:
    """The version of the app that ran last."""
    return user_state_path(APP, appauthor=False) / "version"


def remembered() -> Path:
    """What the user wrote in earlier sessions with --remember."""
    return user_data_path(APP, appauthor=False) / "remembered.txt"


def learned_words() -> Path:
    """The words that the user took, once they have agreed to keep them."""
    return user_data_path(APP, appauthor=False) / "learned-words.tsv"


def custom_phrases() -> Path:
    """The user's own abbreviations for phrases."""
    return user_config_path(APP, appauthor=False) / "phrases.txt"


def sessions() -> Path:
    """What was written in the app, for its next start."""
    return user_state_path(APP, appauthor=False) / "sessions"


def command_use() -> Path:
    """How often commands were chosen from the palette of the app."""
    return user_state_path(APP, appauthor=False) / "commands.json"


def settings() -> Path:
    """The user's settings."""
    return user_config_path(APP, appauthor=False) / "config.toml"


def cache() -> Path:
    """Files that can be made again at any time; created for the user only, on first use."""
    return private_folder(user_cache_path(APP, appauthor=False))
