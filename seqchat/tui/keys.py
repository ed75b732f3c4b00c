"""Every key of the app, as data; `key_changes` checks what a person changes."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import NamedTuple

from textual.binding import Binding, BindingType

from seqchat.tui.language import say

CANDIDATES = 9
BRANCHES = 3
_LESSONS = 10


class Key(NamedTuple):
    """What a key does: a name for the config file, its keys, Textual's action, and a text for the help screen.

    footer: its name in the last line of the screen, if it is shown there; number: of one key among several alike.
    """

    name: str
    keys: str
    action: str
    text: str
    footer: str = ""
    number: int = 0

    def __str__(self) -> str:
        """What the key does, in the current language."""
        return say(self.text, n=self.number) if self.number else say(self.text)


def _numbered(name: str, keys: str, action: str, text: str, count: int) -> tuple[Key, ...]:
    """One key a number; the letters or digits follow each other in `keys`."""
    return tuple(
        Key(f"{name}_{n}", key, f"{action}({n - 1})", text, number=n)
        for n, key in enumerate(keys.split(), 1)
        if n <= count
    )


# scope → its keys. Terminals cannot send Alt with punctuation apart from Esc, so letters carry Alt.
KEYS: dict[str, tuple[Key, ...]] = {
    # anywhere, in dialogs too
    "always": (
        Key("quit", "ctrl+q,alt+q", "app.quit", "Quit", footer="Quit"),
        Key("suspend", "ctrl+z", "app.suspend_process", "Suspend (fg resumes)"),
    ),
    # anywhere but in dialogs
    "app": (
        Key("help", "alt+h", "app.help", "Help", footer="Help"),
        Key("mode", "alt+m", "mode", "Compose / chat", footer="Mode"),
        Key("pinyin", "alt+shift+p", "pinyin", "Pinyin as the model judges (中/英), always (中), or never (英)"),
        Key(
            "punctuation", "alt+shift+m", "punctuation", "Punctuation: Chinese in Chinese text (，。), or as typed (,.)"
        ),
        Key("again", "ctrl+r,alt+r", "again", "Other continuations, or another reply"),
        Key("find", "ctrl+f,alt+shift+f", "find", "Find in the text or the conversation, and replace"),
        Key("palette", "ctrl+p,alt+p", "app.command_palette", "Commands", footer="Commands"),
        Key("save", "ctrl+s,alt+s", "save", "Save the text, or the conversation"),
        Key("save_as", "alt+shift+s", "save_as", "Save under another name"),
        Key("open", "ctrl+o,alt+o", "open", "Open a file"),
        Key("new", "alt+n", "new", "New text or conversation"),
        Key("copy_all", "alt+c", "copy_all", "Copy the whole text, or the last reply"),
        Key("models", "alt+d", "app.models", "Choose a model"),
        Key("settings", "alt+i", "app.settings", "Settings"),
        *_numbered("commit", " ".join(f"alt+{n}" for n in range(1, 10)), "commit", "Insert candidate {n}", CANDIDATES),
        *_numbered("word", "alt+j alt+k alt+l", "branch_word", "Insert the next word of continuation {n}", BRANCHES),
        *_numbered(
            "branch", "alt+shift+j alt+shift+k alt+shift+l", "branch", "Insert the whole continuation {n}", BRANCHES
        ),
        Key("hotter", "alt+t", "warm(1)", "Higher temperature"),
        Key("cooler", "alt+shift+t", "warm(-1)", "Lower temperature"),
        Key("wider_nucleus", "alt+u", "nucleus(1)", "Higher top-p"),
        Key("narrower_nucleus", "alt+shift+u", "nucleus(-1)", "Lower top-p"),
        Key("numbers", "alt+shift+n", "numbers", "Show probabilities as numbers, or as marks"),
        Key("watch", "alt+w", "watch", "Go to the gates", footer="Gates"),
        Key("gate", "alt+g", "gate(1)", "Next gate, or all"),
        Key("layer", "alt+y", "layer(1)", "Next layer"),
        Key("formula", "alt+e", "formula", "Formula of the gate"),
        Key("shade", "alt+shift+d", "shade", "Shade the text by the candidate, by a neuron, or not"),
        Key("experiment", "alt+shift+e", "experiment", "Hold gates, swap words, and see what changes"),
        Key("flow", "alt+shift+g", "flow", "How far back gradients reach"),
        Key("maximise", "alt+x", "maximise", "Gates across the whole width, and back"),
        Key("hide", "alt+v", "hide", "Hide or show the gates"),
    ),
    # in the text one writes
    "text": (
        Key("up", "up", "cursor_up", "Up"),
        Key("down", "down", "cursor_down", "Down; from the last line into the candidates", footer="Bar"),
        Key("left", "left", "cursor_left", "Left"),
        Key("right", "right", "cursor_right", "Right; at the end of a line, insert the grey text"),
        Key("word_left", "ctrl+left", "cursor_word_left", "A word to the left"),
        Key(
            "word_right",
            "ctrl+right",
            "commit_word",
            "A word to the right; at the end of a line, insert the next grey word",
        ),
        Key("line_start", "home,ctrl+a", "cursor_line_start", "Start of the line"),
        Key("line_end", "end,ctrl+e", "cursor_line_end", "End of the line"),
        Key("page_up", "pageup", "cursor_page_up", "A page up, in a chat of the conversation"),
        Key("page_down", "pagedown", "cursor_page_down", "A page down, in a chat of the conversation"),
        Key("start", "ctrl+home", "cursor_start", "Start of the text or the conversation"),
        Key("end", "ctrl+end", "cursor_end", "End of the text or the conversation"),
        Key("select_up", "shift+up", "cursor_up(True)", "Select upwards"),
        Key("select_down", "shift+down", "cursor_down(True)", "Select downwards"),
        Key("select_left", "shift+left", "cursor_left(True)", "Select to the left"),
        Key("select_right", "shift+right", "cursor_right(True)", "Select to the right"),
        Key("select_word_left", "ctrl+shift+left", "cursor_word_left(True)", "Select a word to the left"),
        Key("select_word_right", "ctrl+shift+right", "cursor_word_right(True)", "Select a word to the right"),
        Key("select_line_start", "shift+home", "cursor_line_start(True)", "Select to the start of the line"),
        Key("select_line_end", "shift+end", "cursor_line_end(True)", "Select to the end of the line"),
        Key("select_start", "ctrl+shift+home", "cursor_start(True)", "Select to the start of the text"),
        Key("select_end", "ctrl+shift+end", "cursor_end(True)", "Select to the end of the text"),
        Key("select_all", "alt+a", "select_all", "Select all"),
        Key("select_line", "alt+shift+a", "select_line", "Select the line"),
        Key("delete_left", "backspace", "delete_left", "Delete to the left"),
        Key("delete_right", "delete,ctrl+d", "delete_right", "Delete to the right"),
        Key("delete_word_left", "ctrl+w,ctrl+backspace,alt+backspace", "delete_word_left", "Delete a word to the left"),
        Key("delete_word_right", "alt+delete", "delete_word_right", "Delete a word to the right"),
        Key("delete_line_start", "ctrl+u", "delete_to_start_of_line", "Delete to the start of the line"),
        Key("delete_line_end", "ctrl+k", "delete_to_end_of_line_or_delete_line", "Delete to the end of the line"),
        Key("delete_line", "ctrl+shift+k", "delete_line", "Delete the line"),
        Key("cut", "ctrl+x", "cut", "Cut"),
        Key("copy", "ctrl+c", "copy", "Copy"),
        Key("paste", "ctrl+v", "paste", "Paste what was cut or copied here"),
        Key("undo", "alt+z,ctrl+underscore", "undo", "Undo"),
        Key("redo", "ctrl+y,alt+shift+z", "redo", "Redo"),
        Key("commit", "tab", "commit", "Insert the grey text, or the first candidate", footer="Insert"),
        Key("candidates", "alt+down", "screen.enter_bar", "Into the candidates"),
        Key("dismiss", "escape", "dismiss", "Hide the grey text until the next key"),
    ),
    # while letters are open that are probably pinyin; each action is a `Command` of the composition
    "composition": (
        Key("first", "space", "first", "Insert the first candidate"),
        *_numbered("take", "1 2 3 4 5 6 7 8 9", "take", "Insert candidate {n}", CANDIDATES),
        Key("letters", "enter", "letters", "Keep the letters as they are"),
        Key("leave", "escape", "leave", "Leave them as letters; again, remove them"),
        Key("delete_left", "backspace", "delete_left", "Delete a letter, or make what was just inserted letters again"),
        Key("delete_right", "delete", "delete_right", "Delete the letter to the right"),
        Key(
            "delete_syllable", "ctrl+w,ctrl+backspace,alt+backspace", "delete_syllable", "Delete a syllable to the left"
        ),
        Key("forget", "shift+delete", "forget", "Forget the candidate whose number is typed next"),
        Key("left", "left", "left", "Left among the letters"),
        Key("syllable_left", "ctrl+left", "syllable_left", "A syllable to the left"),
        Key("right", "right", "right", "Right among the letters"),
        Key("start", "home", "start", "Start of the letters"),
        Key("end", "end,ctrl+right", "end", "End of the letters"),
        Key("next_page", "equals_sign,pagedown", "next_page", "Next page"),
        Key("previous_page", "minus,pageup", "previous_page", "Previous page"),
    ),
    # in the prompt of a chat, in addition to the keys of a text
    "prompt": (
        Key("send", "enter", "send", "Send", footer="Send"),
        Key("edit_last", "alt+up", "edit_last", "Change what was sent last, or go to the conversation"),
    ),
    # in the fields in which one says what to find, in addition to the keys of a text
    "find": (
        Key("next", "enter", "submit", "Next hit; in the field below, replace this one", footer="Next hit"),
        Key("above", "up", "previous", "Hit before", footer="Hit before"),
        Key("other_field", "tab,shift+tab", "other_field", "The other field: what to find, what to write instead"),
        Key("replace_all", "alt+shift+x", "replace_all", "Replace all hits", footer="Replace all"),
        Key("close", "escape", "screen.close_find", "Back to the text, at the hit", footer="Leave"),
    ),
    # in the candidates
    "bar": (
        *_numbered("commit", "1 2 3 4 5 6 7 8 9", "commit", "Insert candidate {n}", CANDIDATES),
        Key("commit", "space,enter", "commit_current", "Insert", footer="Insert"),
        Key("left", "left", "move(-1)", "Candidate to the left"),
        Key("right", "right,tab", "move(1)", "Candidate to the right"),
        Key("next_page", "equals_sign,pagedown,down", "page(1)", "Next page", footer="Next"),
        Key("previous_page", "minus,pageup", "page(-1)", "Previous page", footer="Back"),
        Key("forget", "delete", "forget", "Forget that this candidate was learned"),
        Key("leave", "escape,up", "leave", "Leave", footer="Leave"),
    ),
    # in the gates
    "panel": (
        Key("layer_down", "left_square_bracket", "layer(-1)", "Layer below"),
        Key("layer_up", "right_square_bracket", "layer(1)", "Layer above", footer="Layer"),
        Key("next_gate", "g,tab", "gate(1)", "Next gate, or all", footer="Gate"),
        Key("previous_gate", "G,shift+tab", "gate(-1)", "Previous gate"),
        Key("left", "left", "move(-1, 0)", "Word or neuron to the left", footer="Move"),
        Key("right", "right", "move(1, 0)", "Word or neuron to the right"),
        Key("up", "up", "move(0, -1)", "Word or neuron above"),
        Key("down", "down", "move(0, 1)", "Word or neuron below"),
        Key("first_word", "home", "word(-100000)", "First word"),
        Key("last_word", "end", "word(100000)", "Last word"),
        Key("page_up", "pageup", "scroll_pages(-1)", "A page up"),
        Key("page_down", "pagedown", "scroll_pages(1)", "A page down"),
        Key("curves", "c", "curves", "Curves of single neurons, or all neurons", footer="Curves"),
        Key("choice", "o", "choice", "Curves of other neurons: moved most, tracking, by number"),
        Key("find", "n", "find", "Neurons by number", footer="Number"),
        Key("wider", "plus,equals_sign", "resize(1)", "Wider"),
        Key("narrower", "minus", "resize(-1)", "Narrower"),
        Key("maximise", "m", "screen.maximise", "Whole width, and back"),
        Key("shade", "s", "screen.shade", "Shade the text by the candidate, by this neuron, or not"),
        Key("hold_shut", "0", "screen.hold(0)", "Hold the gate at 0, and see what changes", footer="Hold"),
        Key("hold_open", "1", "screen.hold(1)", "Hold the gate at 1, and see what changes"),
        Key("open", "enter", "open", "Open the neuron at the word: where its numbers come from", footer="Open"),
        Key("patterns", "p", "patterns", "Patterns: where else the same neurons are on"),
        Key("formula", "f", "screen.formula", "Formula"),
        Key("hide", "v", "screen.hide", "Hide"),
        Key("leave", "escape", "screen.write", "Back to the text", footer="Leave"),
    ),
    # where gates are held and words swapped, in addition to the keys of the gates
    "experiment": (
        Key("back", "escape", "write", "Back to the text", footer="Leave"),
        Key("next_field", "tab", "app.focus_next", "Next field, or the gates"),
        Key("previous_field", "shift+tab", "app.focus_previous", "Previous field"),
        Key("watch", "alt+w", "watch", "Go to the gates", footer="Gates"),
        Key("scope", "alt+n", "scope", "Hold one neuron with 0 and 1, or the whole gate", footer="One neuron"),
        Key("free", "alt+x", "free", "Clear all holds and swaps", footer="Clear"),
        Key("help", "alt+h", "app.help", "Help", footer="Help"),
        Key("gates", "alt+e", "formula", "Formulas"),
    ),
    # in the settings
    "form": (
        Key("up", "up", "move(-1)", "Setting above"),
        Key("down", "down", "move(1)", "Setting below"),
        Key("page_up", "pageup", "move(-8)", "Eight settings up"),
        Key("page_down", "pagedown", "move(8)", "Eight settings down"),
        Key("first", "ctrl+home", "move(-1000)", "First setting"),
        Key("last", "ctrl+end", "move(1000)", "Last setting"),
        Key("less", "left", "change(-1)", "Switch off, or choose the value before"),
        Key("more", "right", "change(1)", "Switch on, or choose the next value"),
    ),
    # where a neuron at a word is opened
    "step": (
        Key("word_left", "left", "word(-1)", "Earlier word", footer="Word"),
        Key("word_right", "right", "word(1)", "Later word"),
        Key("layer_below", "down", "below", "The neuron of the layer below that contributes most", footer="Below"),
        Key("layer_above", "up", "above", "The same neuron of the layer above"),
        *(Key(f"gate_{letter}", letter, f"gate('{letter}')", f"Gate {letter}") for letter in "ifgcohrzn"),
        Key("next_gate", "tab", "next_gate(1)", "Next gate", footer="Gate"),
        Key("previous_gate", "shift+tab", "next_gate(-1)", "Previous gate"),
        Key("next_neuron", "right_square_bracket", "neuron(1)", "Next neuron", footer="Neuron"),
        Key("previous_neuron", "left_square_bracket", "neuron(-1)", "Previous neuron"),
        Key("back", "escape,enter", "app.pop_screen", "Back to the gates", footer="Leave"),
        Key("help", "alt+h", "app.help", "Help", footer="Help"),
    ),
    # where patterns are looked for
    "patterns": (
        Key("earlier", "left", "span(-1)", "Words further left", footer="Span"),
        Key("later", "right", "span(1)", "Words further right"),
        Key("shorter", "shift+left,minus", "longer(-1)", "A word fewer", footer="Fewer"),
        Key("longer", "shift+right,plus,equals_sign", "longer(1)", "A word more", footer="More"),
        Key("higher", "up", "threshold(1)", "Higher threshold", footer="Threshold"),
        Key("lower", "down", "threshold(-1)", "Lower threshold"),
        Key("next_gate", "g,tab", "gate(1)", "Next gate", footer="Gate"),
        Key("previous_gate", "G,shift+tab", "gate(-1)", "Previous gate"),
        Key("search", "enter", "search", "Search the sample for passages with the same neurons on", footer="Search"),
        Key("groups", "t", "groups", "Groups of neurons that move together", footer="Groups"),
        Key("back", "escape", "app.pop_screen", "Back to the gates", footer="Leave"),
        Key("help", "alt+h", "app.help", "Help", footer="Help"),
    ),
    # on a page for reading
    "page": (
        Key("back", "escape", "app.pop_screen", "Back to the text", footer="Leave"),
        Key("help", "alt+h", "app.help", "Help", footer="Help"),
    ),
    # where runs of training are watched
    "watching": (
        Key("earlier", "left", "moment(-1)", "Earlier moment of the training", footer="Earlier"),
        Key("later", "right", "moment(1)", "Later moment", footer="Later"),
        Key("first", "home", "moment(-100000)", "The untrained network"),
        Key("last", "end", "moment(100000)", "The newest moment, and those that follow"),
        Key("next_gate", "g,tab", "gate(1)", "Next gate", footer="Gate"),
        Key("previous_gate", "G,shift+tab", "gate(-1)", "Previous gate"),
        Key("layer_up", "right_square_bracket", "layer(1)", "Layer above"),
        Key("layer_down", "left_square_bracket", "layer(-1)", "Layer below"),
        Key("run", "n", "run", "Gates of the next run"),
        Key("pause", "space", "pause", "Pause, or go on", footer="Pause"),
        Key("stop", "s", "stop", "Stop and save", footer="Stop"),
        Key("back", "escape", "leave", "Leave; training goes on", footer="Leave"),
        Key("help", "alt+h", "app.help", "Help", footer="Help"),
    ),
    # on a turn of a conversation
    "turn": (
        Key("up", "up", "move(-1)", "Previous turn"),
        Key("down", "down", "move(1)", "Next turn"),
        Key("edit", "enter", "edit", "Change and send again", footer="Edit"),
        Key("again", "alt+shift+r", "again", "Another reply", footer="Again"),
        Key("copy", "ctrl+c", "copy", "Copy", footer="Copy"),
        Key("page_up", "pageup", "page(-1)", "A page up"),
        Key("page_down", "pagedown", "page(1)", "A page down"),
        Key("start", "ctrl+home", "end(-1)", "Start of the conversation"),
        Key("end", "ctrl+end", "end(1)", "End of the conversation"),
        Key("leave", "escape", "screen.write", "Back to the prompt", footer="Leave"),
    ),
    # in the lessons, in addition to the keys of a text and of the gates
    "tour": (
        Key("next", "alt+n,alt+right", "turn(1)", "Next lesson", footer="Next"),
        Key("previous", "alt+p,alt+left", "turn(-1)", "Previous lesson", footer="Back"),
        *_numbered("lesson", " ".join(f"alt+{n % 10}" for n in range(1, 11)), "page", "Lesson {n}", _LESSONS),
        Key("reset", "alt+r", "reset", "Restore the example", footer="Reset"),
        Key("watch", "alt+w", "watch", "Go to the gates", footer="Gates"),
        Key("ask", "alt+t", "ask", "Ask the questions of the lesson, or go back to them", footer="Ask"),
        Key("maximise", "alt+x", "maximise", "Gates across the whole screen, and back"),
        Key("formula", "alt+e", "formula", "Formula of the gate"),
        Key("flow", "alt+shift+g", "gradients", "How far back gradients reach"),
        Key("help", "alt+h", "app.help", "Help"),
    ),
    # where a question of a lesson is answered, in addition to the keys of the lessons
    "question": (
        Key("answer", "enter", "submit", "Check the answer", footer="Check"),
        Key("reveal", "alt+shift+t", "reveal", "Show the answer", footer="Answer"),
        Key("next", "down", "turn(1)", "Next question"),
        Key("previous", "up", "turn(-1)", "Previous question"),
        Key("leave", "escape", "leave", "Back to the example", footer="Leave"),
    ),
}

SCOPES: dict[str, str] = {
    "always": "Always",
    "app": "In a text or a conversation",
    "text": "In a text",
    "prompt": "In the prompt of a chat",
    "find": "While you find and replace",
    "composition": "While letters are underlined",
    "bar": "In the candidates",
    "panel": "In the gates",
    "turn": "On a turn of a conversation",
    "experiment": "In an experiment",
    "form": "In the settings",
    "step": "Where a neuron is opened",
    "patterns": "Where patterns are looked for",
    "page": "On the gradients page",
    "watching": "While training is watched",
    "tour": "In the lessons",
    "question": "In a question of a lesson",
}

# How keys are shown to people
SIGNS = {
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "equals_sign": "=",
    "minus": "-",
    "plus": "+",
    "comma": ",",
    "underscore": "_",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "escape": "Esc",
}


def shown(keys: str) -> str:
    """Return keys as people write them: ``alt+j,ctrl+r`` as ``Alt+J, Ctrl+R``."""
    return ", ".join("+".join(map(_sign, key.strip().split("+"))) for key in keys.split(","))


def _sign(part: str) -> str:
    return SIGNS.get(part) or (part if len(part) == 1 and part.isupper() else part.capitalize())


def keys_of(action: str, table: Mapping[str, tuple[Key, ...]]) -> str:
    """Return all keys of an action, in whatever scope, separated by commas."""
    found = (key.keys for keys in table.values() for key in keys if key.action.rpartition(".")[2] == action)
    return ",".join(dict.fromkeys(",".join(found).split(",")))


def bindings(*scopes: str, without: Container[str] = ()) -> list[BindingType]:
    """Return the bindings of some scopes for a class's `BINDINGS`; those `without` are left out, by name.

    Their ids are ``scope.name``: the app's keymap changes them, and the line of keys translates them.
    """
    return [
        Binding(key.keys, key.action, key.footer, show=bool(key.footer), id=f"{scope}.{key.name}")
        for scope in scopes
        for key in KEYS[scope]
        if key.name not in without
    ]
