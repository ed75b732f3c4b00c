"""The language server: documents and requests of an editor → suggestions. It reads and writes no files."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, default_converter, lsp_method

from seqchat import __version__, heap
from seqchat.completion.engine import Engine
from seqchat.errors import SeqchatError, one_line
from seqchat.serving.lsp.document import UNITS, Document, Place
from seqchat.serving.lsp.suggesting import Candidate, Choice, Suggester, replacing
from seqchat.serving.lsp.unknown_words import UnknownWords
from seqchat.wording import percentage

# After these characters an editor asks by itself; where words begin and go on, it does so anyway.
_TRIGGERS = list(" ，。！？、；：,.!?;:'")
# An editor that compares `filterText` with all letters before the cursor, and not with those that an item replaces
_FILTERS_BY_LETTERS = "helix"
# One that compares it with its symbol before the cursor, which it replaces with the label before it does what was asked
_REPLACES_SYMBOLS = "Eglot"
# Grey text goes no further after so many seconds.
_GREY_SECONDS = 0.008
# After so many seconds without another message about documents, what the next letter will need is computed.
_PAUSE_SECONDS = 0.02


class Server(LanguageServer):
    """Documents, and the model once it is loaded."""

    def __init__(self, load: Callable[[], Engine], choice: Choice) -> None:
        """load: loads the model, in a thread; choice: what the writer wants to see."""
        super().__init__("seqchat", __version__, protocol_cls=_Protocol, converter_factory=default_converter)
        self._load, self._choice = load, choice
        self._loading: asyncio.Future[Engine] | None = None
        self._documents: dict[str, Document] = {}
        self._suggesters: dict[str, Suggester] = {}
        self._reading: set[asyncio.Task[None]] = set()
        # What is done in the next pause
        self._ahead: asyncio.TimerHandle | None = None
        self._unknown_words: UnknownWords | None = None
        # The requests for lists of each document so far
        self._asked: Counter[str] = Counter()
        self.editor = ""

    # --- documents

    def open(self, uri: str, text: str) -> None:
        """Take the text of a document."""
        self._drop_ahead()
        self._documents[uri] = Document(text, UNITS[types.PositionEncodingKind(self.workspace.position_encoding).value])
        self._suggesters.pop(uri, None)

    def change(self, uri: str, changes: list[types.TextDocumentContentChangeEvent]) -> None:
        """Change a document."""
        self._drop_ahead()
        for change in changes:
            document = self._documents.get(uri)
            if document is None or not isinstance(change, types.TextDocumentContentChangePartial):
                self.open(uri, change.text)
                continue
            start, end = (_place(document, position) for position in (change.range.start, change.range.end))
            document.replace(start, max(start, end), change.text)

    def close(self, uri: str) -> None:
        """Forget a document."""
        self._drop_ahead()
        self._documents.pop(uri, None)
        self._suggesters.pop(uri, None)
        self._asked.pop(uri, None)

    # --- suggestions

    async def completion(self, params: types.CompletionParams) -> types.CompletionList:
        """Answer a request for a list; the list is asked for again at each key."""
        uri, position = params.text_document.uri, params.position
        context = params.context
        worth = context is not None and context.trigger_kind == types.CompletionTriggerKind.TriggerCharacter
        self._asked[uri] += 1
        number = self._asked[uri]
        suggester = await self._suggester(uri)
        document = self._documents.get(uri)
        # While the model is loaded, requests wait, of which the editor has use for the last one only.
        if suggester is None or document is None or number != self._asked[uri]:
            return types.CompletionList(is_incomplete=True, items=[])
        place = _place(document, position)
        candidates = suggester.candidates(place, worth=worth)
        self._read_elsewhere(suggester, place)
        self._look_ahead(suggester, place)
        return types.CompletionList(is_incomplete=True, items=self._items(document, place, candidates))

    def _items(self, document: Document, place: Place, candidates: list[Candidate]) -> list[types.CompletionItem]:
        """Return candidates at a place as the editor needs them."""
        letters, width = "", 0
        if self.editor == _REPLACES_SYMBOLS:
            symbol = document.symbol_before(place)
            candidates = [replacing(symbol, candidate) for candidate in candidates]
            # It deletes as many characters as the label has, and at least the symbol has to go.
            width = max((len(candidate.typed) for candidate in candidates), default=0)
        elif self.editor == _FILTERS_BY_LETTERS:
            letters = document.letters_before(place)
        end = _position(document, place)
        return [_item(document, end, rank, candidate, letters, width) for rank, candidate in enumerate(candidates)]

    async def inline_completion(self, params: types.InlineCompletionParams) -> types.InlineCompletionList:
        """Answer a request for grey text."""
        suggester = await self._suggester(params.text_document.uri)
        document = self._documents.get(params.text_document.uri)
        if suggester is None or document is None:
            return types.InlineCompletionList(items=[])
        place = _place(document, params.position)
        ends = time.monotonic() + _GREY_SECONDS
        text = suggester.grey_text(place, lambda: time.monotonic() > ends)
        self._read_elsewhere(suggester, place)
        if not text:
            return types.InlineCompletionList(items=[])
        here = _position(document, place)
        item = types.InlineCompletionItem(insert_text=text, range=types.Range(here, here))
        return types.InlineCompletionList(items=[item])

    async def _suggester(self, uri: str) -> Suggester | None:
        """Return the suggestions for a document, None if it is not open or there is no model."""
        engine = await self._engine()
        document = self._documents.get(uri)
        if engine is None or document is None:
            return None
        if uri not in self._suggesters:
            if self._unknown_words is None:
                self._unknown_words = UnknownWords(engine.vocabulary, self._choice.habits)
            self._suggesters[uri] = Suggester(engine.fork(), document, self._choice, self._unknown_words)
        return self._suggesters[uri]

    async def _engine(self) -> Engine | None:
        if self._loading is None:
            self._loading = asyncio.ensure_future(asyncio.to_thread(self._loaded_engine))
        try:
            return await asyncio.shield(self._loading)
        except SeqchatError as error:
            message = types.ShowMessageParams(types.MessageType.Error, f"seqchat: {one_line(error)}")
            self.window_show_message(message)
            return None

    def _loaded_engine(self) -> Engine:
        # An engine follows habits once, and this one may be used elsewhere.
        engine = self._load().fork()
        engine.follow(self._choice.habits)
        return engine

    def start_loading(self) -> None:
        """Load the model, so that the first request finds it."""
        task = asyncio.ensure_future(self._loaded())
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)

    async def _loaded(self) -> None:
        await self._engine()
        # The garbage collector would look at it between two keys.
        heap.settle()

    def _look_ahead(self, suggester: Suggester, place: Place) -> None:
        """Compute what the next letter will need, while the writer reaches for its key."""
        self._drop_ahead()
        self._ahead = asyncio.get_running_loop().call_later(_PAUSE_SECONDS, suggester.look_ahead, place)

    def _drop_ahead(self) -> None:
        if self._ahead is not None:
            self._ahead.cancel()
            self._ahead = None

    def _read_elsewhere(self, suggester: Suggester, place: Place) -> None:
        """Read the words elsewhere in a document, in a thread; the next request has them."""
        read = suggester.reading(place)
        if read is not None:
            task = asyncio.ensure_future(_remember(suggester, read))
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)


async def _remember(suggester: Suggester, read: Callable[[], Engine]) -> None:
    suggester.remember(await asyncio.to_thread(read))


class _Protocol(LanguageServerProtocol):
    """Keeps documents itself: an edit costs nothing in a long one, and only the protocol's line breaks are some."""

    _server: Server

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        self._server.open(params.text_document.uri, params.text_document.text)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        self._server.change(params.text_document.uri, list(params.content_changes))

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        self._server.close(params.text_document.uri)


