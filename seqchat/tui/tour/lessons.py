"""The ten lessons as data, in English and Chinese; the formulas are those of the cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from seqchat.tui.tour.choice import Need

Drawing = Literal["", "layers", "directions"]


@dataclass(frozen=True)
class LessonText:
    """What a lesson says in one language.

    title: of the page; text: what happens and where to look; task: something to try; lacking: what is said if the
    model that is shown has fewer layers or directions than the lesson is about, `{model}` being its name.
    """

    title: str
    text: str
    task: str
    lacking: str = ""


@dataclass(frozen=True)
class Lesson:
    """One page.

    needs: what its models must have, one panel each; gates: what the panels show first; formulas: cell and gate of
    each; more: a formula that belongs to no gate; example: the text at the start, with its translation; word: the word
    that the cursor is after at the start, the last one by default; view: what is shown next to the gates.
    """

    needs: tuple[Need, ...]
    gates: tuple[str, ...]
    formulas: tuple[tuple[str, str], ...]
    example: str
    translation: str
    english: LessonText
    chinese: LessonText
    more: str = ""
    word: str = ""
    view: Literal["gates", "gap", "reach"] = "gates"
    drawing: Drawing = ""

    def said(self, language: str) -> LessonText:
        """Return what it says in a language."""
        return self.chinese if language == "zh" else self.english


_RNN, _LSTM, _GRU = Need("rnn"), Need("lstm"), Need("gru")
_SUBJECTS = "小帅是一名程序员，他每天都加班；小美"
_SUBJECTS_TRANSLATED = "Xiaoshuai is a programmer, he works late every day; Xiaomei"

LESSONS: tuple[Lesson, ...] = (
    Lesson(
        needs=(_RNN,),
        gates=("hidden",),
        formulas=(("RNN", "hidden"),),
        example="我明天想去北京看升旗，你去吗",
        translation="Tomorrow I want to see the flag raised in Beijing, are you coming",
        word="北京",
        english=LessonText(
            "The recurrent step",
            "The network reads word by word. At each word it combines the word x with its state h₋₁ from the word "
            "before into a new state h, using the same weights every time. Each column below is h after that word; "
            "each row is one or two neurons. Everything the network knows about the text so far is in one column.",
            "Replace 北京 (Beijing) with 上海 (Shanghai): no column before it changes, and all from it on may.",
        ),
        chinese=LessonText(
            "循环的一步",
            "网络逐词阅读。每读一个词，就把这个词 x 与上一个词之后的状态 h₋₁ 合成新的状态 h，每一步都用同一套权重。"
            "下面每一列是读完那个词之后的 h，每一行是一两个神经元。网络对前文所知的一切，都在一列之中。",
            "把「北京」改成「上海」：它前面的列都不变，从它开始的列都可能变。",
        ),
    ),
    Lesson(
        needs=(Need("lstm", layers=2),),
        gates=("hidden",),
        formulas=(),
        more="hˡ = cell(hˡ⁻¹, hˡ₋₁)   h⁰ = x",
        example="我们周末去吃火锅",
        translation="At the weekend we go for hot pot",
        drawing="layers",
        english=LessonText(
            "Layers",
            "Layers are stacked. The lowest one reads the words; each layer above reads the state h of the layer "
            "below, at the same word. Each layer carries its own state from word to word. Only the top layer "
            "predicts the next word.",
            "Keep typing: each word adds a path up, through the layers, and a path to the right, through time.",
            "{model} has one layer, shown below. For two: seqchat train sample --layers 2",
        ),
        chinese=LessonText(
            "多层",
            "各层叠在一起。最下面一层读词；往上每一层都在同一个词处读它下面那一层的状态 h。每一层的状态都从一个词传到"
            "下一个词。下一个词只由最上面一层预测。",
            "继续打字：每个词都增加一条向上的路径（穿过各层）和一条向右的路径（穿过时间）。",
            "{model} 只有一层，如下所示。要看两层：seqchat train sample --layers 2",
        ),
    ),
    Lesson(
        needs=(Need("lstm", both_sides=True),),
        gates=("hidden",),
        formulas=(),
        more="→h = cell(x, →h₋₁)   ←h = cell(x, ←h₊₁)",
        example="周末我想去吃烤鸭",
        translation="At the weekend I want to go ⟨gap⟩ to eat roast duck",
        word="去",
        view="gap",
        drawing="directions",
        english=LessonText(
            "Two directions",
            "One network reads from the left, the other from the right; together they know both sides of a gap and "
            "fill it better. They must not predict the next word: the one from the right would already have read it. "
            "Below: the words that fit at the cursor.",
            "Replace 吃烤鸭 with 爬长城 (climb the Great Wall).",
            "{model} has one direction; it ranks words by how well the rest follows. For two directions: seqchat "
            "train sample --objective infill",
        ),
        chinese=LessonText(
            "两个方向",
            "一个网络从左往右读，另一个从右往左读；合起来就知道空缺两边的文字，填得更好。但不能用来预测下一个词："
            "从右往左读的网络已经读过那个词了。面板下面是光标处合适的词。",
            "把「吃烤鸭」改成「爬长城」。",
            "{model} 只有一个方向，只能按后文接得是否通顺来打分。要两个方向：seqchat train sample --objective infill",
        ),
    ),
    Lesson(
        needs=(_RNN, _LSTM),
        gates=("hidden",),
        formulas=(),
        more="∂L/∂h₋ₖ = ∂L/∂h · ∂h/∂h₋₁ · … · ∂h₋ₖ₊₁/∂h₋ₖ",
        example="我住在北京，昨天朋友从上海来看我，我们一起去了",
        translation="I live in Beijing, yesterday a friend came from Shanghai to see me, we went together to",
        view="reach",
        english=LessonText(
            "Vanishing and exploding gradients",
            "Training sends the error at a word back through every step before it, and each step multiplies it by "
            "one more factor. Factors below 1 make it vanish: distant words teach nothing. Factors above 1 make it "
            "explode, so training clips it. Bars (logarithmic, from 1%): how strongly each word affects the next one.",
            "Make the second half longer: how tall is the bar of 北京 then, in each of the two networks?",
        ),
        chinese=LessonText(
            "梯度消失与梯度爆炸",
            "训练时，一个词处的误差要沿着前面的每一步往回传，每一步都再乘一个因子。"
            "因子小于 1，梯度消失：从远处的词学不到东西。因子大于 1，梯度爆炸，所以训练时要裁剪。"
            "柱子（对数刻度，从 1% 起）表示每个词对下一个词的影响有多大。",
            "把后半句写长：这时「北京」的柱子在两个网络里各有多高？",
        ),
    ),
    Lesson(
        needs=(_LSTM,),
        gates=("cell",),
        formulas=(("LSTM", "cell"),),
        example=_SUBJECTS,
        translation=_SUBJECTS_TRANSLATED,
        english=LessonText(
            "The memory cell",
            "An LSTM has two states. The memory c is never rewritten as a whole: each neuron multiplies its old value "
            "by f and adds i · g. Where f is near 1 and i near 0, a value lasts for many words: a row of one colour. "
            "Back through time, the gradient along c is only multiplied by f.",
            "Go to the panel (Alt+W), choose a neuron and a word with the arrow keys, and compute c from f, i and g.",
        ),
        chinese=LessonText(
            "记忆单元",
            "LSTM 有两个状态。记忆 c 从不整个重写：每个神经元把旧值乘以 f，再加上 i · g。f 接近 1 而 i 接近 0 的地方，"
            "一个值会保持许多个词：一整行颜色不变。往回传时，沿着 c 的梯度只乘以 f。",
            "进入面板（Alt+W），用方向键选择神经元和词，用 f、i、g 算出 c。",
        ),
    ),
    Lesson(
        needs=(_LSTM,),
        gates=("forget",),
        formulas=(("LSTM", "forget"), ("LSTM", "cell")),
        example=_SUBJECTS,
        translation=_SUBJECTS_TRANSLATED,
        word="；",
        english=LessonText(
            "The forget gate",
            "f decides, neuron by neuron, how much of the memory is kept. Textbooks say it drops 小帅 (he) when 小美 "
            "(she) becomes the subject. See for yourself: the mean over all neurons is lower where a clause ends, at "
            "， and ；, than at 小美. Single neurons fall there too (Δf; Alt+X makes room for it).",
            "Replace ； with 。 and then with 和 (and), and compare the means at that word.",
        ),
        chinese=LessonText(
            "遗忘门",
            "f 逐个神经元地决定旧记忆保留多少。教科书说：主语换成「小美」时，遗忘门会丢掉「小帅」。自己看看："
            "全部神经元的均值在分句结尾的「，」和「；」处，比在「小美」处更低。"
            "也有个别神经元在那里下降（Δf；按 Alt+X 才有地方显示）。",
            "把「；」换成「。」，再换成「和」，比较这个词处的均值。",
        ),
    ),
    Lesson(
        needs=(_LSTM,),
        gates=("input", "output"),
        formulas=(("LSTM", "input"), ("LSTM", "output"), ("LSTM", "hidden")),
        example="我想吃火锅，不想吃烤鸭。你呢",
        translation="I would like hot pot, not roast duck. And you",
        word="，",
        english=LessonText(
            "The input gate and the output gate",
            "i decides how much of the candidate g is written into the memory, o how much of the memory is passed on "
            "as h. At ， and 。 the input gate is nearly shut: there is little to store. At 火锅 and 烤鸭 it opens "
            "wider.",
            "Move the cursor from word to word and watch the means; then replace 烤鸭 with 故宫.",
        ),
        chinese=LessonText(
            "输入门与输出门",
            "i 决定候选 g 有多少写入记忆，o 决定记忆有多少作为 h 传出去。在「，」和「。」处输入门几乎关闭："
            "没有多少要记。在「火锅」和「烤鸭」处它开得更大。",
            "让光标逐词移动，看均值怎么变；再把「烤鸭」改成「故宫」。",
        ),
    ),
    Lesson(
        needs=(Need("lstm", layers=2),),
        gates=("hidden",),
        formulas=(("LSTM", "cell"), ("LSTM", "hidden")),
        more="xˡ = hˡ⁻¹",
        example="我们周末去吃火锅",
        translation="At the weekend we go for hot pot",
        drawing="layers",
        english=LessonText(
            "The stacked LSTM",
            "Each layer of a stack is an LSTM with its own gates and its own memory c. Both c and h are passed on "
            "through time; only h, through the output gate, is passed up to the next layer.",
            "Keep typing, and see where c goes, and where only h goes. With several layers, [ and ] choose one.",
            "{model} has one layer, shown below. For two: seqchat train sample --layers 2",
        ),
        chinese=LessonText(
            "堆叠 LSTM",
            "堆叠中的每一层都是一个 LSTM，有自己的门和记忆 c。沿时间往后传的是 c 和 h；往上传给下一层的只有"
            "经过输出门的 h。",
            "继续打字，看 c 往哪里走，哪里只有 h。有多层时，用 [ 和 ] 选层。",
            "{model} 只有一层，如下所示。要看两层：seqchat train sample --layers 2",
        ),
    ),
    Lesson(
        needs=(_GRU,),
        gates=("reset", "update"),
        formulas=(("GRU", "reset"), ("GRU", "update"), ("GRU", "candidate"), ("GRU", "hidden")),
        example=_SUBJECTS,
        translation=_SUBJECTS_TRANSLATED,
        english=LessonText(
            "The reset gate and the update gate",
            "A GRU has only h, no memory cell. One gate does the work of two: where z is near 1 the old state stays, "
            "where it is near 0 the candidate n replaces it. r decides how much of the old state n can see.",
            "Move the cursor from word to word: where is z lowest, so that most of the state is new?",
        ),
        chinese=LessonText(
            "重置门与更新门",
            "GRU 除了 h 没有另外的记忆单元。一个门做两个门的事：z 接近 1 的地方保留旧状态，接近 0 的地方换成候选 n。"
            "r 决定 n 能看到多少旧状态。",
            "让光标逐词移动：z 在哪里最低，也就是状态更新得最多？",
        ),
    ),
    Lesson(
        needs=(_RNN, _LSTM, _GRU),
        gates=("hidden",),
        formulas=(("RNN", "hidden"), ("LSTM", "hidden"), ("GRU", "hidden")),
        example=_SUBJECTS,
        translation=_SUBJECTS_TRANSLATED,
        english=LessonText(
            "RNN, LSTM and GRU side by side",
            "Three networks that read the same words. The RNN rewrites h at every word; the LSTM protects a memory c "
            "with three gates; the GRU uses two gates and no c. Their recurrent weights per neuron are as 1 : 4 : 3. "
            "Below each: its size, and the words it expects next.",
            "After it, write 是一名老师，她 word by word. Which network expects what you write?",
        ),
        chinese=LessonText(
            "RNN、LSTM 与 GRU 并排",
            "三个网络读同样的词。RNN 每个词都重写 h；LSTM 用三个门保护记忆 c；GRU 只用两个门，没有 c。"
            "每个神经元的循环权重之比是 1 : 4 : 3。每个面板下面是它的大小和它预期的下一个词。",
            "在后面逐词写「是一名老师，她」。哪个网络料到了你写的？",
        ),
    ),
)
