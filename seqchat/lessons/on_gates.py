"""The lessons on gradients, and on the networks with gates."""

from __future__ import annotations

from seqchat.lessons import questions
from seqchat.lessons.choice import Need, Untrained
from seqchat.lessons.lesson import (
    ONE_SUBJECT,
    ONE_SUBJECT_TRANSLATED,
    SUBJECTS,
    SUBJECTS_TRANSLATED,
    Lesson,
    LessonText,
)

_RNN, _LSTM, _GRU = (Need(cell, model=f"lesson-{cell}") for cell in ("rnn", "lstm", "gru"))
_DEEP = Need("lstm", layers=2, model="lesson-lstm-deep")
# The neurons of the lessons' networks that hold who the subject is
_HOLDS = {"lesson-lstm": 35, "lesson-gru": 18, "lesson-mingru": 13, "lesson-lstm-deep": 7}

GRADIENTS = Lesson(
    needs=(Need("rnn", untrained=Untrained("rnn")), Need("rnn", untrained=Untrained("rnn", factor=4.0))),
    gates=("hidden",),
    formulas=(),
    more="∂L/∂h₋₁ = Wᵀ · diag(1 − h²) · ∂L/∂h",
    example=ONE_SUBJECT,
    translation=ONE_SUBJECT_TRANSLATED,
    view="reach",
    target="他",
    questions=(questions.GRADIENTS,),
    english=LessonText(
        "Vanishing, exploding gradients",
        "Training sends the error back through time; each step multiplies it by Wᵀ · diag(1 − h²). Above, an RNN "
        "before training: the factor shrinks it, and 小帅 has 0.05% of the effect of the last word: it vanishes. "
        "Below, "
        "the same W times 4: it explodes, 小帅 has 90 times the effect of the last word, and training has to clip it.",
        "Write more: how do the bars of 小帅 change? Bars: ‖∂ score of 他 / ∂ x‖, logarithmic, from 1%. Alt+Shift+G: "
        "the gradients of trained networks.",
    ),
    chinese=LessonText(
        "梯度消失与梯度爆炸",
        "训练时误差沿时间往回传，每一步都乘以 Wᵀ · diag(1 − h²)。上面是训练前的 RNN：这个因子使它变小，"
        "「小帅」的影响只有最后一个词的 0.05%：梯度消失。下面把同样的 W 乘以 4：梯度爆炸，"
        "「小帅」的影响是最后一个词的 90 倍，训练时必须裁剪。",
        "继续写：「小帅」的柱子怎么变？柱高：‖∂「他」的得分 / ∂x‖，对数刻度，从 1% 起。按 Alt+Shift+G "
        "看训练好的网络的梯度。",
    ),
)

MEMORY = Lesson(
    needs=(_LSTM,),
    gates=("cell",),
    formulas=(("LSTM", "cell"),),
    example=SUBJECTS,
    translation=SUBJECTS_TRANSLATED,
    word="；",
    neuron=_HOLDS["lesson-lstm"],
    questions=(questions.MEMORY,),
    english=LessonText(
        "The memory cell",
        "An LSTM has two states. The memory c is never rewritten as a whole: each neuron multiplies its old value "
        "by f "
        "and adds i · g. Where f is near 1 and i · g near 0, a value lasts. Neuron 35 of lesson-lstm holds who is "
        "spoken of: c is above 0 from 小帅 to 加班, and below 0 from ； on. Back through time, c is only times f.",
        "In the panel (Alt+W; N finds a neuron, C draws curves) go to ； and compute c = f · c₋₁ + i · g = "
        "0.13 · 1.82 + 0.99 · (−0.92); c₋₁ is at 加班.",
    ),
    chinese=LessonText(
        "记忆单元",
        "LSTM 有两个状态。记忆 c 从不整个重写：每个神经元把旧值乘以 f，再加上 i · g。f 接近 1 而 i · g 接近 0 的地方，"
        "值就保持下去。lesson-lstm 的神经元 35 记着说的是谁：从「小帅」到「加班」c 大于 0，从「；」起小于 0。"
        "往回传时，沿着 c 只乘以 f。",
        "在面板里（Alt+W；N 按编号找神经元，C 画曲线）走到「；」，计算 c = f · c₋₁ + i · g = "
        "0.13 · 1.82 + 0.99 · (−0.92)；c₋₁ 在「加班」处。",
    ),
)

