"""A model directory from anywhere works or is refused in one sentence, and nothing in it is run."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save

from seqchat.completion.continuation import generate
from seqchat.completion.engine import Engine
from seqchat.completion.sampling import Sampling
from seqchat.completion.suggestion import suggest
from seqchat.corpus.vocabulary import SPECIAL_WORDS
from seqchat.errors import SeqchatError
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.config import CacheWeights, ModelConfig
from seqchat.model.folder import CONFIG, NGRAMS, VOCABULARY, WEIGHTS
from seqchat.model.kneser_ney import estimate
from seqchat.model.model_registry import find, installed
from seqchat.model.network import build
from seqchat.model.ngrams import Mixture
from seqchat.model.weights import compact, expected_shapes

from .fuzzing import CASES, a_json_edit, a_spoil, assert_sentence, fuzz, spoiled, with_edits

pytestmark = pytest.mark.slow

WORDS = [*SPECIAL_WORDS, "我", "想", "吃", "火锅", "hello", " ", "#", "\u2028x"]
_SHAPE = {"layers": 1, "embedding_size": 4, "hidden_size": 6}
MODELS = {
    "lstm": {"cell": "lstm", **_SHAPE},
    "infill": {"cell": "gru", "objective": "infill", **_SHAPE},
    "window": {"cell": "rnn", "objective": "window", "bidirectional": True, **_SHAPE},
    "rectifier": {"cell": "rnn", "nonlinearity": "relu", **_SHAPE},
    "compact": {"cell": "gru", **_SHAPE},
}
FILES = [CONFIG, CONFIG, VOCABULARY, WEIGHTS, WEIGHTS, NGRAMS]


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, bytes]]:
    """The files of small models of each kind, one of them with n-grams."""
    ids = np.array([2, 4, 5, 6, 7, 3] * 3, dtype=np.int32)
    mixture = Mixture.of(estimate(ids, np.array([0, 6, 12, 18]), len(WORDS), order=3), (0.1, 0.2, 0.3))
    found = {}
    for name, shape in MODELS.items():
        folder = tmp_path_factory.mktemp(name)
        config = ModelConfig(len(WORDS), **shape)
        torch.manual_seed(0)
        weights = build(config).state_dict()
        weights = compact(weights) if name == "compact" else weights
        cache_weights = CacheWeights(0.1, 0.5) if name == "lstm" else CacheWeights()
        Checkpoint(
            config,
            WORDS,
            weights,
            "auto",
            {"sources": ["sample"]},
            cache_weights,
            mixture if name == "compact" else None,
        ).save(folder)
        found[name] = {path.name: path.read_bytes() for path in folder.iterdir()}
    return found


class Planted:
    """Leaves a mark where a pickle is loaded."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return os.mkdir, (str(self.mark),)


@pytest.fixture
def no_pickle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[bytes]:
    """Give a pickle that leaves a mark; fail if it was loaded, or any other."""
    mark = tmp_path / "loaded"
    content = pickle.dumps(Planted(mark))
    with monkeypatch.context() as patch:
        for module, name in ((pickle, "load"), (pickle, "loads"), (torch, "load")):
            patch.setattr(module, name, lambda *_, **__: pytest.fail("a pickle was loaded"))
        yield content
    assert not mark.exists()


# --- what is done to a directory

_NUMBERS = {"nan": np.nan, "inf": -np.inf, "huge": 3e38, "large": 9e9, "tiny": 1e-40, "last": 255.0}
_DTYPES = {"half": torch.float16, "double": torch.float64, "int": torch.int32, "uint": torch.uint8, "bool": torch.bool}
_SHAPES = ["flat", "wider", "turned", "scalar", "empty", "zero", "complex"]
_TENSOR_EDITS = [*_NUMBERS, *_DTYPES, *_SHAPES, "missing", "renamed", "escape", "extra"]
_HEADER_EDITS = ["length", "dtype", "shape", "offsets", "overlap", "metadata", "json", "deep", "twice"]
_WORDS = ["我", "", " ", "\t", "<turn>", "<pad>", "\x1b[31m", "\x00", "\u202e", "\r", "\u3000", "\x85", "'", "3.1", "é"]
_WORDS += ["\uffed", "\uffedx", "\uffed ", "火 锅", "e\u0301", "👩\u200d👩", "\u200d", "\ue000", "\U000e0001", "\ud800"]
_WHOLES = ["empty", "pickle", "torch", "zip", "gzip", "utf-16", "bom", "spaces", "elf", "big json"]
_INODES = ["loop", "dangling", "linked", "folder", "pipe", "zero", "null", "missing", "above"]
_KINDS = {"bytes": 20, "json": 35, "line": 10, "tensor": 18, "header": 10, "whole": 3, "inode": 4}

