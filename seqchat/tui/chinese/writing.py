"""A text or a conversation, its candidates and continuations."""

TEXTS: dict[str, str] = {
    "Compose": "写作",
    "1 word": "1 词",
    "{count:,} words": "{count:,} 词",
    "1 character": "1 字",
    "{count:,} characters": "{count:,} 字",
    "Candidates": "候选",
    "Nothing to suggest here": "此处没有候选",
    "+ finishes the word  → comes next": "+ 词补全  → 下一词",
    "Space and 1–9 insert, Enter and Esc keep the letters, - = turn pages": "空格 1–9 上屏，回车 Esc 留字母，- = 翻页",
    "Continuations": "续写",
    "temperature {t:.1f}  top-p {p:.2f}": "温度 {t:.1f}  top-p {p:.2f}",
    "Chat": "对话",
    "Enter sends": "回车发送",
    "You": "你",
}
