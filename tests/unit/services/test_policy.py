"""What the rules say of a request as it came, and that nothing of theirs keeps a question from the person."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.domain.approval import ApprovalKind, ApprovalRequest, Choice, PermissionEntry, Risk
from codex_orch_tui.domain.ids import ApprovalId, TaskRef
from codex_orch_tui.domain.item import FileEdit
from codex_orch_tui.domain.worktree import Worktree
from codex_orch_tui.policy.rule import RuleDecision
from codex_orch_tui.services.judgement import Judgement
from codex_orch_tui.services.policy import BUILT_IN, Policy
from codex_orch_tui.services.policy_types import Where
from codex_orch_tui.store.layout import Layout
from tests.fakes.states import Story, command_request, worktree

RULES = """rules:
  - {id: ls, kind: command, program: ls, args: [...], decision: accept}
  - {id: cat, kind: command, program: cat, args: [...], decision: accept}
  - {id: no-wget, kind: command, program: wget, decision: decline, reason: fetch nothing}
  - {id: docs, kind: file_change, paths: ["docs/**"], decision: accept}
  - {id: pypi, kind: network, hosts: [pypi.org], decision: accept}
"""


class Here:
    """A policy above a home and a story of one task."""

    def __init__(self, folder: Path) -> None:
        self.own = folder / "home" / ".config" / "codex-orch-tui" / "policy.yaml"
        self.own.parent.mkdir(parents=True)
        self.own.write_text(RULES)
        self.story = Story()
        (self.ref,) = self.story.run(["A task"])
        self.story.start(self.ref)
        self.top = folder / "shop"
        self.worktree = folder / "worktree"
        self.worktree.mkdir()
        task = self.story.state.tasks[self.ref]
        moved = replace(worktree(self.ref), path=str(self.worktree))
        assert isinstance(moved, Worktree)
        tasks = {**self.story.state.tasks, self.ref: replace(task, worktree=moved)}
        self.story.state = replace(self.story.state, tasks=tasks)
        self.told: list[tuple[TaskRef, str]] = []
        self.policy = Policy(
            None,  # type: ignore[arg-type] # only git commands look at it
            Layout(self.top, self.top / ".git"),
            lambda: self.story.state,
            lambda ref, text: self.told.append((ref, text)),
            environ={"HOME": str(folder / "home"), "PATH": "/usr/bin:/bin"},
        )

    def command(self, line: str, **fields: Any) -> ApprovalRequest:
        raw = json.dumps({"command": line, "cwd": str(self.worktree)})
        return replace(command_request(self.story, self.ref, command=line), raw_json=raw, **fields)

    def judge(self, request: ApprovalRequest | str, ref: TaskRef | None = None) -> Judgement:
        return self.policy.judge(ref or self.ref, self.command(request) if isinstance(request, str) else request)


@pytest.fixture
def here(scratch: Path) -> Here:
    return Here(scratch)


class TestJudge:
    def test_an_accept_names_its_rule(self, here: Here) -> None:
        found = here.judge("/bin/bash -lc 'ls -l'")
        assert found.choice is Choice.ACCEPT
        assert found.rule is not None
        assert (found.rule.id, found.rule.file, len(found.rule.sha256)) == ("ls", str(here.own), 64)
        assert found.message == ""
        assert [program.name for program in found.assessment.programs] == ["ls"]

    def test_a_line_of_several_commands_names_every_rule(self, here: Here) -> None:
        found = here.judge("ls && cat a && ls b")
        assert found.rule is not None
        assert found.rule.id == "ls + cat"
        assert found.rule.file == str(here.own)
        assert len(found.rule.sha256.split(" + ")) == 2

    def test_a_decline_tells_the_worker_why(self, here: Here) -> None:
        found = here.judge("ls | xargs wget")
        assert (found.choice, found.message) == (Choice.DECLINE, "fetch nothing")
        assert found.rule is not None
        assert found.rule.id == "no-wget"

    def test_a_built_in_decline_stands_in_no_file(self, here: Here) -> None:
        here.own.unlink()
        found = here.judge("git remote add other /srv/x")
        assert found.choice is Choice.DECLINE
        assert found.rule is not None
        assert (found.rule.file, found.rule.sha256) == (BUILT_IN, "")
        assert found.message

    @pytest.mark.parametrize("line", ["ls | cat", "ls > x", "env ls", "ls $(cat x)", "touch x", "", "ls /etc/../etc"])
    def test_anything_else_is_for_a_person_who_is_told_why(self, here: Here, line: str) -> None:
        found = here.judge(line)
        assert (found.choice, found.rule) == (None, None)
        assert found.assessment.why_asked

    def test_a_path_that_leads_out_by_a_link(self, here: Here) -> None:
        (here.worktree / "out").symlink_to("/etc")
        assert here.judge("cat src").choice is Choice.ACCEPT
        assert here.judge("cat out/hostname").choice is None

    def test_files_and_hosts(self, here: Here) -> None:
        edit = replace(here.command(""), kind=ApprovalKind.FILE_CHANGE, raw_json="{}")
        inside = replace(edit, files=(FileEdit(path="docs/a.md", change="add"),))
        assert here.judge(inside).choice is Choice.ACCEPT
        assert here.judge(replace(inside, grant_root="/srv")).choice is None
        assert here.judge(replace(edit, files=(FileEdit(path="src/a.py", change="add"),))).choice is None
        (here.worktree / "docs").symlink_to("/etc")
        assert here.judge(inside).choice is None
        host = replace(edit, kind=ApprovalKind.NETWORK, host="https://pypi.org")
        assert here.judge(host).choice is Choice.ACCEPT
        assert here.judge(replace(host, host="https://pypi.org.example.org")).choice is None

    def test_a_command_that_asks_for_more_than_itself(self, here: Here) -> None:
        more = here.command("ls", permissions=(PermissionEntry(access="write", target="/etc"),))
        found = here.judge(more)
        assert found.choice is None
        assert "permissions" in found.assessment.why_asked
        assert here.judge(replace(more, raw_json='{"command": "wget x"}')).choice is Choice.DECLINE

    @pytest.mark.parametrize("kind", sorted(set(ApprovalKind) - {"command", "file_change", "network"}))
    def test_other_kinds_are_a_persons(self, here: Here, kind: ApprovalKind) -> None:
        found = here.judge(replace(here.command("ls"), kind=ApprovalKind(kind)))
        assert found.choice is None

    def test_without_a_task_or_a_worktree_nothing_is_accepted(self, here: Here) -> None:
        assert here.judge("ls", TaskRef(here.ref.run, here.ref.task.__class__("other"))).choice is None

    def test_whatever_fails_is_told_and_left_to_the_person(self, here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
        def fails(*arguments: object, **named: object) -> None:
            raise RecursionError("deep \x1b[31m")

        monkeypatch.setattr("codex_orch_tui.policy.judge.judge", fails)
        found = here.judge("ls")
        assert (found.choice, found.assessment.risk) == (None, Risk.HIGH)
        ((ref, told),) = here.told
        assert ref == here.ref
        assert told == found.assessment.why_asked == "the rules could not be asked: RecursionError: deep ␛[31m"

    def test_every_text_that_goes_to_a_screen_is_clean(self, here: Here) -> None:
        found = here.judge("ls \x1b]0;x\x07 \u202e")
        assert found.assessment.why_asked.isprintable()


class TestFiles:
    def test_a_change_counts_at_the_next_question(self, here: Here) -> None:
        assert here.judge("ls").choice is Choice.ACCEPT
        here.own.write_text(RULES.replace("accept", "ask"))
        assert here.judge("ls").choice is None
        here.own.unlink()
        assert here.judge("ls").choice is None

    def test_a_broken_file_is_told_once_and_the_old_rules_stay(self, here: Here) -> None:
        here.judge("ls")
        here.own.write_text(RULES + "  - 7\n")
        assert here.judge("ls").choice is Choice.ACCEPT
        assert here.judge("ls").choice is Choice.ACCEPT
        ((ref, told),) = here.told
        assert ref == here.ref
        assert f"{here.own}:7: rules[5]" in told
        assert here.policy.problems

    async def test_broken_rules_that_wait_for_trust_say_so(self, here: Here) -> None:
        brought = here.top / ".orchestrator" / "policy.yaml"
        brought.parent.mkdir(parents=True)
        brought.write_text("rules: 7\n")
        (item,) = await here.policy.trust_wanted()
        assert "rules: " in item.problems[0]
        brought.write_text(RULES)
        (item,) = await here.policy.trust_wanted()
        assert item.problems == ()
        await here.policy.trust(item)
        theirs, mine = await here.policy.files()
        assert (theirs.where, theirs.is_trusted, len(theirs.rules)) == (Where.REPOSITORY, True, 5)
        assert (mine.where, len(mine.rules)) == (Where.USER, 5)


class TestPast:
    def asked(self, here: Here, line: str) -> ApprovalId:
        return here.story.ask(here.ref, here.command(line))

    async def test_rules_and_one_more_on_what_was_asked(self, here: Here) -> None:
        here.story.answered(self.asked(here, "ls"), Choice.DECLINE)
        here.story.answered(self.asked(here, "pwd"), Choice.ACCEPT)
        self.asked(here, "cat a")
        found = await here.policy.back_test(here.story.state, 0.0, None)
        assert (found.total, len(found.answers), len(found.disagreements)) == (3, 2, 1)
        proposals = await here.policy.propose(here.story.state, list(here.story.state.approvals)[1])
        more = await here.policy.back_test(here.story.state, 0.0, proposals.options[0].rule)
        assert len(more.answers) == 3
        late = await here.policy.back_test(here.story.state, here.story.now_s + 1, None)
        assert late.total == 0

    async def test_what_only_a_person_could_answer_is_not_counted_as_accepted(self, here: Here) -> None:
        permissions = (PermissionEntry(access="write", target="/etc"),)
        here.story.ask(here.ref, here.command("ls", permissions=permissions))
        found = await here.policy.back_test(here.story.state, 0.0, None)
        assert (found.total, len(found.answers)) == (1, 0)

    async def test_proposals_are_tried_named_and_written_out(self, here: Here) -> None:
        approval = self.asked(here, "pwd -P")
        found = await here.policy.propose(here.story.state, approval)
        assert found.options
        assert len(found.texts) == len(found.options)
        for option, text in zip(found.options, found.texts, strict=True):
            assert option.rule.decision is RuleDecision.ACCEPT
            assert text.startswith(f"- id: {option.rule.id}\n")
            assert option.sentence.isprintable()
        await here.policy.store(found.options[0].rule, Where.USER)
        assert here.judge("pwd -P").choice is Choice.ACCEPT
        again = await here.policy.judge_again(here.story.state, approval)
        assert again is not None
        assert again.rule is not None
        assert (again.choice, again.rule.id) == (Choice.ACCEPT, found.options[0].rule.id)
        ids = {option.rule.id for option in (await here.policy.propose(here.story.state, approval)).options}
        assert found.options[0].rule.id not in ids

    @pytest.mark.parametrize("line", ["ls | cat", "python3 x.py", "git remote add a b", "wget x"])
    async def test_where_no_rule_could_ever_accept_it_says_why(self, here: Here, line: str) -> None:
        approval = self.asked(here, line)
        found = await here.policy.propose(here.story.state, approval)
        assert found.options == ()
        assert "not known any more" not in found.why_none
        assert found.why_none.isprintable()
        assert found.why_none

    async def test_no_secret_gets_into_a_rule(self, here: Here) -> None:
        approval = self.asked(here, "ls ‹secret: GitHub token›")
        found = await here.policy.propose(here.story.state, approval)
        assert found.options == ()
        assert "no secret" in found.why_none

    async def test_a_question_that_is_gone(self, here: Here) -> None:
        assert (await here.policy.propose(here.story.state, ApprovalId("none"))).why_none
        assert await here.policy.judge_again(here.story.state, ApprovalId("none")) is None


def test_a_judgement_is_quick(here: Here, record_property: Any) -> None:
    """On the event loop, while other workers talk."""
    import time

    here.policy.warm()
    here.judge("ls -l && cat a b c")
    os.utime(here.own, (1, 1))
    taken: list[float] = []
    for number in range(50):
        request = here.command(f"ls -l a{number} && cat b c d && ls e")
        begun_s = time.perf_counter()
        assert here.policy.judge(here.ref, request).choice is Choice.ACCEPT
        taken.append(time.perf_counter() - begun_s)
    median_ms = sorted(taken)[25] * 1000
    record_property("median_ms", median_ms)
    print(f"median of a judgement: {median_ms:.2f} ms")
    assert median_ms < 30