def language_server(load: Callable[[], Engine], choice: Choice) -> Server:
    """Return a server with its features; those of LSP 3.18 are announced to editors that announce them."""
    server = Server(load, choice)

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        server.editor = params.client_info.name if params.client_info else ""
        capabilities = params.capabilities.text_document
        if capabilities is not None and capabilities.inline_completion is not None:
            options = types.InlineCompletionOptions()
            server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, options)(inline_completion)

    @server.feature(types.INITIALIZED)
    async def initialized(_: types.InitializedParams) -> None:
        server.start_loading()

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=_TRIGGERS))
    async def completion(params: types.CompletionParams) -> types.CompletionList:
        return await server.completion(params)

    async def inline_completion(params: types.InlineCompletionParams) -> types.InlineCompletionList:
        return await server.inline_completion(params)

    return server


def _item(
    document: Document, end: types.Position, rank: int, candidate: Candidate, letters: str, width: int
) -> types.CompletionItem:
    """Return a candidate as the protocol writes it: it replaces what was typed up to a place; its rank is its order.

    letters: what the editor will compare it with, if that is more than what it replaces; width: characters that its
    label has at least.
    """
    start = types.Position(end.line, max(end.character - document.units(candidate.typed), 0))
    return types.CompletionItem(
        label=(candidate.shown.strip() or candidate.shown).ljust(width),
        kind=types.CompletionItemKind.Text,
        detail=percentage(candidate.probability),
        sort_text=f"{rank:03d}",
        # Where nothing is typed yet, the list goes on while the next word is.
        filter_text=max(letters, candidate.typed, key=len) or candidate.text.strip(),
        text_edit=types.TextEdit(types.Range(start, end), candidate.text),
    )


def _place(document: Document, position: types.Position) -> Place:
    return document.place(position.line, position.character)


def _position(document: Document, place: Place) -> types.Position:
    return types.Position(place.line, document.units_before(place))
