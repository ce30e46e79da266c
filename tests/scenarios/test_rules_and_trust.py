"""Rules answer real questions of the real Codex; what a repository brings counts only when it is trusted."""

from pathlib import Path

import pytest

from codex_orch_tui.domain.approval import Approval, Choice, Outcome
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted.script import Patch, Say, Script, Shell
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.services.policy_types import Where
from tests.scenarios.stage import ACCEPT, DECLINE, Stage, add_file, stage

pytestmark = pytest.mark.codex


def touch_rule(root: Path, decision: str = "accept", reason: str = "", name: str = "mark") -> str:
    """A rule about exactly one command."""
    lines = [
        f"  - id: touch-{name}",
        "    kind: command",
        "    program: touch",
        f"    args: [{root}/outside/{name}]",
        f"    decision: {decision}",
    ]
    more = f"    paths: [{root}/outside/*]" if decision == "accept" else f"    reason: {reason}"
    return "\n".join([*lines, more]) + "\n"


def own_rules(root: Path, *rules: str) -> Path:
    """The person's own file."""
    path = root / "home" / ".config" / "codex-orch-tui" / "policy.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("rules:\n" + "".join(rules))
    return path


def touches(root: Path, marker: str, name: str = "mark") -> Script:
    """A worker that asks to make a file outside of its sandbox."""
    command = Shell(cmd=f"touch {root}/outside/{name}", escalate=True, justification="the mark is elsewhere")
    return Script(marker, (command, Say(text="done")))


def bring(on: Stage, name: str, text: str) -> Path:
    """A file that came with the clone."""
    path = on.repository / ".orchestrator" / name
    path.write_text(text)
    return path


def warnings(on: Stage, ref: TaskRef) -> list[str]:
    return [note.text for note in on.task(ref).notes if note.kind is LogKind.WARNING]


def only(on: Stage) -> Approval:
    (approval,) = on.orchestrator.state.approvals.values()
    return approval


async def test_a_rule_of_the_persons_own_accepts_at_once_and_only_what_it_says(scratch: Path) -> None:
    async with stage(scratch, [touches(scratch, "MARK"), touches(scratch, "OTHER", "other")]) as on:
        own_rules(scratch, touch_rule(scratch))
        (ref,) = await on.start("MARK")
        await on.until_state(ref, TaskState.DONE)
        assert (scratch / "outside" / "mark").exists()
        approval = only(on)
        assert (approval.outcome, approval.choice) == (Outcome.BY_RULE, Choice.ACCEPT)
        assert approval.rule is not None
        assert approval.rule.id == "touch-mark"
        assert approval.rule.file.endswith("policy.yaml")
        (other,) = await on.start("OTHER")
        question = await on.asked()
        assert question.assessment.why_asked
        await on.orchestrator.answer(question.id, DECLINE)
        await on.until_state(other, TaskState.DONE)
        assert not (scratch / "outside" / "other").exists()


async def test_a_rule_declines_with_its_reason(scratch: Path) -> None:
    async with stage(scratch, [touches(scratch, "MARK")]) as on:
        decline = touch_rule(scratch, "decline", "marks are mine").replace("id: ", "id: no-")
        own_rules(scratch, touch_rule(scratch), decline)
        (ref,) = await on.start("MARK")
        await on.until_state(ref, TaskState.DONE)
        assert not (scratch / "outside" / "mark").exists()
        approval = only(on)
        assert (approval.choice, approval.message) == (Choice.DECLINE, "marks are mine")


