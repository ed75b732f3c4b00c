"""Experiments: gates that are held, words that are swapped."""

TEXTS: dict[str, str] = {
    "Hold gates, swap words, and see what changes": "固定门、换词，看会改变什么",
    "Hold the gate at 0, and see what changes": "把门固定为 0，看会改变什么",
    "Hold the gate at 1, and see what changes": "把门固定为 1，看会改变什么",
    "Next field, or the gates": "下一个输入框或门控",
    "Previous field": "上一个输入框",
    "Hold one neuron with 0 and 1, or the whole gate": "0 和 1 固定单个神经元或整个门",
    "Clear all holds and swaps": "不固定也不换词",
    "One neuron": "单个神经元",
    "Clear": "清空",
    "Hold": "固定",
    "In an experiment": "在实验中",
    "On the gradients page": "在梯度页",
    "Held: gate=value@layer:neurons": "固定：门=值@层:神经元",
    "Swapped: word=word": "换词：原词=新词",
    "What differs": "有何不同",
    "such as {example}": "例如 {example}",
    "the network alone": "仅网络本身",
    "untouched run": "原样运行",
    "changed run": "改动后运行",
    "untouched": "原样",
    "changed": "改动后",
    "0 and 1 hold the selected neuron.": "0 和 1 固定选中的神经元。",
    "0 and 1 hold the whole gate.": "0 和 1 固定整个门。",
    "Next word: {bits:.3f} bits, KL(untouched ‖ changed). State {sign}: distance {distance:.2f}, cosine {cosine}.": (
        "下一个词：{bits:.3f} 比特，KL（原样 ‖ 改后）。状态 {sign}：距离 {distance:.2f}，余弦 {cosine}。"
    ),
    "This model also reads the text right of a gap; both runs are of its half that reads from the left.": (
        "这个模型也读空缺右边的文本；两次运行都只是它从左往右读的那一半。"
    ),
    "Moved most: {moved}": "变化最大：{moved}",
    "n{neuron} Δ{sign} {change:+.3f} = forgotten {forgotten:+.3f}, written {written:+.3f}": (
        "n{neuron} Δ{sign} {change:+.3f} = 遗忘 {forgotten:+.3f}，写入 {written:+.3f}"
    ),
    ", held {imposed:+.3f}": "，固定 {imposed:+.3f}",
    "{word}: logit {total:.2f} = {parts} … bias {bias:+.2f}": "{word}：logit {total:.2f} = {parts} … 偏置 {bias:+.2f}",
    "{word} is not in the vocabulary and is read as {pieces}.": "{word} 不在词表中，读作 {pieces}。",
}
