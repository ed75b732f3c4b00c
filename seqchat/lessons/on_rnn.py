"""The lessons on words, the recurrent step, and the structures of networks."""

from __future__ import annotations

from seqchat.lessons import questions
from seqchat.lessons.choice import Need
from seqchat.lessons.lesson import (
    EXCHANGED,
    EXCHANGED_TRANSLATED,
    SUBJECTS,
    SUBJECTS_TRANSLATED,
    Lesson,
    LessonText,
)

_LSTM = Need("lstm", model="lesson-lstm")

WHY_ORDER = Lesson(
    needs=(_LSTM,),
    gates=("hidden",),
    formulas=(),
    more="x₁ + x₂ + x₃ = x₃ + x₁ + x₂",
    example=EXCHANGED,
    translation=EXCHANGED_TRANSLATED,
    questions=(questions.WHY_ORDER,),
    english=LessonText(
        "Why order matters",
        "Added up, the vectors of words are the same in any order: they know what is said, but not of whom. A network "
        "that reads word by word and carries a state h knows what came first and what came last. Below the example "
        "are the words that it expects next: 她 (she) comes first, because the text last spoke of 小美.",
        "Exchange the names 小帅 and 小美: the words are the same, and so is their sum, but now 他 (he) comes first.",
    ),
    chinese=LessonText(
        "为什么要看顺序",
        "把词的向量加起来，无论什么顺序，和都一样：它知道说了什么，却不知道说的是谁。逐词阅读、并带着状态 h 的网络，"
        "知道先说了什么、后说了什么。示例下方是它预期的下一个词：排在第一的是「她」，因为最后说到的是小美。",
        "把「小帅」和「小美」对调：词还是那些词，和也一样，但现在排在第一的是「他」。",
    ),
)

WINDOWS = Lesson(
    needs=(_LSTM,),
    gates=("hidden",),
    formulas=(),
    more="P(y | X)",
    example="小帅在公司开会，他很高兴",
    translation="Xiaoshuai has a meeting in the firm, he is glad",
    view="windows",
    questions=(questions.WINDOWS,),
    english=LessonText(
        "From text to ids to windows",
        "A network computes with numbers. The text is cut into words (by jieba, where it is Chinese), and each word "
        "has an id: its line in vocabulary.txt. The textbook then slides a window over the ids: five words X, and y, "
        "the word after them, which is to be predicted. A network that carries its state needs no windows: "
        "it reads on.",
        "Replace 公司 with 火星 (Mars), which the vocabulary lacks: it is read as 火 and <unk>. A model of windows: "
        "seqchat train sample --objective window --window-words 5",
    ),
    chinese=LessonText(
        "从文字到编号到窗口",
        "网络只会算数。文字先切成词（中文用 jieba），每个词有一个编号：它在 vocabulary.txt 中的行号。"
        "教科书再让一个窗口在编号上滑动：五个词 X，以及要预测的后一个词 y。会传递状态的网络不需要窗口：它一直读下去。",
        "把「公司」改成词表里没有的「火星」：它读作「火」和 <unk>。训练窗口模型："
        "seqchat train sample --objective window --window-words 5",
    ),
)

STEP = Lesson(
    needs=(Need("rnn", model="lesson-rnn"),),
    gates=("hidden",),
    formulas=(("RNN", "hidden"),),
    example=EXCHANGED,
    translation=EXCHANGED_TRANSLATED,
    word="公司",
    questions=(questions.STEP,),
    english=LessonText(
        "The recurrent step",
        "At each word the network combines the word's vector x with its state h₋₁ from the word before into a new "
        "state h, using the same weights W at every word: a hidden layer with a loop. Below is h after each word, one "
        "colour for each of its 40 neurons. All that the network knows of the text so far is in these 40 numbers.",
        "Replace 公司 (the firm) with 北京 (Beijing): no state before it changes, and all from it on may.",
    ),
    chinese=LessonText(
        "循环的一步",
        "每读一个词，网络就把这个词的向量 x 与上一个词之后的状态 h₋₁ 合成新的状态 h，每一步都用同一套权重 W："
        "这就是带循环的隐藏层。下面是读完每个词之后的 h，40 个神经元各占一种颜色。网络对前文所知的一切，都在这 40 "
        "个数里。",
        "把「公司」改成「北京」：它前面的状态都不变，从它开始的状态都可能变。",
    ),
)

