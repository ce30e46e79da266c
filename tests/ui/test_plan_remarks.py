"""Claims of a plan that match nothing yet: a note beside the task, which keeps nobody from starting."""

import pytest

from codex_orch_tui.domain.ids import TaskId
from codex_orch_tui.ui.presentation.plan_draft import PlanDraft
from codex_orch_tui.ui.screens.plan import PlanScreen
from tests.fakes.states import Story
from tests.ui.test_plan_screen import NARROW, WIDE, search_plan, shown

SLIP = "nothing in main yet for"


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_a_claim_that_matches_nothing_is_a_note_and_the_plan_starts(size: tuple[int, int]) -> None:
    async with shown(size=size, story=Story()) as on:
        on.fake.unmatched = {TaskId("index"): ("src/idnex.py",)}
        draft = PlanDraft(plan=search_plan(), kept=search_plan(), base_branch="main")
        on.app.main_screen.drafts.plans[draft.key] = draft
        await on.press("P")
        await on.until(lambda: isinstance(on.app.screen, PlanScreen) and "claimed by index" in on.text())
        assert not any("src/idnex.py" in row for row in on.rows()), "most are files that are to come: a row is no place"
        assert "nothing wrong" in on.text()
        await on.mark("index")
        await on.until(lambda: SLIP in on.text())
        await on.press("ctrl+s")
        assert len(on.fake.asked("create_run")) == 1


async def test_a_plan_without_such_claims_has_no_notes() -> None:
    async with shown(search_plan()) as on:
        assert "claimed by" not in on.text()
