"""A team of the scripted model: a navigator's plan, two implementers, a tester and a reviewer, and what they leave."""

import json
from pathlib import Path
from typing import Any

from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.scripted.script import Hang, Patch, Say, Script, Shell
from tests.scenarios.stage import Stage, add_file, git

SENTENCE = "SHOP: let people search it, and note the release"
CHECK = "python3 test_search.py"
TITLE = "A searchable shop"
NAMES = ("search", "release", "verify", "judge")


def entry(name: str, role: str, prompt: str, *needs: str, **fields: Any) -> dict[str, Any]:
    """A task as a navigator writes it: every key is there."""
    given = {"level": "case", "parent": None, "paths": [], "checks": []} | fields
    return {"id": name, "title": name, "role": role, "prompt": prompt, "depends_on": list(needs), **given}


PLAN = {
    "summary": "The search and the note touch different files.",
    "title": TITLE,
    "tasks": [
        entry("search", "implementer", "BUILD-SEARCH", paths=["search.py"]),
        entry("release", "implementer", "NOTE-RELEASE", paths=["NEWS.md"]),
        entry("verify", "tester", "VERIFY-BOTH", "search", "release", paths=["test_search.py"], checks=[CHECK]),
        entry("judge", "reviewer", "JUDGE-ALL", "verify"),
    ],
    "decisions": [],
    "questions": [],
}
BUILT = {"summary": "Built.", "changes": [], "checks": [], "decisions": ["search() gives a list"], "open": []}
TESTED = {"summary": "It holds.", "verdict": "holds", "checks": [], "findings": [], "decisions": []}
JUDGED = {"summary": "Nothing is wrong.", "verdict": "merge", "findings": [], "decisions": []}


def says(answer: dict[str, Any]) -> Say:
    """A worker's last message."""
    return Say(text=json.dumps(answer))


def team(root: Path) -> list[Script]:
    """What all of them do. Each implementer waits at a gate, so that both are at work."""
    asking = Shell(cmd=f"touch {root}/outside/told", escalate=True, justification="The release has to be told outside.")
    search = add_file("search.py", "def search(names, word):", "    return [name for name in names if word in name]")
    tests = add_file("test_search.py", "import search", "", "assert search.search(['lamp', 'desk'], 'am') == ['lamp']")
    return [
        Script("SHOP", (Shell(cmd="ls"), says(PLAN))),
        Script("BUILD-SEARCH", (Hang(name="search"), Patch(text=search), says(BUILT))),
        Script(
            "NOTE-RELEASE",
            (Hang(name="release"), asking, Patch(text=add_file("NEWS.md", "A search.")), says(BUILT)),
        ),
        Script("VERIFY-BOTH", (Shell(cmd="cat search.py NEWS.md"), Patch(text=tests), says(TESTED))),
        Script("JUDGE-ALL", (Shell(cmd="cat search.py test_search.py NEWS.md"), says(JUDGED))),
    ]


def turns_in_the_journal(on: Stage) -> dict[TaskRef, tuple[int, int]]:
    """The first and the last record of each task's turns, by their numbers, as they stand on the disk."""
    begun: dict[TaskRef, int] = {}
    ended: dict[TaskRef, int] = {}
    for line in (on.repository / ".orchestrator" / "journal.jsonl").read_text(encoding="utf-8").splitlines():
        event = json.loads(line)["e"]
        if event["type"] in {"TurnStarted", "TurnEnded"}:
            ref = TaskRef(*event["data"]["ref"])
            if event["type"] == "TurnStarted":
                begun.setdefault(ref, event["seq"])
            else:
                ended[ref] = event["seq"]
    return {ref: (begun[ref], ended[ref]) for ref in begun}


def check_landed(on: Stage, planner: TaskRef, refs: dict[str, TaskRef]) -> None:
    """See that all of it is on `main`, in one fast-forward, and how it came there."""
    state, tip = on.orchestrator.state, git(on.repository, "rev-parse", "main")
    turns = turns_in_the_journal(on)
    search, release, verify, judge = (turns[refs[name]] for name in NAMES)
    assert turns[planner][1] < min(search[0], release[0]), "nothing begins before the plan is there"
    assert max(search[0], release[0]) < min(search[1], release[1]), "both were at work at once"
    assert max(search[1], release[1]) < verify[0] < verify[1] < judge[0]

    run = state.runs[refs["search"].run]
    assert run.proposed_by == planner
    tested = on.task(refs["verify"])
    assert tested.joins == (refs["search"], refs["release"])
    assert tested.worktree is not None
    assert files_at(on, tested.worktree.base_commit) == {"README.md", "search.py", "NEWS.md"}
    assert [(one.name, one.exit_code) for one in tested.checks] == [(CHECK, 0)]

    landing = run.landing
    assert landing is not None
    assert [(one.name, one.commit) for one in landing.receipts] == [(CHECK, tip)]
    assert (landing.old, landing.new) == (git(on.repository, "rev-parse", "main~3"), tip)
    assert git(on.repository, "log", "--reverse", "--format=%s", "main").split() == ["first", *NAMES[:3]]
    assert git(on.repository, "rev-list", "--min-parents=2", "main") == ""
    assert files_at(on, "main") == {"README.md", "search.py", "NEWS.md", "test_search.py"}
    assert git(on.repository, "status", "--porcelain") == ""
    assert (on.repository / "NEWS.md").read_text() == "A search.\n"
    assert (on.outside / "told").exists()
    assert all(on.task(ref).worktree_removed for ref in refs.values())
    assert landing.worktree_removed


def files_at(on: Stage, commit: str) -> set[str]:
    """What a commit holds."""
    return set(git(on.repository, "ls-tree", "-r", "--name-only", commit).splitlines())
