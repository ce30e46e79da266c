"""What a task's commits change, as a person reviews it. Every text is clean (see terminal_text)."""

from enum import StrEnum

from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.domain.task import DiffTotals
from codex_orch_tui.domain.values import dataclass


class ChangeStatus(StrEnum):
    """What happened to a file."""

    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"
    RENAMED = "renamed"
    COPIED = "copied"
    TYPE_CHANGED = "type_changed"


class EntryKind(StrEnum):
    """What a path of a tree is."""

    ABSENT = "absent"
    FILE = "file"
    EXECUTABLE = "executable"
    SYMLINK = "symlink"
    SUBMODULE = "submodule"


_KIND_OF_MODE = {
    "000000": EntryKind.ABSENT,
    "100755": EntryKind.EXECUTABLE,
    "120000": EntryKind.SYMLINK,
    "160000": EntryKind.SUBMODULE,
}


def entry_kind(mode: str) -> EntryKind:
    """The kind that git's six octal digits name."""
    return _KIND_OF_MODE.get(mode, EntryKind.FILE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """One file of a diff.

    `insertions` and `deletions` are lines; None where lines were not counted: binaries, files above the size limit
    (their sizes are known then) and diffs that took too long to count. `old_id` and `new_id` are git object ids.
    """

    path: str
    """For the eye; `raw_path` is the name on disk."""
    raw_path: bytes
    status: ChangeStatus
    old_kind: EntryKind
    new_kind: EntryKind
    old_id: str
    new_id: str
    old_path: str = ""
    """Where a renamed or copied file came from."""
    insertions: int | None = None
    deletions: int | None = None
    is_binary: bool = False
    """Binary, or too large for lines."""
    old_size_bytes: int | None = None
    new_size_bytes: int | None = None
    symlink_target: str = ""
    """Where the new symlink points; it is shown and never followed."""
    points_outside: bool = False
    """The symlink's target lies outside the repository."""
    watched: str = ""
    """Why this file deserves a second look (see `watched_reason`); empty for most."""

    @property
    def is_mode_only(self) -> bool:
        """Same content, other mode."""
        return self.status is ChangeStatus.MODIFIED and self.old_id == self.new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitSummary:
    """One commit of the task. `time_s` is the author's time, seconds since the epoch."""

    id: CommitId
    parents: tuple[CommitId, ...]
    subject: str
    body: str
    author: str
    time_s: float
    trailers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewSummary:
    """The task's commits and files between `base` and `tip`.

    `commits` is newest first and `files` in git's order; both hold the first part when there are very many, and
    the counts say how many there are.
    """

    base: CommitId
    tip: CommitId
    commits: tuple[CommitSummary, ...]
    commit_count: int
    files: tuple[FileChange, ...]
    file_count: int
    totals: DiffTotals
    counts_known: bool = True
    """False: the lines took too long to count; the files are complete."""

    @property
    def omitted_files(self) -> int:
        """Files that are counted but not listed."""
        return self.file_count - len(self.files)

    @property
    def watched(self) -> tuple[FileChange, ...]:
        """The files that deserve a second look."""
        return tuple(change for change in self.files if change.watched or change.points_outside)


class LineKind(StrEnum):
    """What a line of a patch is."""

    CONTEXT = "context"
    ADDED = "added"
    REMOVED = "removed"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a patch. The numbers count from 1 in the old and the new file; None where the line is not in it."""

    kind: LineKind
    old_no: int | None
    new_no: int | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """Lines that belong together. `section` is what git found above them (a function's head)."""

    old_start: int
    old_count: int
    new_start: int
    new_count: int
    section: str
    lines: tuple[DiffLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePatch:
    """One file's patch, or its first part. `note` says in a sentence what is not shown and why; empty when all is."""

    change: FileChange
    hunks: tuple[Hunk, ...]
    is_cut: bool = False
    note: str = ""

    @property
    def line_count(self) -> int:
        """Lines that are shown."""
        return sum(len(hunk.lines) for hunk in self.hunks)


_WATCHED_NAMES = {
    ".gitattributes": "can make git run filters",
    ".gitmodules": "names other repositories",
    ".gitconfig": "git settings",
    ".lfsconfig": "LFS settings",
    ".worktreeinclude": "chooses the ignored files that a task gets",
    "AGENTS.md": "instructions to every agent",
    "AGENTS.override.md": "instructions to every agent",
    ".envrc": "runs when a shell enters the folder",
    ".mcp.json": "starts MCP servers",
    ".pre-commit-config.yaml": "runs before commits",
}
_WATCHED_FOLDERS = {
    ".codex": "Codex settings",
    ".agents": "Codex skills",
    ".githooks": "git hooks",
    ".husky": "git hooks",
    ".orchestrator": "settings of this program",
    ".vscode": "editor settings can run commands",
    ".devcontainer": "runs when the container starts",
    ".circleci": "CI",
    ".buildkite": "CI",
    ".woodpecker": "CI",
    ".ci": "CI",
}
_WATCHED_ROOT_FILES = {
    ".gitlab-ci.yml": "CI",
    ".travis.yml": "CI",
    ".drone.yml": "CI",
    ".cirrus.yml": "CI",
    "Jenkinsfile": "CI",
    "azure-pipelines.yml": "CI",
    "bitbucket-pipelines.yml": "CI",
}


def watched_reason(path: str) -> str:
    """Why a change of this file can do more than its diff shows; empty for most files.

    Args:
        path: Relative to the repository, with slashes.
    """
    parts = path.split("/")
    if reason := _WATCHED_NAMES.get(parts[-1]):
        return reason
    if len(parts) == 1:
        return _WATCHED_ROOT_FILES.get(path, "")
    if path.startswith((".github/workflows/", ".github/actions/")):
        return "CI"
    return next((_WATCHED_FOLDERS[part] for part in parts[:-1] if part in _WATCHED_FOLDERS), "")


def leaves_tree(link_path: str, target: str) -> bool:
    """Whether a symlink's target lies outside the repository, judged by its text alone.

    Args:
        link_path: The link, relative to the repository.
        target: Its text.
    """
    if target.startswith("/"):
        return True
    depth = len(link_path.split("/")) - 1
    for part in target.split("/"):
        if part == "..":
            depth -= 1
        elif part not in {"", "."}:
            depth += 1
        if depth < 0:
            return True
    return False