FORGET = Lesson(
    needs=(_LSTM,),
    gates=("forget",),
    formulas=(("LSTM", "forget"), ("LSTM", "cell")),
    example=SUBJECTS,
    translation=SUBJECTS_TRANSLATED,
    word="；",
    neuron=_HOLDS["lesson-lstm"],
    questions=(questions.FORGET,),
    english=LessonText(
        "The forget gate",
        "f decides, neuron by neuron, how much of the memory is kept. In neuron 35 it is 0.96 or more from 是 to 他: "
        "小帅 is kept. At ； it falls to 0.13: he is let go. At 小美 it is 0.93, and 1.00 after that: she is kept. "
        "Not "
        "every neuron forgets at ；: the mean over all falls only from 0.64 to 0.52.",
        "Replace ； with ，: f stays at 0.94 there, he is not let go, and c stays above 0.",
    ),
    chinese=LessonText(
        "遗忘门",
        "f 逐个神经元地决定旧记忆保留多少。神经元 35 的 f 从「是」到「他」都不低于 0.96：记着小帅。在「；」处降到 "
        "0.13："
        "放下了他。在「小美」处是 0.93，接着是 1.00：记着她。不是每个神经元都在「；」处遗忘：全部的均值只从 0.64 "
        "降到 0.52。",
        "把「；」改成「，」：那里 f 仍是 0.94，没有放下他，c 一直大于 0。",
    ),
)

INPUT_OUTPUT = Lesson(
    needs=(_LSTM,),
    gates=("input", "output"),
    formulas=(("LSTM", "input"), ("LSTM", "output"), ("LSTM", "hidden")),
    example=SUBJECTS,
    translation=SUBJECTS_TRANSLATED,
    word="小美",
    neuron=_HOLDS["lesson-lstm"],
    questions=(questions.INPUT_OUTPUT,),
    english=LessonText(
        "Input gate and output gate",
        "i decides how much of the candidate g is written, o how much of the memory is passed on as h. Neuron 35: at "
        "小帅 i is 0.94 and g 0.96, at 小美 i is 0.97 and g −0.96: the name is stored, by its sign. At 了 i is "
        "0.09, so "
        "nothing overwrites it. o is 0.12 at 家里, and 1.00 at the ， before it, where 她 could come next.",
        "Move the cursor from word to word and watch i and o; then replace 小美 with 小帅: g is 0.92 there.",
    ),
    chinese=LessonText(
        "输入门与输出门",
        "i 决定候选 g 有多少写入记忆，o 决定记忆有多少作为 h 传出去。神经元 35：在「小帅」处 i 是 0.94、g 是 0.96，"
        "在「小美」处 i 是 0.97、g 是 −0.96：用正负号存下了名字。在「了」处 i 是 0.09，不会改写它。"
        "o 在「家里」处是 0.12，在它前面的「，」处是 1.00，那里接下来可能就是「她」。",
        "让光标逐词移动，看 i 和 o；再把「小美」改成「小帅」：那里 g 是 0.92。",
    ),
)

UNTRAINED = Lesson(
    needs=(Need("lstm", untrained=Untrained("lstm")), _LSTM),
    gates=("cell",),
    formulas=(),
    more="∂c/∂c₋₁ = f   (∂h₋₁ = 0)",
    example=ONE_SUBJECT,
    translation=ONE_SUBJECT_TRANSLATED,
    view="reach",
    target="他",
    questions=(questions.UNTRAINED,),
    english=LessonText(
        "Before training, it vanishes too",
        "The memory cell is no cure by itself. In an LSTM before training (above) f is about 0.5, so along c the "
        "gradient halves at each word: 小帅 has 0.1% of the effect of the last word, hardly more than in an RNN. "
        "Training opens f where something must last: in lesson-lstm (below) it is 1%.",
        "Write more, and compare the two. Many programs begin training with a bias of 1 on f, so that it is open "
        "(Jozefowicz et al. 2015).",
    ),
    chinese=LessonText(
        "训练前同样会消失",
        "单靠记忆单元不够。训练前的 LSTM（上面）f 约为 0.5，沿着 c 每过一个词梯度就减半："
        "「小帅」的影响只有最后一个词的 0.1%，比 RNN 好不了多少。训练使 f 在需要记住的地方打开："
        "在 lesson-lstm（下面）里是 1%。",
        "继续写，比较两者。许多程序让 f 的偏置从 1 开始，训练一开始门就是开的（Jozefowicz 等 2015）。",
    ),
)

STACKED = Lesson(
    needs=(_DEEP,),
    gates=("cell",),
    formulas=(("LSTM", "cell"), ("LSTM", "hidden")),
    more="xˡ = hˡ⁻¹",
    example=SUBJECTS,
    translation=SUBJECTS_TRANSLATED,
    drawing="layers",
    layer=1,
    neuron=_HOLDS["lesson-lstm-deep"],
    questions=(questions.STACKED,),
    english=LessonText(
        "The stacked LSTM",
        "Each layer is an LSTM with its own gates and memory c. Both c and h go on through time; only h goes up to "
        "the layer above. In layer 2, neuron 7 holds the subject: c is below 0 for 小帅, and above 0 from 下班 on.",
        "In the panel (Alt+W), [ shows layer 1: does c of a neuron there change its sign at 小美, and stay so?",
        "{model} has one layer, shown below. For two: seqchat train sample --layers 2",
    ),
    chinese=LessonText(
        "堆叠 LSTM",
        "每一层都是一个 LSTM，有自己的门和记忆 c。c 和 h 都沿时间往后传；往上传给上面一层的只有 h。"
        "第 2 层的神经元 7 记着主语：说小帅时 c 小于 0，从「下班」起大于 0。",
        "在面板里（Alt+W）按 [ 看第 1 层：有没有神经元的 c 在「小美」处变号，并保持下去？",
        "{model} 只有一层，如下所示。要看两层：seqchat train sample --layers 2",
    ),
)

