"""What the demo's model does with whatever else a person writes: it cannot read, says so, and leaves something small.

Each role ends as its schema wants. What is edited can be edited any number of times, whatever the worktree holds.
"""

import shlex
from collections.abc import Callable

from codex_orch_tui.domain.plan import Role
from codex_orch_tui.scripted import demo_answers as answers
from codex_orch_tui.scripted.script import Say, Script, Shell, Step

_REQUESTS = "docs/requests.md"
_WROTE = "This is a demo: the model follows a script and cannot read. I note that you wrote."
_NOTED = f"I have added a line to {_REQUESTS}, so that there is something to review and merge."
_HALVES = ("first", "second")
Speak = Callable[[str], Say]
Report = Callable[[answers.Answer], Say]


def fallback_scripts(say: Speak, report: Report) -> tuple[Script, ...]:
    """The scripts; the last ones answer every text.

    Args:
        say: Makes a message of a text.
        report: Makes the last message that fits a schema.
    """
    return (
        *_halves(say, report),
        *_for_writers(
            "cut off before its end",
            (
                say("I will see what is there already."),
                Shell(cmd="ls"),
                _note("A turn was cut off, and went on here."),
            ),
            say(f"That is as far as this demo's script goes; I have noted it in {_REQUESTS}."),
            report,
        ),
        *_for_writers(
            "conflict markers",
            (
                say("Both sides added lines. I will keep what both say, in one list."),
                Shell(cmd=f"printf '%s\\n' '- Several workers were written to.' > {_REQUESTS}"),
            ),
            say(f"{_REQUESTS} holds one list now, without markers."),
            report,
        ),
        *_for_writers("", (say(_WROTE), _note("Somebody wrote to the demo.")), say(_NOTED), report),
        Script("", (say(_WROTE), report(_plan_of_halves())), answers.title_of(Role.NAVIGATOR)),
        Script("", (Shell(cmd="ls"), report(answers.reviewed(_WROTE))), answers.title_of(Role.REVIEWER)),
    )


def _for_writers(marker: str, steps: tuple[Step, ...], last: Say, report: Report) -> tuple[Script, ...]:
    """The same for a free answer, an implementer's and a tester's."""
    done = answers.built(last.text, {_REQUESTS: "A line was added."})
    held = answers.tested(last.text)
    return (
        Script(marker, (*steps, last)),
        Script(marker, (*steps, report(done)), answers.title_of(Role.IMPLEMENTER)),
        Script(marker, (*steps, report(held)), answers.title_of(Role.TESTER)),
    )


def _halves(say: Speak, report: Report) -> tuple[Script, ...]:
    def script(half: str) -> Script:
        file = f"docs/{half}-half.md"
        done = answers.built(f"{file} has one more line.", {file: "A line was added."})
        steps = (say("A demo's work is never done."), _note("Somebody asked the demo for a plan.", file), report(done))
        return Script(_half(half), steps, answers.title_of(Role.IMPLEMENTER))

    return tuple(script(half) for half in _HALVES)


def _half(half: str) -> str:
    return f"Write the {half} half down"


def _plan_of_halves() -> answers.Answer:
    work = [
        answers.task(
            f"{half}-half",
            f"Write the {half} half",
            Role.IMPLEMENTER,
            f"{_half(half)}, in docs/{half}-half.md.",
            paths=[f"docs/{half}-half.md"],
        )
        for half in _HALVES
    ]
    both = [f"{half}-half" for half in _HALVES]
    review = answers.task("both-read", "Read both halves", Role.REVIEWER, "Read both halves.", needs=both)
    why = "This is a demo: the model follows a script and cannot read. Whatever it is asked, it cuts it into halves."
    return answers.planned(why, "Two halves", *work, review)


def _note(line: str, file: str = _REQUESTS) -> Shell:
    """An edit that succeeds whatever the worktree holds, and changes something every time."""
    return Shell(cmd=f"printf '%s\\n' {shlex.quote('- ' + line)} >> {file}")
