"""The gates as the literature writes them: signs, formulas and what each one does, in both languages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Formula:
    """One gate of a cell: its sign, its formula in the notation of `torch.nn`, and its names and purpose."""

    sign: str
    formula: str
    english: str
    chinese: str
    what: str
    was: str


_CANDIDATE = "What could be written into the memory now."
_CANDIDATE_ZH = "此刻可以写入记忆的新内容。"

# cell → gate → formula; the names of the gates are those of `model.cells`
FORMULAS: dict[str, dict[str, Formula]] = {
    "RNN": {
        "hidden": Formula(
            "h",
            "h = tanh(W_ih x + b_ih + W_hh h₋₁ + b_hh)",
            "hidden state",
            "隐藏状态",
            "All that the network knows about the text so far; it is rewritten at every word.",
            "网络对前文所知的一切；每读一个词就整个重写。",
        ),
    },
    "LSTM": {
        "input": Formula(
            "i",
            "i = σ(W_ii x + b_ii + W_hi h₋₁ + b_hi)",
            "input gate",
            "输入门",
            "How much of the candidate is written: 0 nothing, 1 all of it.",
            "候选内容写入多少：0 不写，1 全写。",
        ),
        "forget": Formula(
            "f",
            "f = σ(W_if x + b_if + W_hf h₋₁ + b_hf)",
            "forget gate",
            "遗忘门",
            "How much of the memory is kept: 0 forgets, 1 keeps.",
            "旧记忆保留多少：0 忘掉，1 保留。",
        ),
        "candidate": Formula(
            "g",
            "g = tanh(W_ig x + b_ig + W_hg h₋₁ + b_hg)",
            "candidate",
            "候选记忆",
            _CANDIDATE,
            _CANDIDATE_ZH,
        ),
        "output": Formula(
            "o",
            "o = σ(W_io x + b_io + W_ho h₋₁ + b_ho)",
            "output gate",
            "输出门",
            "How much of the memory is passed on to the next layer and the next step.",
            "记忆有多少传给下一层和下一步。",
        ),
        "cell": Formula(
            "c",
            "c = f · c₋₁ + i · g",
            "cell state",
            "记忆单元",
            "The memory itself: the old memory times the forget gate, plus the candidate times the input gate.",
            "记忆本身：旧记忆乘遗忘门，加上候选乘输入门。",
        ),
        "hidden": Formula(
            "h",
            "h = o · tanh(c)",
            "hidden state",
            "隐藏状态",
            "What the next layer and the suggestions see of the memory.",
            "下一层和候选词所看到的那部分记忆。",
        ),
    },
    "GRU": {
        "reset": Formula(
            "r",
            "r = σ(W_ir x + b_ir + W_hr h₋₁ + b_hr)",
            "reset gate",
            "重置门",
            "How much of the old state the candidate can see.",
            "候选状态能看到多少旧状态。",
        ),
        "update": Formula(
            "z",
            "z = σ(W_iz x + b_iz + W_hz h₋₁ + b_hz)",
            "update gate",
            "更新门",
            "1 keeps the old state, 0 replaces it with the candidate (some papers write it the other way round).",
            "1 保留旧状态，0 换成候选状态（有的论文正好相反）。",
        ),
        "candidate": Formula(
            "n",
            "n = tanh(W_in x + b_in + r · (W_hn h₋₁ + b_hn))",
            "candidate",
            "候选状态",
            _CANDIDATE,
            _CANDIDATE_ZH,
        ),
        "hidden": Formula(
            "h",
            "h = (1 − z) · n + z · h₋₁",
            "hidden state",
            "隐藏状态",
            "Memory and output in one: a mixture of the old state and the candidate.",
            "记忆与输出合一：旧状态与候选状态的混合。",
        ),
    },
}
