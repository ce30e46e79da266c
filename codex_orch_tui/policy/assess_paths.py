"""What a path tells about the risk of touching it: by name only, the disk is not looked at."""

import re

from codex_orch_tui.domain.approval import Risk
from codex_orch_tui.policy.finding import Finding, whole
from codex_orch_tui.policy.places import absolute, is_guarded, is_within

_SECRETS = re.compile(
    r"(?:^|/)(?:\.ssh|\.gnupg|\.aws|\.azure|\.kube|\.docker|\.netrc|\.pgpass|\.npmrc|\.pypirc|\.git-credentials"
    r"|\.password-store|\.config/gcloud|\.config/gh|\.codex/auth\.json|\.env(?:\.[a-z]+)?|id_(?:rsa|dsa|ecdsa|ed25519)"
    r"|shadow|sudoers|environ|credentials(?:\.json)?|keyrings?|.*\.(?:pem|key|kdbx|p12|pfx))(?:/|$)",
    re.IGNORECASE,
)
_SECRET_NAME = re.compile(
    r"(?:\.env(?:\.\w+)?|\.netrc|\.npmrc|\.pypirc|\.pgpass|id_(?:rsa|ed25519)|.+\.(?:pem|key|p12|pfx|kdbx))"
)
_RUNS_LATER = re.compile(
    r"(?:^|/)(?:\.github/workflows/|\.gitlab-ci\.yml|\.circleci/|Jenkinsfile|\.githooks/|\.husky/|\.envrc|\.gitattributes"
    r"|\.gitmodules|\.pre-commit-config\.yaml|Makefile|GNUmakefile|justfile|Taskfile\.ya?ml|package\.json|conftest\.py"
    r"|setup\.py|pyproject\.toml|tox\.ini|noxfile\.py|build\.rs|\.cargo/config(?:\.toml)?|\.vscode/|\.idea/|\.npmrc"
    r"|\.yarnrc(?:\.yml)?|sitecustomize\.py|AGENTS\.md|\.bashrc|\.profile|\.zshrc|\.bash_profile|Dockerfile)"
)
WRITES = "writes outside of the worktree"
NAMES = "names a path outside of the worktree"
_TILDE = re.compile(r"~(?:/|$)|\$(?:HOME\b|\{HOME\})")
_HARMLESS = frozenset({"/dev/null", "/dev/stdout", "/dev/stderr", "/dev/stdin", "/dev/tty", "/dev/fd/1", "/dev/fd/2"})


def looks_like_path(word: str) -> bool:
    """A word that names a file for certain: it has a slash, or begins at the home or a folder above."""
    return "://" not in word and (
        "/" in word or word.startswith("~") or word in {"..", "."} or bool(_TILDE.match(word))
    )


def is_place_of_secrets(path: str) -> bool:
    """A path where keys, passwords or tokens usually lie."""
    return _SECRETS.search(path) is not None


def is_name_of_secrets(word: str) -> bool:
    """A word without a folder that is surely such a file; `credentials` may be anything."""
    return _SECRET_NAME.fullmatch(word) is not None


def path_findings(word: str, *, cwd: str, worktree: str, writes: bool) -> list[Finding]:
    """What is to be said of a path.

    Args:
        word: The path as it was written.
        cwd: Where it begins when it is relative.
        worktree: The folder of the task; empty: not known.
        writes: It would be written or deleted; otherwise only named.
    """
    if word in _HARMLESS:
        return []
    found: list[Finding] = []
    path = absolute(word, cwd or "/")
    is_outside = bool(_TILDE.match(word)) or word.startswith("~") or not is_within(path, worktree)
    if is_outside and worktree:
        risk, text = (Risk.HIGH, WRITES) if writes else (Risk.MEDIUM, NAMES)
        found.append(Finding(risk, f"{text}: {whole(word)}"))
    if is_place_of_secrets(word):
        found.append(Finding(Risk.HIGH, f"names a place of secrets: {whole(word)}"))
    inside = path[len(worktree) :] if worktree and is_within(path, worktree) else path
    if writes and is_guarded(inside):
        found.append(Finding(Risk.HIGH, f"changes what git or an agent obeys: {whole(word)}"))
    elif writes and _RUNS_LATER.search(path):
        found.append(Finding(Risk.MEDIUM, f"changes a file that decides what runs later: {whole(word)}"))
    return found
