"""The questions of the built-in lessons; a test finds each answer in the models that the lesson shows."""

from __future__ import annotations

from seqchat.lessons.question import ChoiceAnswer, NumberAnswer, Question, QuestionText, WordAnswer

WHY_ORDER = Question(
    QuestionText(
        "Replace only ； with ，. Which word comes first now?",
        "For this network a new subject comes after ；: after ， it still speaks of 小帅.",
    ),
    QuestionText(
        "只把「；」换成「，」。现在排在第一的是哪个词？",
        "对这个网络来说，新的主语出现在「；」之后；「，」之后说的仍是小帅。",
    ),
    WordAnswer("他"),
)

WINDOWS = Question(
    QuestionText(
        "How many pairs X → y does the example give?",
        "It has 8 words; each word from the sixth on is y once: 8 − 5 = 3.",
    ),
    QuestionText("例句能得到几对 X → y？", "它有 8 个词，从第六个词起每个词当一次 y：8 − 5 = 3。"),
    NumberAnswer(3),
)

STEP = Question(
    QuestionText(
        "How many weights are in the matrix by which h₋₁ is multiplied?",
        "Each of the 40 neurons reads all 40 values of h₋₁: 40 · 40. The number of words does not count.",
    ),
    QuestionText(
        "与 h₋₁ 相乘的矩阵有多少个权重？",
        "40 个神经元各读 h₋₁ 的全部 40 个值：40 · 40。词数多少没有关系。",
    ),
    NumberAnswer(1600),
)

LAYERS = Question(
    QuestionText(
        "What does layer 2 read, besides its own state?",
        "Only layer 1 reads the words; layer 2 reads what layer 1 made of them.",
        ("the word's vector x", "h of layer 1 at the same word", "h of layer 1 at the word before"),
    ),
    QuestionText(
        "第 2 层除了自己的状态还读什么？",
        "只有第 1 层读词；第 2 层读第 1 层由词得到的状态。",
        ("词的向量 x", "第 1 层在同一个词处的 h", "第 1 层在上一个词处的 h"),
    ),
    ChoiceAnswer(1),
)

DIRECTIONS = Question(
    QuestionText(
        "烤鸭 becomes 火锅: which state at 去 changes?",
        "→h at 去 has read the words left of it, ←h those right of it.",
        ("→h", "←h", "both", "neither"),
    ),
    QuestionText(
        "把「烤鸭」换成「火锅」，「去」处的哪个状态会变？",
        "「去」处的 →h 只读了它左边的词，←h 读了它右边的词。",
        ("→h", "←h", "两个都变", "都不变"),
    ),
    ChoiceAnswer(1),
)

BOTH = Question(
    QuestionText(
        "Each direction of a layer has 40 neurons. How many values does layer 2 read at each word?",
        "Both states of layer 1, side by side: 40 + 40.",
    ),
    QuestionText("每层每个方向有 40 个神经元。第 2 层在每个词处读多少个值？", "第 1 层并排的两个状态：40 + 40。"),
    NumberAnswer(80),
)

SHAPES = Question(
    QuestionText(
        "nn.GRU(20, 40, num_layers=2, bidirectional=True): what is the first number of the shape of h_n?",
        "One state for each layer and direction: 2 · 2. The number of words does not count.",
    ),
    QuestionText(
        "nn.GRU(20, 40, num_layers=2, bidirectional=True)：h_n 的形状中第一个数是多少？",
        "每层每个方向一个状态：2 · 2。与词数无关。",
    ),
    NumberAnswer(4),
)

GRADIENTS = Question(
    QuestionText(
        "In the RNN above, 小帅 is 14 words before the last one and has 0.0005 of its effect. By what factor does the "
        "effect shrink a word, on average?",
        "The 14th root of 0.0005 is 0.58.",
    ),
    QuestionText(
        "上面的 RNN 里，「小帅」在最后一个词之前 14 个词处，影响是它的 0.0005。平均每过一个词乘以多少？",
        "0.0005 的 14 次方根是 0.58。",
    ),
    NumberAnswer(0.58, 0.02),
)

