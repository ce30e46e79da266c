"""What differs between the settings in force and those that were read again, and what of it can be used at once."""

from dataclasses import dataclass

from codex_orch_tui.config.sections import EFFECTS, When
from codex_orch_tui.config.settings import Config
from codex_orch_tui.config.value_text import value_text

_MAX_SHOWN_CHARS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One setting that is another now.

    Attributes:
        name: The setting.
        before: How it was read before, as clean text.
        after: How it is read now, as clean text.
        when: From when on it counts; None when it is in force already: a change was taken back.
    """

    name: str
    before: str
    after: str
    when: When | None

    def __str__(self) -> str:
        """One clean line."""
        shown = (
            f"{self.before} → {self.after}"
            if len(self.before) + len(self.after) <= 2 * _MAX_SHOWN_CHARS
            else "has changed"
        )
        return f"{self.name}: {shown}, {self.when or 'as it is in force'}"


def changes(before: Config, after: Config, in_force: Config) -> tuple[Change, ...]:
    """What is different, in the order of the sections.

    Args:
        before: As they were read before.
        after: As they were read now.
        in_force: As they count now, before any of the changes is used.
    """
    return tuple(
        Change(
            name=name,
            before=value_text(getattr(before, name)),
            after=value_text(getattr(after, name)),
            when=None if when is When.RESTART and getattr(after, name) == getattr(in_force, name) else when,
        )
        for name, when in EFFECTS.items()
        if getattr(before, name) != getattr(after, name)
    )


def usable_now(after: Config, in_force: Config) -> Config:
    """The settings as read now, except those that count only after a restart: they stay as they are in force."""
    kept = {name: getattr(in_force, name) for name, when in EFFECTS.items() if when is When.RESTART}
    return after.model_copy(update=kept)
