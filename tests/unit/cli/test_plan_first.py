"""What is said of a navigator's plan when nobody has approved it yet."""

import io
from pathlib import Path
from unittest.mock import AsyncMock, Mock

import pytest

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.out import Out
from codex_orch_tui.cli.plan_first import Approving
from codex_orch_tui.cli.working import Telling
from codex_orch_tui.domain.ids import TaskId
from codex_orch_tui.domain.plan import Plan, TaskSpec
from codex_orch_tui.services.plan_reading import Proposal
from tests.fakes.states import Story


async def test_the_command_that_starts_it_can_be_pasted(capsys: pytest.CaptureFixture[str]) -> None:
    story = Story()
    (ref,) = story.run(["Plan it"])
    plan = Plan(title="x", tasks=(TaskSpec(id=TaskId("a"), title="a", prompt="a"),))
    facade = Mock(state=story.state, proposal=AsyncMock(), save_plan=AsyncMock())
    facade.proposal.return_value = Proposal(ref=ref, plan=plan, base_branch="main")
    facade.layout.plan.return_value = Path("/home/me/my shop/plan.yaml")
    telling = Telling(Out(io.StringIO()), as_json=True)
    telling.run = ref.run
    assert await Approving(is_given=False).decide(facade, telling) == (ExitCode.WAITING, None)
    assert "codex-orch-tui run --plan-file '/home/me/my shop/plan.yaml' starts it" in capsys.readouterr().err
