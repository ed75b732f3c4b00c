"""The app itself, its dialogs, models and help."""

TEXTS: dict[str, str] = {
    # the app
    "{key} quits.": "{key} 退出。",
    "There is no theme {name}.": "没有名为 {name} 的主题。",
    "The last session did not end normally. Continue with “{title}”?": "上次没有正常退出。继续写「{title}」吗？",
    "Continue": "继续",
    "Start new": "重新开始",
    "New text or conversation": "新建文本或对话",
    "Search for commands…": "搜索命令…",
    "Search for themes…": "搜索主题…",
    "{key} no longer works here ({action}), because your settings use it for something else.": (
        "{key} 在这里不再有原来的作用（{action}），因为你的设置把它用于别处。"
    ),
    "Theme": "主题",
    "light, dark and others; the choice is saved": "浅色、深色等；会记住",
    "Earlier sessions": "以前的会话",
    "continue one of them": "接着写其中一个",
    "Screenshot": "截图",
    "What is new": "更新内容",
    "the changes of this version": "这个版本有哪些变化",
    "The list of changes is not there.": "找不到更新内容。",
    "This is seqchat {version}; {key} and 'What is new' list its changes.": (
        "现在是 seqchat {version}；按 {key}，选“更新内容”，看有哪些变化。"
    ),
    "save the screen as SVG": "把屏幕保存为 SVG",
    "Esc closes": "Esc 关闭",
    "Question": "请确认",
    "Cancel": "取消",
    "There are none.": "没有。",
    # models
    "Models": "模型",
    "Model": "模型",
    "Network": "网络",
    "Words": "词数",
    "Parameters": "参数",
    "Size": "大小",
    "Perplexity": "困惑度",
    "Top-5": "前五",
    (
        "Perplexity and top-5: of the network alone, on the validation dialogs of its training; an "
        "infill model sees both sides there."
    ): "困惑度和前五命中：仅网络本身，在训练时用于验证的对话上；填空模型在那里知道两边的文字。",
    "Enter opens a model; Space marks several, which are shown side by side.": "回车打开模型；空格标记多个，并排显示。",
    "Starting PyTorch": "正在启动 PyTorch",
    "Loading {model}": "正在加载 {model}",
    "Loading the dictionary": "正在加载词典",
    "Loading…": "正在加载…",
    "Something unexpected happened ({error}).": "出现意外（{error}）。",
    # help
    "Help": "帮助",
    "Type; the grey text and the candidates follow every key.": "只管打字；灰色预测和候选随每次按键更新。",
    'Set other keys in {path}: a table [keys.SCOPE] with lines such as save = "ctrl+s" (names in grey).': (
        '按键可在 {path} 里改：表 [keys.范围] 下写 save = "ctrl+s" 这样的行，名称见灰字。'
    ),
    "Always": "任何时候",
    "In a text or a conversation": "在文本或对话中",
    "In a text": "写文本时",
    "In the prompt of a chat": "对话输入行",
    "While letters are underlined": "字母有下划线时",
    "In the candidates": "候选栏内",
    "In the gates": "门控面板内",
    "On a turn of a conversation": "选中对话中的一句时",
}
