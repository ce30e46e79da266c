"""From a key to the cell that it changes: the cursor of a list, told from everything else by its background."""

import random
import re
import time

from tests.bench.terminal import Terminal

STEP_S = 0.26
"""A step takes no longer, its pause included."""
_SETTLED_S = 0.5
"""By then the cursor is painted where it belongs, however busy the program."""
_ROW = re.compile(rb"\x1b\[(\d+);\d+H")
_BACKGROUND = re.compile(rb"48;2;\d+;\d+;\d+")


def cursor_background(terminal: Terminal) -> bytes:
    """The background that marks the cursor: of the two rows that a step repaints first, only one has it.

    Raises:
        ValueError: the step repainted something else.
    """
    offset, _ = terminal.press(b"j")
    terminal.until_quiet()
    (_, first), (_, second) = _same_line_joined(_rows(terminal.output_since(offset)))[:2]
    before, after = (set(_BACKGROUND.findall(row)) for row in (first, second))
    (background,) = after - before
    assert isinstance(background, bytes)
    return background


class Cursor:
    """Steps a list's cursor and sees where it is painted.

    Args:
        terminal: a program whose list has the focus and more than two rows.
        background: what `cursor_background` found.
    """

    def __init__(self, terminal: Terminal, background: bytes) -> None:
        self._terminal = terminal
        self._background = background
        self._row = -1
        offset, _ = terminal.press(b"j")
        time.sleep(_SETTLED_S)
        self._has_moved(terminal.output_since(offset))

    def step_ms(self, key: bytes) -> float:
        """Types, and tells after how many milliseconds the cursor was painted in another row.

        Raises:
            TimeoutError: it was not.
        """
        offset, pressed_s = self._terminal.press(key)
        return (self._terminal.until(self._has_moved, offset=offset, timeout_s=5.0) - pressed_s) * 1000

    def _has_moved(self, output: bytes) -> bool:
        rows = [row for row, painted in _rows(output) if self._background in painted]
        if not rows or rows[-1] == self._row:
            return False
        self._row = rows[-1]
        return True


def steps_ms(cursor: Cursor, count: int) -> list[float]:
    """Up and down by turns, at moments that fall into step with nothing and leave the log its time to follow."""
    moments = random.Random(0)
    times = []
    for number in range(count):
        time.sleep(moments.uniform(0.15, 0.25))
        times.append(cursor.step_ms(b"k" if number % 2 == 0 else b"j"))
    return times


def _rows(output: bytes) -> list[tuple[int, bytes]]:
    """What was painted, in order, each piece with its row."""
    parts = _ROW.split(output)
    return [(int(row), painted) for row, painted in zip(parts[1::2], parts[2::2], strict=True)]


def _same_line_joined(pieces: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    lines: dict[int, bytes] = {}
    for row, painted in pieces:
        lines[row] = lines.get(row, b"") + painted
    return list(lines.items())
