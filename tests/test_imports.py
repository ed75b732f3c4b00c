"""Starting the program must not load what it does not need yet."""

import subprocess
import sys

import pytest

HEAVY = ("torch", "textual", "datasets", "pandas", "jieba", "pypinyin", "numpy", "rich", "opencc")


@pytest.mark.parametrize(
    "code",
    [
        "import seqchat",
        "from seqchat.cli import cli; cli.main(['--help'], standalone_mode=False)",
        "from seqchat.cli import cli; cli.main(['train', '--help'], standalone_mode=False)",
        "from seqchat.cli import cli; cli.main(['models'], standalone_mode=False)",
    ],
)
def test_nothing_heavy_is_imported(code):
    check = f"import sys; {code}; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"


@pytest.mark.slow
def test_the_app_is_drawn_without_torch():
    heavy = (
        "torch",
        "jieba",
        "datasets",
        "pandas",
        "numpy",
        "regex",
        "tomlkit",
        "opencc",
        "textual_fspicker",
        "aiohttp",
        "seqchat.corpus.formats",
    )
    check = f"import sys; import seqchat.tui.app; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_imports_go_one_way():
    done = subprocess.run(["lint-imports", "--no-cache"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
