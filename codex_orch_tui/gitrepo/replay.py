"""Commits put on another commit, one after the other; objects that nothing names yet.

Each commit C with parent P is put on the tip T by a three-way merge of trees with P as the common ancestor. Git finds
the ancestor from parents, so a stand-in commit with the tree of T and the parent P is merged with C (`merge-tree
--write-tree`, which touches no files). All of it in a clean git folder: no merge driver, filter or hook runs.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.domain.terminal_text import clean_line, clean_name
from codex_orch_tui.gitrepo.clean_dir import CleanDir
from codex_orch_tui.gitrepo.repository import Identity, Repository

MAX_COMMITS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """A commit that cannot be put on the tip: its subject and the files that clash, clean lines."""

    subject: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A commit with its parents."""

    commit: CommitId
    parents: tuple[CommitId, ...]


@dataclass(frozen=True, slots=True)
class _Original:
    """A commit as it is stored."""

    tree: str
    author: dict[str, str]
    encoding: str
    message: bytes

    @property
    def subject(self) -> str:
        return clean_line(self.message.partition(b"\n")[0])


@dataclass(slots=True)
class Replay:
    """A tip that grows by replayed commits. Made by `on`.

    `count` and `dropped` are the commits that were made, and the subjects of those whose changes the tip had already.
    """

    repo: Repository
    clean: CleanDir
    identity: Identity
    tip: CommitId
    tree: str
    count: int
    dropped: list[str]

    @classmethod
    async def on(cls, repo: Repository, clean: CleanDir, base: CommitId, identity: Identity) -> "Replay":
        """A replay that begins at a commit; the replayed commits keep their authors, `identity` commits them.

        Raises:
            GitError: There is no such commit.
        """
        return cls(repo, clean, identity, base, await _tree(repo, clean, base), 0, [])

    async def put(self, commit: CommitId, parent: CommitId) -> Clash | None:
        """Put one commit on the tip, or say what clashes; then the tip is where it was.

        Raises:
            GitError: Git failed.
        """
        original = await _read_commit(self.repo, self.clean, commit)
        merged = await self._merge(commit, (parent,))
        if isinstance(merged, tuple):
            return Clash(subject=original.subject, paths=merged)
        if merged == self.tree:
            self.dropped.append(original.subject)
        elif parent == self.tip:
            self._grow(commit, merged)
        else:
            self._grow(await self._write(original, merged), merged)
        return None

    async def fold(self, commit: CommitId, known: Sequence[CommitId], remark: str) -> Clash | None:
        """Put all that a commit holds and the `known` ones do not on the tip, as one commit.

        Args:
            commit: The commit; its message and author are kept.
            known: Commits whose changes the tip holds already.
            remark: Added to the message.

        Raises:
            GitError: Git failed.
        """
        original = await _read_commit(self.repo, self.clean, commit)
        merged = await self._merge(commit, tuple(known))
        if isinstance(merged, tuple):
            return Clash(subject=original.subject, paths=merged)
        if merged == self.tree:
            self.dropped.append(original.subject)
            return None
        # Before the trailers, which are the last paragraph, if there are any: a remark is none.
        head, blank, rest = original.message.partition(b"\n\n")
        message = head.rstrip(b"\n") + b"\n\n" + remark.encode() + (blank + rest if rest else b"\n")
        folded = _Original(original.tree, original.author, original.encoding, message)
        self._grow(await self._write(folded, merged), merged)
        return None

    async def links(self, tip: CommitId, without: Sequence[CommitId]) -> list[Link]:
        """The commits of `tip` that are not in any of the others, each after its parents.

        Raises:
            GitError: One of them does not exist.
        """
        listed = await self.repo.git.run(
            self.clean.place(),
            *("rev-list", "--reverse", "--topo-order", "--parents", "--stdin"),
            stdin="".join(f"{line}\n" for line in (tip, *(f"^{one}" for one in without))).encode(),
        )
        rows = (line.split() for line in listed.line.splitlines())
        return [Link(commit=CommitId(row[0]), parents=tuple(map(CommitId, row[1:]))) for row in rows]

    def _grow(self, commit: CommitId, tree: str) -> None:
        self.tip, self.tree, self.count = commit, tree, self.count + 1

    async def _merge(self, commit: CommitId, parents: tuple[CommitId, ...]) -> str | tuple[str, ...]:
        """The tree of the tip with the commit in it, or the files in conflict."""
        stand_in = await self.repo.git.run(
            self.clean.place(),
            *("commit-tree", self.tree, *(word for parent in parents for word in ("-p", parent)), "-m", "base"),
            env=self.identity.environment(),
        )
        merged = await self.repo.git.run(
            self.clean.place(),
            *("merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", stand_in.line, commit),
            ok_codes=(0, 1),
        )
        tree, *names = merged.fields
        if merged.exit_code:
            return tuple(clean_name(name) for name in dict.fromkeys(names) if name)
        return tree.decode()

    async def _write(self, original: _Original, tree: str) -> CommitId:
        made = await self.repo.git.run(
            self.clean.place(),
            *("commit-tree", tree, "-p", self.tip, "-F", "-"),
            stdin=original.message,
            settings=(("i18n.commitEncoding", original.encoding),) if original.encoding else (),
            env=self.identity.committer_environment() | original.author,
        )
        return CommitId(made.line)


async def _tree(repo: Repository, clean: CleanDir, commit: str) -> str:
    return (await repo.git.run(clean.place(), "rev-parse", "--verify", f"{commit}^{{tree}}")).line


async def _read_commit(repo: Repository, clean: CleanDir, commit: str) -> _Original:
    stored = (await repo.git.run(clean.place(), "cat-file", "commit", commit)).stdout
    head, _, message = stored.partition(b"\n\n")
    headers = dict(line.partition(b" ")[::2] for line in head.split(b"\n") if line[:1] != b" ")
    who, _, when = headers[b"author"].rpartition(b"> ")
    name, _, email = who.rpartition(b"<")
    return _Original(
        tree=headers[b"tree"].decode(),
        author={
            "GIT_AUTHOR_NAME": os.fsdecode(name.strip()),
            "GIT_AUTHOR_EMAIL": os.fsdecode(email),
            "GIT_AUTHOR_DATE": "@" + os.fsdecode(when),
        },
        encoding=headers.get(b"encoding", b"").decode("ascii", "replace"),
        message=message,
    )
