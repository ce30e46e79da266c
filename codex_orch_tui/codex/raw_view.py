"""Raw lines of events.jsonl as they may be shown: without secrets, those among them that two lines share."""

import json
from collections.abc import Iterable

from codex_orch_tui.codex.streams import delta_of
from codex_orch_tui.domain.secret_stream import StreamRedactor, beginning
from codex_orch_tui.domain.secrets import redact


def shown_lines(lines: Iterable[tuple[bytes, bool]]) -> list[str]:
    """The lines as text; not cleaned yet.

    Args:
        lines: Each line, and whether it was cut at its end.
    """
    texts: list[str] = []
    originals: dict[int, bytes] = {}
    streams: dict[str, list[tuple[int, str]]] = {}
    for number, (line, is_cut) in enumerate(lines):
        text = line.decode("utf-8", "replace")
        delta = None if is_cut else delta_of(line)
        if delta is not None:
            streams.setdefault(delta[0], []).append((number, delta[1]))
            originals[number] = line
        texts.append(beginning(text, len(text) - 1) if is_cut else redact(text))
    for pieces in streams.values():
        for number, piece in _redacted(pieces):
            message = json.loads(originals[number])
            message["params"]["delta"] = piece
            texts[number] = redact(json.dumps(message, ensure_ascii=False, separators=(",", ":")))
    return texts


def _redacted(pieces: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """The pieces of one stream that cannot be shown as they came: none, when no secret runs through them."""
    redactor = StreamRedactor(mid=True)
    shown = [(number, redactor.feed(piece)) for number, piece in pieces]
    number, last = shown[-1]
    shown[-1] = number, last + redactor.pending
    whole = "".join(piece for _, piece in pieces)
    return [] if whole == "".join(piece for _, piece in shown) else shown
