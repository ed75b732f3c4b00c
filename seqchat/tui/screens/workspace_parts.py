"""The widgets and the controllers of the workspace, from its start to its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widgets import ContentSwitcher

from seqchat.completion.engine_pool import EnginePool
from seqchat.errors import one_line
from seqchat.tui.controllers.completion import CompletionController
from seqchat.tui.controllers.composition import CompositionController
from seqchat.tui.controllers.continuations import ContinuationController
from seqchat.tui.controllers.document import DocumentController
from seqchat.tui.controllers.finding import FindController
from seqchat.tui.controllers.gates import GatesController
from seqchat.tui.controllers.learning import LearningController, Policy
from seqchat.tui.controllers.models import ModelsController
from seqchat.tui.controllers.replies import ReplyController
from seqchat.tui.controllers.shading import ShadingController
from seqchat.tui.keys import Key, bindings
from seqchat.tui.language import say
from seqchat.tui.live_settings import LiveSettings
from seqchat.tui.screens.views import Views
from seqchat.tui.session import Mode
from seqchat.tui.settings import Settings
from seqchat.tui.widgets.candidate_popup import CandidatePopup
from seqchat.tui.widgets.candidates import Candidates
from seqchat.tui.widgets.chat import Chat
from seqchat.tui.widgets.continuations import Continuations
from seqchat.tui.widgets.editor import Editor
from seqchat.tui.widgets.find_bar import FindBar
from seqchat.tui.widgets.footer import KeyLine
from seqchat.tui.widgets.panels import Panels
from seqchat.tui.widgets.prompt import Prompt


class WorkspaceParts(Screen[None]):
    """Lays the widgets out, and has the controllers work from start to end."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("app")
    # The focus comes when everything typed before is in the text.
    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (60, "-middle"), (100, "-wide")]  # noqa: RUF012 - so does Textual
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (10, "-low"), (18, "-high"), (30, "-tall")]  # noqa: RUF012

    class Ready(Message, namespace="workspace"):
        """All widgets exist."""

    def __init__(
        self,
        models: Sequence[str],
        settings: LiveSettings,
        keys: Mapping[str, tuple[Key, ...]],
        pool: EnginePool,
        remembered: Sequence[str] = (),
        *,
        learning: Policy | None = None,
        inline: bool = False,
    ) -> None:
        """Take the models to open, and texts of earlier sessions for the memory.

        learning: what becomes of learned words, if it is not what the settings say.
        """
        # Classes that are there from the start cost no second look at all styles.
        classes = [f"-panel-{settings.current.panel}"]
        classes += ["-inline"] if inline else []
        classes += [] if settings.current.continuations else ["-without-continuations"]
        super().__init__(classes=" ".join(classes))
        self._inline, self._settings, self._pool = inline, settings, pool
        self.views = views = Views(self)
        self.learning = LearningController(settings, learning)
        self.models = ModelsController(views, pool, self.post_message, remembered, self.learning.personal, models)
        self.continuations = ContinuationController(views, settings)
        self.composition = CompositionController(views, settings, keys, self.learning.learn, self._forget)
        self.completion = CompletionController(
            views, settings, self.models, self.continuations, self.composition, self.learning
        )
        self.replies = ReplyController(views, settings, self.models)
        self.shading = ShadingController(views, settings, self.models, self.completion)
        self.gates = GatesController(views, settings, self.models, keys, pool)
        self.document = DocumentController(views)
        self.finding = FindController(views)

    def compose(self) -> ComposeResult:
        """Lay out the widgets."""
        with Container(id="main"):
            with Vertical(id="writing"):
                with ContentSwitcher(initial="compose", id="modes"):
                    yield (Prompt if self._inline else Editor)(id="compose", compact=self._inline)
                    yield Chat(id="chat")
                yield FindBar()
                yield Vertical(id="bars")
                yield Continuations()
            yield Panels(id="panels")
        yield KeyLine()
        yield CandidatePopup()

    # --- from start to end

    async def on_mount(self) -> None:
        """Start to load the models once the first frame is on the screen."""
        await self._show_models()
        self.composition.mount(self.query(Editor))
        self._settings.subscribe(self._apply_settings)
        self._apply_settings(self._settings.current, self._settings.current)
        self.call_later(self._take_focus)
        self.document.describe()
        self.call_after_refresh(self.models.start)
        self.completion.request_again()
        self.post_message(self.Ready())

    def _take_focus(self) -> None:
        """Focus the text once it has all keys that were typed before it existed."""
        if self.message_queue_size:
            self.call_later(self._take_focus)
        elif self.focused is None:
            self.views.focus_text()

    def on_key(self, event: events.Key) -> None:
        """Lose nothing that is typed, even before the text has the focus for the first time."""
        if self.focused in (None, self.views.active_editor) and event.is_printable and event.character:
            self.views.active_editor.insert(event.character)

    def on_paste(self, event: events.Paste) -> None:
        """Lose nothing that is pasted either."""
        if self.focused is None:
            self.views.active_editor.insert(event.text)

    @property
    def is_settled(self) -> bool:
        """Whether everything that concerns the text at the cursor is on the screen, and the worker has nothing to do.

        The worker posts `WorkerIdle` when it runs out of work; this compares what it has done with what was asked.
        """
        return self.completion.is_current() and self.models.is_idle

    def stop(self) -> None:
        """Stop all work; what is still on its way is dropped."""
        for part in (self.models, self.continuations, self.replies, self.document):
            part.stop()

    # --- models, settings, modes

    async def _show_models(self) -> None:
        bars = [Candidates() for _ in self.models.names]
        await self.views.show_models(bars, gates_as_bars=self.gates.drawn_as_bars)
        self.views.show_numbers(self._settings.current.numbers)

    async def use_models(self, names: Sequence[str]) -> None:
        """Open other models instead of the current ones."""
        self.models.replace(names)
        self.composition.know_model(has_chinese=False)
        self.completion.forget()
        await self._show_models()
        self.models.start()
        self.completion.request_again()
        self.views.focus_text()

    def _apply_settings(self, before: Settings, now: Settings) -> None:
        """Show what the settings say from now on."""
        self.set_class(not now.continuations, "-without-continuations")
        for editor in self.query(Editor):
            editor.space = now.space
        self.composition.apply_settings()
        self.gates.apply_settings()
        self.continuations.describe()
        self.views.show_numbers(now.numbers)
        self._pool.use_lexicon(now.lexicon, again=before.lexicon != now.lexicon)
        if before.lexicon != now.lexicon:
            self.call_later(self.use_models, self.models.names)
        if before.script != now.script:
            self.models.use_script(now.script, lambda _: self.call_later(self.completion.request_again))
        if before.changed("shading", now.shading) != now:
            self.completion.request_again()
        elif before != now:
            self.shading.clear()
            self.shading.update()

    def use_mode(self, mode: Mode) -> None:
        """Show the text, or the conversation."""
        self.views.mode = mode
        self.finding.close()
        self.completion.request()

    def enter_bar(self) -> None:
        """Move among the candidates."""
        if self.views.bars[0].suggestions:
            self.composition.hide()
            self.views.bars[0].focus()

    def save_learned(self) -> None:
        """Write what was learned, if the writer has agreed."""
        self.learning.save()
        self.learning.report(self._warn)

    def _forget(self, word: str) -> None:
        known = self.learning.forget(word)
        text = say("{word} is forgotten." if known else "{word} was not learned.", word=one_line(word, 40))
        self.notify(text, timeout=3, markup=False)
        self.learning.report(self._warn)
        if known:
            self.completion.request_again()

    def _warn(self, text: str) -> None:
        self.notify(text, severity="warning", timeout=20, markup=False)
