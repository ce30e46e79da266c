"""The end of a session, when a part of it has a fault: the rest is done all the same."""

from pathlib import Path

import pytest

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.services import orchestrator as orchestrator_module
from codex_orch_tui.services.commands.inbox import Inbox
from codex_orch_tui.services.evidence.writer import EvidenceWriter
from codex_orch_tui.services.run_journals import RunJournals
from codex_orch_tui.services.status_keeper import StatusKeeper
from codex_orch_tui.store.event_codec import decode
from codex_orch_tui.store.journal_file import read_journal
from codex_orch_tui.store.lock import RepositoryLock
from tests.faults.rig import opened, says, standin

PLAYS = {"EDIT": [{"write": ["new.txt", "new\n"]}, says("done")]}


@pytest.mark.parametrize(
    ("owner", "method"),
    [(Inbox, "run"), (EvidenceWriter, "close"), (RunJournals, "close"), (StatusKeeper, "close")],
)
async def test_what_fails_at_the_end_keeps_nothing_else_from_it(
    scratch: Path, monkeypatch: pytest.MonkeyPatch, owner: type, method: str
) -> None:
    async def fails(_self: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(orchestrator_module, "_SERVE_AFTER_S", 0.0)
    monkeypatch.setattr(owner, method, fails)
    with pytest.raises(ExceptionGroup) as caught:
        async with opened(scratch, standin(scratch, PLAYS)) as on:
            (ref,) = await on.start("EDIT")
            await on.until_state(ref, TaskState.DONE)
    assert caught.group_contains(ZeroDivisionError, depth=1)
    layout = on.orchestrator.layout
    last = decode(read_journal(layout.journal).records[-1])
    assert isinstance(last.event, ev.SessionClosed)
    with RepositoryLock.acquire(*layout.locks):
        pass
