"""The history: what is in it, in which order, and what the filters leave."""

from collections import Counter
from dataclasses import replace

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.allowance import AllowanceKind
from codex_orch_tui.domain.approval import ApprovalKind, Choice, Decider, Outcome, PermissionEntry
from codex_orch_tui.domain.history import (
    Asked,
    Ending,
    HistoryEntries,
    HistoryFilter,
    allowed_line,
    decided_text,
    ending_of,
    ran_commands,
)
from codex_orch_tui.domain.ids import TurnId
from codex_orch_tui.domain.item import OwnRule
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.notes import note_of
from tests.fakes.histories import asked, every_way, unasked
from tests.fakes.states import Story, command_request


def test_a_command_that_was_asked_for_is_there_once_and_the_newest_is_first() -> None:
    entries = HistoryEntries().newest_first(every_way().state)
    assert len(entries) == 14
    assert max(Counter(entry.key for entry in entries).values()) == 1
    assert [entry.at_s for entry in entries] == sorted((entry.at_s for entry in entries), reverse=True)
    assert entries[0].title == "npm test -- --watch=false"


def test_filters_are_joined() -> None:
    story = every_way()
    entries = HistoryEntries().newest_first(story.state)

    def left(**wanted: object) -> int:
        return sum(HistoryFilter(**wanted).wants(entry) for entry in entries)  # type: ignore[arg-type]

    search, auth = story.state.tasks
    assert left() == 14
    assert left(task=auth) == 3
    assert left(asked=Asked.ASKED) + left(asked=Asked.UNASKED) == 14
    assert left(asked=Asked.UNASKED) == 6
    assert left(kind=ApprovalKind.FILE_CHANGE) == 1
    assert left(ending=Ending.DECLINED) == 3
    assert left(ending=Ending.DECLINED, task=search) == 2
    assert left(text="NPM") == 6 + 1  # the reason of the file change names it too
    assert left(text="no-remotes") == 1
    assert {ending_of(entry) for entry in entries} == set(Ending) - {Ending.NO_SANDBOX}


def test_only_turns_that_changed_are_made_anew() -> None:
    story = Story()
    one, two = story.run(["One", "Two"])
    story.start(one)
    unasked(story, one, "ls", OwnRule())
    story.start(two)
    made = HistoryEntries()
    before = {entry.key: entry for entry in made.newest_first(story.state)}
    unasked(story, two, "pwd", OwnRule())
    after = {entry.key: entry for entry in made.newest_first(story.state)}
    assert len(after) == 2
    assert all(after[key] is entry for key, entry in before.items())


def test_an_answer_changes_the_entry_that_was_kept() -> None:
    story = Story()
    (ref,) = story.run(["One"])
    story.start(ref)
    approval = asked(story, ref, "npm ci", None)
    made = HistoryEntries()
    assert ending_of(made.newest_first(story.state)[0]) is Ending.WAITS
    story.answered(approval, Choice.DECLINE)
    assert ending_of(made.newest_first(story.state)[0]) is Ending.DECLINED


def test_a_question_of_an_unknown_turn_is_told_all_the_same() -> None:
    story = Story()
    (ref,) = story.run(["One"])
    story.start(ref)
    approval = asked(story, ref, "ls", None)
    request = story.state.approvals[approval].request
    story.ask(ref, replace(request, turn=TurnId("another"), request_id="9"))
    assert sum(entry.was_asked for entry in HistoryEntries().newest_first(story.state)) == 2
    assert ran_commands(HistoryEntries().newest_first(story.state)) == ()


def test_a_grant_is_told_with_what_was_granted() -> None:
    story = Story()
    (ref,) = story.run(["One"])
    story.start(ref)
    wanted = (PermissionEntry(access="read", target="/srv"), PermissionEntry(access="network", target="any host"))
    request = replace(command_request(story, ref), kind=ApprovalKind.PERMISSIONS, permissions=wanted)
    asked_as = story.ask(ref, request)
    approval = story.state.approvals[asked_as]
    granted = replace(approval, outcome=Outcome.GRANTED, choice=Choice.GRANT, granted=(1,))
    assert decided_text(granted) == "granted by you for the turn: network any host"
    assert decided_text(replace(granted, for_session=True, granted=(0, 1))) == (
        "granted by you for the session: read /srv, network any host"
    )
    decided = ev.ApprovalDecided(ref=ref, approval=approval.id, choice=Choice.GRANT, granted=(0,))
    line = note_of(decided, story.state)
    assert line == (LogKind.ANSWER, "granted by you, for the turn: read /srv")


def test_what_is_typed_is_told_with_its_own_answer_and_not_with_that_of_its_program() -> None:
    story = Story()
    (ref,) = story.run(["One"])
    story.start(ref)
    approval = asked(story, ref, "python3 -i", Choice.ACCEPT)
    of_program = story.state.approvals[approval].request
    typed = story.ask(ref, replace(of_program, kind=ApprovalKind.STDIN, command="quit()", request_id="77"))
    story.answered(typed, Choice.DECLINE)
    told = {entry.kind: allowed_line(entry) for entry in HistoryEntries().newest_first(story.state)}
    assert told[ApprovalKind.STDIN] == "declined by you"
    assert told[ApprovalKind.COMMAND].startswith("accepted by you; asked 1 more time")


def test_what_a_function_of_the_caller_decided_is_not_told_as_yours() -> None:
    story = Story()
    (ref,) = story.run(["One"])
    story.start(ref)
    for command, choice in (
        ("npm a", Choice.ACCEPT),
        ("npm b", Choice.ACCEPT_FOR_SESSION),
        ("npm c", Choice.ACCEPT_FOR_GOOD),
        ("npm d", Choice.DECLINE),
        ("npm e", Choice.CANCEL),
    ):
        asked(story, ref, command, choice, by=Decider.CALLER)
    unasked(story, ref, "npm b", OwnRule())
    entries = list(reversed(HistoryEntries().newest_first(story.state)))
    again = (
        "accepted by your program for this session, when it asked for the same before; in the sandbox unless it left it"
    )
    assert [(entry.title, entry.allowance.kind, allowed_line(entry)) for entry in entries if entry.allowance] == [
        ("npm a", AllowanceKind.BY_CALLER, "accepted by your program"),
        ("npm b", AllowanceKind.FOR_SESSION, "accepted by your program, for this session"),
        ("npm c", AllowanceKind.FOR_GOOD, "accepted by your program, for good: Codex keeps a rule of its own"),
        ("npm d", AllowanceKind.DECLINED, "declined by your program; it did not run"),
        ("npm e", AllowanceKind.DECLINED, "cancelled by your program; it did not run, and the turn ended"),
        ("npm b", AllowanceKind.FOR_SESSION, again),
    ]
    assert ending_of(entries[0]) is Ending.ACCEPTED
    assert all(entry.approval is None or "by your program" in decided_text(entry.approval) for entry in entries)
    decided = ev.ApprovalDecided(
        ref=ref, approval=next(iter(story.state.approvals)), choice=Choice.ACCEPT, by=Decider.CALLER
    )
    assert note_of(decided, story.state) == (LogKind.ANSWER, "accepted by your program after 13s")
