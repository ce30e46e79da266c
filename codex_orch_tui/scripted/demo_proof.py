"""What the demo claims, each claim looked up where it can be seen: in git, in Codex's files, at the model server."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from codex_orch_tui.domain.approval import Outcome
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.notes import short
from codex_orch_tui.gitrepo.environment import Place
from codex_orch_tui.gitrepo.runner import Git
from codex_orch_tui.paths import PathsError, config_folder, home_folder
from codex_orch_tui.scripted.demo import Stage
from codex_orch_tui.scripted.demo_commands import demo_commands, explained, is_explained
from codex_orch_tui.scripted.demo_player import Played
from codex_orch_tui.scripted.demo_scripts import BUILD, CHECK, SEARCH, TESTS
from codex_orch_tui.scripted.shop_api import BRANCH
from codex_orch_tui.services.process_identity import is_same

CODEX_USER_AGENT = "codex-orch-tui/"
"""Codex takes the name of its client into its own user agent: `codex-orch-tui/0.163.0 (Debian …)`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One thing that has to be so, whether it is, and what was seen."""

    text: str
    holds: bool
    seen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Commit:
    id: str
    subject: str
    thread: str


class Belongings:
    """The files of the person that git, Codex and this program read their settings from, as they are at one moment.

    Args:
        environ: Our own environment.
        folder: The folder that the demo was started in.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ, folder: Path | None = None) -> None:
        self._environ = environ
        self._folder = folder or Path.cwd()
        self._before = dict(self._look())

    def changed(self) -> tuple[str, ...]:
        """The files that are not byte for byte what they were."""
        after = dict(self._look())
        return tuple(sorted(str(path) for path in self._before | after if self._before.get(path) != after.get(path)))

    @property
    def count(self) -> int:
        """How many places are watched, files that are not there included."""
        return len(self._before)

    @property
    def codex_home(self) -> Path | None:
        """The person's own Codex home."""
        told = self._environ.get("CODEX_HOME", "")
        if told:
            return Path(told)
        try:
            return home_folder(self._environ) / ".codex"
        except PathsError:
            return None

    def _places(self) -> Iterator[Path]:
        git = self._folder / ".git"
        yield from (git / "config", git / "HEAD", git / "info" / "exclude")
        codex_home = self.codex_home
        if codex_home is not None:
            yield codex_home
            yield from (codex_home / name for name in ("config.toml", "AGENTS.md", "hooks.json"))
            yield from sorted((codex_home / "rules").glob("*"))
        try:
            home, config = home_folder(self._environ), config_folder(self._environ)
        except PathsError:
            return
        yield from (home / ".gitconfig", home / ".profile", home / ".bashrc", home / ".zshrc")
        yield from ((home / ".config" / "git" / name) for name in ("config", "ignore", "attributes"))
        yield config / "config.yaml"

    def _look(self) -> Iterator[tuple[Path, str]]:
        for path in self._places():
            try:
                yield path, hashlib.sha256(path.read_bytes()).hexdigest()
            except OSError as error:  # also how a folder is told from one that is not there
                yield path, type(error).__name__


async def claims(stage: Stage, played: Played, belongings: Belongings, first: str) -> tuple[Claim, ...]:
    """Looks up every claim, after the orchestrator was closed.

    Args:
        stage: Where it was played.
        played: What the player did.
        belongings: The person's files, as they were before.
        first: The commit that `main` was on before.

    Raises:
        GitRepoError: Git cannot tell.
    """
    commits = await _commits(stage, first)
    always = (
        _planned(stage, played),
        Claim(
            text="two implementers were at work at the same time",
            holds=played.at_the_same_time == 2,
            seen=(f"{played.at_the_same_time} turns were running before any of them went on",),
        ),
        await _joined(stage, played),
        _checked(stage, played),
        await _fast_forwarded(stage, played, commits, first),
        _questions(stage),
        _explained(stage),
        _no_process_left(played),
        _nothing_changed(stage, belongings),
    )
    return always if stage.is_simulated else (*always, _rollouts(stage, commits), _model_saw_codex(stage, commits))


def short_id(commit: _Commit) -> str:
    """A commit id as people read it."""
    return commit.id[:7]


async def tip(stage: Stage) -> str:
    """The commit that `main` is on."""
    return await _git(stage, "rev-parse", BRANCH)


def _planned(stage: Stage, played: Played) -> Claim:
    state = stage.orchestrator.state
    run = state.runs[played.run]
    work = [state.tasks[ref] for ref in run.tasks]
    return Claim(
        text="one sentence became a plan, and nothing of it began before it was approved",
        holds=run.proposed_by == played.planner and played.begun_before == 0 and len(work) == 4,
        seen=(
            f"“{state.tasks[played.planner].spec.prompt}”",
            *(f"{task.spec.role}: {task.spec.title}" for task in work),
        ),
    )


async def _joined(stage: Stage, played: Played) -> Claim:
    tested = stage.orchestrator.state.tasks[TaskRef(played.run, TESTS)]
    base = tested.worktree.base_commit if tested.worktree is not None else ""
    files = (await _git(stage, "ls-tree", "-r", "--name-only", base)).splitlines() if base else []
    wanted = {"shop_api/search.py", "CHANGELOG.md"}
    return Claim(
        text="the tester began with the results of both",
        holds=[ref.task for ref in tested.joins] == [SEARCH, BUILD] and wanted <= set(files),
        seen=(f"{base[:7]} joins {' and '.join(ref.task for ref in tested.joins)}",),
    )


