"""One sentence becomes a team's work on one branch, without a screen, on the real Codex."""

from pathlib import Path

import pytest

from codex_orch_tui.domain.approval import Outcome
from codex_orch_tui.domain.ids import TaskId, TaskRef
from codex_orch_tui.domain.plan import Plan, Role, SandboxMode, TaskSpec
from codex_orch_tui.domain.task import CONTINUABLE, Task, TaskState
from tests.scenarios.stage import ACCEPT, Stage, git, stage
from tests.scenarios.team import NAMES, SENTENCE, TITLE, check_landed, team

pytestmark = [pytest.mark.codex, pytest.mark.slow]

NAVIGATOR = TaskSpec(
    id=TaskId("plan"),
    title="Plan it",
    prompt=SENTENCE,
    role=Role.NAVIGATOR,
    sandbox=SandboxMode.READ_ONLY,
    checked_answer=True,
)


async def over(on: Stage, ref: TaskRef) -> Task:
    """The task has ended its work, well or not."""
    task = await on.until_state(ref, TaskState.DONE, *CONTINUABLE)
    assert task.state is TaskState.DONE, task.fault
    return task


async def test_a_sentence_a_plan_four_workers_and_one_branch(scratch: Path) -> None:
    async with stage(scratch, team(scratch)) as on:
        (planner,) = await on.orchestrator.create_run(Plan(title="Plan it", tasks=(NAVIGATOR,)), "main")
        await over(on, planner)
        proposal = await on.orchestrator.proposal(planner)
        assert (proposal.plan.title, [str(task.id) for task in proposal.plan.tasks]) == (TITLE, list(NAMES))
        assert len(on.orchestrator.state.runs) == 1, "nothing of it begins by itself"

        made = await on.orchestrator.create_run(proposal.plan, proposal.base_branch, proposed_by=planner)
        refs = {ref.task: ref for ref in made}
        await on.model.hanging("search")
        await on.model.hanging("release")
        on.model.release("release")
        asked = await on.asked()
        assert asked.ref == refs["release"]
        await on.orchestrator.answer(asked.id, ACCEPT)
        on.model.release("search")
        for name in NAMES:
            await over(on, refs[name])
        await on.orchestrator.wait_idle()

        schemas = {request.marker: (request.output_schema or {}).get("title") for request in on.model.requests}
        assert schemas == {
            "SHOP": "A plan for others to carry out",
            "BUILD-SEARCH": "What an implementer reports",
            "NOTE-RELEASE": "What an implementer reports",
            "VERIFY-BOTH": "What a tester reports",
            "JUDGE-ALL": "What a reviewer reports",
        }
        run = made[0].run
        assert (await on.orchestrator.preview_run_landing(run)).refusal is not None, "nothing of it was looked at"
        for name in NAMES[:3]:
            await on.reviewed(refs[name])
        assert git(on.repository, "log", "--format=%s", "main") == "first"
        await on.orchestrator.land_run(run, await on.orchestrator.preview_run_landing(run))
        check_landed(on, planner, refs)
        assert [one.outcome for one in on.orchestrator.state.approvals.values()] == [Outcome.ACCEPTED]
