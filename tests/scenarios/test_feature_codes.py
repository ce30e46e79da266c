"""Which scenario proves which feature of the earlier systems, and which one plays which bad input to plans and roles.

The codes: A agents that are given one sentence and guarded commands, B roles, plans and checked answers, C evidence
and approvals, D jobs that are submitted and followed, E one graph for plan and execution. Each test plays the whole
program, on the real Codex or, where that cannot be made to do it, on the stand-in.
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
    "A6 the same job as a library call from Python": (
        "scenarios/test_library.py::test_the_example_of_the_readme_runs_as_it_stands_there",
        "scenarios/test_library.py::test_the_result_has_commits_artifacts_and_usage",
        "scenarios/test_library.py::test_nothing_is_accepted_without_a_function_that_does",
    ),
    "A7 dependencies are not installed unless the task says so": (
        "scenarios/test_guards.py::test_nobody_installs_anything_that_was_not_asked_for",
    ),
    "B1 roles with a prompt, an output schema and a sandbox": (
        "scenarios/test_team.py::test_a_sentence_a_plan_four_workers_and_one_branch",
        "scenarios/test_roles.py::test_a_role_of_one_s_own_has_its_prompt_its_schema_and_its_settings",
    ),
    "B2 init writes settings, schemas and prompts; what is missing is made on first use": (
        "scenarios/cli/test_whole_run.py::test_a_shell_script_does_a_whole_run",
        "scenarios/cli/test_headless.py::test_a_sentence_is_done_and_told_in_plain_lines_and_in_jsonl",
        "unit/cli/test_init_command.py::test_it_writes_settings_prompts_and_schemas_that_change_nothing",
    ),
    "B3 a finished plan is run; one role does one task": (
        "scenarios/cli/test_whole_run.py::test_a_shell_script_does_a_whole_run",
        "scenarios/cli/test_plan_first.py::test_a_navigators_plan_waits_for_a_person_and_is_a_file_that_can_be_run",
        "scenarios/cli/test_headless.py::test_a_sentence_is_done_and_told_in_plain_lines_and_in_jsonl",
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
    "B6 resume, report, clean, prune, and a merge that only fast-forwards": (
        "scenarios/cli/test_whole_run.py::test_a_shell_script_does_a_whole_run",
        "scenarios/cli/test_two_programs.py::test_a_run_that_failed_or_was_stopped_goes_on",
        "scenarios/cli/test_plan_first.py::test_one_task_is_merged_only_unread_by_permission_and_only_by_fast_forward",
        "scenarios/test_cleaning.py::test_a_run_is_cleaned_brought_back_and_pruned",
        "scenarios/test_cleaning.py::test_cleaning_while_another_program_works",
        "unit/cli/test_report.py::test_without_files_it_is_made_from_the_journal_and_nothing_is_written",
    ),
    "B7 a specification goes into every worker's prompt": (
        "scenarios/test_roles.py::test_a_worker_is_told_plan_specification_results_and_instructions",
        "scenarios/test_roles.py::test_a_worker_that_is_started_again_still_knows_what_it_was_told",
    ),
    "B8 tasks whose paths overlap do not run together; allow and ignore globs": (
        "scenarios/test_scheduling.py::test_tasks_that_claim_the_same_paths_do_not_work_together",
        "scenarios/test_guards.py::test_only_claims_on_what_the_settings_allow_keep_tasks_apart",
    ),
    "C1 a manifest and a report of every run": (
        "scenarios/test_evidence.py::test_a_run_with_a_question_and_a_merge_leaves_everything_behind",
        "unit/services/evidence/test_evidence_documents.py::test_every_document_is_as_its_schema_says",
    ),
    "C2 planner, builder, tester, reviewer; instruction files are found": (
        "scenarios/test_team.py::test_a_sentence_a_plan_four_workers_and_one_branch",
        "scenarios/test_roles.py::test_a_worker_is_told_plan_specification_results_and_instructions",
        "scenarios/test_bad_input.py::test_instructions_of_50_mb_are_told_to_their_bound_and_the_work_is_done",
    ),
    "C3 pipelines of stages, a target stage, guardrails with their outcome": (
        "scenarios/test_pipelines.py::test_a_red_stage_goes_back_to_the_implementer_and_all_stages_are_green_then",
        "scenarios/test_pipelines.py::test_a_guardrail_stops_a_merge_until_it_holds_and_a_warning_does_not",
        "scenarios/test_pipelines.py::test_a_pipeline_that_every_run_wants_is_one_receipt_with_its_stages",
        "unit/cli/test_pipeline_command.py::test_a_target_stage_is_the_last_one",
        (
            "unit/services/evidence/test_evidence_documents.py::"
            "test_the_manifest_tells_who_allowed_what_and_on_what_grounds_was_merged"
        ),
    ),
    "C6 status that is watched and read by programs, metrics, events": (
        "scenarios/cli/test_headless.py::test_a_sentence_is_done_and_told_in_plain_lines_and_in_jsonl",
        "unit/cli/test_quick_status.py::test_it_tells_each_change_until_it_is_ended",
        "unit/cli/test_status.py::test_the_fields_that_others_rely_on",
        "unit/services/evidence/test_evidence_documents.py::test_metrics_add_up",
    ),
    "D4 of every task a result, a report, a patch and a log": (
        "scenarios/test_evidence.py::test_a_run_with_a_question_and_a_merge_leaves_everything_behind",
        (
            "unit/services/evidence/test_evidence_writer.py::"
            "test_what_a_crash_left_behind_is_written_after_the_next_opening"
        ),
    ),
    "D6 submit, status, doctor, recover, approve; what a worker is given, what is too large, what is no repository": (
        "scenarios/test_inbox.py::test_a_script_starts_a_task_and_merges_what_was_reviewed",
        "scenarios/test_inbox.py::test_odd_files_are_put_aside_with_the_reason_and_the_next_command_is_done",
        "scenarios/cli/test_headless.py::test_a_question_waits_and_is_answered_by_a_second_process",
        "scenarios/test_reopen.py::test_closed_in_mid_task_and_opened_again",
        "unit/services/test_doctor.py::test_where_all_is_well_every_finding_is_ok",
        "unit/services/test_environment_probe.py::test_what_the_worker_itself_has_its_shell_does_not_see",
        "unit/store/test_lock.py::test_the_second_process_is_told_who_holds_it_until_that_is_killed",
        "faults/test_endings.py::test_not_a_repository_to_work_in",
    ),
    "E1 one graph with levels; a checkpoint per case; what comes next": (
        "scenarios/test_checkpoints.py::test_a_continued_run_begins_at_the_first_case_that_is_not_done",
        "scenarios/test_checkpoints.py::test_also_after_the_program_was_killed",
        "scenarios/test_scheduling.py::test_groups_do_no_work_and_hold_what_is_in_them_together",
    ),
    "E2 where the work stands outlives its program; what can be resumed is named": (
        "scenarios/test_evidence.py::test_a_run_with_a_question_and_a_merge_leaves_everything_behind",
        "scenarios/test_reopen.py::test_closed_in_mid_task_and_opened_again",
        "scenarios/test_replay.py::test_a_run_folder_copied_from_elsewhere_is_replayed",
        "unit/services/evidence/test_evidence_documents.py::test_the_context_stays_small_however_large_the_run",
        "unit/cli/test_one_run.py::test_several_or_none_are_named_newest_first_and_never_guessed",
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