def _checked(stage: Stage, played: Played) -> Claim:
    landing = stage.orchestrator.state.runs[played.run].landing
    receipts = landing.receipts if landing is not None else ()
    return Claim(
        text="its check passed on exactly the commit that became the tip",
        holds=[(one.name, one.commit) for one in receipts] == [(CHECK, played.landed.new)],
        seen=tuple(f"{one.name}: exit {one.exit_code} on {short(one.commit)}" for one in receipts if one.commit),
    )


async def _fast_forwarded(stage: Stage, played: Played, commits: tuple[_Commit, ...], first: str) -> Claim:
    last = await tip(stage)
    forks = await _git(stage, "rev-list", "--min-parents=2", f"{first}..{last}")
    lost = await _git(stage, "rev-list", f"{last}..{first}")
    dirty = await _git(stage, "status", "--porcelain")
    subjects = [stage.orchestrator.state.tasks[TaskRef(played.run, name)].spec.title for name in (SEARCH, BUILD, TESTS)]
    return Claim(
        text=f"{BRANCH} was fast-forwarded once to the commits of the run, and the checkout followed",
        holds=(played.landed.old, played.landed.new) == (first, last)
        and [commit.subject for commit in commits] == subjects
        and not (forks or lost or dirty),
        seen=(
            f"{first[:7]} → {last[:7]}",
            *(f"{short_id(commit)}  {commit.subject}" for commit in commits),
            *(f"the checkout has edits: {line}" for line in dirty.splitlines()),
        ),
    )


def _questions(stage: Stage) -> Claim:
    asked = tuple(stage.orchestrator.state.approvals.values())
    log = (stage.folder.build_server / "builds.log").read_text(encoding="utf-8")
    return Claim(
        text="one question was asked, it was answered, and what it was about happened once",
        holds=[each.outcome for each in asked] == [Outcome.ACCEPTED] and log.count("1.1.0 built by shop-api\n") == 1,
        seen=tuple(f"{each.outcome.value}: {each.request.command}" for each in asked),
    )


def _explained(stage: Stage) -> Claim:
    ran = demo_commands(stage.orchestrator.state)
    return Claim(
        text="for each command that ran it is known who or what allowed it",
        holds=bool(ran) and (stage.is_simulated or all(map(is_explained, ran))),
        seen=tuple(line for entry in ran for line in explained(entry).split("\n")),
    )


def _no_process_left(played: Played) -> Claim:
    left = [str(pid) for pid, started_s in played.pids if is_same(pid, started_s)]
    return Claim(text="no worker process is left", holds=not left, seen=tuple(f"process {pid} runs" for pid in left))


def _nothing_changed(stage: Stage, belongings: Belongings) -> Claim:
    changed = [f"{path} is another one than before" for path in belongings.changed()]
    own = belongings.codex_home
    threads = {task.thread for task in stage.orchestrator.state.tasks.values() if task.thread}
    if own is not None and own.resolve() != stage.folder.codex_home:
        changed += [f"{path} is there" for thread in threads for path in _rollouts_of(own, thread)]
    return Claim(
        text="nothing of yours was changed",
        holds=not changed,
        seen=(f"looked at {belongings.count} settings of git, Codex, your shell and this program", *changed),
    )


def _rollouts(stage: Stage, commits: tuple[_Commit, ...]) -> Claim:
    found = {commit.thread: _rollouts_of(stage.folder.codex_home, commit.thread) for commit in commits}
    return Claim(
        text="the thread of each commit has its rollout in the demo's CODEX_HOME",
        holds=bool(found) and all(found.values()),
        seen=tuple(
            f"{thread or '(no thread)'}  {paths[0].name if paths else 'no rollout'}" for thread, paths in found.items()
        ),
    )


def _model_saw_codex(stage: Stage, commits: tuple[_Commit, ...]) -> Claim:
    agents = sorted({request.user_agent for request in stage.requests})
    threads = {request.thread for request in stage.requests}
    return Claim(
        text="the model server was asked by Codex, for each of these threads",
        holds=bool(agents)
        and all(agent.startswith(CODEX_USER_AGENT) for agent in agents)
        and {commit.thread for commit in commits} <= threads,
        seen=tuple(f"{len(stage.requests)} requests of {agent}" for agent in agents),
    )


def _rollouts_of(codex_home: Path, thread: str) -> list[Path]:
    return sorted(codex_home.glob(f"sessions/*/*/*/rollout-*{thread}*.jsonl")) if thread else []


async def _commits(stage: Stage, first: str) -> tuple[_Commit, ...]:
    """What landed, oldest first."""
    told = await _git(
        stage,
        "log",
        "--reverse",
        "--format=%H%x00%s%x00%(trailers:key=Codex-Thread,valueonly)%x01",
        f"{first}..{BRANCH}",
    )
    parts = (entry.strip().split("\0") for entry in told.split("\x01") if entry.strip())
    return tuple(_Commit(id=part[0], subject=part[1], thread=part[2].strip()) for part in parts)


async def _git(stage: Stage, *args: str) -> str:
    return (await Git().run(Place(cwd=stage.shop), *args)).line
