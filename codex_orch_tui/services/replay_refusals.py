"""The commands that a replay refuses: all of them. Nothing is started, sent or written."""

from typing import NoReturn

from codex_orch_tui.domain.ids import TaskId
from codex_orch_tui.services.errors import NotPossibleError

REFUSAL = "This is a replay of what happened: nothing can be started, answered or changed in it."


class Refusals:
    """The commanding side of the facade, without its effects."""

    async def _refused(self, *_arguments: object, **_options: object) -> NoReturn:
        raise NotPossibleError(REFUSAL)

    def _refused_now(self, *_arguments: object, **_options: object) -> NoReturn:
        raise NotPossibleError(REFUSAL)

    async def unmatched_paths(self, *_arguments: object) -> dict[TaskId, tuple[str, ...]]:
        """A remark, and no command: git is not asked."""
        return {}

    create_run = message = resume = interrupt = stop = discard = _refused
    answer = _refused
    pause = unpause = pause_run = resume_run = retry = skip = change_priority = _refused
    review = waive_review = file_patch = preview_merge = merge = update = send_conflicts = _refused
    preview_run_landing = land_run = clean_run = _refused
    open_plan = read_spec = save_plan = proposal = edit_run = _refused
    rule_files = policy_back_test = propose_rules = store_rule = judge_again = trust = _refused
    record_review = stop_landing = _refused_now
