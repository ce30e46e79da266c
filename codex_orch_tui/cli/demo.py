"""`demo`: one sentence, a team of four and one branch, in a scratch repository, with a model that follows a script."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codex_orch_tui.cli.commands import Place
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError

if TYPE_CHECKING:
    from codex_orch_tui.config import Config
    from codex_orch_tui.scripted.demo import Stage
    from codex_orch_tui.scripted.demo_folder import DemoFolder


@click.command()
@click.option("--headless", is_flag=True, help="Without a screen: plays by itself, tells what happens, proves it.")
@click.option("--simulated", is_flag=True, help="Without Codex: a stand-in edits the files, and every screen says so.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Play in this new or empty folder.  [default: a new one in your cache folder]",
)
@click.pass_obj
def demo(place: Place, headless: bool, simulated: bool, folder: Path | None) -> int:
    """See it work without an account; nothing of yours is touched.

    A scratch repository, the real Codex, and in place of the model a script on this machine. One sentence is planned,
    you approve the plan, answer a question, read the diffs and land it; the first line of the screen says which key is
    next. Nothing of it leaves the demo's folder, and the next demo removes that folder.
    """
    import asyncio
    import os

    from codex_orch_tui.codex.binary import find_codex
    from codex_orch_tui.ui.tty import why_no_screen

    if not headless and (reason := why_no_screen(os.environ)):
        raise CommandFailedError(f"{reason} So does `codex-orch-tui demo --headless`.", ExitCode.NO_TERMINAL)
    config = _settings(place)
    tell = _Teller("simulated · " if simulated else "")
    with _told():
        if not simulated:
            find_codex(config.codex_path, os.environ)  # before anything is made; a stand-in comes only when asked for
        with _folder(folder, tell) as scratch:
            run = _played(scratch, config, simulated, tell) if headless else _shown(scratch, config, simulated, tell)
            return asyncio.run(run)


class _Teller:
    """Prints lines at once. Each begins with what must not be overlooked."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def __call__(self, line: str) -> None:
        import sys

        sys.stdout.write(f"{self._prefix}{line}".rstrip() + "\n")
        sys.stdout.flush()


def _settings(place: Place) -> "Config":
    from codex_orch_tui.config import ConfigError, load_config
    from codex_orch_tui.paths import PathsError, user_config_file

    try:
        return load_config(project_file=place.config, user_file=user_config_file()).config
    except (ConfigError, PathsError) as error:
        raise CommandFailedError(str(error), ExitCode.NOT_USABLE) from error


@contextmanager
def _told() -> Iterator[None]:
    """Whatever keeps the demo from its end, in one sentence."""
    from codex_orch_tui.codex.binary import CodexUnusableError
    from codex_orch_tui.gitrepo.errors import GitRepoError
    from codex_orch_tui.paths import PathsError
    from codex_orch_tui.scripted.codex_home import UsersOwnHomeError
    from codex_orch_tui.scripted.demo_folder import DemoRefusedError
    from codex_orch_tui.scripted.demo_player import DemoFailedError
    from codex_orch_tui.scripted.script import UnsafeScriptError
    from codex_orch_tui.services.errors import NotPossibleError, OpenError

    try:
        yield
    except CodexUnusableError as error:
        step = f" → {error.fault.next_step}" if error.fault.next_step else ""
        without = "Without Codex, and saying so on every screen: codex-orch-tui demo --simulated"
        raise CommandFailedError(f"{error.fault.message}{step}\n{without}") from error
    except UnsafeScriptError as error:
        raise CommandFailedError(f"the folder's name cannot be used in a command; name another ({error})") from error
    except GitRepoError as error:
        raise CommandFailedError(f"{error} → {error.next_step}" if error.next_step else str(error)) from error
    except (DemoRefusedError, DemoFailedError, NotPossibleError, OpenError, PathsError, UsersOwnHomeError) as error:
        raise CommandFailedError(f"demo: {error}") from error


