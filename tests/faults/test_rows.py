"""Which test plays which fault from the person's side, so that none is dropped when tests are moved.

Rows are told through the whole program: its facade, its screen, or the command in a terminal. What an adapter does on
its own is tested beside it in tests/unit.
"""

import pytest

from tests.named import assert_there

ROWS = {
    "kill -9 at a random moment": (
        "scenarios/test_reopen.py::test_killed_with_workers_and_a_question_and_taken_over_by_a_program_that_looked_on",
        "scenarios/test_reopen.py::test_an_accepted_question_is_remembered",
        "unit/store/test_journal.py::test_kills_lose_nothing_that_was_acknowledged",
    ),
    "kill -9 between a decision and its sending": (
        "unit/services/test_recovery.py::test_a_decision_whose_delivery_is_not_known_is_told_and_not_sent_again",
        "unit/cli/test_status.py::test_a_choice_that_was_never_sent_is_in_the_document",
    ),
    "kill -9 while a file is replaced": (
        "unit/store/test_atomic.py::test_the_old_file_stays_when_a_system_call_fails",
        "unit/store/test_atomic.py::test_what_a_kill_left_is_removed_and_nothing_else",
        "unit/store/test_layout.py::test_what_a_kill_left_is_removed_everywhere",
        "unit/store/test_journal.py::test_stray_files_of_a_killed_copy_are_removed",
    ),
    "disk full in the journal, a report, a log, a new worktree": (
        "unit/store/test_journal.py::test_a_failed_write_is_cut_back_and_made_good",
        "unit/store/test_journal.py::test_it_recovers_by_itself_when_space_returns",
        "unit/store/test_journal.py::test_a_real_limit_of_the_system",
        "scenarios/test_commands_at_once.py::test_a_run_that_could_not_be_kept_says_so_and_c_starts_it",
        "ui/test_approval_inbox.py::test_a_decision_that_was_not_kept_opens_the_same_question_under_a_shut_guard",
        "unit/services/evidence/test_evidence_writer.py::test_a_disk_that_is_full_is_told_once_and_ends_nothing",
        "unit/codex/test_codex_transport.py::test_a_full_disk_is_told_and_the_worker_goes_on",
        "unit/gitrepo/test_git_worktrees.py::test_a_checkout_that_fails_takes_the_branch_with_it",
    ),
    "fsync fails": (
        "unit/store/test_journal.py::test_a_file_whose_sync_failed_is_never_trusted_again",
        "unit/store/test_journal.py::test_syncs_that_go_on_failing_are_never_success",
        "unit/cli/test_open_screen.py::test_what_could_not_be_kept_is_told_after_the_screen",
    ),
    "state file empty, cut, binary, 2 GB": (
        "unit/store/test_journal.py::test_an_empty_file_is_told",
        "unit/store/test_journal.py::test_a_file_that_is_cut_at_any_byte_keeps_its_whole_records",
        "unit/store/test_journal.py::test_a_file_that_is_no_journal_is_kept_or_cut",
        "unit/store/test_journal.py::test_a_huge_file_without_lines_is_kept_aside_at_once",
        "unit/store/test_journal.py::test_after_a_quarantine_the_journal_goes_on",
        "unit/cli/test_status.py::test_a_damaged_journal_shows_what_is_good",
        "unit/services/test_doctor.py::test_a_journal_that_was_put_aside_is_remembered",
    ),
    "state from a newer version": (
        "unit/cli/test_run_command.py::test_a_journal_of_a_newer_program_names_both_versions_and_stays",
        "unit/cli/test_status.py::test_a_newer_journal_is_told",
        "unit/cli/test_logs_command.py::test_a_journal_of_a_newer_program_is_one_sentence",
        "unit/store/test_event_codec.py::test_a_newer_schema_is_told_with_both_versions",
    ),
    "second program on the same repository, also through a symlink": (
        "scenarios/test_reopen.py::test_a_second_program_is_told_who_holds_the_repository",
        "scenarios/tui/test_viewer.py::test_a_viewer_answers_for_a_headless_run",
        "scenarios/tui/test_viewer.py::test_when_the_holder_goes_it_offers_to_take_over",
        "unit/store/test_lock.py::test_the_second_process_is_told_who_holds_it_until_that_is_killed",
        "unit/store/test_lock.py::test_a_symlinked_repository_is_the_same_one",
    ),
    "read-only folder, HOME unset": (
        "unit/cli/test_read_only.py::test_what_would_write_says_so_in_one_sentence_with_a_next_step",
        "unit/cli/test_read_only.py::test_what_only_reads_works",
        "unit/cli/test_init_command.py::test_a_folder_that_cannot_be_written_is_told",
        "unit/cli/test_run_command.py::test_without_home_it_is_said_before_any_worker_starts",
        "unit/test_paths.py::test_without_a_home_it_says_what_to_set",
    ),
    "app-server stopped (SIGSTOP)": (
        "faults/test_quiet_workers.py::test_a_worker_that_is_stopped_from_outside_is_quiet_and_the_screen_lives",
        "faults/test_quiet_workers.py::test_the_row_the_table_and_the_log_say_since_when",
        "scenarios/app_server/test_turns.py::test_a_worker_that_is_stopped_by_sigstop_is_ended_all_the_same",
    ),
    "a worker leaves a process in a session of its own": (
        "scenarios/test_workers.py::test_what_a_worker_left_running_in_a_session_of_its_own_ends_with_it",
        "scenarios/test_checks.py::test_a_check_without_end_is_ended_with_all_that_it_started",
        "unit/codex/test_codex_child.py::test_a_grandchild_of_its_own_session_hangs_nothing_either",
    ),
    "crash loop": ("faults/test_codex.py::test_a_worker_that_crashes_again_and_again_is_started_by_a_person_only",),
    "unknown run id": (
        "unit/cli/test_names.py::test_an_unknown_run_names_the_nearest_one",
        "unit/cli/test_report.py::test_of_a_run_that_is_not_known_the_nearest_is_named",
        "unit/cli/test_history.py::test_one_run_can_be_asked_for",
        "unit/services/test_replay.py::test_a_run_that_is_not_there_names_the_nearest",
    ),
    "two headless runs at once": (
        "scenarios/cli/test_two_programs.py::test_a_second_one_has_the_first_do_it_and_follows",
    ),
    "a broken pipe": (
        "scenarios/cli/test_headless.py::test_a_reader_that_goes_away_ends_the_output_and_not_the_work",
        "unit/cli/test_command_line.py::test_a_reader_that_goes_away_is_no_error",
        "unit/cli/test_logs_command.py::test_a_reader_that_goes_away_ends_it",
    ),
    "no terminal": (
        "unit/cli/test_command_line.py::test_without_a_terminal_there_is_no_screen_and_nothing_is_touched",
        "unit/cli/test_run_command.py::test_the_screen_needs_a_terminal",
        "scenarios/test_demo.py::test_without_a_terminal_the_screen_is_refused_with_the_way_out",
    ),
    "codex missing, wrong version, not executable, silent": (
        "faults/test_codex.py::test_a_codex_that_cannot_be_used_is_named_with_what_to_install",
        "faults/test_codex.py::test_a_silent_codex_is_given_up_after_its_time",
        "faults/test_codex.py::test_a_codex_that_ends_at_once_says_its_last_words",
        "faults/test_codex.py::test_a_codex_that_vanishes_stops_new_tasks_and_no_running_one",
    ),
    "not logged in, 429, model error": (
        "faults/test_codex.py::test_not_logged_in",
        "faults/test_codex.py::test_a_model_that_refuses_is_told_with_the_next_step_and_c_goes_on",
        "scenarios/test_workers.py::test_a_model_error_fails_the_task_with_a_next_step",
    ),
    "app-server killed in mid-turn or with a question open": (
        "faults/test_codex.py::test_killed_with_a_question_open",
        "faults/test_codex.py::test_killed_in_mid_turn_while_others_work",
        "faults/test_codex.py::test_a_worker_that_ends_between_two_turns_is_started_again_by_a_message",
        "faults/test_endings.py::test_a_worker_that_outlived_a_killed_program_is_ended_at_the_next_start",
    ),
    "64 MiB line, no end before EOF": (
        "faults/test_event_stream.py::test_a_line_of_more_than_64_mib_is_kept_in_a_file_and_the_next_ones_are_fine",
        "faults/test_event_stream.py::test_a_message_of_20_mib_is_kept_in_part",
        "faults/test_event_stream.py::test_a_question_longer_than_a_person_can_read_is_refused",
        "faults/test_event_stream.py::test_the_output_ends_in_the_middle_of_a_line",
    ),
    "invalid UTF-8, NUL, lone surrogate": (
        "faults/test_event_stream.py::test_bytes_that_are_no_text_are_shown_escaped",
    ),
    "non-JSON, array, NaN, depth": (
        "faults/test_event_stream.py::test_lines_that_are_no_messages_are_told_and_the_reader_lives",
    ),
    "unknown notification, item, enum": (
        "faults/test_event_stream.py::test_what_this_version_does_not_know_is_shown_and_harms_nothing",
    ),
    "unknown request": ("faults/test_event_stream.py::test_an_unknown_request_is_refused_at_once_and_told",),
    "resolved before the answer": (
        "faults/test_event_stream.py::test_a_question_that_codex_takes_back_is_closed_and_its_answer_dropped",
        "faults/test_event_stream.py::test_a_question_of_an_ended_turn_takes_no_answer",
        "faults/test_event_stream.py::test_the_same_question_is_answered_once_whoever_presses_again",
    ),
    "a question for a finished turn, a reused id, two answers at once": (
        "faults/test_approvals.py::test_a_question_for_a_turn_that_has_ended_is_closed_and_takes_no_answer",
        "faults/test_approvals.py::test_a_number_that_is_still_open_is_taken_over_by_the_newer_question",
        "faults/test_approvals.py::test_a_number_that_was_answered_is_another_question_when_it_comes_again",
        "faults/test_approvals.py::test_answers_from_a_screen_and_from_elsewhere_at_once",
    ),
    "100 approvals at once from 20 workers": (
        "faults/test_approvals.py::test_a_hundred_questions_of_twenty_workers_are_one_queue",
    ),
    "a command with bidi, invisible characters, 5,000 spaces, 200 lines": (
        "faults/test_approvals.py::test_what_hides_in_a_command_is_seen_and_accept_waits_for_the_end",
    ),
    "control sequences and markup in every text": (
        "faults/test_hostile_text.py::test_no_control_sequence_of_anybody_else_reaches_the_terminal",
        "ui/test_main_screen.py::test_worker_text_is_never_markup_and_never_reaches_the_terminal_raw",
        "figures/test_figures.py::test_no_hostile_text_commands_the_terminal_in_any_widget",
    ),
    "endless lines, marks, wide signs": ("faults/test_screen_limits.py::test_texts_of_any_length_hang_nothing",),
    "20x5, resize storm, TERM=dumb, no tty, C locale": (
        "faults/test_screen_limits.py::test_a_window_that_is_too_small_says_so_and_grows",
        "faults/test_screen_limits.py::test_a_storm_of_sizes",
        "faults/test_screen_limits.py::test_a_locale_without_our_signs",
        "unit/cli/test_command_line.py::test_a_dumb_terminal_is_told",
        "unit/cli/test_command_line.py::test_without_a_terminal_there_is_no_screen_and_nothing_is_touched",
    ),
    "SIGTERM, SIGHUP, SIGQUIT, SIGTSTP": (
        "faults/test_endings.py::test_a_signal_ends_everything_in_good_order",
        "faults/test_endings.py::test_a_closed_window_ends_everything_in_good_order",
        "faults/test_endings.py::test_stopped_by_the_shell_and_continued",
        "faults/test_endings.py::test_q_with_a_worker_asks_and_x_leaves_nothing_behind",
        "scenarios/cli/test_headless.py::test_a_signal_stops_the_workers_and_commits_their_edits",
    ),
    "repository none, bare, empty, detached, shallow, submodules": (
        "faults/test_endings.py::test_not_a_repository_to_work_in",
        "faults/test_repositories.py::test_without_a_commit",
        "faults/test_repositories.py::test_on_a_detached_head_the_branch_moves_and_the_checkout_does_not",
        "faults/test_repositories.py::test_shallow",
        "faults/test_repositories.py::test_with_a_submodule",
        "unit/cli/test_command_line.py::test_not_a_git_repository_is_one_sentence",
    ),
    "target dirty, elsewhere, mid-rebase, missing": (
        "faults/test_repositories.py::test_a_target_that_cannot_be_moved_is_left_and_said_what_to_do",
        "scenarios/tui/test_main_job.py::test_overlapping_edits_of_the_person_stop_the_merge",
    ),
    "stale index.lock": (
        "faults/test_repositories.py::test_where_the_base_is_checked_out",
        "faults/test_repositories.py::test_in_the_tasks_own_worktree",
    ),
    "worktree deleted, moved, replaced": (
        "faults/test_repositories.py::test_deleted_it_is_called_missing_and_the_next_message_makes_it_again",
        "faults/test_repositories.py::test_deleted_in_mid_turn_c_makes_it_again",
        "faults/test_repositories.py::test_deleted_after_its_commits_it_is_reviewed_and_merged_all_the_same",
        "faults/test_repositories.py::test_moved_and_moved_back",
        "faults/test_repositories.py::test_a_symlink_in_its_place_is_not_followed",
    ),
    "everything deleted, nothing changed, only modes": (
        "faults/test_repositories.py::test_everything_deleted",
        "faults/test_repositories.py::test_nothing_changed",
        "faults/test_repositories.py::test_changed_and_changed_back_is_an_empty_merge",
        "faults/test_repositories.py::test_only_modes_changed",
    ),
    "broken rules and settings, alias bomb, unknown key": (
        "scenarios/test_rules_and_trust.py::test_a_broken_file_keeps_the_old_rules_and_is_told_once",
        "unit/services/test_rule_files.py::test_the_old_rules_stay_and_the_mistake_is_told_once",
        "unit/cli/test_policy_command.py::test_every_mistake_has_its_file_line_and_key",
        "unit/test_config.py::test_all_mistakes_of_all_places_are_told_at_once",
    ),
    "broken theme: wrong type, unknown key, no text": (
        "ui/test_themes.py::test_a_wrong_file_is_told_with_the_place_and_left_out",
        "ui/test_themes.py::test_bytes_that_are_no_text_are_a_failure",
    ),
    "a rule file that changes while a card is open": (
        "scenarios/test_rules_and_trust.py::test_a_rule_that_comes_while_a_card_is_open_leaves_it_to_the_person",
    ),
    "plan with a cycle, an unknown dependency, a duplicate id, 5,000 tasks": (
        "unit/cli/test_plan_command.py::test_every_mistake_has_its_file_line_task_and_field",
        "unit/cli/test_plan_command.py::test_a_circle_is_named",
        "unit/plans/test_structure.py::test_a_problem_names_task_and_field",
        "unit/plans/test_load_plan.py::test_five_thousand_tasks_with_twenty_thousand_dependencies",
        "unit/plans/test_load_plan.py::test_more_tasks_than_can_be_run",
        "unit/plans/test_from_answer.py::test_a_circle_is_refused_with_its_members",
        "unit/plans/test_from_answer.py::test_four_hundred_tasks_are_refused_with_the_limit",
    ),
    "broken plan: wrong type, unknown key, alias bomb": (
        "unit/plans/test_load_plan.py::test_a_mistake_has_its_line_task_and_field",
        "unit/plans/test_load_plan.py::test_a_file_that_is_no_plan",
        "unit/plans/test_load_plan.py::test_an_alias_bomb_is_refused_before_it_grows",
        "unit/plans/test_load_plan.py::test_places_that_hold_no_plan",
    ),
    "spec file that is not UTF-8, a folder, 50 MB": (
        "unit/cli/test_plan_command.py::test_a_specification_that_cannot_be_used",
        "unit/plans/test_spec_file.py::test_what_is_no_specification",
        "unit/plans/test_spec_file.py::test_places_that_hold_none",
    ),
    "secrets in prompt, output, environment, diff": (
        "faults/test_secrets.py::test_fifty_secrets_are_readable_nowhere",
        "faults/test_secrets.py::test_on_the_real_codex_what_is_sent_stays_whole",
        "faults/test_secrets.py::test_a_prompt_with_a_secret_is_not_sent_in_part_after_a_restart",
        "unit/domain/test_secrets.py::test_no_border_of_pieces_lets_a_secret_through",
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_a_row_has_its_tests(row: str) -> None:
    for name in ROWS[row]:
        assert_there(name)
