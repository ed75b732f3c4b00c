"""How far back gradients reach."""

TEXTS: dict[str, str] = {
    "How far back gradients reach": "梯度能回传多远",
    (
        "Learning sends the loss of a word back through the words before it. Each step back multiplies the gradient by "
        "∂h_t/∂h_t₋₁. If that mostly shrinks it, the network cannot learn from words far back."
    ): (
        "学习时，一个词的损失沿着它之前的词往回传。每往回一步，梯度乘以 ∂h_t/∂h_t₋₁；如果这通常使它变小，"
        "网络就学不到很久以前的内容。"
    ),
    (
        "The curves show what is left of ‖∂L_t/∂h_t₋ₖ‖ after k words, on a logarithmic scale: a straight line falls by "
        "the same factor at each word. An LSTM also has its cell state c, whose direct path multiplies by the forget "
        "gate f."
    ): (
        "曲线是 ‖∂L_t/∂h_t₋ₖ‖ 在 k 个词之后还剩多少，纵轴为对数：直线表示每个词都缩小同样的倍数。"
        "LSTM 还有细胞状态 c，它的直通路径每步乘以遗忘门 f。"
    ),
    "Following the gradients of {name} through the sample …": "正在沿示例语料追踪 {name} 的梯度…",
    "words back (k)": "往回的词数 (k)",
    "left after k words": "k 个词后剩余",
    "vanishing": "消失",
    "exploding": "爆炸",
    "kept": "保持",
    "fading slowly": "缓慢减弱",
    "{name} {gate} gates": "{name} 的 {gate} 门",
    "{name}, layer {layer}: {trend}. Each further word multiplies ∂L/∂{sign} by {factor:.2f}.": (
        "{name} 第 {layer} 层：{trend}。每多一个词，∂L/∂{sign} 乘以 {factor:.2f}。"
    ),
    " At this rate it halves every {words:.1f} words.": "按此速度，每 {words:.1f} 个词减半。",
    " Half of it is left after {words:.1f} words.": "{words:.1f} 个词之后还剩一半。",
    " More than half of it is left at every distance.": "在每个距离上都还剩一半以上。",
    " The largest factor of a step for ∂L/∂h, the spectral norm of ∂h_t/∂h_t₋₁, is {step:.2f} on average over words.": (
        "一步使 ∂L/∂h 变化的最大倍数，即 ∂h_t/∂h_t₋₁ 的谱范数，各词平均为 {step:.2f}。"
    ),
    (
        " Beside ∂L/∂{sign}, the largest factor of a step for ∂L/∂h while {sign} is held fixed, the spectral norm of "
        "∂h_t/∂h_t₋₁, is {step:.2f} on average over words."
    ): (
        "除 ∂L/∂{sign} 之外，固定 {sign} 时一步使 ∂L/∂h 变化的最大倍数，即 ∂h_t/∂h_t₋₁ 的谱范数，"
        "各词平均为 {step:.2f}。"
    ),
    " No gate decides how much of the state stays, so there is no direct path.": (
        "没有门决定状态保留多少，因此没有直接通路。"
    ),
    " The {gate} gates alone, the direct path, leave {share} after {words} words.": (
        "只看直接通路，{gate} 门在 {words} 个词之后留下 {share}。"
    ),
    "{n} layers": "{n} 层",
    "two directions": "两个方向",
    "a window of words": "由若干词组成的窗口",
    "{models} cannot be used in this lesson, which needs {needs}.": "本课不能用 {models}，需要：{needs}。",
}
