"""Which test plays which fault from the person's side, so that none is dropped when tests are moved.

Rows are told through the whole program: its facade, its screen, or the command in a terminal. What an adapter does on
its own is tested beside it in tests/unit.
"""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
ROWS = {
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
    "control sequences and markup in every text": (
        "faults/test_hostile_text.py::test_no_control_sequence_of_anybody_else_reaches_the_terminal",
        "ui/test_main_screen.py::test_worker_text_is_never_markup_and_never_reaches_the_terminal_raw",
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
}


@pytest.mark.parametrize("row", ROWS)
def test_a_row_has_its_tests(row: str) -> None:
    for name in ROWS[row]:
        file, _, test = name.partition("::")
        assert re.search(rf"^\s*(?:async )?def {test}\(", (TESTS / file).read_text("utf-8"), re.MULTILINE), name
