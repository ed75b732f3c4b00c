"""The place of work: a text or a conversation, the candidates, the continuations and the gates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import ContentSwitcher, Footer, TextArea

from seqchat.tui import thinking
from seqchat.tui.documents import count_words
from seqchat.tui.keys import CANDIDATES, Key, bind
from seqchat.tui.language import say
from seqchat.tui.screens.filing import Filing
from seqchat.tui.screens.formula import Formulas
from seqchat.tui.session import Mode, Session
from seqchat.tui.settings import Settings
from seqchat.tui.widgets.candidates import Candidates
from seqchat.tui.widgets.chat import Chat
from seqchat.tui.widgets.continuations import Continuations
from seqchat.tui.widgets.editor import Editor, Offer, Prompt
from seqchat.tui.widgets.gate_panel import GatePanel
from seqchat.tui.widgets.panels import Panels

# So many candidates more are asked for when the last page was turned.
_MORE = 27
_WARMTH, _NUCLEUS = 0.1, 0.05
# What the title says of a text waits until nothing was typed for so long.
_PAUSE_SECONDS = 0.2


class Workspace(Filing):
    """Takes what is typed to the thinker, and what was thought to the widgets."""

    class Ready(Message):
        """All widgets are there."""

    # The focus comes when all that was typed before is in the text.
    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (60, "-wide")]  # noqa: RUF012 - so does Textual
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (10, "-low"), (18, "-high"), (30, "-tall")]  # noqa: RUF012

    def __init__(
        self,
        models: Sequence[str],
        settings: Settings,
        keys: Mapping[str, tuple[Key, ...]],
        remembered: Sequence[str] = (),
        *,
        inline: bool = False,
    ) -> None:
        """Take the models to open, and texts of earlier sessions whose words are expected again."""
        super().__init__(classes="-inline" if inline else "")
        bind(self, "app", table=keys)
        self._models, self.settings, self._keys, self._remembered = list(models), settings, keys, remembered
        self._inline = inline
        self._thinker = thinking.Thinker(self._models, self.post_message, remembered)
        self._request = thinking.Request(0, "")
        self._shown: dict[int, thinking.Request] = {}
        self._growth: thinking.Growth | None = None
        self._reply: thinking.ReplyRequest | None = None
        self._pause: Timer | None = None
        self._resting = False

    # --- layout

    def compose(self) -> ComposeResult:
        """Lay the widgets out."""
        with Container(id="main"):
            with Vertical(id="writing"):
                with ContentSwitcher(initial="compose", id="modes"):
                    yield (Prompt if self._inline else Editor)(
                        self._keys, "text", *(["prompt"] if self._inline else []), id="compose", compact=self._inline
                    )
                    yield Chat(self._keys, id="chat")
                yield Vertical(id="bars")
                yield Continuations()
            yield Panels(self._keys, id="panels")
        yield Footer(show_command_palette=False)

    async def on_mount(self) -> None:
        """Begin to load the models once the first frame is on the screen."""
        await self._mount_views()
        self.apply(self.settings)
        self.call_later(self._begin)
        self._describe_text()
        self.call_after_refresh(self._thinker.start)
        self.ask_again()
        self.post_message(self.Ready())

    def _begin(self) -> None:
        """Focus the text once all keys are in it that were typed before it was there."""
        if self.message_queue_size:
            self.call_later(self._begin)
        elif self.focused is None:
            self.write()

    def rest(self) -> None:
        """Think no more; what is still on its way finds no widgets any more."""
        self._thinker.stop()
        self._request, self._growth, self._reply, self._resting = thinking.Request(-1, ""), None, None, True
        if self._pause is not None:
            self._pause.stop()

    async def _mount_views(self) -> None:
        """Give each model its candidates and its panel."""
        bars = self.query_one("#bars")
        await bars.remove_children()
        await bars.mount_all(Candidates(self._keys) for _ in self._models)
        await self.panels.show_models(len(self._models), bars=self.draws_bars)
        self.set_class(len(self._models) > 1, "-several")

    async def use_models(self, models: Sequence[str]) -> None:
        """Open other models in place of those that are open."""
        self._thinker.stop()
        self._models = list(models)
        self._thinker = thinking.Thinker(self._models, self.post_message, self._remembered)
        self._shown = {}
        await self._mount_views()
        self._thinker.start()
        self.ask_again()
        self.write()

    def apply(self, settings: Settings) -> None:
        """Work as is set from now on."""
        before, self.settings = self.settings, settings
        self.set_class(not settings.panel, "-without-panel")
        self.set_class(not settings.continuations, "-without-continuations")
        for editor in self.query(Editor):
            editor.space = settings.space
        self.panels.draw_bars(self.draws_bars)
        self.query_one(Continuations).describe(settings.temperature, settings.top_p)
        if before != settings:
            self.ask_again()

    @property
    def draws_bars(self) -> bool:
        """Whether gates are drawn as bars: as is set, or where the terminal has too few colours."""
        if self.settings.heat_map != "auto":
            return self.settings.heat_map == "bars"
        return self.app.no_color or self.app.console.color_system not in ("truecolor", "256")

    # --- what is there

    @property
    def models(self) -> list[str]:
        """The models that are open."""
        return list(self._models)

    @property
    def editor(self) -> Editor:
        """The text of the mode *compose*."""
        return self.query_one("#compose", Editor)

    @property
    def chat(self) -> Chat:
        """The conversation of the mode *chat*."""
        return self.query_one(Chat)

    @property
    def mode(self) -> Mode:
        """Which of the two is on the screen."""
        return "chat" if self.query_one(ContentSwitcher).current == "chat" else "compose"

    @property
    def writing(self) -> Editor:
        """What is typed into."""
        return self.chat.prompt if self.mode == "chat" else self.editor

    @property
    def bars(self) -> list[Candidates]:
        """The candidates of each model."""
        return list(self.query(Candidates))

    @property
    def panels(self) -> Panels:
        """The gates of each model."""
        return self.query_one(Panels)

    def session(self) -> Session:
        """Return what the next start needs to go on."""
        return Session(
            mode=self.mode,
            text=self.editor.text,
            cursor=self.editor.cursor_location,
            path=str(self.document.path) if self.document else "",
            turns=[(turn.speaker, turn.text) for turn in self.chat.conversation.turns],
            draft=self.chat.prompt.text,
        )

    async def restore(self, session: Session) -> None:
        """Go on with a session."""
        self.editor.load_text(session.text)
        self.editor.move_cursor(self.editor.clamp_visitable(session.cursor))
        await self.chat.load(session.conversation(), session.draft)
        self.adopt(session.path)
        self.use_mode(session.mode)

    def use_mode(self, mode: Mode) -> None:
        """Show the text, or the conversation."""
        self.query_one(ContentSwitcher).current = mode
        self.set_class(mode == "chat", "-chat")
        self.write()
        self._ask()

    def write(self) -> None:
        """Go back to what is typed into."""
        self.writing.focus()

    def on_key(self, event: events.Key) -> None:
        """Let nothing that is typed be lost, even before the text has the focus for the first time."""
        if self.focused in (None, self.writing) and event.is_printable and event.character:
            self.writing.insert(event.character)

    def on_paste(self, event: events.Paste) -> None:
        """Let nothing that is pasted be lost either."""
        if self.focused is None:
            self.writing.insert(event.text)

    # --- typing → thinking

    @on(TextArea.Changed)
    def _text_changed(self) -> None:
        self._ask()
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(_PAUSE_SECONDS, self._describe_text)

    @on(TextArea.SelectionChanged)
    @on(Chat.Changed)
    def _place_changed(self) -> None:
        self._ask()

    def ask_again(self) -> None:
        """Think anew about the text at hand, continuations included."""
        self.query_one(Continuations).branches.restart()
        self._ask(again=True)

    def _ask(self, *, again: bool = False, candidates: int = CANDIDATES, traced: int = thinking.TRACED_WORDS) -> None:
        """Ask for candidates, gates and continuations, where the text or the place in it is another one.

        again: with other continuations; candidates, traced: for more of them, the continuations staying as they are.
        """
        if self._resting:
            return
        text, after = self._written()
        more = (candidates, traced) != (CANDIDATES, thinking.TRACED_WORDS)
        if not (again or more) and (text, after) == (self._request.text, self._request.after):
            return
        settings = self.settings
        self._request = thinking.Request(
            number=self._request.number + 1,
            text=text,
            after=after,
            pinyin=settings.pinyin,
            candidates=candidates,
            ghost_words=0 if after.partition("\n")[0].strip() else settings.ghost_words,
            traced=traced,
            growth=None if more else self._next_growth(text, again=again),
        )
        self._thinker.think(self._request)

    def _written(self) -> tuple[str, str]:
        """Return what stands left and right of the cursor; in a chat, what was said stands on the left."""
        writing = self.writing
        said = "".join(f"{turn}\n" for turn in self.chat.conversation.history() if turn) if self.mode == "chat" else ""
        return said + writing.text_before_cursor(), writing.text_after_cursor()

    def _next_growth(self, text: str, *, again: bool) -> thinking.Growth:
        """Return the branches that have to grow for a text; what agrees with it stays."""
        continuations = self.query_one(Continuations)
        emptied = continuations.branches.follow(text)
        if again:
            emptied = continuations.branches.restart()
        continuations.refresh()
        visible = continuations.display and self.mode == "compose"
        self._growth = thinking.Growth(emptied if visible else (), self.settings.temperature, self.settings.top_p)
        return self._growth

    def _describe_text(self) -> None:
        """Say which text this is, and how long."""
        name = self.document.path.name if self.document else say("Compose")
        self.editor.border_title = Content(f"{name}{' •' if self.unsaved else ''}")
        self.editor.border_subtitle = say("{words:,} words", words=count_words(self.editor.text))

    # --- thinking → screen; what belongs to a text that is no longer there is dropped

    def on_model_loading(self, message: thinking.ModelLoading) -> None:
        """Say what is being done."""
        if not self._resting:
            self.bars[message.index].notice(f"{message.what}…")

    def on_model_ready(self, message: thinking.ModelReady) -> None:
        """Show what model is at work."""
        if self._resting:
            return
        bar = self.bars[message.index]
        bar.border_title = Content(f"{say('Candidates')} · {message.name}")
        self.panels.describe(message)
        if message.index == 0:
            self.chat.model_name = message.name

    def on_model_failed(self, message: thinking.ModelFailed) -> None:
        """Say why there are no suggestions; the text stays."""
        if self._resting:
            return
        self.bars[message.index].notice(message.reason)
        self.panels.all[message.index].notice(message.reason)
        self.notify(message.reason, severity="error", timeout=30, markup=False)

    def on_thought(self, message: thinking.Thought) -> None:
        """Show suggestions and gates."""
        request, index = message.request, message.index
        if request is not self._request:
            return
        before = self._shown.get(index)
        same = before is not None and (before.text, before.after) == (request.text, request.after)
        self._shown[index] = request
        self.bars[index].show(message.suggestions, request.candidates, more=same)
        self.panels.show(message, new=not same)
        if index == 0 and not same:
            first = message.suggestions[0] if message.suggestions else None
            self.writing.offer(Offer(first.insert, first.replace, first.completes) if first else Offer())

    def on_ghost(self, message: thinking.Ghost) -> None:
        """Let the grey text go on."""
        suggestions = self.bars[0].suggestions
        if message.request is self._request and suggestions:
            first = suggestions[0]
            self.writing.offer(Offer(first.insert, first.replace, first.completes, message.text))

    def on_grown(self, message: thinking.Grown) -> None:
        """Let a continuation grow."""
        if message.growth is self._growth:
            continuations, piece = self.query_one(Continuations), message.piece
            continuations.branches.grow(message.branch, piece.text, piece.log_probability, piece.ended, message.replace)
            continuations.refresh()

    def on_replied(self, message: thinking.Replied) -> None:
        """Let a reply grow; what is typed meanwhile follows it once it has ended."""
        if message.request is not self._reply:
            return
        if message.ended:
            self._reply = None
            self._ask()
        else:
            self.chat.grow(message.text)

    def on_chat_reply_wanted(self, message: Chat.ReplyWanted) -> None:
        """Ask for a reply."""
        number = self._reply.number + 1 if self._reply else 0
        self._reply = thinking.ReplyRequest(number, message.turns, self.settings.temperature, self.settings.top_p)
        self._thinker.reply(self._reply)

    def on_prompt_sent(self, message: Prompt.Sent) -> None:
        """End with the line that was written, where the app is no more than a line."""
        self.app.exit(message.text)

    # --- candidates and continuations

    def _up_to_date(self) -> bool:
        """Whether what is shown was made for the text at hand, and not for the one of a keystroke ago."""
        shown = self._shown.get(0)
        return shown is not None and (shown.text, shown.after) == self._written()

    def accept(self, insert: str, replace: int = 0) -> None:
        """Insert what was picked, if it was made for the text at hand."""
        if self._up_to_date():
            self.writing.accept(insert, replace)
        self.write()

    def action_pick(self, number: int) -> None:
        """Take a candidate of the page that is shown."""
        suggestion = self.bars[0].picked(number)
        if suggestion is not None and self._up_to_date():
            self.writing.accept(suggestion.insert, suggestion.replace)

    def on_candidates_picked(self, message: Candidates.Picked) -> None:
        """Take the candidate that was picked in the bar."""
        self.accept(message.suggestion.insert, message.suggestion.replace)

    def on_candidates_more(self, message: Candidates.More) -> None:
        """Ask for more pages."""
        self._ask(candidates=message.count + _MORE)

    def on_candidates_left(self, message: Candidates.Left) -> None:
        """Go back to the text, with what was typed."""
        self.write()
        if message.typed:
            writing = self.writing
            writing.replace(message.typed, *writing.selection, maintain_selection_offset=False)

    @on(Editor.Below)
    def action_enter_bar(self) -> None:
        """Move among the candidates."""
        if self.bars[0].suggestions:
            self.bars[0].focus()

    def on_continuations_picked(self, message: Continuations.Picked) -> None:
        """Take what was clicked."""
        self._take_branch(message.text)
        self.write()

    def action_branch(self, index: int) -> None:
        """Take a whole continuation."""
        self._take_branch(self.query_one(Continuations).branches[index].text)

    def action_branch_word(self, index: int) -> None:
        """Take the next word of a continuation; what is left of it stays."""
        self._take_branch(self.query_one(Continuations).branches[index].first_word())

    def _take_branch(self, text: str) -> None:
        if text and self.mode == "compose":
            self.editor.accept(text, self.query_one(Continuations).branches.replaced)

    async def action_again(self) -> None:
        """Ask for other continuations, or another reply."""
        if self.mode == "chat":
            await self.chat.again()
        else:
            self._ask(again=True)

    def action_warm(self, steps: int) -> None:
        """Draw continuations with another temperature."""
        self._set("temperature", self.settings.temperature + steps * _WARMTH, 0.0, 2.0)

    def action_nucleus(self, steps: int) -> None:
        """Draw continuations with another top-p."""
        self._set("top_p", self.settings.top_p + steps * _NUCLEUS, _NUCLEUS, 1.0)

    def _set(self, name: str, value: float, low: float, high: float) -> None:
        self.apply(self.settings.changed(name, round(min(max(value, low), high), 2)))

    # --- gates

    def action_gate(self, steps: int) -> None:
        """Show one gate alone, or all."""
        self.panels.next_gate(steps)

    def action_layer(self, steps: int) -> None:
        """Show another layer."""
        self.panels.next_layer(steps)

    def action_formula(self) -> None:
        """Explain the gates."""
        cell, gate = self.panels.in_use[0].formula
        if cell:
            self.app.push_screen(Formulas(cell, gate))

    def action_watch(self) -> None:
        """Go to the gates; from one model's to the next one's, and then back to the text."""
        if not self.settings.panel:
            self.action_hide()
        if not self.panels.focus_next():
            self.write()

    def action_maximise(self) -> None:
        """Give the gates the whole width, or what they had."""
        if not self.settings.panel:
            self.action_hide()
        self.toggle_class("-maximised")
        self.panels.fit()

    def action_hide(self) -> None:
        """Hide the gates, or show them."""
        self.apply(self.settings.changed("panel", not self.settings.panel))
        if not self.settings.panel and isinstance(self.focused, GatePanel):
            self.write()

    def action_write(self) -> None:
        """Go back to the text."""
        self.write()

    def on_gate_panel_wants_more(self) -> None:
        """Trace earlier words too."""
        self._ask(traced=2 * self._request.traced)

    def _to_text(self) -> None:
        self.use_mode("compose")

    def action_mode(self) -> None:
        """Go from the text to the conversation, or back."""
        self.use_mode("compose" if self.mode == "chat" else "chat")
