"""What is told to a person who looks elsewhere: each thing once, and nothing else."""

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import Choice, Outcome, RuleRef
from codex_orch_tui.domain.ids import ApprovalId, TaskRef
from codex_orch_tui.domain.item import Fault, FaultKind, ItemKind
from codex_orch_tui.services.announce import Announcer, Moment, News, still_holds
from tests.fakes.hub import HubStory
from tests.fakes.states import NOT_LOGGED_IN, command_request

RULE = RuleRef(id="tests", file="policy.yaml", sha256="0" * 64)


def started(*titles: str) -> tuple[HubStory, tuple[TaskRef, ...], list[News]]:
    """Tasks in a turn, and what is told from now on."""
    story, told = HubStory(), list[News]()
    Announcer(story.hub).watch(told.append)
    refs = story.run(titles)
    for ref in refs:
        story.start(ref)
    return story, refs, told


def by_rule(story: HubStory, ref: TaskRef) -> ApprovalId:
    approval = ApprovalId("epoch:rule")
    story.tell(
        ev.ApprovalRequested(
            ref=ref, approval=approval, request=command_request(story, ref), rule=RULE, choice=Choice.ACCEPT
        )
    )
    return approval


def test_a_question_is_told_once_with_what_it_is_about() -> None:
    story, (ref,), told = started("Search endpoint")
    approval = story.ask(ref, command_request(story, ref, command="npm install\nprintf x"))
    story.tell(ev.ApprovalShown(ref=ref, approval=approval, painted="card"))
    story.tell(ev.ApprovalChanged(ref=ref, approval=approval, paths=("x.sh",)))
    story.item(ref, ItemKind.REASONING, "thinking")
    (news,) = told
    assert (news.moment, news.ref, news.title, news.approval) == (Moment.ASKS, ref, "Search endpoint", approval)
    assert news.command == "npm install\\nprintf x"
    assert news.about == "supertest is needed by the new integration test"
    assert still_holds(news, story.state)
    story.answered(approval)
    assert not still_holds(news, story.state)
    assert len(told) == 1


def test_what_a_rule_answers_is_no_news_unless_the_disk_did_not_keep_it() -> None:
    story, (ref,), told = started("Search endpoint")
    approval = by_rule(story, ref)
    assert told == []
    story.tell(ev.DecisionNotKept(ref=ref, approval=approval, cause="disk full"))
    assert [news.approval for news in told] == [approval]


def test_a_persons_answer_that_was_not_kept_is_not_told_again() -> None:
    story, (ref,), told = started("Search endpoint")
    approval = story.ask(ref)
    story.tell(ev.ApprovalDecided(ref=ref, approval=approval, choice=Choice.ACCEPT))
    story.tell(ev.DecisionNotKept(ref=ref, approval=approval, cause="disk full"))
    assert len(told) == 1


def test_done_and_failed_are_told_when_they_come_about() -> None:
    story, (good, bad), told = started("Good", "Bad")
    story.finish(good)
    story.fail(bad, NOT_LOGGED_IN)
    story.tell(ev.WorkerEnded(ref=bad, epoch=story.state.tasks[bad].worker.epoch, exit_code=0, expected=True))  # type: ignore[union-attr]
    assert [(news.moment, news.ref, news.about) for news in told] == [
        (Moment.DONE, good, ""),
        (Moment.FAILED, bad, "Codex is not logged in"),
    ]
    assert all(still_holds(news, story.state) for news in told)
    story.merge(good)
    assert not still_holds(told[0], story.state)
    assert len(told) == 2


def test_a_second_turn_is_told_again() -> None:
    story, (ref,), told = started("Search endpoint")
    story.finish(ref)
    story.start(ref)
    assert not still_holds(told[0], story.state)
    story.finish(ref)
    assert [news.moment for news in told] == [Moment.DONE, Moment.DONE]


def test_a_message_that_could_not_be_sent_is_a_failure_though_the_work_is_done() -> None:
    story, (ref,), told = started("Search endpoint")
    story.finish(ref)
    story.tell(ev.TaskQueued(ref=ref, text="one more thing"))
    story.tell(ev.TaskFailed(ref=ref, fault=Fault(kind=FaultKind.OTHER, message="no\x1b]0;x\x07 worker\nmore")))
    assert [news.moment for news in told] == [Moment.DONE, Moment.FAILED]
    assert told[1].about == "no␛]0;x\\x07 worker"


def test_what_the_person_did_is_no_news() -> None:
    story, (stopped, dropped, lost), told = started("Stopped", "Dropped", "Lost")
    story.tell(ev.StopRequested(ref=stopped))
    story.tell(ev.TaskInterrupted(ref=stopped, cause="stopped by you"))
    story.tell(ev.TaskDiscarded(ref=dropped, backup_ref="refs/x"))
    assert told == []
    approval = story.ask(lost)
    told.clear()
    story.tell(ev.ApprovalClosed(ref=lost, approval=approval, outcome=Outcome.EXPIRED, cause="worker ended"))
    story.tell(ev.TaskLost(ref=lost, fault=Fault(kind=FaultKind.WORKER_DIED, message="exit 7")))
    assert [(news.moment, news.about) for news in told] == [(Moment.FAILED, "exit 7")]


def test_what_stood_there_at_the_start_is_no_news() -> None:
    before, (done, asking), _ = started("Done", "Asking")
    before.finish(done)
    approval = before.ask(asking)
    story, told = HubStory(before.state), list[News]()
    Announcer(story.hub).watch(told.append)
    story.tell(ev.SessionOpened(pid=1, version="0"))
    story.tell(ev.ReviewRecorded(ref=done, base="a", tip="b", files_viewed=1, files_total=1))  # type: ignore[arg-type]
    story.tell(ev.DecisionNotKept(ref=asking, approval=approval, cause="disk full"))
    assert told == []


def test_who_has_ended_watching_hears_nothing() -> None:
    story, heard = HubStory(), list[News]()
    end = Announcer(story.hub).watch(heard.append)
    (ref,) = story.run(["Search endpoint"])
    end()
    story.start(ref)
    story.ask(ref)
    assert heard == []
