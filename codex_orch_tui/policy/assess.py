"""How much a yes could do, in plain words, for the card that a person decides by.

It helps to look in the right place; it decides nothing, and a low risk is no promise.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from codex_orch_tui.domain.approval import ApprovalKind, ApprovalRequest, Assessment, PermissionEntry, Program, Risk
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.domain.text_warnings import disguised_words, text_warnings
from codex_orch_tui.policy.asked import Asked
from codex_orch_tui.policy.assess_command import NOT_READ, command_findings
from codex_orch_tui.policy.assess_paths import path_findings
from codex_orch_tui.policy.finding import Finding, whole
from codex_orch_tui.policy.places import bare_host, is_within
from codex_orch_tui.policy.unfold import typed_text

MAX_REASONS = 12
"""Reasons that are listed, the gravest first; how many there are besides is said."""

_WEIGHT = {Risk.LOW: 0, Risk.MEDIUM: 1, Risk.HIGH: 2}
_ADDRESS = re.compile(r"[0-9.]+|[0-9a-f:]*:[0-9a-f:]*|0x[0-9a-f]+", re.IGNORECASE)
_LOOPBACK = re.compile(r"localhost|127\.[0-9.]+|::1|\[::1\]")
_LINES = re.compile(r"has [0-9]+ lines")


def assess(request: ApprovalRequest, asked: Asked) -> Assessment:
    """What is found out about a request before anyone sees it. `why_asked` is the rules' to tell, and empty here.

    Args:
        request: The request as it is shown.
        asked: The same as the rules see it.
    """
    programs: tuple[Program, ...] = ()
    match request.kind:
        case ApprovalKind.COMMAND | ApprovalKind.STDIN:
            found, programs = _of_command(request, asked)
        case ApprovalKind.NETWORK:
            found, programs = _of_network(request, asked)
        case ApprovalKind.FILE_CHANGE:
            found = _of_file_change(request, asked)
        case ApprovalKind.PERMISSIONS:
            found = _of_permissions(request.permissions, asked)
        case ApprovalKind.USER_INPUT:
            found = [Finding(Risk.LOW, "your answer goes to the worker, and nothing runs by it")]
            if any(question.is_secret for question in request.questions):
                found.append(Finding(Risk.MEDIUM, "asks for a secret: the worker and its model will read it"))
        case ApprovalKind.ELICITATION:
            found = _of_elicitation(request)
        case ApprovalKind.MCP_TOOL:
            found = [
                Finding(Risk.MEDIUM, f"a tool of the MCP server {request.server or '?'} runs outside of the sandbox")
            ]
    found += _of_texts(request, asked)
    return _assessment(found, programs)


def _assessment(found: Iterable[Finding], programs: tuple[Program, ...]) -> Assessment:
    ordered = sorted(dict.fromkeys(found), key=lambda finding: -_WEIGHT[finding.risk])
    risk = ordered[0].risk if ordered else Risk.LOW
    texts = list(dict.fromkeys(clean_line(finding.text) for finding in ordered))
    if risk is Risk.LOW and programs:
        texts.insert(0, "only reads, as far as one can tell")
    if len(texts) > MAX_REASONS:
        texts[MAX_REASONS:] = [f"and {len(texts) - MAX_REASONS} more reasons"]
    return Assessment(risk=risk, reasons=tuple(texts), programs=programs)


def _of_command(request: ApprovalRequest, asked: Asked) -> tuple[list[Finding], tuple[Program, ...]]:
    if request.kind is ApprovalKind.STDIN:
        return _of_typed_text(asked), ()
    found, programs = command_findings(asked) if asked.command.strip() else ([], ())
    if not asked.command.strip():
        found.append(Finding(Risk.HIGH, "the request holds no command"))
    elif request.permissions:
        found += _of_permissions(request.permissions, asked)
    else:
        found.append(Finding(Risk.LOW, "may run outside of the sandbox"))
    if asked.worktree and asked.cwd and not is_within(asked.cwd, asked.worktree):
        found.append(Finding(Risk.MEDIUM, f"runs in a folder outside of the worktree: {whole(asked.cwd)}"))
    return found, programs


def _of_typed_text(asked: Asked) -> list[Finding]:
    """The program may be a shell, so what would be grave there is said; that a word is no known program is not."""
    found = command_findings(replace(asked, command=typed_text(asked.command)))[0] if asked.command.strip() else []
    grave = [finding for finding in found if finding.risk is Risk.HIGH and not finding.text.startswith(NOT_READ)]
    return [*grave, Finding(Risk.MEDIUM, "is typed into a running program: only that knows what it makes of it")]


def _of_network(request: ApprovalRequest, asked: Asked) -> tuple[list[Finding], tuple[Program, ...]]:
    found, programs = command_findings(asked) if asked.command.strip() else ([], ())
    host = bare_host(asked.host or request.host)
    if not host:
        found.append(Finding(Risk.HIGH, "opens the network, and names no host"))
    elif _LOOPBACK.fullmatch(host):
        found.append(Finding(Risk.MEDIUM, f"reaches a service of this machine: {whole(host)}"))
    elif _ADDRESS.fullmatch(host):
        found.append(Finding(Risk.HIGH, f"reaches an address without a name: {whole(host)}"))
    elif "xn--" in host or not host.isascii():
        found.append(Finding(Risk.HIGH, f"reaches a host whose name may look like another's: {whole(host)}"))
    else:
        found.append(Finding(Risk.MEDIUM, f"reaches a host on the network: {whole(host)}"))
    return found, programs


def _of_file_change(request: ApprovalRequest, asked: Asked) -> list[Finding]:
    found: list[Finding] = []
    for path in asked.paths:
        found += path_findings(path, cwd=asked.cwd or asked.worktree, worktree=asked.worktree, writes=True)
        if disguised_words(path):
            found.append(Finding(Risk.HIGH, f"a path is a disguise: {whole(path)}"))
    if request.grant_root:
        text = f"the worker may then write all of {whole(request.grant_root)} for the rest of the session"
        found.append(Finding(Risk.HIGH, text))
    deleted = sum(file.change == "delete" for file in request.files)
    if deleted:
        found.append(Finding(Risk.MEDIUM, f"deletes {deleted} file{'s' if deleted > 1 else ''}"))
    if not asked.paths and not request.files:
        found.append(Finding(Risk.MEDIUM, "the request names no files"))
    return found or [Finding(Risk.MEDIUM, "writes files that the sandbox would not let it write")]


def _of_permissions(permissions: Iterable[PermissionEntry], asked: Asked) -> list[Finding]:
    found: list[Finding] = []
    for entry in permissions:
        if entry.access == "network":
            found.append(Finding(Risk.HIGH, f"opens the network: {whole(entry.target)}"))
        elif entry.access == "read":
            about = path_findings(entry.target, cwd=asked.cwd, worktree=asked.worktree, writes=False)
            found += about or [Finding(Risk.LOW, f"may read {whole(entry.target)}")]
        else:
            about = path_findings(entry.target, cwd=asked.cwd, worktree=asked.worktree, writes=True)
            found += about or [Finding(Risk.MEDIUM, f"may write {whole(entry.target)}")]
    return found or [Finding(Risk.MEDIUM, "the request names no permissions")]


def _of_elicitation(request: ApprovalRequest) -> list[Finding]:
    found = [Finding(Risk.MEDIUM, f"what you type goes to the MCP server {request.server or '?'}")]
    if request.url:
        found.append(Finding(Risk.HIGH, f"wants a page opened in your browser: {whole(request.url)}"))
    return found


def _of_texts(request: ApprovalRequest, asked: Asked) -> list[Finding]:
    """Texts that may read as something else than they are. The raw command: its own escapes are no disguise."""
    found: list[Finding] = []
    for what, text in (("the command", asked.command), ("the host", request.host), ("the folder", request.cwd)):
        for warning in text_warnings(text):
            if _LINES.fullmatch(warning):
                continue
            is_long = "characters: read" in warning
            found.append(Finding(Risk.MEDIUM if is_long else Risk.HIGH, f"{what} {warning}"))
    for path in asked.paths:
        found += [Finding(Risk.HIGH, f"a path {warning}") for warning in text_warnings(path)]
    return found
