"""What becomes of a navigator's plan without a screen: a person approves it, or has said before that it may begin."""

from collections.abc import Iterator
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

from codex_orch_tui.cli.begin import StartPlan
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.plan_lines import plan_lines
from codex_orch_tui.cli.run_end import run_code
from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.services.errors import NotPossibleError

if TYPE_CHECKING:
    from codex_orch_tui.cli.working import Telling
    from codex_orch_tui.services.facade import Facade
    from codex_orch_tui.services.plan_reading import Proposal


@dataclass(frozen=True, slots=True, kw_only=True)
class Approving:
    """Whether the plan begins.

    Attributes:
        is_given: It was approved before it was there (`--approve-plan`).
    """

    is_given: bool

    async def decide(self, facade: "Facade", telling: "Telling") -> tuple[int, StartPlan | None]:
        """What the navigator's run ends with, and what begins then, if anything does.

        A plan that comes with questions to the person is not begun: it is not complete without their answers.
        """
        assert telling.run is not None, "the navigator has been at work"
        run = facade.state.runs[telling.run]
        (task,) = sel.work_of(facade.state, run)
        try:
            proposal = await facade.proposal(task.ref)
        except NotPossibleError as error:
            telling.close()
            telling.note(clean_line(str(error)))
            return run_code(facade.state, run) or ExitCode.FAILED, None
        place = facade.layout.plan(run.id)
        await facade.save_plan(proposal.plan, place, may_replace=True)
        telling.close()
        if not telling.as_json:
            telling.out.say("", *_lines(proposal))
        if self.is_given and not proposal.questions:
            begins = StartPlan(plan=proposal.plan, base_branch=proposal.base_branch, proposed_by=task.ref)
            return ExitCode.DONE, begins
        why = "it asks you something first" if self.is_given else "nothing of it has begun"
        telling.note(f"the plan waits for you ({why}): {place}")
        telling.note(f"codex-orch-tui run --plan-file {quote(str(place))} starts it; P in the screen opens it")
        return ExitCode.WAITING, None


def _lines(proposal: "Proposal") -> Iterator[str]:
    if proposal.summary:
        yield from (clean_line(line) for line in proposal.summary.split("\n"))
        yield ""
    yield from plan_lines(proposal.plan)
    for question in proposal.questions:
        yield clean_line(f"? {question}")