LAYERS = Lesson(
    needs=(Need("lstm", layers=2, model="lesson-lstm-deep"),),
    gates=("hidden",),
    formulas=(),
    more="hˡ = cell(hˡ⁻¹, hˡ₋₁)   h⁰ = x",
    example=EXCHANGED,
    translation=EXCHANGED_TRANSLATED,
    drawing="layers",
    questions=(questions.LAYERS,),
    english=LessonText(
        "Layers",
        "Layers are stacked. The lowest one reads the words; each layer above reads the state h of the layer below, "
        "at the same word. Each layer carries its own state from word to word. Only the top layer predicts.",
        "Keep typing: each word adds a path up, through the layers, and a path to the right, through time. In the "
        "panel (Alt+W), [ and ] choose a layer.",
        "{model} has one layer, shown below. For two: seqchat train sample --layers 2",
    ),
    chinese=LessonText(
        "多层",
        "各层叠在一起。最下面一层读词；往上每一层都在同一个词处读它下面那一层的状态 h。每一层的状态都从一个词传到"
        "下一个词。只有最上面一层做预测。",
        "继续打字：每个词都增加一条向上的路径（穿过各层）和一条向右的路径（穿过时间）。在面板里（Alt+W）用 [ 和 ] "
        "选层。",
        "{model} 只有一层，如下所示。要看两层：seqchat train sample --layers 2",
    ),
)

DIRECTIONS = Lesson(
    needs=(Need("lstm", both_sides=True, model="lstm-chat-infill"),),
    gates=("hidden",),
    formulas=(),
    more="→h = cell(x, →h₋₁)   ←h = cell(x, ←h₊₁)",
    example="周末我想去吃烤鸭",
    translation="At the weekend I want to go ⟨gap⟩ to eat roast duck",
    word="去",
    view="gap",
    drawing="directions",
    questions=(questions.DIRECTIONS,),
    english=LessonText(
        "Two directions",
        "One network reads from the left, the other from the right; together they fill a gap better. They must not "
        "predict the next word: the one from the right has read it. Below: words that fit at the cursor.",
        "Replace 吃烤鸭 with 爬长城 (climb the Great Wall): the left alone expects the same, both sides do not.",
        "{model} has one direction; it ranks words by how well the rest follows. For two directions: seqchat "
        "train sample --objective infill",
    ),
    chinese=LessonText(
        "两个方向",
        "一个网络从左往右读，另一个从右往左读；合起来就知道空缺两边的文字，填得更好。但不能用来预测下一个词："
        "从右往左读的网络已经读过那个词了。面板下面是光标处合适的词。",
        "把「吃烤鸭」改成「爬长城」：只看左边的预期不变，看两边的变了。",
        "{model} 只有一个方向，只能按后文接得是否通顺来打分。要两个方向：seqchat train sample --objective infill",
    ),
)

BOTH = Lesson(
    needs=(Need("lstm", layers=2, window=True, model="lesson-window"),),
    gates=("hidden",),
    formulas=(),
    more="hˡ = [→hˡ, ←hˡ]",
    example=SUBJECTS,
    translation=SUBJECTS_TRANSLATED,
    drawing="both",
    questions=(questions.BOTH,),
    english=LessonText(
        "Several layers, two directions",
        "Each layer reads in both directions, and the layer above reads both states side by side. To predict the next "
        "word, the network sees a window of the last 16 words, so no direction has read what it predicts. Here it "
        "expects 她. But what has left the window is gone, however many layers there are.",
        "Write 地铁很挤，路上车很多，外面下着雨， after it: 小美 leaves the window, and 她 and 他 are nearly equal.",
        "{model} is not such a network.",
    ),
    chinese=LessonText(
        "多层加双向",
        "每一层都从两个方向读，上面一层读并排的两个状态。预测下一个词时，网络只看最后 16 个词的窗口，"
        "所以哪个方向都没有读过要预测的词。这里它预期「她」。但离开窗口的词就没有了，无论有多少层。",
        "在后面写「地铁很挤，路上车很多，外面下着雨，」：「小美」离开窗口，「她」和「他」就几乎一样了。",
        "{model} 不是这样的网络。",
    ),
)

SHAPES = Lesson(
    needs=(_LSTM,),
    gates=("hidden",),
    formulas=(),
    more="output, (h_n, c_n) = nn.LSTM(…)(x)   output, h_n = nn.RNN(…)(x) = nn.GRU(…)(x)",
    example=EXCHANGED,
    translation=EXCHANGED_TRANSLATED,
    view="shapes",
    questions=(questions.SHAPES,),
    english=LessonText(
        "nn.RNN, nn.LSTM and nn.GRU",
        "All three take input_size (of x), hidden_size (neurons), num_layers and bidirectional. They read x, and "
        "return "
        "output, the h of the top layer at every word, and h_n, the h of every layer and direction after its last "
        "word. "
        "nn.LSTM also returns c_n, in the shape of h_n. With batch_first=True the batch comes first in x and output.",
        "Write more: only the number of words changes. seqchat inspect --as-torch writes a model as such a program.",
    ),
    chinese=LessonText(
        "nn.RNN、nn.LSTM 与 nn.GRU",
        "三者的参数相同：input_size（x 的长度）、hidden_size（神经元数）、num_layers（层数）、bidirectional（双向）。"
        "读入 x，返回 output（最上层在每个词处的 h）和 h_n（每层每个方向读完最后一个词的 h）；nn.LSTM 还返回 c_n，"
        "形状与 h_n 相同。设 batch_first=True 时，x 和 output 的第一维是批次。",
        "多写几个字：只有词数会变。seqchat inspect --as-torch 把一个模型写成这样的程序。",
    ),
)
