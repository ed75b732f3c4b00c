"""HTTP: the dialect of completions and chat completions, its limits, and what clients do wrong."""

import http.client
import json
import socket
import urllib.error
import urllib.request

import pytest

from seqchat.completion.chat import reply
from seqchat.completion.continuation import generate
from seqchat.completion.sampling import Sampling
from seqchat.errors import SeqchatError
from seqchat.serving import http as http_module
from seqchat.serving.api import Api, Loading
from seqchat.serving.http import HttpServer

from .conftest import TOKEN


def asked(server, path, body=None, **headers):
    """Send a request; return the status and the body of the answer."""
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(server.url.removesuffix("/v1") + path, data)
    for name, value in {"Authorization": f"Bearer {TOKEN}", **headers}.items():
        request.add_header(name, value)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def good(server, path, body=None):
    """Send a request that is answered; return the answer."""
    status, text = asked(server, path, body)
    assert status == 200, text
    return json.loads(text)


def events(server, path, body):
    """Send a request for a stream; return its objects."""
    status, text = asked(server, path, {**body, "stream": True})
    assert status == 200, text
    lines = [line.removeprefix("data: ") for line in text.split("\n\n") if line]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


def written(engine, text, **sampling):
    """What a model goes on with."""
    return "".join(word.text for word in generate(engine, text, 1, Sampling(**sampling)))


def test_models_are_listed_by_their_names(http):
    listed = good(http, "/v1/models")
    assert [model["id"] for model in listed["data"]] == ["lstm", "gru"]
    assert good(http, "/v1/models/gru") == listed["data"][1]
    assert asked(http, "/v1/models/..%2Flstm")[0] == 404


def test_a_completion_is_what_the_model_continues_with(http, lstm):
    body = {"model": "lstm", "prompt": "今天", "max_tokens": 8, "temperature": 0}
    answer = good(http, "/v1/completions", body)
    (choice,) = answer["choices"]
    assert answer["object"] == "text_completion"
    assert choice["text"] == written(lstm, "今天", max_words=8, temperature=0)
    assert choice["finish_reason"] in ("stop", "length")
    assert answer["usage"]["completion_tokens"] <= 8
    echoed = good(http, "/v1/completions", {**body, "echo": True})
    assert echoed["choices"][0]["text"] == f"今天{choice['text']}"


def test_a_seed_decides_and_several_texts_are_answered_in_order(http):
    body = {"prompt": ["今天", "你好"], "n": 2, "seed": 3, "max_tokens": 5}
    first, second = (good(http, "/v1/completions", body) for _ in range(2))
    assert [choice["index"] for choice in first["choices"]] == [0, 1, 2, 3]
    assert first["choices"] == second["choices"]
    assert first["id"] != second["id"]


def test_a_stream_adds_up_to_the_answer(http):
    body = {"prompt": "今天", "n": 2, "seed": 3, "max_tokens": 5}
    whole = good(http, "/v1/completions", body)
    parts = events(http, "/v1/completions", {**body, "stream_options": {"include_usage": True}})
    for choice in whole["choices"]:
        said = [
            part["choices"][0] for part in parts if part["choices"] and part["choices"][0]["index"] == choice["index"]
        ]
        assert "".join(part["text"] for part in said) == choice["text"]
        assert [part["finish_reason"] for part in said if part["finish_reason"]] == [choice["finish_reason"]]
    assert parts[-1]["usage"] == whole["usage"]


def test_a_reply_is_the_next_turn(http, lstm):
    turns = ["你好", "你好呀", "晚上吃什么"]
    messages = [
        {"role": "system", "content": "You are a pirate."},
        {"role": "user", "content": turns[0]},
        {"role": "assistant", "content": turns[1]},
        {"role": "user", "content": [{"type": "text", "text": turns[2]}]},
    ]
    body = {"model": "lstm", "messages": messages, "temperature": 0}
    answer = good(http, "/v1/chat/completions", body)
    message = answer["choices"][0]["message"]
    assert message == {
        "role": "assistant",
        "content": "".join(reply(lstm, turns, Sampling(temperature=0, max_words=60))),
    }
    parts = [part["choices"][0] for part in events(http, "/v1/chat/completions", body)]
    assert parts[0]["delta"]["role"] == "assistant"
    assert "".join(part["delta"].get("content", "") for part in parts) == message["content"]
    assert parts[-1]["finish_reason"] == answer["choices"][0]["finish_reason"]