async def test_rules_of_the_repository_answer_only_after_a_yes_and_a_change_asks_again(scratch: Path) -> None:
    scripts = [touches(scratch, "FIRST"), touches(scratch, "SECOND"), touches(scratch, "THIRD")]
    async with stage(scratch, scripts) as on:
        brought = bring(on, "policy.yaml", "rules:\n" + touch_rule(scratch))
        (first,) = await on.start("FIRST")
        question = await on.asked()
        assert "not trusted" in warnings(on, first)[-1]
        await on.orchestrator.answer(question.id, DECLINE)
        await on.until_state(first, TaskState.DONE)

        (item,) = await on.orchestrator.trust_wanted()
        await on.orchestrator.trust(item)
        assert await on.orchestrator.trust_wanted() == ()
        (second,) = await on.start("SECOND")
        await on.until_state(second, TaskState.DONE)
        assert (scratch / "outside" / "mark").exists()

        brought.write_text(brought.read_text() + "# changed\n")
        (third,) = await on.start("THIRD")
        question = await on.asked()
        assert question.ref == third
        (item,) = await on.orchestrator.trust_wanted()
        assert item.changed_since_trusted
        await on.orchestrator.answer(question.id, DECLINE)
        await on.until_state(third, TaskState.DONE)


async def test_a_rule_that_comes_while_a_card_is_open_leaves_it_to_the_person(scratch: Path) -> None:
    async with stage(scratch, [touches(scratch, "MARK"), touches(scratch, "AGAIN")]) as on:
        (ref,) = await on.start("MARK")
        question = await on.asked()
        proposals = await on.orchestrator.propose_rules(question.id)
        rule = proposals.options[0].rule
        assert f"id: {rule.id}" in proposals.texts[0]
        said = await on.orchestrator.store_rule(rule, Where.REPOSITORY)
        assert "in force" in said
        with pytest.raises(NotPossibleError, match="already"):
            await on.orchestrator.store_rule(rule, Where.REPOSITORY)
        assert on.orchestrator.state.pending == (question,)
        now = await on.orchestrator.judge_again(question.id)
        assert now is not None
        assert now.rule is not None
        assert now.rule.id == rule.id
        await on.orchestrator.answer(question.id, ACCEPT)
        await on.until_state(ref, TaskState.DONE)
        (again,) = await on.start("AGAIN")
        await on.until_state(again, TaskState.DONE)
        answered = list(on.orchestrator.state.approvals.values())[-1]
        assert answered.outcome is Outcome.BY_RULE
        tested = await on.orchestrator.policy_back_test(0.0)
        assert tested is not None


async def test_a_setup_command_of_the_repository_runs_only_after_a_yes(scratch: Path) -> None:
    scripts = [Script("ONE", (Patch(text=add_file("one.txt", "1")), Say(text="ok"))), Script("TWO", (Say(text="ok"),))]
    async with stage(scratch, scripts) as on:
        bring(on, "orchestrator.yaml", f"setup_command: touch {scratch}/outside/ready\n")
        (ref,) = await on.start("ONE")
        await on.until_state(ref, TaskState.DONE)
        assert not (scratch / "outside" / "ready").exists()
        assert "the setup_command of " in warnings(on, ref)[0]
        assert "→ look at it and accept it" in warnings(on, ref)[0]
        (item,) = await on.orchestrator.trust_wanted()
        await on.orchestrator.trust(item)
        (ref,) = await on.start("TWO")
        await on.until_state(ref, TaskState.DONE)
        assert (scratch / "outside" / "ready").exists()
        assert warnings(on, ref) == []


async def test_a_broken_file_keeps_the_old_rules_and_is_told_once(scratch: Path) -> None:
    scripts = [touches(scratch, "ONE"), touches(scratch, "TWO"), touches(scratch, "THREE")]
    async with stage(scratch, scripts) as on:
        own = own_rules(scratch, touch_rule(scratch))
        for prompt, count in (("ONE", 0), ("TWO", 1), ("THREE", 0)):
            (ref,) = await on.start(prompt)
            await on.until_state(ref, TaskState.DONE)
            told = [text for text in warnings(on, ref) if f"{own}:" in text]
            assert len(told) == count
            own.write_text("rules:\n" + touch_rule(scratch) + "    no_such_key: 1\n")
        assert {approval.outcome for approval in on.orchestrator.state.approvals.values()} == {Outcome.BY_RULE}
        assert any("no_such_key" in problem for problem in on.orchestrator.policy.problems)