@contextmanager
def _folder(chosen: Path | None, tell: _Teller) -> Iterator["DemoFolder"]:
    """The demo's folder; in the end, whatever that was, it is said where it is."""
    import shlex

    from codex_orch_tui.scripted.demo_folder import demo_folder

    with demo_folder(chosen) as scratch:
        try:
            yield scratch
        finally:
            by_itself = "the next demo does" if chosen is None else "no demo does"
            tell("")
            tell(f"All that was made is in {scratch.root}")
            tell(f"Look at it again: codex-orch-tui --repo {shlex.quote(str(scratch.root / 'shop-api'))} status")
            tell(f"Remove that folder when you like; {by_itself} it by itself.")


async def _shown(folder: "DemoFolder", config: "Config", simulated: bool, tell: _Teller) -> int:
    from codex_orch_tui.scripted.demo import demo_stage
    from codex_orch_tui.scripted.demo_scripts import FOR_PEOPLE, SENTENCE
    from codex_orch_tui.ui.run import run_app
    from codex_orch_tui.ui.widgets.guide_line import Guide

    async with demo_stage(folder, config, pace=FOR_PEOPLE, simulated=simulated) as stage:
        orchestrator = stage.orchestrator
        guide = Guide(
            text=lambda: orchestrator.guide,
            watch=orchestrator.watch,
            keymap=orchestrator.config.keymap,
            sentence=SENTENCE,
        )
        code = await run_app(orchestrator, simulated=simulated, guide=guide)
        _tell_commands(stage, tell)
        return code


def _tell_commands(stage: "Stage", tell: _Teller) -> None:
    from codex_orch_tui.scripted.demo_commands import demo_commands, explained

    ran = demo_commands(stage.orchestrator.state)
    if ran:
        tell("")
        tell("What ran, and who allowed it:")
    for entry in ran:
        for line in explained(entry).split("\n"):
            tell(f"  {line}")


async def _played(folder: "DemoFolder", config: "Config", simulated: bool, tell: _Teller) -> int:
    """Plays without a screen; SIGTERM and SIGHUP end the workers first, as ctrl+c does."""
    import asyncio
    import signal

    received: list[signal.Signals] = []
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None, "a coroutine runs in a task"

    def end(number: signal.Signals) -> None:
        received.append(number)
        task.cancel()

    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end, number)
    try:
        return await _proved(folder, config, simulated, tell)
    except asyncio.CancelledError:
        if not received:
            raise
        return 128 + received[0]


async def _proved(folder: "DemoFolder", config: "Config", simulated: bool, tell: _Teller) -> int:
    import time

    from codex_orch_tui.scripted.demo import demo_stage
    from codex_orch_tui.scripted.demo_player import DemoPlayer
    from codex_orch_tui.scripted.demo_proof import Belongings, claims, tip
    from codex_orch_tui.scripted.demo_scripts import AT_ONCE

    belongings, started_s = Belongings(), time.monotonic()
    async with demo_stage(folder, config, pace=AT_ONCE, simulated=simulated) as stage:
        first = await tip(stage)
        tell(f"{stage.orchestrator.introduction}")
        tell(f"repository {stage.shop}, main at {first[:7]}")
        tell("")
        played = await DemoPlayer(stage, tell).play()
        found = await claims(stage, played, belongings, first)
    tell("")
    for claim in found:
        tell(f"{'ok' if claim.holds else 'NOT SO':<6}  {claim.text}")
        for line in claim.seen:
            tell(f"{'':6}    {line}")
    failed = [claim.text for claim in found if not claim.holds]
    if failed:
        raise CommandFailedError(f"demo: not so: {'; '.join(failed)}")
    tell(f"{'ok':<6}  done in {time.monotonic() - started_s:.1f} s")
    if simulated:
        tell("No Codex took part, so nothing is proved of threads, the sandbox and the model server.")
    return ExitCode.DONE