GRU = Lesson(
    needs=(_GRU,),
    gates=("reset", "update"),
    formulas=(("GRU", "reset"), ("GRU", "update"), ("GRU", "candidate"), ("GRU", "hidden")),
    example=SUBJECTS,
    translation=SUBJECTS_TRANSLATED,
    word="小美",
    neuron=_HOLDS["lesson-gru"],
    questions=(questions.GRU,),
    english=LessonText(
        "The gates of a GRU",
        "A GRU has only h, and one gate does the work of two: where z is near 1 the old state stays, where it is "
        "near 0 "
        "the candidate n replaces it; r decides how much of the old state n sees. Neuron 18: z is 0.02 at 小帅, "
        "0.00 at "
        "小美 and 1.00 at all words after a name, so h stays at −0.96, and then at 0.97.",
        "Replace ； with ，: z is 1.00 at 小美 too, h stays at −0.96, and 他 is expected: the network learned that "
        "a new "
        "subject comes after ；.",
    ),
    chinese=LessonText(
        "GRU 的门",
        "GRU 只有 h，一个门做两个门的事：z 接近 1 的地方保留旧状态，接近 0 的地方换成候选 n；r 决定 n "
        "能看到多少旧状态。"
        "神经元 18：z 在「小帅」处是 0.02，在「小美」处是 0.00，在名字之后的词处都是 1.00，所以 h 保持 −0.96，"
        "然后保持 0.97。",
        "把「；」改成「，」：在「小美」处 z 也是 1.00，h 保持 −0.96，预期「他」：网络学到的是，新的主语出现在「；」"
        "之后。",
    ),
)

SIDE_BY_SIDE = Lesson(
    needs=(_RNN, _LSTM, _GRU),
    gates=("hidden",),
    formulas=(("RNN", "hidden"), ("LSTM", "hidden"), ("GRU", "hidden")),
    example=SUBJECTS,
    translation=SUBJECTS_TRANSLATED,
    questions=(questions.SIDE_BY_SIDE,),
    english=LessonText(
        "RNN, LSTM and GRU side by side",
        "Three networks of 40 neurons read the same words, and all expect 她. Their recurrent weights are as 1 : 4 "
        ": 3, "
        "so a GRU is smaller and trains faster than an LSTM of as many neurons. To compare quality, give them equally "
        "many weights: seqchat compare rnn-chat lstm-chat-small gru-chat",
        "Replace 小美 with 小帅, write more before the end, and see whether one of them is ever wrong.",
    ),
    chinese=LessonText(
        "RNN、LSTM 与 GRU 并排",
        "三个各有 40 个神经元的网络读同样的词，都预期「她」。循环权重之比是 1 : 4 : 3，"
        "所以神经元数相同时，GRU 比 LSTM 小，训练也更快。要比较质量，应让权重数相等："
        "seqchat compare rnn-chat lstm-chat-small gru-chat",
        "把「小美」改成「小帅」，在结尾前再写几句，看有没有哪个网络出错。",
    ),
)

MINGRU = Lesson(
    needs=(Need("mingru", model="lesson-mingru"),),
    gates=("update", "hidden"),
    formulas=(("minGRU", "update"), ("minGRU", "candidate"), ("minGRU", "hidden")),
    example=SUBJECTS,
    translation=SUBJECTS_TRANSLATED,
    word="小美",
    neuron=_HOLDS["lesson-mingru"],
    questions=(questions.MINGRU,),
    english=LessonText(
        "What came after: minGRU",
        "The Transformer looks at all words at once and carries no state. Newer recurrent networks train without a "
        "loop too: in a minGRU z and the candidate look at x alone, so all words are computed at once. Here z writes. "
        "In neuron 13 it is 0.99 at 小帅, 0.98 at 小美 and at most 0.15 between and after them. 她 is expected too.",
        "Compare with the GRU: 11,915 weights there, 6,155 here. seqchat lab pronouns lesson-gru lesson-mingru",
    ),
    chinese=LessonText(
        "后来者：minGRU",
        "Transformer 同时看所有的词，不传递状态。新的循环网络也可以不逐步训练：minGRU 的 z 和候选只看 x，"
        "所有的词可以同时算。这里 z 表示写入：神经元 13 的 z 在「小帅」处是 0.99，在「小美」处是 0.98，"
        "其间和其后都不超过 0.15。它同样预期「她」。",
        "与 GRU 比较：那里有 11,915 个权重，这里有 6,155 个。seqchat lab pronouns lesson-gru lesson-mingru",
    ),
)
