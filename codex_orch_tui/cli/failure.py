"""How a command ends that cannot do its work."""

from codex_orch_tui.cli.exit_codes import ExitCode


class CommandFailedError(Exception):
    """One clean sentence for stderr, and what to end with."""

    def __init__(self, sentence: str, exit_code: int = ExitCode.FAILED) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


def unreadable(error: Exception) -> CommandFailedError:
    """How a command ends that cannot read what it is about: a StoreError or a NewerSchemaError."""
    from codex_orch_tui.store.event_codec import NewerSchemaError

    next_step = getattr(error, "next_step", "")
    if isinstance(error, NewerSchemaError):
        next_step = "install a newer codex-orch-tui"
    elif not next_step and isinstance(error.__cause__, OSError):
        next_step = "check what lies there and whether you may read it (ls -l)"
    return CommandFailedError(f"{error} → {next_step}" if next_step else str(error))


def not_kept(group: ExceptionGroup[Exception]) -> CommandFailedError | None:
    """How a session ended that could not write everything down; None when anything else is in it too."""
    from codex_orch_tui.store.errors import StoreError

    unkept, rest = group.split(StoreError)
    if unkept is None or rest is not None:
        return None
    return CommandFailedError(f"not everything was kept: {_first(unkept)}")


def _first(group: ExceptionGroup[Exception]) -> Exception:
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, ExceptionGroup) else inner