# A model, one of its files, and what is done to that
Case = tuple[str, str, str, tuple[Any, ...]]


def a_case(rng: Random) -> Case:
    """Return something that may be wrong with a model directory."""
    (kind,) = rng.choices(list(_KINDS), list(_KINDS.values()))
    model, file = rng.choice(list(MODELS)), rng.choice(FILES)
    match kind:
        case "bytes":
            return model, file, kind, tuple(a_spoil(rng) for _ in range(rng.choice([1, 1, 1, 2])))
        case "json":
            return model, CONFIG, kind, tuple(a_json_edit(rng) for _ in range(rng.choice([1, 2, 2, 3])))
        case "line":
            return model, VOCABULARY, kind, (rng.choice(_WORDS) * rng.choice([1, 1, 2, 70]), rng.random())
        case "tensor":
            return model, rng.choice([WEIGHTS, WEIGHTS, NGRAMS]), kind, (rng.choice(_TENSOR_EDITS), rng.random())
        case "header":
            return model, rng.choice([WEIGHTS, WEIGHTS, NGRAMS]), kind, (rng.choice(_HEADER_EDITS), rng.random())
        case "whole":
            return model, file, kind, (rng.choice(_WHOLES),)
        case _:
            return model, file, kind, (rng.choice(_INODES),)


def changed_tensors(content: bytes, edit: str, where: float) -> bytes:
    """Return a safetensors file one tensor of which is other than it was."""
    from safetensors.torch import load

    tensors = load(content)
    name = sorted(tensors)[min(int(where * len(tensors)), len(tensors) - 1)]
    tensor = tensors[name]
    values = tensor.double().clone()
    spot = int(where * 1e6) % max(values.numel(), 1)
    if edit in _NUMBERS:
        values.view(-1)[spot] = _NUMBERS[edit]
        whole = not tensor.is_floating_point() and not np.isfinite(_NUMBERS[edit])
        tensors[name] = values.float() if whole else values.to(tensor.dtype)
    elif edit in _DTYPES:
        tensors[name] = tensor.to(_DTYPES[edit])
    elif edit in ("missing", "renamed", "escape"):
        del tensors[name]
        tensors |= {} if edit == "missing" else {f"{name}x" if edit == "renamed" else "\x1b]0;x\x07\n../x": tensor}
    else:
        tensors |= {
            "zero": {name: torch.zeros_like(tensor)},
            "complex": {name: tensor.to(torch.complex64)},
            "flat": {name: tensor.reshape(-1).clone()},
            "wider": {name: torch.cat((tensor, tensor))},
            "turned": {name: tensor.reshape(-1)[list(range(tensor.numel()))[::-1]].reshape(tensor.shape)},
            "extra": {"extra": tensor.clone()},
            "scalar": {name: tensor.reshape(-1)[0].clone()},
            "empty": {name: tensor[:0].clone()},
        }[edit]
    return save(tensors)


def changed_header(content: bytes, edit: str, where: float) -> bytes:
    """Return a safetensors file whose header says other things than are so."""
    (length,) = struct.unpack("<Q", content[:8])
    header, data = json.loads(content[8 : 8 + length]), content[8 + length :]
    names = sorted(name for name in header if name != "__metadata__")
    entry = header[names[min(int(where * len(names)), len(names) - 1)]]
    number = [0, 1, -1, 3, 10**6, 2**31, 2**62, 2**64, 10**30][int(where * 8.99)]
    text = None
    match edit:
        case "length":
            return (
                struct.pack("<Q", [0, 1, length - 1, length + 1, 2**31, 2**40, 2**63, 2**64 - 1][int(where * 7.99)])
                + content[8:]
            )
        case "dtype":
            entry["dtype"] = ["F64", "F16", "I64", "U8", "F8_E4M3", "BOOL", "X", None, "F4"][int(where * 8.99)]
        case "shape":
            entry["shape"] = [number, *entry["shape"][1:]]
        case "offsets":
            entry["data_offsets"][int(where * 1.99)] = number
        case "overlap":
            for name in names:
                header[name]["data_offsets"] = entry["data_offsets"]
        case "metadata":
            header["__metadata__"] = {"\x1b[2J": "../../x" * 100}
        case "json":
            header = [header]
        case "deep":
            text = '{"a":' * 50_000
        case "twice":
            text = json.dumps(header)[:-1] + ", " + json.dumps(header)[1:]
    raw = (json.dumps(header) if text is None else text).encode()
    raw += b" " * (-len(raw) % 8)
    return struct.pack("<Q", len(raw)) + raw + data


