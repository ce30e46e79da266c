"""Codex's items as the domain knows them: kind, a clean title, counts of changed lines."""

from dataclasses import dataclass

from codex_orch_tui.codex.params import FileChange, WireItem
from codex_orch_tui.domain.answer_text import readable
from codex_orch_tui.domain.ids import ItemId
from codex_orch_tui.domain.item import FileEdit, Item, ItemKind, ItemStatus
from codex_orch_tui.domain.secret_stream import beginning
from codex_orch_tui.domain.terminal_text import clean_line, clean_text
from codex_orch_tui.policy.unfold import shown_script

MAX_TITLE_CHARS = 2_000
MAX_DIFF_CHARS = 1_000_000

_KINDS = {
    "userMessage": ItemKind.USER_MESSAGE,
    "agentMessage": ItemKind.AGENT_MESSAGE,
    "reasoning": ItemKind.REASONING,
    "plan": ItemKind.PLAN,
    "commandExecution": ItemKind.COMMAND,
    "fileChange": ItemKind.FILE_CHANGE,
    "mcpToolCall": ItemKind.MCP_TOOL,
    "dynamicToolCall": ItemKind.MCP_TOOL,
    "collabAgentToolCall": ItemKind.SUB_AGENT,
    "subAgentActivity": ItemKind.SUB_AGENT,
    "webSearch": ItemKind.WEB_SEARCH,
    "enteredReviewMode": ItemKind.REVIEW,
    "exitedReviewMode": ItemKind.REVIEW,
    "contextCompaction": ItemKind.COMPACTION,
}
_STATUSES = {
    "inProgress": ItemStatus.IN_PROGRESS,
    "completed": ItemStatus.COMPLETED,
    "failed": ItemStatus.FAILED,
    "declined": ItemStatus.DECLINED,
}


@dataclass(frozen=True, slots=True)
class ItemReader:
    """Reads the items of a worker.

    `cwd` is its worktree: paths in it are shown relative to it. `is_checked` says that its turns are asked for an
    answer that fits a schema: only then is a message that is a JSON object one for programs, shown as what it says.
    """

    cwd: str
    is_checked: bool = False

    def item(self, wire: WireItem, *, ended: bool) -> Item:
        """The item as it stands; one that has ended without a word about it counts as completed."""
        status = _STATUSES.get(wire.status, ItemStatus.COMPLETED if ended else ItemStatus.IN_PROGRESS)
        return Item(
            id=ItemId(clean_line(wire.id)),
            kind=kind_of(wire.type),
            title=self.title(wire),
            status=status,
            exit_code=wire.exit_code,
            duration_ms=wire.duration_ms,
            files=self.files(wire.changes, with_diff=False),
            cwd="" if wire.cwd.rstrip("/") == self.cwd.rstrip("/") else self.shown_path(wire.cwd),
        )

    def title(self, wire: WireItem) -> str:
        """A single clean line that tells what the item is about."""
        title = clean_line(beginning(self._raw_title(wire), MAX_TITLE_CHARS + 1))
        return title if len(title) <= MAX_TITLE_CHARS else title[:MAX_TITLE_CHARS] + "…"

    def said(self, text: str) -> str:
        """What a message that is an answer for programs says, line by line; empty for every other message."""
        return readable(clean_text(text)) if self.is_checked else ""

    def files(self, changes: list[FileChange], *, with_diff: bool) -> tuple[FileEdit, ...]:
        """The changed files; diffs are cut with a remark when they are very long."""
        return tuple(self._file(change, with_diff=with_diff) for change in changes)

    def shown_path(self, path: str) -> str:
        """A path as people read it: relative to the worktree when it lies in it."""
        return clean_line(path.removeprefix(self.cwd.rstrip("/") + "/"))

    def _raw_title(self, wire: WireItem) -> str:
        match wire.type:
            case "commandExecution":
                return shown_script(wire.command)
            case "fileChange":
                return self._files_title(wire.changes)
            case "userMessage":
                return first_line(user_text(wire))
            case "agentMessage":
                return first_line(self.said(wire.text) or wire.text)
            case "plan":
                return first_line(wire.text)
            case "reasoning":
                return first_line(reasoning_text(wire)).strip("*")
            case "mcpToolCall":
                return f"{wire.server}.{wire.tool}"
            case "dynamicToolCall":
                return wire.tool
            case "collabAgentToolCall":
                return f"{wire.tool} {first_line(wire.prompt)}".strip()
            case "subAgentActivity":
                return f"{wire.agent_path} {wire.kind}".strip()
            case "webSearch":
                return wire.query
            case "imageView":
                return self.shown_path(wire.path)
            case "enteredReviewMode" | "exitedReviewMode":
                return first_line(wire.review)
            case "contextCompaction":
                return "context compacted"
            case _:
                return f"{wire.type} {wire.name}".strip() or "item without a type"

    def _files_title(self, changes: list[FileChange]) -> str:
        if not changes:
            return "no files"
        first = self.shown_path(changes[0].path)
        return first if len(changes) == 1 else f"{first} and {len(changes) - 1} more"

    def _file(self, change: FileChange, *, with_diff: bool) -> FileEdit:
        kind, moved_to = _change_kind(change.kind)
        diff = unified(change, kind)
        path = self.shown_path(change.path)
        if moved_to:
            path = f"{path} → {self.shown_path(moved_to)}"
        return FileEdit(
            path=path,
            change=kind,
            insertions=count_lines(diff, "+"),
            deletions=count_lines(diff, "-"),
            diff=clean_text(_cut(diff)) if with_diff else "",
        )


