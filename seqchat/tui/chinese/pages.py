"""Pages in HTML: recordings to explore, and what lessons say in addition."""

TEXTS: dict[str, str] = {
    "Shown is the window that ends with the text, all that the model reads for the next word; ∅ is no word.": (
        "显示的是以文字结尾的窗口，模型预测下一个词时只读这些；∅ 表示没有词。"
    ),
    "To open a neuron at a word here, write the page for fewer neurons or layers.": (
        "要在这里展开某个词处的神经元，请为较少的神经元或层生成网页。"
    ),
    "A layer with ← reads a word after the words right of it, a layer with → after the words left of it.": (
        "带 ← 的层先读右边的词再读这个词，带 → 的层先读左边的词。"
    ),
    (
        "Point at a heat map to see a word and a neuron; click to keep the selection there, click again to release it. "
        "In a heat map: ← → words, ↑ ↓ neurons, Page ↑ Page ↓ ten neurons, Home End first and last word."
    ): (
        "指着热图可看一个词和一个神经元；点一下固定，再点一下松开。在热图里：← → 换词，↑ ↓ 换神经元，Page ↑ Page ↓ "
        "跳十个神经元，Home End 到第一个和最后一个词。"
    ),
    "Like neurons are next to each other.": "相似的神经元排在一起。",
    "Colours reach as far as 95% of the values.": "颜色覆盖 95% 的值。",
    (
        "neuron: the value of the chosen neuron of the layer at the chosen word. mean, left %, right %: over all "
        "neurons in the page at this word, which share is left- and right-saturated. Click a row to colour the text by "
        "it."
    ): (
        "神经元：所选神经元在所选词处的值。均值、左 %、右 %：网页中全部神经元在该词处的均值，以及左饱和与右饱和的比例。"
        "点一行，文字就按它着色。"
    ),
    "word": "词",
    "neuron": "神经元",
    "layer": "层",
    "gate": "门控",
    "mean": "均值",
    "left %": "左 %",
    "right %": "右 %",
    "{map} · neuron {neuron} over the text": "{map} · 神经元 {neuron} 在全文中",
    "word {number} “{word}” · neuron {neuron}": "词 {number}「{word}」· 神经元 {neuron}",
    "held": "已固定",
    "layer {layer} · {gate}": "第 {layer} 层 · {gate}",
    "{map}, {neurons} neurons by {words} words": "{map}，{neurons} 个神经元，{words} 个词",
    "Opened: layer {layer}, neuron {neuron} at {word}": "展开：第 {layer} 层神经元 {neuron}，「{word}」处",
    "Opened: layer {layer}, neuron {neuron} at {word}, after {before}": (
        "展开：第 {layer} 层神经元 {neuron}，「{before}」之后的「{word}」处"
    ),
    "{others} other neurons": "其余 {others} 个神经元",
    "Try this in seqchat tour:": "在 seqchat tour 里试一试：",
    "Questions": "问题",
    "next word": "下一个词",
    "effect on the score of {word}, as a share of the strongest (logarithmic)": (
        "对「{word}」得分的影响，以最强者为 100%（对数刻度）"
    ),
}
