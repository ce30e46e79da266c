"""The rules in force, and what they say of a request.

A rule answers only what it reads completely and finds as it reads on the disk too; everything else, and everything
that fails here, is for a person.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from codex_orch_tui.config.role_settings import role_names
from codex_orch_tui.domain.approval import ApprovalKind, ApprovalRequest, Assessment, Choice, Risk, RuleRef
from codex_orch_tui.domain.ids import ApprovalId, TaskRef
from codex_orch_tui.domain.plan import RoleName
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import Task
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.services.judgement import Judgement
from codex_orch_tui.services.trust import Trust, TrustItem, trust_of
from codex_orch_tui.store.layout import Layout

if TYPE_CHECKING:
    from codex_orch_tui.gitrepo.git_trouble import GitTrouble
    from codex_orch_tui.gitrepo.repository import Repository
    from codex_orch_tui.policy.asked import Asked
    from codex_orch_tui.policy.back_test import BackTest
    from codex_orch_tui.policy.judge import Verdict
    from codex_orch_tui.policy.rule import Rule
    from codex_orch_tui.services.policy_types import Proposals, RuleFile, Where
    from codex_orch_tui.services.rule_files import RuleFiles

RULED = frozenset({ApprovalKind.COMMAND, ApprovalKind.FILE_CHANGE, ApprovalKind.NETWORK})
"""What a rule can answer; the other kinds ask for words, or for more than one thing."""


BUILT_IN = "built in"
"""What stands for the file of a decline that is always in force."""


class Policy:
    """Knows the rules; see `judgement.Judge`.

    Args:
        repository: The person's repository.
        layout: Where its files are.
        state: What is known of the tasks.
        tell: Where a sentence for the person goes, with the task whose question showed it.
        settings_file: Read for the repository's commands instead of its own file.
        environ: Our own environment: the person's folders, and the PATH that workers get.
        roles: The names of the roles that rules can speak of, as they are now; without it only ours.
    """

    def __init__(
        self,
        repository: "Repository",
        layout: Layout,
        state: Callable[[], State],
        tell: Callable[[TaskRef, str], None],
        *,
        settings_file: Path | None = None,
        environ: Mapping[str, str] = os.environ,
        roles: Callable[[], tuple[RoleName, ...]] = lambda: role_names({}),
    ) -> None:
        self._roles = roles
        self._repository = repository
        self._layout = layout
        self._state = state
        self._tell = tell
        self._environ = environ
        self.trusted: Trust = trust_of(layout.main_worktree, layout.policy, settings_file or layout.config, environ)
        """What of the repository counts."""

    def judge(self, ref: TaskRef, request: ApprovalRequest) -> Judgement:
        """Look a request over. Never raises."""
        try:
            judgement = self._judge(request, self._state().tasks.get(ref))
            for sentence in self._files.news():
                self._tell(ref, sentence)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a rule, the question reaches the person
            why = clean_line(f"the rules could not be asked: {type(error).__name__}: {error}")
            self._tell(ref, why)
            return Judgement(assessment=Assessment(risk=Risk.HIGH, reasons=(why,), why_asked=why))
        return judgement

    def warm(self) -> None:
        """Load what judges, so that the first question does not wait for it; called in a thread."""
        with contextlib.suppress(Exception):  # What fails is told with the first question.
            import codex_orch_tui.policy.assess  # noqa: PLC0415
            import codex_orch_tui.policy.judge  # noqa: F401, PLC0415
            from codex_orch_tui.policy.shell_tree import read_shell  # noqa: PLC0415

            read_shell("true")
            self._files.rules()

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with the files of rules, as they were read last."""
        return self._files.problems

    def refresh(self) -> None:
        """Read files of rules again that have changed."""
        self._files.refresh()

    async def files(self) -> "tuple[RuleFile, ...]":
        """The files of rules as they are now."""
        return await asyncio.to_thread(self._files.files)

    async def store(self, rule: "Rule", where: "Where") -> str:
        """Add a rule to a file; tells where it stands and whether it counts.

        Raises:
            NotPossibleError: The file does not take it; nothing was written.
        """
        return await asyncio.to_thread(self._files.store, rule, where)

    async def trust_wanted(self) -> tuple[TrustItem, ...]:
        """What the repository brings that would count and is not trusted as it is now."""
        return await asyncio.to_thread(self._trust_wanted)

    async def trust(self, item: TrustItem) -> None:
        """Let exactly this content count.

        Raises:
            NotPossibleError: The file has changed since it was read, or the trust could not be kept.
        """
        await asyncio.to_thread(self.trusted.accept, item)

    async def back_test(self, state: State, since_s: float, extra_rule: "Rule | None") -> "BackTest":
        """What the rules in force, and one more, would have answered since then (seconds since the epoch)."""
        from codex_orch_tui.services.back_test import tested  # noqa: PLC0415 - not for the first paint

        def work() -> "BackTest":
            rules = self._files.rules()
            return tested(state, (*rules, *((extra_rule,) if extra_rule else ())), since_s, self._environ)

        return await asyncio.to_thread(work)

    async def propose(self, state: State, approval: ApprovalId) -> "Proposals":
        """Rules that would answer a question like this one."""
        from codex_orch_tui.services.proposing import proposals_for  # noqa: PLC0415 - not for the first paint

        asked = state.approvals.get(approval)
        if asked is None:
            from codex_orch_tui.services.policy_types import Proposals  # noqa: PLC0415 - see above

            return Proposals(why_none="this question is not known any more")

        def work() -> "Proposals":
            about = self._asked(asked.request, state.tasks.get(asked.ref))
            return proposals_for(asked.request, about, self._files.rules())

        return await asyncio.to_thread(work)

    async def judge_again(self, state: State, approval: ApprovalId) -> Judgement | None:
        """What the rules of now say of a question that is open; None when it is not known any more."""
        asked = state.approvals.get(approval)
        if asked is None:
            return None
        return await asyncio.to_thread(self._judge, asked.request, state.tasks.get(asked.ref))

    # -- inside -------------------------------------------------------------------------------------------------

    @cached_property
    def _files(self) -> "RuleFiles":
        from codex_orch_tui.services.rule_files import RuleFiles  # noqa: PLC0415 - not for the first paint

        return RuleFiles(self.trusted, self._layout.policy, self._environ, self._roles)

    @cached_property
    def _git(self) -> "GitTrouble":
        from codex_orch_tui.gitrepo.git_trouble import GitTrouble  # noqa: PLC0415 - not for the first paint

        return GitTrouble(self._repository, self._environ)

    def _asked(self, request: ApprovalRequest, task: Task | None) -> "Asked":
        from codex_orch_tui.services.asking import asked_of  # noqa: PLC0415 - not for the first paint

        return asked_of(request, task, self._environ, self._git.found)

    def _judge(self, request: ApprovalRequest, task: Task | None) -> Judgement:
        from codex_orch_tui.policy.assess import assess  # noqa: PLC0415 - not for the first paint
        from codex_orch_tui.policy.judge import judge  # noqa: PLC0415 - see above

        asked = self._asked(request, task)
        assessment = assess(request, asked)
        if request.kind not in RULED:
            return Judgement(assessment=assessment)
        return self._judgement(request, assessment, judge(asked, self._files.rules(), now_s=time.time()))

    def _judgement(self, request: ApprovalRequest, assessment: Assessment, verdict: "Verdict") -> Judgement:
        from codex_orch_tui.policy.rule import RuleDecision  # noqa: PLC0415 - see above
        from codex_orch_tui.services.asking import why_only_a_person  # noqa: PLC0415 - see above

        why = clean_line(verdict.why)
        only_a_person = why_only_a_person(request)
        match verdict.decision:
            case RuleDecision.ACCEPT if not only_a_person:
                choice = Choice.ACCEPT
            case RuleDecision.DECLINE:
                choice = Choice.DECLINE
            case _:
                return Judgement(assessment=replace(assessment, why_asked=clean_line(only_a_person) or why))
        return Judgement(
            assessment=assessment,
            choice=choice,
            rule=_ref(verdict),
            message=why if choice is Choice.DECLINE else "",
        )

    def _trust_wanted(self) -> tuple[TrustItem, ...]:
        """With what is wrong with each file, so that nobody accepts one that says nothing."""
        from codex_orch_tui.services.policy_types import Where  # noqa: PLC0415 - see above
        from codex_orch_tui.services.trust import TrustKind  # noqa: PLC0415 - see above

        wanted = self.trusted.wanted()
        if not any(item.kind is TrustKind.RULES for item in wanted):
            return wanted
        problems = next((file.problems for file in self._files.files() if file.where is Where.REPOSITORY), ())
        return tuple(replace(item, problems=problems) if item.kind is TrustKind.RULES else item for item in wanted)


def _ref(verdict: "Verdict") -> RuleRef:
    """What decided: one rule, or of a line with several commands all that an accept stands on."""
    if verdict.builtin:
        return RuleRef(id=verdict.builtin, file=BUILT_IN, sha256="")
    rules = verdict.rules or ((verdict.rule,) if verdict.rule is not None else ())
    files = dict.fromkeys(clean_line(rule.file) for rule in rules)
    return RuleRef(
        id=clean_line(" + ".join(rule.id for rule in rules)),
        file=" + ".join(files),
        sha256=" + ".join(rule.sha256 for rule in rules),
    )
