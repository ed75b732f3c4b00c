"""Training, and watching it."""

TEXTS: dict[str, str] = {
    "Train": "训练",
    "a network of your text, and watch it learn": "用你的文字训练网络，看它怎样学会",
    "Text: a file, a folder, or sample": "文本：文件、文件夹或 sample",
    "RNN, LSTM and GRU side by side": "RNN、LSTM、GRU 一起训练",
    "a gradient that vanishes": "梯度消失",
    "a gradient that explodes": "梯度爆炸",
    "Time limit, such as 10m, or none": "限时，如 10m；可留空",
    "Name of the model": "模型名称",
    "Start": "开始",
    "{name} cannot be the name of a model.": "{name} 不能用作模型名称。",
    "{name} already exists; choose another name.": "{name} 已存在，请换一个名称。",
    "state": "状态",
    "epoch": "轮次",
    "loss": "损失",
    "perplexity": "困惑度",
    "validation perplexity": "验证困惑度",
    "gradient": "梯度",
    "words/s": "词/秒",
    "left": "剩余",
    "gradient norm; grey: clipped": "梯度范数（灰：裁剪后）",
    "gradient left, k words back": "往回 k 个词后剩余的梯度",
    "reading": "读取",
    "training": "训练中",
    "paused": "暂停",
    "finishing": "收尾",
    "ended": "结束",
    "failed": "失败",
    "gone": "已消失",
    "silent": "无消息",
    "–": "–",
    "It has read the text as often as it should.": "文本已按设定的轮数读完。",
    "It stopped early, as it no longer became better.": "不再变好，提前停止。",
    "Its time is up.": "时间用完。",
    "It was stopped and saved; seqchat train --resume goes on with it.": (
        "已停止并保存；可用 seqchat train --resume 接着训练。"
    ),
    "It failed: {reason}": "失败：{reason}",
    "This run did not record what its network does.": "这次训练没有记录网络的表现。",
    "Another run is being prepared, and will replace this one.": "另一次训练正在准备，将替换这一次。",
    "Another run has taken the place of the first one.": "原来的训练已被另一次替换。",
    "The text is being read and cut into words ({share:.0%}).": "正在读取文本并分词（{share:.0%}）。",
    "Training pauses; Space goes on.": "训练暂停；按空格继续。",
    "Trained; n-grams are counted, and their weights tuned.": "训练完毕；正在统计 n-gram 并调整权重。",
    "Its process has gone without a word; seqchat train --resume goes on from what it saved.": (
        "进程意外消失；可用 seqchat train --resume 从保存处接着训练。"
    ),
    "It has not been heard of for a minute; it may have ended.": "一分钟没有消息，可能已经结束。",
    "The loss was no longer a number: back to the last report, with half the learning rate ({n} times).": (
        "损失不再是数：回到上次报告，学习率减半（{n} 次）。"
    ),
    "The gradient explodes: its norm is {norm:,.0f}.": "梯度爆炸：范数为 {norm:,.0f}。",
    "The network will be shown here once training begins.": "训练开始后，这里会显示网络的表现。",
    "untrained": "未训练",
    "after {tokens:,} words": "{tokens:,} 词之后",
    "now": "当前",
    "(not a number any more)": "（已不是数）",
    "layer {name}": "第 {name} 层",
    "{n} neurons": "{n} 个神经元",
    "There is nothing to pause: no run is training now.": "没有可暂停的：现在没有训练。",
    "There is nothing to stop: no run is training now.": "没有可停止的：现在没有训练。",
    "Stop training, and save what was learned? It can be resumed.": "停止训练并保存吗？之后可以接着训练。",
    "Stop": "停止",
    "While training is watched": "观看训练时",
    "Earlier moment of the training": "训练中更早的时刻",
    "Earlier": "更早",
    "Later moment": "更晚的时刻",
    "Later": "更晚",
    "The untrained network": "未训练的网络",
    "The newest moment, and those that follow": "最新的时刻，并跟随更新",
    "Next gate": "下一个门",
    "Gates of the next run": "下一个网络的门",
    "Pause, or go on": "暂停或继续",
    "Pause": "暂停",
    "Stop and save": "停止并保存",
    "Leave; training goes on": "离开；训练继续",
    (
        "On purpose: a plain network with tanh learns so fast that most of its neurons are at −1 or 1 (the "
        "gates below), where tanh is flat. Each word back multiplies the gradient by that slope and by the "
        "recurrent weights, and after a few words nothing is left (the curve at the bottom). The loss falls "
        "even so, but the network learns from the last few words alone."
    ): (
        "特意演示：用 tanh 的普通网络学得太快，多数神经元停在 −1 或 1（见下方的门），那里 tanh "
        "是平的。每往回一个词，梯度都乘以这个斜率和循环权重，几个词之后就什么也不剩（见下方曲线）。损失仍会下降，"
        "但网络只能从最近几个词学习。"
    ),
    (
        "On purpose: a plain network with relu, whose learning rate rises while nothing clips its gradient. "
        "Once its recurrent weights multiply the gradient by more than 1 at each word back, its norm shoots "
        "up by orders of magnitude, the loss with it, and one step ruins what was learned. Clipping prevents "
        "this: add --clip 1."
    ): (
        "特意演示：用 relu 的普通网络，学习率不断升高，梯度不裁剪。一旦循环权重使梯度每往回一个词都乘以大于"
        " 1 的数，梯度范数就猛增几个数量级，损失也随之猛增，一步就毁掉学到的内容。裁剪可以避免："
        "加上 --clip 1。"
    ),
}
