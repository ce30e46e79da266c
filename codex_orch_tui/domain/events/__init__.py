"""What happened: the closed union of domain events.

State is the fold of these over the journal; nothing else changes it. Events are past tense and carry everything that
the reducer needs. The journal adds sequence number and time (`Recorded`). A field may be added with a default; a
field is never renamed or given another meaning without a new schema version in store/event_codec.py.
"""

from dataclasses import dataclass

from codex_orch_tui.domain.events.approval import (
    AnswerSent,
    ApprovalChanged,
    ApprovalClosed,
    ApprovalDecided,
    ApprovalEvent,
    ApprovalRequested,
    ApprovalShown,
    DecisionNotKept,
)
from codex_orch_tui.domain.events.check import CheckEvent, CheckFinished, ChecksReturned, CheckStarted
from codex_orch_tui.domain.events.git import (
    BranchFollowed,
    CommitMade,
    ConflictLaidOut,
    GitEvent,
    MergeFinished,
    MergeRefused,
    MergeStarted,
    NothingToCommit,
    ReviewRecorded,
    UpdateFinished,
    UpdateRefused,
    UpdateStarted,
    WorktreeKept,
    WorktreeRemoved,
)
from codex_orch_tui.domain.events.life import (
    LifeEvent,
    NoteAdded,
    SetupFinished,
    StopRequested,
    TaskDiscarded,
    TaskFailed,
    TaskFinished,
    TaskInterrupted,
    TaskLost,
    TaskQueued,
    TaskStarted,
    WorkerEnded,
    WorkerStarted,
    WorktreeCreated,
    WorktreePlanned,
)
from codex_orch_tui.domain.events.run_landing import (
    RunCheckFinished,
    RunCheckStarted,
    RunLanded,
    RunLandingEvent,
    RunLandingStarted,
    RunMergeStarted,
    RunNotLanded,
    RunWorktreeKept,
    RunWorktreeRemoved,
)
from codex_orch_tui.domain.events.schedule import (
    PriorityChanged,
    ScheduleEvent,
    TaskHeld,
    TaskReleased,
    TaskRestarted,
    TaskSkipped,
    TextAdded,
)
from codex_orch_tui.domain.events.session import (
    PlanEdited,
    RateLimitsUpdated,
    RunCreated,
    RunPaused,
    RunResumed,
    SessionClosed,
    SessionEvent,
    SessionOpened,
)
from codex_orch_tui.domain.events.task_event import TaskEvent
from codex_orch_tui.domain.events.turn import (
    AnswerAccepted,
    AnswerRefused,
    CommandAllowed,
    FaultTold,
    ItemCompleted,
    ItemStarted,
    PlanUpdated,
    ThreadOpened,
    TurnEnded,
    TurnEvent,
    TurnRequested,
    TurnStarted,
    TurnSteered,
    UsageUpdated,
)

OfTask = ApprovalEvent | TurnEvent | LifeEvent | GitEvent | CheckEvent | ScheduleEvent
Event = SessionEvent | OfTask

__all__ = [
    "AnswerAccepted",
    "AnswerRefused",
    "AnswerSent",
    "ApprovalChanged",
    "ApprovalClosed",
    "ApprovalDecided",
    "ApprovalEvent",
    "ApprovalRequested",
    "ApprovalShown",
    "BranchFollowed",
    "CheckEvent",
    "CheckFinished",
    "CheckStarted",
    "ChecksReturned",
    "CommandAllowed",
    "CommitMade",
    "ConflictLaidOut",
    "DecisionNotKept",
    "Event",
    "FaultTold",
    "GitEvent",
    "ItemCompleted",
    "ItemStarted",
    "LifeEvent",
    "MergeFinished",
    "MergeRefused",
    "MergeStarted",
    "NoteAdded",
    "NothingToCommit",
    "OfTask",
    "PlanEdited",
    "PlanUpdated",
    "PriorityChanged",
    "RateLimitsUpdated",
    "Recorded",
    "ReviewRecorded",
    "RunCheckFinished",
    "RunCheckStarted",
    "RunCreated",
    "RunLanded",
    "RunLandingEvent",
    "RunLandingStarted",
    "RunMergeStarted",
    "RunNotLanded",
    "RunPaused",
    "RunResumed",
    "RunWorktreeKept",
    "RunWorktreeRemoved",
    "ScheduleEvent",
    "SessionClosed",
    "SessionEvent",
    "SessionOpened",
    "SetupFinished",
    "StopRequested",
    "TaskDiscarded",
    "TaskEvent",
    "TaskFailed",
    "TaskFinished",
    "TaskHeld",
    "TaskInterrupted",
    "TaskLost",
    "TaskQueued",
    "TaskReleased",
    "TaskRestarted",
    "TaskSkipped",
    "TaskStarted",
    "TextAdded",
    "ThreadOpened",
    "TurnEnded",
    "TurnEvent",
    "TurnRequested",
    "TurnStarted",
    "TurnSteered",
    "UpdateFinished",
    "UpdateRefused",
    "UpdateStarted",
    "UsageUpdated",
    "WorkerEnded",
    "WorkerStarted",
    "WorktreeCreated",
    "WorktreeKept",
    "WorktreePlanned",
    "WorktreeRemoved",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An event in its place: `seq` counts from 1 without gaps, `at_s` is seconds since the epoch."""

    seq: int
    at_s: float
    event: Event