def kind_of(wire_type: str) -> ItemKind:
    """The kind of a Codex item type; OTHER for a type that this version does not know."""
    return _KINDS.get(wire_type, ItemKind.OTHER)


def first_line(text: str) -> str:
    """The first line that is not blank, stripped."""
    return next((line.strip() for line in text.split("\n") if line.strip()), "")


def user_text(wire: WireItem) -> str:
    """What the person wrote; what is not text is named by its type."""
    parts = []
    for part in wire.content:
        if isinstance(part, dict):
            text = part.get("text")
            parts.append(text if isinstance(text, str) else f"[{part.get('type', 'input')}]")
    return "\n".join(parts)


def reasoning_text(wire: WireItem) -> str:
    """The summary of a reasoning item, else its content; without the signs that make its headings bold."""
    text = "\n".join(part for part in (wire.summary or wire.content) if isinstance(part, str))
    return text.replace("**", "")


def unified(change: FileChange, kind: str) -> str:
    """The change as hunks; Codex sends the bare text of a file that is added or deleted."""
    if kind == "update" or not change.diff:
        return change.diff
    sign = "+" if kind == "add" else "-"
    lines = change.diff.removesuffix("\n").split("\n")
    span = f"-0,0 +1,{len(lines)}" if kind == "add" else f"-1,{len(lines)} +0,0"
    return "\n".join([f"@@ {span} @@", *(sign + line for line in lines), ""])


def count_lines(diff: str, sign: str) -> int:
    """Lines of hunks that begin with the sign."""
    return diff.count("\n" + sign) + diff.startswith(sign)


def _change_kind(kind: object) -> tuple[str, str]:
    if isinstance(kind, dict):
        moved_to = kind.get("move_path")
        return clean_line(str(kind.get("type", ""))) or "update", moved_to if isinstance(moved_to, str) else ""
    return clean_line(kind) if isinstance(kind, str) and kind else "update", ""


def _cut(diff: str) -> str:
    if len(diff) <= MAX_DIFF_CHARS:
        return diff
    return f"{beginning(diff, MAX_DIFF_CHARS)}\n… {len(diff) - MAX_DIFF_CHARS:,} more characters are not shown\n"
