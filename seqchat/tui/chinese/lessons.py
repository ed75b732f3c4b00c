"""The lessons, without their own texts."""

TEXTS: dict[str, str] = {
    "words": "词",
    "ids": "编号",
    "untrained {cell}": "训练前的 {cell}",
    "A window of five words and the next one needs more text.": "要有五个词的窗口和后一个词，还得再写几个字。",
    "batch, words, input_size": "批次、词数、input_size",
    "batch, words, directions · hidden_size": "批次、词数、方向数 · hidden_size",
    "layers · directions, batch, hidden_size": "层数 · 方向数、批次、hidden_size",
    "Lessons": "课程",
    "the recurrent network step by step": "一步一步认识循环网络",
    "Example": "例句",
    "Try this:": "试一试：",
    "left alone": "仅左文",
    "both sides": "左右文",
    "{n:,} weights": "{n:,} 个权重",
    "The model {name} is not installed; seqchat lab pronouns --train checkpoints makes it.": (
        "没有安装模型 {name}；用 seqchat lab pronouns --train checkpoints 可以训练出来。"
    ),
    "The model {name} is not installed; seqchat train sample --cell {cell} --out checkpoints/{name} makes one.": (
        "没有安装模型 {name}；可以训练一个：seqchat train sample --cell {cell} --out checkpoints/{name}"
    ),
    "In the lessons": "课程内",
    "Next lesson": "下一课",
    "Previous lesson": "上一课",
    "Lesson {n}": "第 {n} 课",
    "Restore the example": "还原例句",
    "Reset": "还原",
    "Gates across the whole screen, and back": "门控占满屏幕，再按还原",
}
