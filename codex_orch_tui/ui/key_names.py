"""Keys as people write them, and the table of all actions for people."""

from collections.abc import Mapping

from codex_orch_tui.ui.bindings import ACTIONS, Action, Group

_SYMBOLS: Mapping[str, str] = {
    "exclamation_mark": "!",
    "question_mark": "?",
    "slash": "/",
    "plus": "+",
    "equals_sign": "=",
    "minus": "-",
    "right_square_bracket": "]",
    "left_square_bracket": "[",
    "right_curly_bracket": "}",
    "left_curly_bracket": "{",
    "escape": "esc",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "pgup",
    "pagedown": "pgdn",
}


def key_label(key: str) -> str:
    """One key as people write it."""
    return _SYMBOLS.get(key, key)


def keys_label(action: Action, keymap: Mapping[str, str]) -> str:
    """All keys of an action, the person's own when the keymap has them."""
    keys = keymap.get(action.id, action.keys).split(",")
    return " ".join(key_label(key.strip()) for key in keys)


def markdown_table() -> str:
    """The table of the README: one section for each group."""
    lines = ["| key | does | id |", "| --- | --- | --- |"]
    for group in Group:
        lines.append(f"| **{group}** | | |")
        for action in ACTIONS:
            if action.group is group:
                keys = " ".join(f"`{key}`" for key in keys_label(action, {}).split(" "))
                lines.append(f"| {keys} | {action.description}: {action.tooltip} | `{action.id}` |")
    return "\n".join(lines) + "\n"
