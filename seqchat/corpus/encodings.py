"""Which encoding a text is in: found out from its bytes, or declared."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from seqchat.errors import SeqchatError, quoted

UTF8 = "utf-8-sig"
_MARKS = (
    (codecs.BOM_UTF8, UTF8),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# In UTF-8 a file may have this share of broken lines; otherwise another encoding is looked for.
_BROKEN = 0.5


class Encoding(NamedTuple):
    """name: Python's; guessed: whether it was guessed from the letters that it gives."""

    name: str
    guessed: bool = False

    @property
    def title(self) -> str:
        """The name that people know."""
        return _TITLES.get(self.name, self.name.upper())


_TITLES = {
    UTF8: "UTF-8",
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32": "UTF-32",
    "gb18030": "GB18030",
    "big5hkscs": "Big5",
    "cp932": "Shift-JIS",
    "euc_jp": "EUC-JP",
    "cp949": "EUC-KR",
    "koi8_u": "KOI8",
    "iso2022_jp": "ISO-2022-JP",
    **{f"cp125{n}": f"Windows-125{n}" for n in range(9)},
    "cp874": "Windows-874",
}


def checked_codec(name: str | None) -> str | None:
    """Return Python's name of an encoding.

    Raises:
        SeqchatError: there is no such encoding.
    """
    try:
        return codecs.lookup(name).name if name else None
    except (LookupError, ValueError):
        raise SeqchatError(f"{quoted(name)} is no encoding; write utf-8, gb18030, big5, cp1251 …") from None


def encoding_of(sample: bytes) -> Encoding | None:
    """Return the encoding of a text that begins with these bytes; None if they are no text."""
    marked = next((name for mark, name in _MARKS if sample.startswith(mark)), None)
    if marked:
        return Encoding(marked)
    if b"\x00" in sample:
        # A few zeros in a text are its own affair; in UTF-16 they are many, and its other bytes are no text.
        rest = sample.replace(b"\x00", b"")
        stray = len(sample) - len(rest) < _STRAY * len(sample) and (_decodes(rest) or _is_utf8(rest))
        return Encoding(UTF8) if stray and _is_mostly_ascii(rest, 0.5) else _sixteen_bits(sample)
    if b"\x1b$" in sample and sample.isascii():
        return Encoding("iso2022_jp", guessed=True)
    if sample.isascii() or _is_utf8(sample):
        return Encoding(UTF8)
    found = _guess(sample)
    # A few broken bytes in a text are its own affair.
    return found or (Encoding(UTF8) if _is_mostly_ascii(sample) else None)


def _is_mostly_ascii(sample: bytes, share: float = 0.9) -> bool:
    plain = sum(byte in b"\t\r\n" or 0x20 <= byte < 0x7F for byte in sample[:_MAX_JUDGED])
    return plain >= share * min(len(sample), _MAX_JUDGED)