def test_a_text_ends_before_a_stop(http):
    bodies = [{"model": "lstm", "prompt": "今天", "max_tokens": 30, "temperature": 1, "seed": n} for n in range(20)]
    texts = [good(http, "/v1/completions", body)["choices"][0]["text"] for body in bodies]
    text, body = max(zip(texts, bodies, strict=True), key=lambda pair: len(pair[0]))
    assert len(text) > 4
    # A stop may begin in one word and end in another.
    stop = text[1:4]
    for path_body in ({**body, "stop": stop}, {**body, "stop": ["never", stop]}):
        (choice,) = good(http, "/v1/completions", path_body)["choices"]
        assert choice["text"] == text[: text.index(stop)]
        assert choice["finish_reason"] == "stop"
        streamed = events(http, "/v1/completions", path_body)
        assert "".join(part["choices"][0]["text"] for part in streamed) == choice["text"]


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("/v1/completions", b"{", 400, "JSON"),
        ("/v1/completions", b"\xff", 400, "JSON"),
        ("/v1/completions", b"[" * 100_000, 400, "JSON"),
        ("/v1/completions", [], 400, "object"),
        ("/v1/completions", {"prompt": [1, 2]}, 400, "prompt"),
        ("/v1/completions", {"prompt": "x", "max_tokens": 0}, 400, "max_tokens"),
        ("/v1/completions", {"prompt": "x", "max_tokens": "9"}, 400, "max_tokens"),
        ("/v1/completions", {"prompt": "x", "temperature": -1}, 400, "temperature"),
        ("/v1/completions", b'{"prompt": "x", "temperature": NaN}', 400, "temperature"),
        ("/v1/completions", {"prompt": "x", "temperature": True}, 400, "temperature"),
        ("/v1/completions", {"prompt": "x", "n": 17}, 400, "'n'"),
        ("/v1/completions", {"prompt": ["x"] * 9, "n": 2}, 400, "'n'"),
        ("/v1/completions", {"prompt": "x", "stop": [1]}, 400, "stop"),
        ("/v1/completions", {"prompt": "x", "stream": "yes"}, 400, "stream"),
        ("/v1/completions", {"prompt": "x", "model": "/etc/passwd"}, 404, "lstm, gru"),
        ("/v1/completions", {"prompt": "x", "model": "../lstm"}, 404, "lstm, gru"),
        ("/v1/completions", {"prompt": "x", "model": 7}, 400, "model"),
        ("/v1/chat/completions", {"messages": "x"}, 400, "messages"),
        ("/v1/chat/completions", {"messages": []}, 400, "no turn"),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": " "}]}, 400, "no turn"),
        ("/v1/chat/completions", {"messages": [{"role": "king", "content": "x"}]}, 400, "king"),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, 400, "no text"),
        ("/v1/models", {}, 405, "POST"),
        ("/v1/completions", None, 405, "GET"),
        ("/v1/../../etc/passwd", None, 404, "nothing at this path"),
        ("/", None, 404, "/v1/models"),
    ],
)
def test_what_cannot_be_answered_is_said_in_one_sentence(http, path, body, status, says):
    found, text = asked(http, path, body)
    assert found == status
    error = json.loads(text)["error"]
    assert says in error["message"]
    assert error["type"] == "invalid_request_error"
    assert good(http, "/v1/models")


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer \xe9"])
def test_nobody_gets_an_answer_without_the_token(http, value):
    for path in ("/v1/models", "/v1/completions", "/"):
        status, text = asked(http, path, Authorization=value)
        assert (status, json.loads(text)["error"]["code"]) == (401, "invalid_api_key")


def sent(server, *parts):
    """What is answered to bytes."""
    with socket.create_connection(server.server_address[:2], timeout=60) as connection:
        for part in parts:
            connection.sendall(part)
        answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    return answer.decode()


POST = f"POST /v1/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n".encode()


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ([POST, b"Content-Length: 100000000\r\n\r\n", *[b"x" * 1_000_000] * 100], 413),
        ([POST, b"Content-Length: 100000000\r\nExpect: 100-continue\r\n\r\n"], 413),
        ([POST, b"Content-Length: -1\r\n\r\n"], 411),
        ([POST, b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"], 411),
        ([POST, b"\r\n"], 411),
        ([b"GET /" + b"x" * 100_000], 414),
        ([b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000 + b"\r\n\r\n"], 431),
        ([b"GET / HTTP/1.1\r\n", *[f"X{i}: y\r\n".encode() for i in range(200)], b"\r\n"], 431),
        ([b"\x16\x03\x01\x02\r\n\r\n"], 400),
        ([b"DELETE /v1/models HTTP/1.1\r\n\r\n"], 501),
    ],
)
def test_what_is_too_large_or_no_http_is_answered_with_why(http, parts, status):
    answer = sent(http, *parts)
    assert f" {status} " in answer.partition("\r\n")[0] or status == 400
    assert json.loads(answer[answer.index("{") :])["error"]["message"].endswith(".")
    assert good(http, "/v1/models")


def test_a_connection_is_used_again(http):
    connection = http_client(http)
    for _ in range(2):
        connection.request("GET", "/v1/models", headers={"Authorization": f"Bearer {TOKEN}"})
        assert connection.getresponse().read()
    connection.close()


def http_client(server):
    return http.client.HTTPConnection(*server.server_address[:2], timeout=60)


def test_a_client_that_never_finishes_is_ended(http, monkeypatch):
    monkeypatch.setattr(http_module, "SECONDS", 0.2)
    assert sent(http, POST, b"Content-Length: 10\r\n\r\n{") == ""
    assert good(http, "/v1/models")


def test_too_many_clients_are_told_so(http, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("seqchat.serving.limits.MAX_CLIENTS", 0)
        assert asked(http, "/v1/models")[0] == 503
    assert good(http, "/v1/models")


def test_a_port_in_use_is_one_sentence(http, engines, models):
    api = Api(engines, [str(models["lstm"])], Loading())
    with pytest.raises(SeqchatError, match="in use; choose another"):
        HttpServer("127.0.0.1", http.server_port, api, TOKEN)
    with pytest.raises(SeqchatError, match="no-such-host"):
        HttpServer("no-such-host.invalid", 0, api, TOKEN)


def test_models_of_the_same_name_are_refused(engines, models, tmp_path):
    with pytest.raises(SeqchatError, match="no model"):
        Api(engines, ["no-such-model"], Loading())
    copied = tmp_path / "other" / "lstm"
    copied.mkdir(parents=True)
    with pytest.raises(SeqchatError, match="have the name"):
        Api(engines, [str(models["lstm"]), str(copied)], Loading())


def test_nothing_is_logged(http, capfd):
    asked(http, "/v1/completions", {"prompt": "private words"})
    asked(http, "/nothing")
    sent(http, b"nonsense\r\n\r\n")
    assert capfd.readouterr() == ("", "")