MEMORY = Question(
    QuestionText(
        "What is c of neuron 35 at ；?",
        "0.24 is left of what was there, −0.91 is added: the sign changes, and with it who is spoken of.",
    ),
    QuestionText("「；」处神经元 35 的 c 是多少？", "原来的值只剩 0.24，再加上 −0.91：正负号变了，说的人也就变了。"),
    NumberAnswer(-0.67, 0.02),
)

FORGET = Question(
    QuestionText(
        "From 是 on, at which word other than ； is f of neuron 35 lowest?",
        "都 has 0.36: c falls there from 2.45 to 1.55, but stays above 0, so 小帅 is not let go.",
    ),
    QuestionText(
        "从「是」到结尾，神经元 35 的 f 除「；」外在哪个词处最低？",
        "「都」处是 0.36：c 从 2.45 降到 1.55，但仍大于 0，没有放下小帅。",
    ),
    WordAnswer("都"),
)

INPUT_OUTPUT = Question(
    QuestionText(
        "At which word is o of neuron 35 lowest?",
        "At 外面 it is 0.09: 下着雨 follows, whoever is spoken of. The memory stays, but is not passed on.",
    ),
    QuestionText(
        "神经元 35 的 o 在哪个词处最低？",
        "「外面」处是 0.09：不管说的是谁，后面都是「下着雨」。记忆还在，只是不传出去。",
    ),
    WordAnswer("外面"),
)

UNTRAINED = Question(
    QuestionText(
        "If f is 0.5 at every word, what share of c is left after 4 words?",
        "0.5 · 0.5 · 0.5 · 0.5 = 0.0625; with f = 0.99 it would be 0.96.",
    ),
    QuestionText(
        "如果每个词处 f 都是 0.5，过 4 个词后 c 还剩多少？",
        "0.5 · 0.5 · 0.5 · 0.5 = 0.0625；若 f = 0.99，还剩 0.96。",
    ),
    NumberAnswer(0.0625, 0.001),
)

STACKED = Question(
    QuestionText(
        "Which values does layer 2 get from layer 1?",
        "c is a layer's own; h = o · tanh(c) is what it shows.",
        ("c and h", "only c", "only h"),
    ),
    QuestionText(
        "第 2 层从第 1 层得到哪些值？",
        "c 只归本层所有；h = o · tanh(c) 才是它给出来的。",
        ("c 和 h", "只有 c", "只有 h"),
    ),
    ChoiceAnswer(2),
)

GRU = Question(
    QuestionText(
        "At which word does h of neuron 18 change its sign for the last time?",
        "z is 0.00 at 小美, so the candidate replaces −0.96; at all words after it z is 1.00, and h stays.",
    ),
    QuestionText(
        "神经元 18 的 h 最后一次变号是在哪个词处？",
        "「小美」处 z 是 0.00，候选取代了 −0.96；之后各词处 z 都是 1.00，h 保持不变。",
    ),
    WordAnswer("小美"),
)

SIDE_BY_SIDE = Question(
    QuestionText(
        "How many weights read h₋₁ in the LSTM of 40 neurons?",
        "Three gates and the candidate each have 40 · 40; in the GRU two gates and the candidate: 4,800.",
    ),
    QuestionText(
        "40 个神经元的 LSTM 里有多少个权重读 h₋₁？",
        "三个门和候选各有 40 · 40 个；GRU 有两个门和候选：4,800 个。",
    ),
    NumberAnswer(6400),
)

MINGRU = Question(
    QuestionText(
        "What reads h₋₁ in a minGRU?",
        "z and the candidate read x alone. h₋₁ is only multiplied by 1 − z, so h is a sum that can be computed for all "
        "words at once.",
        ("z", "the candidate", "both", "neither"),
    ),
    QuestionText(
        "minGRU 里什么要读 h₋₁？",
        "z 和候选都只读 x。h₋₁ 只乘以 1 − z，所以 h 是一个和，所有的词可以同时算。",
        ("z", "候选", "两者都读", "两者都不读"),
    ),
    ChoiceAnswer(3),
)
