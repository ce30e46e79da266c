"""`init`: the files of a repository that a person may edit and commit."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from codex_orch_tui.cli.commands import Place, in_place
from codex_orch_tui.cli.done import AS_JSON, tell_done
from codex_orch_tui.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codex_orch_tui.store.layout import Layout


@click.command(short_help="Write settings, prompts and schemas to edit.")
@AS_JSON
@in_place
def init(place: Place, as_json: bool) -> int:
    """Write settings, prompts and schemas into .orchestrator/, to be read, edited and committed.

    A file that is there already stays as it is. Nothing has to be written: without these files everything works as
    they say, and .orchestrator/ is made when it is first needed. A prompt or schema of a role that lies here counts
    instead of the one that comes with the program, also after the program was updated: remove those that you do not
    change.

    Ends with 0 when every file is there, also those that were there before, and with 1 when one cannot be written. The
    JSON document is described by schemas/done.json.

    \b
    Example:
      codex-orch-tui init
      $EDITOR .orchestrator/orchestrator.yaml
    """
    from codex_orch_tui.cli.failure import CommandFailedError
    from codex_orch_tui.cli.location import located
    from codex_orch_tui.store.errors import MAKE_WRITABLE, StoreError
    from codex_orch_tui.store.layout import Layout

    location = located(place.repo)
    layout = Layout(location.main_worktree, location.git_folder)
    try:
        files = _written(layout)
    except StoreError as error:
        raise CommandFailedError(f"{error} → {error.next_step or MAKE_WRITABLE}") from error
    lines = [f"{'wrote' if is_new else 'kept '}  {path}" for path, is_new in files]
    tell_done(
        "init",
        [*lines, "", "All settings in orchestrator.yaml are commented out: take the # away from what you want to set."],
        as_json=as_json,
        files=[{"path": str(path), "written": is_new} for path, is_new in files],
    )
    return ExitCode.DONE


def _written(layout: "Layout") -> list[tuple[Path, bool]]:
    """Every file, and whether it was written.

    Raises:
        StoreError: one cannot be.
    """
    from codex_orch_tui.store.atomic import make_folder, write_atomic

    layout.create()
    for folder in (layout.prompts, layout.schemas):
        make_folder(folder)
    found = []
    for path, text in _files(layout):
        is_new = not path.is_symlink() and not path.exists()
        if is_new:
            write_atomic(path, text.encode())
        found.append((path, is_new))
    return found


def _files(layout: "Layout") -> "Iterator[tuple[Path, str]]":
    from codex_orch_tui.config.default_file import default_text
    from codex_orch_tui.domain.plan import Role
    from codex_orch_tui.resources import ResourceKind, read_resource
    from codex_orch_tui.services.roles import SCHEMA_SUFFIX

    yield layout.config, default_text()
    for role in Role:
        yield layout.prompts / f"{role}.md", read_resource(ResourceKind.PROMPTS, role)
    for role in Role:
        name = f"{role}{SCHEMA_SUFFIX}"
        yield layout.schemas / f"{name}.json", read_resource(ResourceKind.SCHEMAS, name)
