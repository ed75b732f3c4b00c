"""A file becomes records, by the reader of its kind; none holds the whole file where its kind allows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from seqchat.corpus.contents import Content, what_it_is
from seqchat.corpus.encodings import UTF8, Encoding, encoding_of
from seqchat.corpus.file_report import FileReport
from seqchat.corpus.readers.chat_texts import read_markdown, read_text
from seqchat.corpus.readers.decoded import DecodedText
from seqchat.corpus.readers.exports import read_mail, read_sms
from seqchat.corpus.readers.json_files import read_json, read_json_lines
from seqchat.corpus.readers.tables import read_parquet, read_table
from seqchat.corpus.reading_options import ReadingOptions
from seqchat.corpus.records import Record
from seqchat.errors import SeqchatError, one_line

# How many bytes are looked at to recognise the encoding
_SAMPLE = 300_000
_Reader = Callable[[DecodedText, ReadingOptions, FileReport], Iterator[Record]]
READERS: dict[str, _Reader] = {
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".json": read_json,
    ".csv": read_table,
    ".tsv": read_table,
    ".parquet": read_parquet,
    ".txt": read_text,
    ".log": read_text,
    ".weechatlog": read_text,
    ".conv": read_text,
    ".srt": read_text,
    ".vtt": read_text,
    ".ass": read_text,
    ".ssa": read_text,
    ".mbox": read_mail,
    ".xml": read_sms,
    ".md": read_markdown,
    ".markdown": read_markdown,
}
_BINARY = frozenset({".parquet", ".mbox", ".xml"})


def read(content: Content, options: ReadingOptions, report: FileReport) -> Iterator[Record]:
    """Yield the records of a file.

    Raises:
        SeqchatError: it cannot be read at all.
    """
    beginning = content.begins(_SAMPLE)
    if content.suffix not in _BINARY:
        if kind := what_it_is(content, beginning):
            raise SeqchatError(f"{one_line(content.name)} is {kind}.")
        found = _encoding(content, beginning, options)
        report.encoding = f"{found.title}, a guess" if found.guessed else "" if found.name == UTF8 else found.title
        text = DecodedText(content, found.name)
    else:
        text = DecodedText(content, UTF8)
    yield from READERS.get(content.suffix, read_text)(text, options, report)


def _encoding(content: Content, beginning: bytes, options: ReadingOptions) -> Encoding:
    if options.encoding:
        name = options.encoding.lower()
        return Encoding(UTF8 if name in ("utf-8", "utf8") else options.encoding)
    found = encoding_of(beginning)
    if found is None:
        raise SeqchatError(f"{one_line(content.name)} is no text that can be read; if it is one, say its --encoding.")
    return found
