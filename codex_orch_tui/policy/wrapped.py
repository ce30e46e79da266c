"""A command that another command would run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """What a wrapper would run: `words` of a command, or a `script` for a shell with its `arguments` (`$0`, `$1`, …).

    `is_guess`: an option of the wrapper is not known, so the command may begin at any of `words`.
    """

    words: tuple[str, ...] = ()
    script: str = ""
    arguments: tuple[str, ...] = ()
    is_guess: bool = False
