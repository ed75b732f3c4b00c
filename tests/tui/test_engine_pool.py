"""The pool of engines: each model is loaded once, and each user has an engine of its own."""

import gc
import os
import shutil
import threading
import time
import weakref

import pytest

from seqchat import heap
from seqchat.completion.engine import Engine
from seqchat.completion.engine_pool import EnginePool
from seqchat.completion.suggestion import suggest
from seqchat.errors import SeqchatError
from seqchat.tui.inference_messages import WorkerIdle
from seqchat.tui.inference_worker import InferenceWorker


@pytest.fixture
def loads(monkeypatch):
    """The models that were loaded, in their order."""
    loaded = []
    load = Engine.load

    def counted(model, *arguments, **options):
        loaded.append(str(model))
        return load(model, *arguments, **options)

    monkeypatch.setattr(Engine, "load", counted)
    return loaded


def test_a_model_is_loaded_once_for_several_threads(models, loads):
    pool, engines = EnginePool(), []
    threads = [threading.Thread(target=lambda: engines.append(pool.engine(str(models["lstm"])))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loads == [str(models["lstm"])]
    assert len({id(engine) for engine in engines}) == 4
    assert len({id(engine.network) for engine in engines}) == 1


def test_texts_and_memories_are_not_shared(models):
    pool = EnginePool()
    first, second = pool.engine(str(models["lstm"])), pool.engine(str(models["lstm"]))
    expected = [(s.word, s.probability) for s in suggest(Engine.load(models["lstm"]), "我们")]
    first.learn(["我们去吃火锅"] * 3)
    first.context.node("别的")
    first.context.tree.interrupted = lambda: True
    assert [(s.word, s.probability) for s in suggest(second, "我们")] == expected


def test_what_nobody_holds_is_forgotten(models, loads):
    pool = EnginePool()
    engine = pool.engine(str(models["lstm"]))
    gc.collect()
    assert pool.engine(str(models["lstm"])).network is engine.network
    del engine
    gc.collect()
    pool.engine(str(models["lstm"]))
    assert len(loads) == 2


def test_a_model_that_was_trained_again_is_loaded_again(models, loads, tmp_path):
    model = shutil.copytree(models["lstm"], tmp_path / "model")
    pool = EnginePool()
    earlier = pool.engine(str(model))
    os.utime(model / "model.safetensors", ns=(1, 1))
    assert pool.engine(str(model)).network is not earlier.network
    assert len(loads) == 2


def test_garbage_is_collected_again_once_the_models_are_there(models):
    ready = threading.Event()
    names = [str(models["lstm"]), "no-such-model"]
    worker = InferenceWorker(
        names, lambda message: ready.set() if isinstance(message, WorkerIdle) else None, EnginePool()
    )
    heap.pause_collection()
    assert not gc.isenabled()
    worker.start()
    assert ready.wait(60)
    assert gc.isenabled()
    worker.stop()
    worker.join()


def test_a_worker_that_has_ended_holds_no_models(models):
    pool, ready = EnginePool(), threading.Event()
    worker = InferenceWorker(
        [str(models["lstm"])], lambda message: ready.set() if isinstance(message, WorkerIdle) else None, pool
    )
    worker.start()
    assert ready.wait(60)
    engine = weakref.ref(worker._engines[0])
    worker.stop()
    worker.join()
    # Its index of pinyin may still be built.
    for _ in range(100):
        if engine() is None:
            break
        time.sleep(0.1)
    assert engine() is None


def test_a_model_that_is_not_there_is_said_each_time():
    pool = EnginePool()
    for _ in range(2):
        with pytest.raises(SeqchatError):
            pool.engine("no-such-model")
