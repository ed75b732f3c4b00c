"""Places where letters are meant as they are: addresses, paths, code, commands, passwords; recognised by their form."""

from __future__ import annotations

import re
from collections.abc import Container

from seqchat.corpus.scripts import HAN
from seqchat.corpus.words import has_han

# What stands before the letters, up to a space or a character that is not ASCII; "^" is after a space alone.
_VERBATIM: dict[str, str] = {
    "an address": r"://|\bwww\.|\bmailto:|[\w.]@",
    "a path": r"(?:^|[a-z.~])/|\\",
    "a name of parts": r"[a-z_]\w*[._]$|_$",
    "a compound": r"[a-z]-$",
    "a value": r"[a-z_]\w*=$",
    "an option": r"^--|^-$",
    "a call": r"[a-z_]\w*[._]\w+\(",
    "a variable": r"(?:[$`]|(?<!\d)%)$",
    "a password": r"[a-z]+\d+[a-z]+\d+$",
}
# A line of a shell or of Python after its prompt, up to a quotation or a comment
_PROMPT = re.compile(r"[ \t]*(?:[\w.@~:/-]*\$|[\w.@~:/-]*[a-z~]%|>>>) [^\"'“‘#]*\Z", re.IGNORECASE | re.ASCII)
_FOUND = re.compile("|".join(f"(?:{pattern})" for pattern in _VERBATIM.values()), re.IGNORECASE | re.ASCII)
_CHUNK = re.compile(r"[!-~]*\Z")
# The beginnings of addresses, with the character after them
_ADDRESS_BEGINS = re.compile(r"(?:www\.|(?:https?|ftp|file|mailto|ssh|git):)\Z", re.IGNORECASE)
# Between letters, these make one name of them.
_JOINS_NAMES = frozenset("@_\\/#$&*+|<>%^`~")
# What is named before a secret, or the name that goes with one
_SECRET_NAMES = (
    "密码|口令|密钥|暗号|验证码|账号|帐号|用户名|微信号|邮箱|"
    r"\b(?:pass(?:word|wd|code|phrase)?|pwd|pin|secret|token|api[ _-]?key|user(?:[ _-]?name)?|account|login)"
)
_SAYS = rf" ?[:：=＝]|[{HAN}]{{0,3}}[是为成]了?[:：]?| (?i:is)\b|(?<=[{HAN}])(?= )"
_SECRET = rf"(?i:{_SECRET_NAMES})(?:{_SAYS}) ?(?P<typed>[!-~]*)\Z"
_LETTER_AND_DIGIT = re.compile(r"[a-z][!-~]*\d|\d[!-~]*[a-z]", re.IGNORECASE)
# Commands of a shell that are no syllables in full
_COMMANDS = (
    "alias apk apt awk aws bash bg brew bzip2 cargo cat cc cd chmod chown clang cmake conda cp crontab curl "
    "cut df diff dmesg dnf docker dpkg env exec exit export ffmpeg fg find fzf gcc gdb gh git go gpg grep "
    "gunzip gzip head helm htop ifconfig ip iptables java javac journalctl jq kill kubectl less ll ln ls lsof "
    "make mkdir mount mv mvn mysql nano nc netstat nginx nmap node nohup npm npx nvim passwd php pip pipx "
    "pkill pnpm podman printf ps psql pwd python rg rm rmdir rsync ruby rustc scp screen sed sh sleep sort "
    "source ss ssh stat su sudo svn systemctl tail tar tee tmux top touch tr tree ufw umount uname uniq unzip "
    "uptime uv vi vim wc wget which who whoami xargs yarn yum zip zsh"
).replace(" ", "|")
_COMMAND = re.compile(_COMMANDS)
_LOOKED_AT = 200


def is_command(before: str, letters: str) -> bool:
    """Whether letters that begin a line are a command of a shell, where nothing before them is Chinese."""
    if before.rpartition("\n")[2].strip() or _COMMAND.fullmatch(letters) is None:
        return False
    return not has_han(before[-_LOOKED_AT:])


def is_secret(before: str) -> bool:
    """Whether letters and digits that are typed after a text are a password, or the name of an account."""
    return _secret(before) is not None


def _secret(before: str) -> re.Match[str] | None:
    # Compiled at its first use, as all classes with Chinese characters take a while.
    return re.compile(_SECRET).search(before, max(len(before) - _LOOKED_AT, 0))


def is_verbatim(before: str) -> bool:
    """Whether letters that are typed after a text belong to something that is no language."""
    if _PROMPT.match(before, before.rfind("\n") + 1):
        return True
    start = max(len(before) - _LOOKED_AT, 0)
    secret = _secret(before)
    if secret is not None and _LETTER_AND_DIGIT.search(secret["typed"]):
        return True
    chunk = _CHUNK.search(before, start)
    if chunk is None or not chunk[0]:
        return False
    follows_space = chunk.start() == 0 or before[chunk.start() - 1].isspace()
    # Another character in front keeps "^" from matching.
    return _FOUND.search(chunk[0] if follows_space else f"\x00{chunk[0]}") is not None


def makes_verbatim(letters: str, typed: str, marks: Container[str] = "") -> bool:
    """Whether a character after letters says that they are no language: ``www.``, ``https:``, ``name@``.

    marks: those that are punctuation where others see names that are joined.
    """
    return (typed in _JOINS_NAMES and typed not in marks) or _ADDRESS_BEGINS.search(letters + typed) is not None
