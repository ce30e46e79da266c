"""`replay`: a recorded run, shown again; nothing is started or written."""

from typing import TYPE_CHECKING

import click

from codex_orch_tui.cli.commands import Place, in_place

if TYPE_CHECKING:
    from codex_orch_tui.config import LoadedConfig
    from codex_orch_tui.services.recording import Recording


@click.command()
@click.argument("run")
@click.option(
    "--speed", type=click.FloatRange(1, 100), default=1.0, metavar="X", help="X times as fast, 1 to 100.  [default: 1]"
)
@click.option("--until", type=click.IntRange(1), metavar="SEQ", help="End with the event that has this number.")
@click.option("--json", "as_json", is_flag=True, help="No screen: the state at its end, as `status --json` tells it.")
@in_place
def replay(place: Place, run: str, speed: float, until: int | None, as_json: bool) -> int:
    """Show a run again, as it was recorded, on the screen it had.

    RUN is a run's id in this repository, or a folder: a run's folder or a whole .orchestrator, also one that was copied
    from another machine. No worker is started, nothing is locked, written or asked of git.

    \b
    space     pause, or go on         ] [         faster, slower
    → ←       one event on, back      home end    to the start, to the end
    A pause of the recording that is longer than 2 seconds is shortened to that.

    The numbers of events are those of "seq" in journal.jsonl. The JSON document is described by schemas/status.json.

    \b
    Examples:
      codex-orch-tui replay 1120-1240-0a1b --speed 20
      codex-orch-tui replay ~/copied/1120-1240-0a1b
      codex-orch-tui replay 1120-1240-0a1b --until 300 --json
    """
    import os

    from codex_orch_tui.cli.exit_codes import ExitCode
    from codex_orch_tui.cli.failure import CommandFailedError
    from codex_orch_tui.cli.location import locate
    from codex_orch_tui.services.errors import OpenError
    from codex_orch_tui.services.recording import find_recording

    location = locate(place.repo)
    try:
        recording = find_recording(run, None if location is None else location.main_worktree)
    except OpenError as error:
        raise CommandFailedError(str(error), error.exit_code) from error
    if as_json:
        return _tell_state(recording, until)
    from codex_orch_tui.ui.tty import why_no_screen

    if reason := why_no_screen(os.environ):
        recording.pages.close()
        raise CommandFailedError(f"{reason} Or ask for the state at its end: replay --json.", ExitCode.NO_TERMINAL)
    return _show(recording, _settings(place), speed, until)


def _settings(place: Place) -> "LoadedConfig":
    from codex_orch_tui.cli.exit_codes import ExitCode
    from codex_orch_tui.cli.failure import CommandFailedError
    from codex_orch_tui.cli.settings import load_settings
    from codex_orch_tui.config import ConfigError

    try:
        return load_settings(place.repo.absolute(), place.config, place.overrides)
    except ConfigError as error:
        raise CommandFailedError(str(error), ExitCode.NOT_USABLE) from error


def _show(recording: "Recording", loaded: "LoadedConfig", speed: float, until: int | None) -> int:
    import asyncio

    from codex_orch_tui.services.replay import Replay
    from codex_orch_tui.ui.replay import run_replay

    async def session() -> int:
        return await run_replay(Replay(recording, loaded.config, speed=speed, until_seq=until))

    return asyncio.run(session())


def _tell_state(recording: "Recording", until: int | None) -> int:
    import json
    import sys

    from codex_orch_tui.cli.repository_state import SeenState
    from codex_orch_tui.cli.status_json import status_document
    from codex_orch_tui.services.replay_tape import END, Tape

    tape = Tape(recording, until)
    tape.seek(END, float("inf"))
    recording.pages.close()
    seen = SeenState(root=recording.run_folder, state=tape.place.state, holder=None, notes=tuple(tape.notes))
    sys.stdout.write(json.dumps(status_document(seen), indent=2) + "\n")
    return 0
