"""How a command ends that cannot do its work."""

from codex_orch_tui.cli.exit_codes import ExitCode


class CommandFailedError(Exception):
    """One clean sentence for stderr, and what to end with."""

    def __init__(self, sentence: str, exit_code: int = ExitCode.FAILED) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code
