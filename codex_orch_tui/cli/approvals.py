"""`approvals`: the questions of the workers, seen and answered without a screen."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from codex_orch_tui.cli.commands import Place, in_place
from codex_orch_tui.cli.completion import APPROVAL, RUN
from codex_orch_tui.cli.done import AS_JSON, tell_done
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError
from codex_orch_tui.cli.output import say

if TYPE_CHECKING:
    from codex_orch_tui.cli.repository_state import SeenState
    from codex_orch_tui.domain.approval import Approval, Choice, Decision

_DECISIONS = ("accept", "accept-for-session", "decline", "cancel", "answer", "grant")


@click.group(short_help="List, show and answer the questions of workers.")
def approvals() -> None:
    """Questions of the workers: list them, look at one, answer it.

    \b
    Example:
      codex-orch-tui approvals list
      codex-orch-tui approvals show 3fa9c2d17b04:2
      codex-orch-tui approvals answer 3fa9c2d17b04:2 decline --message "use ci"
    """


@approvals.command("list", short_help="The questions that wait for you.")
@click.option("--run", "--run-id", "run", type=RUN, metavar="R", help="Only of this run.")
@click.option("--all", "with_ended", is_flag=True, help="Also those that were answered or have ended.")
@AS_JSON
@in_place
def list_(place: Place, run: str | None, with_ended: bool, as_json: bool) -> int:
    """The questions that wait for you, oldest first.

    Ends with 0 also when there are none. A question lives as long as the program that runs its worker: what is listed
    as gone can be answered no more. The JSON document is described by schemas/questions.json.
    """
    import time

    from codex_orch_tui.cli.approvals_text import list_lines, questions_document
    from codex_orch_tui.cli.names import find_run
    from codex_orch_tui.cli.repository_state import read_state

    seen = read_state(place)
    wanted = find_run(seen.state, run).id if run is not None else None
    found = [
        approval
        for approval in (seen.state.approvals.values() if with_ended else seen.state.pending)
        if wanted is None or approval.ref.run == wanted
    ]
    if as_json:
        _say_json(questions_document(seen, found))
    else:
        say(*list_lines(seen, found, time.time()))
    return ExitCode.DONE


@approvals.command(short_help="Everything that a question carries.")
@click.argument("id", type=APPROVAL)
@AS_JSON
@in_place
def show(place: Place, id: str, as_json: bool) -> int:  # noqa: A002 - its name in the usage
    """Everything that a question carries, as the card and `view all` of the screen show it.

    The beginning of an id is enough when only one has it. The JSON document is one of the questions in
    schemas/questions.json.
    """
    from codex_orch_tui.cli.approvals_text import question_document, show_lines
    from codex_orch_tui.cli.names import find_approval
    from codex_orch_tui.cli.out import Out
    from codex_orch_tui.cli.repository_state import read_state

    seen = read_state(place)
    approval = find_approval(seen.state, id)
    if as_json:
        _say_json({"schema_version": 1, **question_document(seen, approval)})
    else:
        out = Out()
        say(*show_lines(seen, approval, columns=out.columns if out.is_terminal else 100))
    return ExitCode.DONE


@approvals.command(short_help="Answer a question.")
@click.argument("id", type=APPROVAL)
@click.argument("decision", type=click.Choice(_DECISIONS), metavar="DECISION")
@click.option("--message", default="", metavar="TEXT", help="With decline: what the worker shall do instead.")
@click.option("--answer", "answers", multiple=True, metavar="NAME=TEXT", help="With answer: to one question or field.")
@click.option("--grant", "granted", multiple=True, type=int, metavar="N", help="With grant: only the N-th; from 1 on.")
@click.option("--for-session", is_flag=True, help="With grant: until the worker ends, not only for this turn.")
@AS_JSON
@in_place
def answer(
    place: Place,
    id: str,  # noqa: A002 - its name in the usage
    decision: str,
    message: str,
    answers: tuple[str, ...],
    granted: tuple[int, ...],
    for_session: bool,
    as_json: bool,
) -> int:
    """Answer a question of a worker.

    DECISION is accept, accept-for-session, decline, cancel (the turn ends), answer or grant; `approvals show` tells
    which of them the question takes. A yes for good, which writes a rule into Codex's own files, is only given on the
    screen, which asks twice.

    ID is the whole id, as `approvals list` prints it: by its beginning alone a yes could reach a question that you have
    not read. For decline and cancel the beginning is enough when only one question has it.

    Your answer is for the question as it was asked: when a file that its command names has changed since, nothing is
    sent and the question is asked again. Ends with 5 then, and when the question is gone.

    The JSON document is described by schemas/done.json.

    \b
    Example:
      codex-orch-tui approvals answer 3fa9c2d17b04:2 accept
      codex-orch-tui approvals answer 3fa9c2d17b04:2 answer --answer colour=blue
    """
    import asyncio

    from codex_orch_tui.cli.acting import ask_holder, ground_of, told
    from codex_orch_tui.cli.names import find_approval
    from codex_orch_tui.cli.question_words import subject
    from codex_orch_tui.cli.repository_state import read_state
    from codex_orch_tui.services.commands.model import Answer

    seen = read_state(place)
    approval = find_approval(seen.state, id)
    _refuse_closed(seen, approval)
    _refuse_beginning(approval, id, decision)
    decided = _decision(approval, decision, message, answers, granted, for_session=for_session)
    command = Answer(
        approval=approval.id,
        times_asked=approval.times_asked,
        choice=decided.choice,
        answers=decided.answers,
        granted=decided.granted,
        for_session=decided.for_session,
        message=decided.message,
    )
    with told():
        asyncio.run(ask_holder(ground_of(place), command))
    words = decision.replace("-", " ")
    tell_done(
        "approvals answer",
        [f"{words}: {subject(approval)}"],
        as_json=as_json,
        approval=approval.id,
        task=str(approval.ref),
        decision=decided.choice.value,
    )
    return ExitCode.DONE


def _refuse_closed(seen: "SeenState", approval: "Approval") -> None:
    if not approval.is_pending:
        raise CommandFailedError(f"question {approval.id} is no longer open: {_end(approval)}", ExitCode.REFUSED)
    if seen.holder is None:
        told = f"question {approval.id} is gone with the program that ran its worker → codex-orch-tui resume"
        raise CommandFailedError(f"{told} --run-id {approval.ref.run}", ExitCode.REFUSED)


def _end(approval: "Approval") -> str:
    """How it ended; the answer, where one was given."""
    from codex_orch_tui.domain.approval import OUTCOME_OF_CHOICE, Outcome

    match approval.outcome if approval.choice is None else OUTCOME_OF_CHOICE[approval.choice]:
        case Outcome.EXPIRED:
            return "it expired"
        case Outcome.WORKER_LOST:
            return "its worker was lost"
        case outcome:
            return f"it was {outcome.replace('_', ' ')}"


def _refuse_beginning(approval: "Approval", typed: str, word: str) -> None:
    """Between a list and an answer another question can become the only one that begins so."""
    from codex_orch_tui.cli.question_words import subject
    from codex_orch_tui.domain.approval import REFUSALS, Choice
    from codex_orch_tui.domain.terminal_text import clean_line

    if typed == approval.id or Choice(word.replace("-", "_")) in REFUSALS:
        return
    told = f"{word} needs the whole id of the question that you have read; {typed} begins {approval.id}"
    step = f"codex-orch-tui approvals answer {approval.id} {word}"
    raise CommandFailedError(clean_line(f"{told}: {subject(approval)} → {step}"), ExitCode.NOT_USABLE)


def _decision(
    approval: "Approval",
    word: str,
    message: str,
    answers: tuple[str, ...],
    granted: tuple[int, ...],
    *,
    for_session: bool,
) -> "Decision":
    """What was decided.

    Raises:
        CommandFailedError: an option does not go with it, or the question does not take it.
    """
    from codex_orch_tui.domain.approval import Choice, Decision

    choice = Choice(word.replace("-", "_"))
    for is_given, option, goes_with in (
        (bool(message), "--message", Choice.DECLINE),
        (bool(answers), "--answer", Choice.ANSWER),
        (bool(granted), "--grant", Choice.GRANT),
        (for_session, "--for-session", Choice.GRANT),
    ):
        if is_given and choice is not goes_with:
            raise CommandFailedError(f"{option} goes with {goes_with}, not with {word}", ExitCode.NOT_USABLE)
    if choice not in approval.request.choices:
        takes = ", ".join(_word(one) for one in approval.request.choices if one is not Choice.ACCEPT_FOR_GOOD)
        raise CommandFailedError(f"{word} is no answer to this question; it takes: {takes}", ExitCode.NOT_USABLE)
    return Decision(
        choice=choice,
        answers=_answers(approval, answers) if choice is Choice.ANSWER else None,
        granted=tuple(number - 1 for number in granted) or None,
        for_session=for_session,
        message=message,
    )


def _word(choice: "Choice") -> str:
    return choice.value.replace("_", "-")


def _answers(approval: "Approval", given: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """The answers by question or field. A question that takes several has several `--answer` of its name.

    Raises:
        CommandFailedError: one is not NAME=TEXT, or no question has the name.
    """
    names = [question.id for question in approval.request.questions]
    names += [one.name for one in approval.request.fields]
    found: dict[str, tuple[str, ...]] = {}
    for one in given:
        name, sign, text = one.partition("=")
        if not sign and len(names) == 1:
            name, text = names[0], one
        elif name not in names:
            told = f"--answer {one!r}: write NAME=TEXT, where NAME is one of: {', '.join(names)}"
            raise CommandFailedError(told, ExitCode.NOT_USABLE)
        found[name] = (*found.get(name, ()), text)
    return found


def _say_json(document: object) -> None:
    import json

    say(json.dumps(document, indent=2))
