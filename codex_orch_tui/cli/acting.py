"""Where a command acts: through the program that holds the repository, or, when none does, in a session of its own."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from codex_orch_tui.cli.commands import Place
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError, not_kept
from codex_orch_tui.domain.key_marks import off_screen
from codex_orch_tui.domain.terminal_text import clean_text
from codex_orch_tui.store.layout import Layout
from codex_orch_tui.store.lock import Holder

if TYPE_CHECKING:
    from codex_orch_tui.config import LoadedConfig
    from codex_orch_tui.services.commands.model import Command
    from codex_orch_tui.services.commands.reply import Reply
    from codex_orch_tui.services.headless import HeadlessSession, Waiting
    from codex_orch_tui.services.viewer import Viewer

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A repository that a command acts in, with the settings that hold there."""

    place: Place
    loaded: "LoadedConfig"
    layout: Layout

    @property
    def holder(self) -> Holder | None:
        """The program that has it open now.

        Raises:
            CommandFailedError: the lock cannot be looked at.
        """
        from codex_orch_tui.store.errors import StoreError
        from codex_orch_tui.store.lock import holder_of

        try:
            return holder_of(*self.layout.locks)
        except StoreError as error:
            raise CommandFailedError(str(error)) from error


def ground_of(place: Place) -> Ground:
    """The repository around a folder.

    Raises:
        CommandFailedError: none is there that can be worked in, or its settings are wrong.
    """
    from codex_orch_tui.cli.location import located
    from codex_orch_tui.cli.settings import load_settings
    from codex_orch_tui.config import ConfigError

    location = located(place.repo)
    try:
        loaded = load_settings(place.repo, place.config, place.overrides)
    except ConfigError as error:
        raise CommandFailedError(str(error), ExitCode.NOT_USABLE) from error
    layout = Layout(location.main_worktree, location.git_folder, worktree_base=loaded.config.worktree_base)
    return Ground(place=place, loaded=loaded, layout=layout)


async def ask_holder(ground: Ground, command: "Command") -> "Reply":
    """Have the program that holds the repository do it.

    Raises:
        NotPossibleError: it was refused, or nobody answered.
    """
    from codex_orch_tui.services.commands.sender import send

    return await send(ground.layout, command)


async def alone(ground: Ground, work: "Callable[[HeadlessSession], Awaitable[T]]") -> T:
    """Open the repository, do it, and let go of it; what is at work then is stopped first, and its edits committed.

    Raises:
        OpenError: it cannot be opened; with a LockHeld as its cause another program was quicker.
    """
    from codex_orch_tui.services.connect import CodexConnector
    from codex_orch_tui.services.headless import headless

    config, place = ground.loaded.config, ground.place
    connector = CodexConnector(codex_path=config.codex_path, extra_names=config.pass_environment)
    settings_file = place.config.absolute() if place.config is not None else None
    folder = place.repo.absolute()
    async with headless(folder, config, connector, settings_file=settings_file, loaded=ground.loaded) as session:
        return await work(session)


async def through(ground: Ground, work: "Callable[[Viewer, Waiting], Awaitable[T]]") -> T:
    """Do it by asking the program that holds the repository, and see what becomes of it.

    Raises:
        OpenError: the repository cannot be looked at.
        NotPossibleError: it was refused, or nobody answered.
    """
    import asyncio

    from codex_orch_tui.services.headless import Waiting
    from codex_orch_tui.services.viewer import Viewer

    place = ground.place
    settings_file = place.config.absolute() if place.config is not None else None
    viewer = await Viewer.open(
        place.repo.absolute(), ground.loaded.config, settings_file=settings_file, loaded=ground.loaded
    )
    running = asyncio.create_task(viewer.run(), name="viewer")
    try:
        return await work(viewer, Waiting(session=viewer, _running=running))
    finally:
        viewer.close()
        await running


def alone_or_through(
    ground: Ground,
    here: "Callable[[HeadlessSession], Awaitable[T]]",
    there: "Callable[[Viewer, Waiting], Awaitable[T]]",
) -> T:
    """Do it here, or by the program that holds the repository; programs come and go meanwhile.

    Args:
        ground: Where.
        here: Does it in a session of its own.
        there: Has the holder do it. It is not called again once it has begun anything: only `NoHolderError` says so.

    Raises:
        OpenError: The repository cannot be opened.
        NotPossibleError: It was refused, nobody answered, or each time one came another program was quicker.
    """
    import asyncio

    from codex_orch_tui.services.errors import NoHolderError

    for last in (False, False, True):
        if ground.holder is None:
            try:
                return asyncio.run(alone(ground, here))
            except Exception as error:
                if not _is_held(error):
                    raise
        try:
            return asyncio.run(through(ground, there))
        except NoHolderError:
            if last:
                raise
    raise AssertionError("the last round returns or raises")


def _is_held(error: BaseException) -> bool:
    """Whether a repository could not be opened because another program was quicker."""
    from codex_orch_tui.store.lock import LockHeld

    return isinstance(error.__cause__, LockHeld)


@contextmanager
def told() -> Iterator[None]:
    """Whatever keeps a command from its end, as a sentence with its exit code."""
    from codex_orch_tui.services.errors import AnswerRefusedError, ConflictError, NotPossibleError, OpenError
    from codex_orch_tui.store.errors import StoreError

    try:
        yield
    except (AnswerRefusedError, ConflictError) as error:
        raise CommandFailedError(off_screen(clean_text(str(error))), ExitCode.REFUSED) from error
    except NotPossibleError as error:
        raise CommandFailedError(_all_of(error)) from error
    except OpenError as error:
        raise CommandFailedError(str(error), error.exit_code) from error
    except ExceptionGroup as group:
        if (failure := not_kept(group)) is None:
            raise
        raise failure from group
    except StoreError as error:
        raise CommandFailedError(f"not everything was kept: {error}") from error


def _all_of(error: Exception) -> str:
    """The sentence, and below it all that is wrong with a plan."""
    problems: tuple[str, ...] = getattr(error, "problems", ())
    return off_screen(clean_text("\n".join((str(error), *(f"  {line}" for line in problems[1:])))))
