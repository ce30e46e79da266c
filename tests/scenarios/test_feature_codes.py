"""Which scenario proves which feature of the earlier systems, and which one plays which bad input to plans and roles.

The codes: A agents that are given one sentence and guarded commands, B roles, plans and checked answers, C evidence
and approvals, E one graph for plan and execution. Each test plays the whole program, on the real Codex or, where that
cannot be made to do it, on the stand-in.
"""

import pytest

from tests.named import assert_there

CODES = {
    "A1 one sentence: worktrees are made, Codex edits and tests in them, the result stands ready to merge": (
        "scenarios/test_team.py::test_a_sentence_a_plan_four_workers_and_one_branch",
        "scenarios/tui/test_team.py::test_a_sentence_a_plan_four_workers_and_one_branch",
        "scenarios/tui/test_main_job.py::test_a_typed_task_is_reviewed_and_merged",
    ),
    "A3 guarded commands: in a worktree, of known programs, without what git must not do; output and exit code": (
        "scenarios/test_guards.py::test_what_git_must_not_do_is_refused_logged_and_told",
        "scenarios/test_guards.py::test_output_errors_and_exit_code_come_back_and_are_logged",
        "scenarios/test_guards.py::test_a_worktree_that_is_gone_is_no_place_for_a_command",
        "scenarios/test_checks.py::test_what_must_not_run_is_refused_and_told",
        "scenarios/test_checks.py::test_what_a_worker_wrote_runs_in_the_sandbox",
        "scenarios/test_checks.py::test_a_check_without_end_is_ended_with_all_that_it_started",
    ),
    "A4 every guarded command in a log, a trace switch, a dry-run switch": (
        "scenarios/test_checks.py::test_a_check_that_passes_comes_before_the_review_and_names_its_commit",
        "scenarios/test_checks.py::test_the_trace_tells_how_it_was_run",
        "scenarios/test_checks.py::test_a_dry_run_logs_skips_and_passes_nothing",
        "scenarios/test_merge_receipts.py::test_a_dry_run_is_no_receipt",
    ),
    "A7 dependencies are not installed unless the task says so": (
        "scenarios/test_guards.py::test_nobody_installs_anything_that_was_not_asked_for",
    ),
    "B1 roles with a prompt, an output schema and a sandbox": (
        "scenarios/test_team.py::test_a_sentence_a_plan_four_workers_and_one_branch",
        "scenarios/test_roles.py::test_a_role_of_one_s_own_has_its_prompt_its_schema_and_its_settings",
    ),
    "B4 one shared worktree per run, or one per task": (
        "scenarios/test_plans.py::test_one_worktree_for_a_run_has_one_writer_at_a_time",
        "scenarios/test_plans.py::test_two_side_by_side_then_one_that_starts_from_both",
        "scenarios/test_run_landing.py::test_a_run_with_one_worktree_lands_as_one_branch",
    ),
    "B5 raw output kept, the answer held against its schema, one retry with a reminder": (
        "scenarios/test_roles.py::test_an_answer_that_breaks_its_schema_is_asked_for_again_with_what_is_wrong",
        "scenarios/test_roles.py::test_a_second_broken_answer_ends_the_task_keeps_the_answer_and_c_asks_again",
        "scenarios/test_main_job.py::test_a_task_becomes_a_commit_and_the_base_is_fast_forwarded",
    ),
    "B7 a specification goes into every worker's prompt": (
        "scenarios/test_roles.py::test_a_worker_is_told_plan_specification_results_and_instructions",
        "scenarios/test_roles.py::test_a_worker_that_is_started_again_still_knows_what_it_was_told",
    ),
    "B8 tasks whose paths overlap do not run together; allow and ignore globs": (
        "scenarios/test_scheduling.py::test_tasks_that_claim_the_same_paths_do_not_work_together",
        "scenarios/test_guards.py::test_only_claims_on_what_the_settings_allow_keep_tasks_apart",
    ),
    "C2 planner, builder, tester, reviewer; instruction files are found": (
        "scenarios/test_team.py::test_a_sentence_a_plan_four_workers_and_one_branch",
        "scenarios/test_roles.py::test_a_worker_is_told_plan_specification_results_and_instructions",
        "scenarios/test_bad_input.py::test_instructions_of_50_mb_are_told_to_their_bound_and_the_work_is_done",
    ),
    "E1 one graph with levels; a checkpoint per case; what comes next": (
        "scenarios/test_checkpoints.py::test_a_continued_run_begins_at_the_first_case_that_is_not_done",
        "scenarios/test_checkpoints.py::test_also_after_the_program_was_killed",
        "scenarios/test_scheduling.py::test_groups_do_no_work_and_hold_what_is_in_them_together",
    ),
}

