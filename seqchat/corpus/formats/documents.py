"""All formats of records, and documents that hold conversations in their own way: ChatGPT's trees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seqchat.corpus.formats import (
    discord,
    imessage,
    kakaotalk,
    plain,
    qq,
    services,
    signal,
    sms,
    telegram,
    threema,
    wechat,
)
from seqchat.corpus.formats.base import EMPTY, OTHER_BRANCH, SYSTEM, Item, LeftOut, Message
from seqchat.corpus.formats.records import RecordFormat

RECORD_FORMATS: tuple[RecordFormat, ...] = tuple(
    form
    for module in (telegram, discord, services, signal, sms, imessage, qq, wechat, kakaotalk, threema, plain)
    for form in module.RECORDS
)

CHATGPT = "ChatGPT"
_SAID_BY = ("user", "assistant")
_FRAGMENTS = {"REQUEST": "user", "RESPONSE": "assistant"}


def trees_in(document: Any) -> list[Mapping[str, Any]]:
    """Return the conversations of ChatGPT's export in a document."""
    found = document if isinstance(document, list) else [document]
    return [tree for tree in found if isinstance(tree, Mapping) and isinstance(tree.get("mapping"), Mapping)]


def items_of_tree(tree: Mapping[str, Any]) -> Iterator[Item]:
    """Yield the messages of the branch that leads to the current node, from the first on, and how many others are."""
    nodes: Mapping[str, Any] = tree["mapping"]
    branch: dict[str, Any] = {}
    name: Any = tree.get("current_node")
    name = name if isinstance(name, str) and name in nodes else _last(nodes)
    while isinstance(name, str) and isinstance(nodes.get(name), Mapping) and name not in branch:
        branch[name] = nodes[name].get("message")
        name = nodes[name].get("parent")
    yield from (_item(message) for message in reversed(branch.values()) if isinstance(message, Mapping))
    beside = (node for name, node in nodes.items() if name not in branch)
    others = sum(bool(node.get("message") if isinstance(node, Mapping) else node) for node in beside)
    if others:
        yield LeftOut(OTHER_BRANCH, others)


def _of_fragments(fragments: Sequence[Any]) -> Item:
    """Return a message of DeepSeek, which has its thoughts apart."""
    said = [
        (_FRAGMENTS.get(str(part.get("type"))), part.get("content")) for part in fragments if isinstance(part, Mapping)
    ]
    roles = [role for role, _ in said if role]
    text = "\n".join(text for role, text in said if role and isinstance(text, str))
    return Message(text, roles[0], mine=roles[0] == _SAID_BY[0]) if text.strip() else LeftOut(EMPTY)


def _last(nodes: Mapping[str, Any]) -> str | None:
    leaves = [name for name, node in nodes.items() if isinstance(node, Mapping) and not node.get("children")]
    return leaves[-1] if leaves else None


def _item(message: Mapping[str, Any]) -> Item:
    if isinstance(fragments := message.get("fragments"), list):
        return _of_fragments(fragments)
    author = message.get("author")
    role = author.get("role") if isinstance(author, Mapping) else None
    content = message.get("content")
    if role not in _SAID_BY or not isinstance(content, Mapping):
        return LeftOut(SYSTEM)
    if content.get("content_type") not in ("text", "multimodal_text"):
        return LeftOut(SYSTEM)
    parts = content.get("parts")
    said = [part for part in parts if isinstance(part, str)] if isinstance(parts, list) else []
    text = "\n".join(filter(str.strip, said))
    # A time of its own would end the conversation at a pause; one with a model has none.
    return Message(text, role, mine=role == _SAID_BY[0]) if text.strip() else LeftOut(EMPTY)