def _sixteen_bits(sample: bytes) -> Encoding | None:
    """Recognise UTF-16 without a mark: the upper bytes of spaces and letters are zeros, all on one side."""
    sample = sample[: len(sample) // 2 * 2]
    for name, low in (("utf-16-le", slice(1, None, 2)), ("utf-16-be", slice(0, None, 2))):
        try:
            text = sample.decode(name)
        except UnicodeDecodeError:
            continue
        printable = sum(c.isprintable() or c in "\r\n\t" for c in text)
        if sample[low].count(0) and printable >= 0.98 * len(text) and _letters(text) > 0.5 * len(text):
            return Encoding(name, guessed=True)
    return None


def _is_utf8(sample: bytes) -> bool:
    lines = [line for line in sample.split(b"\n")[:-1] or [sample] if not line.isascii()]
    broken = sum(not _decodes(line) for line in lines)
    return bool(lines) and broken <= _BROKEN * len(lines)


def _decodes(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _letters(text: str) -> int:
    return sum(c.isalnum() or c.isspace() or unicodedata.category(c)[0] in "PM" for c in text)


# --- encodings of before Unicode ------------------------------------------------------------------------------------


def _level_of(codec: str, first: int, last: int, often: str = "") -> Callable[[str], float]:
    """Return what judges a text by the share of common characters, which have the first bytes of such a range, and of
    those that are in every text."""

    def share(text: str) -> float:
        wide = [c for c in text if ord(c) >= 0x80]
        common = 0.0
        for c in wide:
            try:
                lead = c.encode(codec)
            except UnicodeEncodeError:
                continue
            common += first <= lead[0] <= last and len(lead) == 2
            # Punctuation is neither
            common += 0.5 * (c in often)
            common += 0.5 if unicodedata.category(c)[0] in "PZ" else 0
        return common / max(len(wide), 1)

    return share


# Of the characters of a text in Big5
_MOST_KANA = 0.3
_KANA = re.compile("[\u3041-\u30ff]")
_HALF_KANA = re.compile("[\uff61-\uff9f]")
_TRADITIONAL = _level_of(
    "big5", 0xA4, 0xC6, "的一是不了在人有我他這中大來上個國到說們為子和你出也時得就那要下以生會自著去好都沒還天嗎吧吃"
)
_SIMPLIFIED = _level_of(
    "gb2312", 0xB0, 0xD7, "的一是不了在人有我他这中大来上个国到说们为子和你出也时得就那要下以生会自着去好都没还天吗吧吃"
)
_KOREAN = _level_of(
    "euc_kr", 0xB0, 0xC8, "이다는을가에고의지하를나어은한도로사리기자아그서대시요안해내일게네있없면만오보"
)


def _traditional(text: str) -> float:
    """In Big5, the kana of EUC-JP are a few characters, which no Chinese text consists of."""
    wide = [c for c in text if ord(c) >= 0x80]
    kana = sum(len(code) == 2 and code[0] in (0xA4, 0xA5) and code[1] >= 0xA1 for code in map(_in_big5, wide))
    return _TRADITIONAL(text) if kana <= _MOST_KANA * len(wide) else 0.0


def _in_big5(character: str) -> bytes:
    return character.encode("big5hkscs", "ignore")


_JAPANESE = _level_of("cp932", 0x88, 0x97)


def _japanese(text: str) -> float:
    wide = [c for c in text if ord(c) >= 0x80]
    kana, half = len(_KANA.findall(text)), len(_HALF_KANA.findall(text))
    # Without kana it is not Japanese.
    return min(1.0, _JAPANESE(text) + kana / max(len(wide), 1)) - 2 * half / max(len(wide), 1) if kana else 0.0


def _words(script: str, often: str) -> Callable[[str], float]:
    """Return what judges a text by its letters: those of a script, `often` beginning with the most frequent,
    in words that have no odd capitals or signs."""

    weights = {letter: 1.1 - 0.5 * rank / len(often) for rank, letter in enumerate(often)}

    def share(text: str) -> float:
        wide = [(i, c) for i, c in enumerate(text) if ord(c) >= 0x80]
        good = 0.0
        for i, c in wide:
            before, after = text[i - 1 : i], text[i + 1 : i + 2]
            if c.isalpha():
                fitting = unicodedata.name(c, "").startswith(script)
                odd = (c.isupper() and before.islower()) or (c.islower() and after.isupper())
                # Letters of two scripts are not in one word.
                odd |= script != "LATIN" and ((before + after).isascii() and (before + after).isalpha())
                good += weights.get(c.lower(), 0.3) if fitting and not odd else -1.0
            elif unicodedata.category(c) in ("Mn", "Mc"):
                good += 1.0 if script != "LATIN" else -1.0
            elif c in "’‘“”„«»–—…€£°·\u00a0\u200e\u200f\u200c§№‚‹›¿¡؟،؛":
                good += 0.9
            else:
                good -= 0.5 if not before.isalpha() and not after.isalpha() else 1.0
        return good / max(len(wide), 1)

    return share


_CANDIDATES: tuple[tuple[str, Callable[[str], float]], ...] = (
    ("gb18030", _SIMPLIFIED),
    ("big5hkscs", _traditional),
    ("cp932", _japanese),
    ("euc_jp", _japanese),
    ("cp949", _KOREAN),
    ("cp1251", _words("CYRILLIC", "оеаинтсрвлкмдпуяызьбгчйхіжшюцщєэфїъёґў")),
    ("koi8_u", _words("CYRILLIC", "оеаинтсрвлкмдпуяызьбгчйхіжшюцщєэфїъёґ")),
    ("cp866", _words("CYRILLIC", "оеаинтсрвлкмдпуяызьбгчйхжшюцщэфъё")),
    ("cp1252", _words("LATIN", "äöüßéèêëàâáãåæøñçóòôíìîïúùûœõ")),
    ("cp1250", _words("LATIN", "ąęłáéóćśżčěřšžőíůýńöúüűźďňťăâîșțđ")),
    ("cp1254", _words("LATIN", "çğıöşüİ")),
    ("cp1253", _words("GREEK", "αεοιτνσρκπυληςμωάέήίόύώδγθχφβξζψ")),
    ("cp1255", _words("HEBREW", "יוהלאמרתשבנםכדחקעפסטזגצןףךץ")),
    ("cp1256", _words("ARABIC", "اليمنترهوبعدسفكقحجةأىذشصضخطثزغءئظإآؤپچژگ")),
    ("cp874", _words("THAI", "กขคงจชซญดตถทธนบปผฝพฟภมยรลวศษสหอฮะาำเแโใไ")),
    ("cp1257", _words("LATIN", "āčēģīķļņšūžąęėįųõäöü")),
    ("cp1258", _words("LATIN", "ăâđêôơư")),
)
_MAX_JUDGED = 4_000
# Of the bytes of a text: zeros that do not belong there
_STRAY = 0.05
# Of fewer bytes beyond ASCII, only the languages of Western Europe are guessed.
_FEW = 4
# What is judged to be less likely is not believed.
_LEAST, _WESTERN = 0.4, 0.04


def _guess(sample: bytes) -> Encoding | None:
    """Return the encoding in which the bytes give the most likely text."""
    best, found = _LEAST, None
    few = sum(byte >= 0x80 for byte in sample) < _FEW
    for name, judge in _CANDIDATES if not few else [("cp1252", dict(_CANDIDATES)["cp1252"])]:
        text = _decoded(sample, name)
        if text is None:
            continue
        # More people write the languages of Western Europe than those with the same bytes for other letters.
        score = judge(_judged(text)) + (_WESTERN if name == "cp1252" else 0.0)
        if score > best + 1e-9:
            best, found = score, name
    return Encoding(found, guessed=True) if found else None


def _decoded(sample: bytes, name: str) -> str | None:
    decoder = codecs.getincrementaldecoder(name)()
    try:
        text = decoder.decode(sample)
    except UnicodeDecodeError:
        return None
    controls = sum(
        unicodedata.category(c) in ("Cc", "Co", "Cn") and c not in "\r\n\t\f\x1a" for c in text[:_MAX_JUDGED]
    )
    return text if not controls else None


def _judged(text: str) -> str:
    """Return a part of a text that has letters beyond ASCII."""
    lines = [line for line in text.split("\n") if not line.isascii()]
    return "\n".join(lines)[:_MAX_JUDGED]