MERGE_WITH_A_RECEIPT = {
    "the checks of a task passed on exactly the commit that becomes the tip": (
        "scenarios/test_merge_receipts.py::test_what_the_person_adds_is_checked_again_before_it_is_merged",
        "scenarios/test_merge_receipts.py::test_after_an_update_the_checks_run_on_the_new_tip_without_a_turn",
        "scenarios/test_merge_receipts.py::test_an_update_that_makes_a_check_red_moves_nothing_and_says_so",
        "scenarios/test_merge_receipts.py::test_on_screen_the_way_leads_over_the_checks",
    ),
    "the checks of a run passed on exactly the commit that becomes the tip": (
        "scenarios/test_landing_with_codex.py::test_two_and_one_that_needs_both_land_although_the_base_moved_in_between",
        "scenarios/test_run_checks.py::test_they_run_once_after_the_tasks_own_and_are_receipts_of_the_new_tip",
        "scenarios/test_run_checks.py::test_a_red_one_names_the_task_with_which_it_became_red_and_nothing_moves",
        "scenarios/test_run_landing.py::test_a_check_that_changes_files_is_no_receipt",
    ),
}

BAD_INPUT = {
    "a schema that no answer can meet": (
        "scenarios/test_bad_input.py::test_a_schema_that_no_answer_can_meet_starts_nothing",
    ),
    "a role without a prompt": (
        "scenarios/test_bad_input.py::test_a_role_without_a_prompt_starts_nothing_and_names_the_file_to_write",
        "unit/cli/test_plan_command.py::test_a_role_of_ones_own_counts_and_needs_a_prompt",
    ),
    "a plan edited while it runs": (
        "scenarios/test_plan_commands.py::test_a_run_is_not_changed_where_it_has_begun",
        (
            "scenarios/tui/test_plan.py::"
            "test_a_running_plan_is_changed_where_it_has_not_begun_and_the_change_outlives_the_program"
        ),
    ),
    "base branch deleted in mid-run": (
        "scenarios/test_scheduling.py::test_a_base_branch_that_is_deleted_in_mid_run_is_told",
    ),
    "instructions of 50 MB": (
        "scenarios/test_bad_input.py::test_instructions_of_50_mb_are_told_to_their_bound_and_the_work_is_done",
        "unit/services/test_instructions.py::test_a_file_of_50_mb_is_read_to_its_bound",
    ),
    "a task whose paths match nothing": (
        "scenarios/test_unmatched_paths.py::test_a_task_that_claims_nothing_that_is_there_does_its_work",
        "ui/test_plan_remarks.py::test_a_claim_that_matches_nothing_is_a_note_and_the_plan_starts",
        "unit/cli/test_plan_command.py::test_paths_that_match_nothing_are_a_remark_and_no_mistake",
    ),
    "a navigator that proposes a cycle or 400 tasks": (
        "scenarios/tui/test_plan.py::test_a_circle_goes_back_to_the_navigator_with_its_reason",
        "scenarios/tui/test_plan.py::test_a_plan_that_is_too_large_twice_is_refused_and_its_answer_kept",
        "unit/plans/test_from_answer.py::test_four_hundred_tasks_are_refused_with_the_limit",
    ),
    "a bad plan": (
        "scenarios/tui/test_plan.py::test_a_file_is_opened_mended_saved_and_started",
        "scenarios/test_plan_commands.py::test_what_is_wrong_with_a_file_is_told_line_by_line",
    ),
    "an answer that breaks its schema": (
        "scenarios/tui/test_broken_answers.py::test_an_answer_that_breaks_its_schema_twice_is_seen_and_a_message_mends_it",
        "scenarios/test_roles.py::test_an_answer_that_breaks_its_schema_is_asked_for_again_with_what_is_wrong",
    ),
    "a failing check": (
        "scenarios/tui/test_checks.py::test_a_failing_check_is_seen_goes_back_and_the_mended_work_waits_for_review",
        "scenarios/tui/test_checks.py::test_checks_that_fail_for_good_name_the_next_step_and_c_runs_them_again",
    ),
}


@pytest.mark.parametrize("what", CODES | MERGE_WITH_A_RECEIPT | BAD_INPUT)
def test_it_has_its_scenarios(what: str) -> None:
    for name in (CODES | MERGE_WITH_A_RECEIPT | BAD_INPUT)[what]:
        assert_there(name)


def test_every_code_has_a_test_of_the_whole_program() -> None:
    for code, names in CODES.items():
        assert any(name.startswith("scenarios/") for name in names), code
