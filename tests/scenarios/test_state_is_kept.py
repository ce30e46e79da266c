"""What agents wrote and we run cannot write our own state: no command into the inbox, nothing into other worktrees."""

import json
from pathlib import Path

import pytest

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.main import run
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted.script import Patch, Say, Script
from codex_orch_tui.store.layout import Layout
from tests.scenarios.stage import add_file, make_repository, stage

pytestmark = pytest.mark.codex

WITHOUT_ITS_NAME = "its own TMPDIR"
STATE = ("inbox/probe.txt", "probe.txt", "runs/probe.txt", "tmp/probe.txt")
LAX = """\
sandbox_mode = "danger-full-access"
default_permissions = "lax"
[permissions.lax]
filesystem = {{":root" = "write"}}
[projects."{top}"]
trust_level = "trusted"
"""
"""A person whose own Codex has no sandbox, and trusts the repository."""
PLANTED = """\
[permissions.codex-orch-tui-checkout]
filesystem = {{"{outside}" = "write", "{inbox}" = "write"}}
"""
"""What a worker may have written into the repository."""


def probe(*places: object) -> str:
    """A script that writes each of these, and says which it could."""
    return f"""\
for place in {" ".join(map(str, places))}; do
  if (printf x > "$place") 2>/dev/null; then said=wrote; else said=kept; fi
  if [ "$place" = "$TMPDIR/x" ]; then place="{WITHOUT_ITS_NAME}"; fi
  echo "$said $place"
done
"""


def own_codex(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, folder in (("HOME", "home"), ("CODEX_HOME", "codex-home")):
        (scratch / folder).mkdir(exist_ok=True)
        monkeypatch.setenv(name, str(scratch / folder))
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    (scratch / "codex-home" / "config.toml").write_text(LAX.format(top=scratch / "repository"))


def said(log: str) -> list[str]:
    return [line for line in log.splitlines() if line.startswith(("wrote ", "kept "))]


@pytest.mark.parametrize("base", ["", "trees"])
def test_a_pipeline_in_the_main_checkout_writes_the_checkout_and_nothing_of_our_state(
    scratch: Path, monkeypatch: pytest.MonkeyPatch, base: str
) -> None:
    own_codex(scratch, monkeypatch)
    top = scratch / "repository"
    trees = Layout(top, top / ".git", worktree_base=top / base if base else None).worktrees
    ours = (*(top / ".orchestrator" / name for name in STATE), trees / "probe.txt", top / ".git" / "probe.txt")
    free = (top / "here.txt", top / "docs" / "there.txt")
    script = probe(*free, '"$TMPDIR/x"', *ours, scratch / "outside.txt")
    planted = PLANTED.format(outside=scratch, inbox=top / ".orchestrator" / "inbox")
    make_repository(scratch, {"docs/a.md": "a\n", ".codex/config.toml": planted, "probe.sh": script})
    trees.mkdir(parents=True)
    settings = scratch / "home" / ".config" / "codex-orch-tui" / "config.yaml"
    settings.parent.mkdir(parents=True)
    own = {"allowed_programs": ["sh"], "pipelines": {"probe": {"write": "sh probe.sh"}}}
    settings.write_text(json.dumps(own | ({"worktree_base": str(top / base)} if base else {})))
    assert run(["--repo", str(top), "pipeline", "run", "probe"]) == ExitCode.DONE
    assert said((top / ".orchestrator" / "pipelines" / "probe.log").read_text()) == [
        *(f"wrote {place}" for place in free),
        f"wrote {WITHOUT_ITS_NAME}",
        *(f"kept {place}" for place in ours),
        f"kept {scratch}/outside.txt",
    ]
    assert all(place.exists() for place in free) and not any(place.exists() for place in ours)
    assert not (scratch / "outside.txt").exists()


async def test_a_check_of_a_task_writes_its_worktree_and_nothing_of_our_state(scratch: Path) -> None:
    state = scratch / "repository" / ".orchestrator"
    ours = (*(state / name for name in STATE), state / "worktrees" / "probe.txt")
    wanted = probe("here.txt", '"$TMPDIR/x"', *ours).split("\n")
    planted = Script("PLANT", (Patch(text=add_file("probe.sh", *wanted)), Say(text="ok")))
    async with stage(scratch, [planted], allowed_programs=("sh",)) as on:
        (ref,) = await on.start("PLANT", checks=("sh probe.sh",))
        task = await on.until_state(ref, TaskState.DONE)
        logs = on.orchestrator.layout.task(*ref).logs.read_text()
        assert said(logs) == ["wrote here.txt", f"wrote {WITHOUT_ITS_NAME}", *(f"kept {place}" for place in ours)]
        assert task.worktree is not None
        assert (Path(task.worktree.path) / "here.txt").exists() and not any(place.exists() for place in ours)
