"""Mail boxes (mbox): mails that answer each other are a dialog, without what they quote."""

from __future__ import annotations

import mailbox
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path
from typing import IO, Any, NamedTuple

from seqchat.corpus.formats.base import EMPTY, QUOTED, Break, Item, LeftOut, Message
from seqchat.corpus.formats.services import unmarked

NAME = "mail"
LONE = "mail without an answer"
_ANSWER = re.compile(r"^(?:(?:re|aw|sv|antw|vs|fwd?|wg|tr|回复|答复|转发|返信)\s?(?:\[\d+\])?[:：]\s*)+", re.IGNORECASE)
_QUOTING = re.compile(
    r"(?:on .{5,200} wrote|am .{5,200} schrieb .*|le .{5,200} a écrit|el .{5,200} escribió|il .{5,200} ha scritto|"
    r"op .{5,200} schreef .*|em .{5,200} escreveu|.{5,200} пишет|在.{5,200}写道|.{5,200}のメール|.{2,100} wrote)\s?[:：]",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"-{2,}\s?(?:original message|ursprüngliche nachricht|message d'origine|mensaje original|forwarded message|原始邮件|元のメッセージ)\s?-{2,}.*|"
    r"_{20,}|(?:from|von|de|发件人)[:：] .*@.*",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(r"-- ?|sent from my .+|von meinem .+ gesendet|envoyé de mon .+", re.IGNORECASE)


class _Mail(NamedTuple):
    thread: str
    sender: str
    time: float
    text: str
    quoted: int


def items_of(path: Path) -> Iterator[Item]:
    """Yield the mails of each thread, from the oldest on; mails that nobody answers are no dialog."""
    threads: defaultdict[str, list[_Mail]] = defaultdict(list)
    roots: dict[str, str] = {}
    for message in _messages(path):
        mail = _mail(message, roots)
        if mail is not None:
            threads[mail.thread].append(mail)
        else:
            yield LeftOut(EMPTY)
    for mails in threads.values():
        quoted = sum(mail.quoted for mail in mails)
        if quoted:
            yield LeftOut(QUOTED, quoted)
        if len(mails) < 2:
            yield LeftOut(LONE)
            continue
        # A pause of days between two mails does not end an exchange.
        yield from (Message(mail.text, mail.sender) for mail in sorted(mails, key=lambda mail: mail.time))
        yield Break()


def _messages(path: Path) -> Iterator[EmailMessage]:
    box = mailbox.mbox(path, factory=_parsed, create=False)  # type: ignore[arg-type]
    try:
        for key in box.keys():  # noqa: SIM118 (a mail box is no dictionary)
            yield box[key]  # type: ignore[misc]
    finally:
        box.close()


def _parsed(file: IO[Any]) -> EmailMessage:
    return BytesParser(policy=policy.default).parse(file)


def _mail(message: EmailMessage, roots: dict[str, str]) -> _Mail | None:
    try:
        text, quoted = _written(_body(message))
        name, address = parseaddr(str(message.get("From", "")))
        thread = _thread(message, roots)
        date = message.get("Date")
        time = parsedate_to_datetime(str(date)).replace(tzinfo=UTC).timestamp() if date else 0.0
    except (ValueError, LookupError, TypeError, AttributeError):  # what is malformed
        return None
    return _Mail(thread, name or address, time, text, quoted) if text else None


def _body(message: EmailMessage) -> str:
    part = message.get_body(("plain", "html"))
    if part is None:
        return ""
    content = part.get_content()
    text = content if isinstance(content, str) else ""
    return unmarked(text) if part.get_content_subtype() == "html" else text


def _thread(message: EmailMessage, roots: dict[str, str]) -> str:
    """Return the name of a mail's thread: that of the mails it answers, or else its subject."""
    own = str(message.get("Message-ID", "")).strip()
    answered = f"{message.get('References', '')} {message.get('In-Reply-To', '')}".split()
    subject = _ANSWER.sub("", " ".join(str(message.get("Subject", "")).split())).lower()
    root = next((roots[name] for name in answered if name in roots), answered[0] if answered else subject or own)
    for name in (own, *answered):
        roots.setdefault(name, root)
    return roots.get(own, root) if own else root


def _written(text: str) -> tuple[str, int]:
    """Return what the sender wrote, in paragraphs, and how many lines are quoted."""
    kept: list[str] = []
    lines = text.replace("\r\n", "\n").split("\n")
    quoted = 0
    for number, line in enumerate(lines):
        bare = line.strip()
        if _SIGNATURE.fullmatch(line.rstrip("\r")) or _ORIGINAL.fullmatch(bare):
            quoted += sum(bool(rest.strip()) for rest in lines[number:])
            break
        if bare.startswith(">") or _QUOTING.fullmatch(bare):
            quoted += 1
        else:
            kept.append(bare)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip(), quoted