def changed_words(content: bytes, line: str, where: float) -> bytes:
    """Return a vocabulary with one line replaced, or one inserted."""
    lines = content.decode().split("\n")[:-1]
    at = min(int(where * 2 * len(lines)), 2 * len(lines) - 1)
    lines[at // 2 : at // 2 + at % 2] = [line]
    return ("\n".join(lines) + "\n").encode("utf-8", "surrogatepass")


def whole(content: bytes, kind: str, planted: bytes) -> bytes:
    """Return a file of another kind."""
    saved = io.BytesIO()
    torch.serialization.save({"embedding.weight": torch.zeros(2)}, saved)
    return {
        "empty": b"",
        "pickle": planted,
        "torch": saved.getvalue(),
        "zip": b"PK\x03\x04" + content,
        "gzip": b"\x1f\x8b\x08" + content,
        "utf-16": content.decode("utf-8", "replace").encode("utf-16"),
        "bom": b"\xef\xbb\xbf" + content,
        "spaces": b" \n" * 1_000,
        "elf": b"\x7fELF" + content,
        "big json": b"[" + b"0," * 200_000 + b"0]",
    }[kind]


def put(path: Path, kind: str, other: Path) -> None:
    """Replace a file with something that is no file."""
    path.unlink()
    match kind:
        case "loop":
            path.symlink_to(path)
        case "dangling":
            path.symlink_to(path.with_name("nowhere"))
        case "linked":
            path.symlink_to(other)
        case "above":
            path.symlink_to("../../../../../../etc/passwd")
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "zero" | "null":
            path.symlink_to(f"/dev/{kind}")


class Directory:
    """A model directory in which only what the last case changed is written again."""

    def __init__(self, folder: Path, originals: dict[str, dict[str, bytes]]) -> None:
        self._folders = {name: folder / name for name in originals}
        self._originals = originals
        for name, files in originals.items():
            (folder / name).mkdir()
            for file, content in files.items():
                (folder / name / file).write_bytes(content)
        self._other = folder / "other"
        self._other.write_bytes(originals["lstm"][VOCABULARY])

    def change(self, case: Case, planted: bytes) -> tuple[Path, str | None]:
        """Make what a case asks for; return the directory, and the file that was changed."""
        model, file, kind, arguments = case
        folder = self._folders[model]
        content = self._originals[model].get(file)
        if content is None:
            model, file, folder = "compact", NGRAMS, self._folders["compact"]
            content = self._originals[model][file]
        path = folder / file
        match kind:
            case "bytes":
                for spoil in arguments:
                    content = spoiled(content, spoil)
            case "json":
                content = with_edits(content.decode(), arguments).encode("utf-8", "surrogatepass")
            case "line":
                content = changed_words(content, *arguments)
            case "tensor":
                content = changed_tensors(content, *arguments)
            case "header":
                content = changed_header(content, *arguments)
            case "whole":
                content = whole(content, arguments[0], planted)
            case "inode":
                put(path, arguments[0], self._other)
                return folder, model + "/" + file
        path.write_bytes(content)
        return folder, model + "/" + file

    def mend(self, changed: str) -> None:
        """Write a file again as it was."""
        model, file = changed.split("/")
        path = self._folders[model] / file
        if path.is_symlink() or not path.is_file():
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
        path.write_bytes(self._originals[model][file])


def assert_works(engine: Engine) -> None:
    """Check that a loaded model suggests and continues."""
    probabilities = [s.probability for s in suggest(engine, "我想\n吃h", 3, after="我")]
    assert all(0 <= p <= 1 for p in probabilities)
    assert probabilities == sorted(probabilities, reverse=True)
    pieces = list(generate(engine, "我", 1, Sampling(seed=0, max_words=3)))
    assert pieces[-1].ended


@pytest.mark.filterwarnings("ignore:Casting complex values")
def test_a_directory_is_loaded_or_refused_in_one_sentence(originals, quick_folder, no_pickle):
    directory = Directory(quick_folder, originals)

    def check(case: Case) -> str:
        folder, changed = directory.change(case, no_pickle)
        try:
            assert_works(Engine.load(folder))
        except SeqchatError as error:
            assert_sentence(str(error))
            return "refused: " + str(error).replace(str(folder), "")[:60]
        finally:
            directory.mend(changed)
        return "loaded"

    outcomes = fuzz(a_case, check)
    refused = {outcome for outcome in outcomes if outcome != "loaded"}
    assert outcomes["loaded"] > CASES // 20, "what does no harm is still loaded"
    assert len(refused) > 120, "the checks are reached that come last"


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("change", [{}, {"layers": 3}, {"embedding_size": 6}, {"hidden_size": 4, "cell": "lstm"}])
def test_what_a_file_must_hold_is_what_a_network_is_made_of(name, change):
    config = ModelConfig(len(WORDS), **{**MODELS[name], **change})
    weights = build(config).state_dict()
    assert expected_shapes(config) == {name: weight.shape for name, weight in weights.items()}
    assert config.parameters == sum(weight.numel() for weight in weights.values())


# --- names

_PARTS = [
    "..",
    ".",
    "/",
    "~",
    "~nobody",
    "lstm-chat",
    "a",
    "",
    "\x00",
    "\n",
    "\x1b[31m",
    "\ud800",
    "*",
    "[",
    "c:\\",
    "link",
]
_PARTS += ["x" * 300, "长" * 90, "checkpoints", " ", "-", "é", "secret", "%2e%2e"]


def a_name(rng: Random) -> str:
    """Return what may be given as the name of a model."""
    parts = [rng.choice([*_PARTS, chr(rng.randrange(0x3000))]) for _ in range(rng.randint(0, 6))]
    return rng.choice(["", "", "/"]) + rng.choice(["", "/", "/"]).join(parts)


def test_any_name_of_a_model_is_found_or_refused_in_one_sentence(tmp_path, monkeypatch):
    outside = tmp_path / "outside"
    here = tmp_path / "here"
    (outside / "secret").mkdir(parents=True)
    (here / "checkpoints" / "a").mkdir(parents=True)
    (here / "checkpoints" / "link").symlink_to(outside)
    monkeypatch.chdir(here)
    known = installed()
    monkeypatch.setattr("seqchat.model.model_registry.installed", lambda: known)

    def check(name: str) -> str:
        try:
            found = find(name)
        except SeqchatError as error:
            assert_sentence(str(error))
            return "refused"
        assert found.is_dir()
        # A name is one of a folder's own; only what is plainly a path leads elsewhere.
        assert found == Path(name).expanduser() or ".." not in found.parts
        return "found"

    outcomes = fuzz(a_name, check)
    assert outcomes["found"] > CASES // 200


# --- memory

_GREEDY = """
import json, resource, sys
from pathlib import Path
from random import Random
from typing import Any
from seqchat.completion.engine import Engine
from seqchat.errors import SeqchatError

folder = Path(sys.argv[1])
original = json.loads((folder / "config.json").read_text())
Engine.load(folder)
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (512 << 20),) * 2)

def refused(what):
    try:
        Engine.load(folder)
    except SeqchatError as error:
        print(what, "refused:", error)
    else:
        sys.exit(f"{what} was loaded")

greedy = {"vocabulary_size": 10**11, "embedding_size": 10**12, "hidden_size": 10**6, "layers": 10**9, "window": 10**10}
for name, value in greedy.items():
    for objective in ("next", "infill", "window"):
        model = {**original["model"], name: value, "objective": objective}
        (folder / "config.json").write_text(json.dumps({**original, "model": model}))
        refused(name)
(folder / "config.json").write_text(json.dumps(original))
for name in ("config.json", "vocabulary.txt", "model.safetensors"):
    content = (folder / name).read_bytes()
    with (folder / name).open("ab") as file:
        file.truncate(64 << 30)
    refused(name)
    (folder / name).write_bytes(content)
Engine.load(folder)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited in another way elsewhere")
def test_what_asks_for_more_memory_than_there_is_is_refused_before_it_is_taken(originals, tmp_path):
    for name, content in originals["lstm"].items():
        (tmp_path / name).write_bytes(content)
    done = subprocess.run([sys.executable, "-c", _GREEDY, tmp_path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2_000:]
    assert done.stdout.count("refused") == 18
