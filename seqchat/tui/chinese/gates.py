"""The panel of gates, an opened neuron, and shading by both."""

TEXTS: dict[str, str] = {
    # gates
    "Gates": "门控",
    "They appear with the first word.": "写下第一个词就会出现。",
    "{mean:.2f} shut {shut:.0%} open {opened:.0%}": "{mean:.2f} 关{shut:.0%} 开{opened:.0%}",
    "neurons {first}–{last} of {all}": "神经元 {first}–{last} / {all}",
    "{all} neurons": "{all} 个神经元",
    "{all} neurons in {columns} columns": "{all} 个神经元，{columns} 列",
    " · scale: 95%": " · 色阶 95%",
    "moved most": "变动最大",
    "track something": "跟踪某种性质",
    "by number": "按编号",
    "Looking for neurons that track something in the sample …": "正在样例文本中寻找跟踪某种性质的神经元……",
    "No neuron of this layer does.": "这一层没有这样的神经元。",
    "Type numbers of neurons, from 0 to {last}.": "请输入神经元的编号，从 0 到 {last}。",
    "There is no neuron {number}; there are 0 to {last}.": "没有神经元 {number}；编号从 0 到 {last}。",
    "Numbers from 0 to {last}; Enter goes there.": "编号从 0 到 {last}，按回车前往。",
    "brackets": "括号内",
    "title": "书名号内",
    "quotation": "引号内",
    "position": "句中位置",
    "remaining": "还剩几词",
    "elapsed": "读过几词",
    "answer": "在回答",
    "speaker": "说话人",
    "latin": "拉丁字母",
    "number": "数字",
    "{back} back · ": "往回 {back} 词 · ",
    "layer {name}/{count}": "第 {name}/{count} 层",
    "Formulas": "公式",
    "x is the word, h₋₁ and c₋₁ the state before it, · multiplies value by value.": (
        "x 是词，h₋₁ 与 c₋₁ 是此前的状态，· 为逐元素相乘。"
    ),
    # a neuron that was opened
    "Open the neuron at the word: where its numbers come from": "打开这个词处的神经元：看每个数从哪里来",
    "The neuron of the layer below that contributes most": "下面一层里贡献最大的神经元",
    "Below": "下层",
    "Earlier word": "前一个词",
    "Later word": "后一个词",
    "Word": "词",
    "Neuron": "神经元",
    "The same neuron of the layer above": "上面一层的同号神经元",
    **{f"Gate {letter}": f"门 {letter}" for letter in "ifgcohrzn"},
    "Next neuron": "下一个神经元",
    "Previous neuron": "上一个神经元",
    "Back to the gates": "回到门控",
    "Where a neuron is opened": "打开的神经元",
    "This is the bottom layer: below it is the word.": "这是最下面一层，再往下就是词。",
    # patterns
    "Patterns: where else the same neurons are on": "模式：同样的神经元还在哪里激活",
    "Where patterns are looked for": "查找模式时",
    "Words further left": "向左移动所选的词",
    "Words further right": "向右移动所选的词",
    "Span": "选词",
    "A word fewer": "少选一个词",
    "A word more": "多选一个词",
    "Fewer": "少选",
    "More": "多选",
    "Higher threshold": "提高阈值",
    "Lower threshold": "降低阈值",
    "Threshold": "阈值",
    "Search the sample for passages with the same neurons on": "在示例语料中查找激活相同神经元的片段",
    "Search": "查找",
    "Groups of neurons that move together": "一起变化的神经元组",
    "Groups": "分组",
    "layer {layer}": "第 {layer} 层",
    "threshold {value}: {count} neurons are on": "阈值 {value}：激活的神经元有 {count} 个",
    "Enter searches the sample for passages with the same neurons on.": "按回车在示例语料中查找激活相同神经元的片段。",
    "Reading the sample …": "正在读示例语料……",
    "Reading the sample: {dialogs} dialogs …": "正在读示例语料：{dialogs} 段对话……",
    "shared": "共有",
    "passages": "片段",
    "by chance": "随机",
    "{passages:,} passages of {dialogs} dialogs of the sample were compared.": (
        "比较了示例语料 {dialogs} 段对话中的 {passages:,} 个片段。"
    ),
    (
        "“passages” counts those that share as many or more; “by chance” is how many do if the course of each "
        "neuron is rotated by itself. In one of twenty shuffles, the best passage shares {chance} or more."
    ): (
        "“片段”是共有同样多或更多神经元的片段数；“随机”是把每个神经元的变化过程各自循环移位后的片段数。"
        "二十次这样的打乱里，有一次最好的片段会共有 {chance} 个或更多。"
    ),
    (
        "{count} groups of neurons correlate by {least:.2f} or more on average, over {words:,} words of the "
        "sample. By chance, the closest two of all {neurons} reach {chance:.2f} in one of twenty shuffles."
    ): (
        "在示例语料的 {words:,} 个词上，{count} 组神经元的平均相关系数达到 {least:.2f}。"
        "随机打乱时，全部 {neurons} 个中最接近的两个，二十次里有一次会达到 {chance:.2f}。"
    ),
    "highest at {high}, lowest at {low}": "最高：{high}；最低：{low}",
    "layer {layer} · neuron {neuron}": "第 {layer} 层 · 神经元 {neuron}",
    "step {step}": "第 {step} 步",
    "{word}: higher than {share:.0%} of the {words:,} most frequent words": (
        "{word}：比最常用的 {words:,} 个词中的 {share:.0%} 高"
    ),
    "highest: {words}": "最高：{words}",
    "lowest: {words}": "最低：{words}",
    "neuron {neuron}": "神经元 {neuron}",
    "layer {layer}, neuron {neuron}": "第 {layer} 层，神经元 {neuron}",
    "{count} other neurons": "其余 {count} 个神经元",
    "the state before the first word is 0": "第一个词之前的状态为 0",
    "sum": "和",
    "the same, as what is left of what each word wrote:": "同一个数，按每个词写入后还剩下的部分：",
    "{count} other words": "其余 {count} 个词",
    # shading
    "Shade the text by": "文字着色的依据",
    "nothing": "不着色",
    "what the candidate depends on": "候选词的依据",
    "the selected neuron": "选中的神经元",
    "Shade the text by the candidate, by a neuron, or not": "着色：按候选词的依据、按神经元、不着色",
    "Shade the text by the candidate, by this neuron, or not": "着色：按候选词的依据、按此神经元、不着色",
    "The text is not shaded.": "文字不着色。",
    "The text is shaded by what the candidate depends on.": "文字按候选词的依据着色。",
    "The text is shaded by the neuron that is selected in the gates.": "文字按门控面板里选中的神经元着色。",
    "The model is not there.": "模型不在。",
}
