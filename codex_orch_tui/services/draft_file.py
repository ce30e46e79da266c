"""What a person has written and not sent, in a file: it is theirs, and still there when the program is opened again.

It is as they wrote it, secrets included, so it is 0600, lies beside the raw logs and goes as soon as nothing waits.
"""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from codex_orch_tui.domain.drafts import KeptDrafts, TaskDraft
from codex_orch_tui.domain.ids import RunId, TaskId, TaskRef
from codex_orch_tui.domain.plan import ApprovalPolicy, SandboxMode
from codex_orch_tui.store.atomic import write_atomic
from codex_orch_tui.store.errors import StoreError
from codex_orch_tui.store.inbox_files import OddFileError, read_plain

MAX_BYTES = 4 * 1024 * 1024


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Task(_Form):
    text: str
    role: str
    base_branch: str
    model: str
    sandbox: SandboxMode
    approval_policy: ApprovalPolicy
    is_planned_first: bool
    spec: str


class _Message(_Form):
    run: str
    task: str
    text: str


class _File(_Form):
    version: Literal[1] = 1
    task: _Task | None = None
    messages: list[_Message] = []


class DraftFile:
    """Reads the drafts, and writes the newest ones off the loop.

    A draft that cannot be written is still on screen: nothing is told. One that cannot be read is as if it were none.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._wanted: KeptDrafts | None = None
        self._writing: asyncio.Task[None] | None = None

    def read(self) -> KeptDrafts:
        """What was kept."""
        try:
            found = _File.model_validate_json(read_plain(self._path, MAX_BYTES))
        except (OSError, OddFileError, ValidationError):
            return KeptDrafts()
        return KeptDrafts(
            task=TaskDraft(**dict(found.task)) if found.task is not None else None,
            messages={TaskRef(RunId(each.run), TaskId(each.task)): each.text for each in found.messages},
        )

    def keep(self, drafts: KeptDrafts) -> None:
        """Keep these instead of what was kept before."""
        self._wanted = drafts
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name="drafts")

    async def close(self) -> None:
        """Return when the newest are kept."""
        if self._writing is not None:
            await self._writing

    async def _write(self) -> None:
        while (drafts := self._wanted) is not None:
            self._wanted = None
            await asyncio.to_thread(self._put, drafts)

    def _put(self, drafts: KeptDrafts) -> None:
        with suppress(OSError, StoreError, ValueError):  # ValueError: half a character, which has no UTF-8
            if drafts == KeptDrafts():
                self._path.unlink(missing_ok=True)
                return
            data = _form(drafts).model_dump_json(indent=1).encode()
            if len(data) <= MAX_BYTES:
                write_atomic(self._path, data)


def _form(drafts: KeptDrafts) -> _File:
    draft = drafts.task
    names = _Task.model_fields
    task = _Task.model_validate({name: getattr(draft, name) for name in names}) if draft is not None else None
    messages = [_Message(run=ref.run, task=ref.task, text=text) for ref, text in drafts.messages.items()]
    return _File(task=task, messages=messages)
