"""What belongs together among the settings, and from when on a change of each of them counts."""

from collections.abc import Mapping
from enum import StrEnum


class When(StrEnum):
    """From when on a change counts that is made while the program runs."""

    NOW = "now"
    NEXT_TASK = "with the next task"
    RESTART = "after a restart"


SECTIONS: Mapping[str, Mapping[str, When]] = {
    "Workers": {
        "max_workers": When.NOW,
        "rate_limit_hold_percent": When.NOW,
        "idle_worker_s": When.NOW,
        "quiet_worker_s": When.NOW,
        "codex_path": When.RESTART,  # Two versions of Codex at the same time are one too many.
        "pass_environment": When.RESTART,
    },
    "A new task": {
        "role": When.NEXT_TASK,
        "model": When.NEXT_TASK,
        "sandbox": When.NEXT_TASK,
        "approval_policy": When.NEXT_TASK,
        "base_branch": When.NEXT_TASK,
    },
    "Plans": {
        "max_proposed_tasks": When.NOW,
        "use_single_workspace": When.NEXT_TASK,
        "claims_allow": When.NOW,
        "claims_ignore": When.NOW,
    },
    "Roles": {"roles": When.NEXT_TASK},
    "Worktrees and branches": {
        "worktree_base": When.RESTART,  # Tasks look for their worktrees there.
        "branch_template": When.RESTART,  # The branches of a run were looked over before it began.
        "setup_command": When.NEXT_TASK,
        "setup_time_limit_s": When.NEXT_TASK,
        "commit_trailers": When.NOW,
    },
    "Checks": {
        "checks": When.NOW,
        "run_checks": When.NOW,
        "pipelines": When.NOW,
        "check_time_limit_s": When.NOW,
        "check_retries": When.NOW,
        "check_sandbox": When.NOW,
        "check_environment": When.NOW,
        "allowed_programs": When.NOW,
        "trace": When.NOW,
        "dry_run": When.NOW,
    },
    "Guardrails": {"guardrails": When.NOW},
    "Cost": {"rate_card": When.RESTART},
    "Being told": {
        "notify_command": When.NOW,
        "bell": When.NOW,
        "desktop_notifications": When.NOW,
        "terminal_title": When.NOW,
    },
    "Screen and keys": {
        "theme": When.NOW,
        "ascii_glyphs": When.RESTART,
        "keymap": When.RESTART,
        "approval_guard_ms": When.RESTART,  # No card that is on the screen changes its guard.
        "editor": When.NOW,
        "shell": When.NOW,
    },
}
"""Every setting once, in the order in which they are told."""

EFFECTS: Mapping[str, When] = {name: when for settings in SECTIONS.values() for name, when in settings.items()}
"""The same by setting."""
