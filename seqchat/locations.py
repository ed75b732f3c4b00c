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
    """Models the user keeps for every folder."""
    return user_data_path(APP, appauthor=False) / "checkpoints"


def shipped_checkpoints() -> Path:
    """Models that come with the program: inside the installed package, or beside it in a checkout."""
    inside = PACKAGE / "checkpoints"
    return inside if inside.is_dir() else PACKAGE.parent / "checkpoints"


def remembered() -> Path:
    """What the user wrote in earlier sessions, where they turned that on."""
    return user_data_path(APP, appauthor=False) / "remembered.txt"


def sessions() -> Path:
    """What was written in the app, to go on with at its next start."""
    return user_state_path(APP, appauthor=False) / "sessions"


def settings() -> Path:
    """What the user set."""
    return user_config_path(APP, appauthor=False) / "config.toml"


def cache() -> Path:
    """Files that can be made again at any time; created private to the user on first use."""
    return private_folder(user_cache_path(APP, appauthor=False))
