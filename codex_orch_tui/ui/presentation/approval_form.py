"""What a person fills in to answer a question: entries, what is wrong with them, and the decision they make."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite

from codex_orch_tui.domain.approval import ApprovalKind, ApprovalRequest, Choice, Decision, FormField, Question

Values = Mapping[str, tuple[str, ...]]
"""What was filled in, by the entry's id. The values of checks are positions."""


class EntryType(StrEnum):
    """How an entry is filled in."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    ONE_OF = "one_of"
    CHECKS = "checks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A line to choose: `value` is the answer, `label` and `detail` what is read."""

    value: str
    label: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing to fill in. `takes_text` entries of ONE_OF take words of the person's own as well."""

    id: str
    title: str
    type: EntryType
    detail: str = ""
    options: tuple[Option, ...] = ()
    takes_text: bool = False
    is_secret: bool = False
    is_required: bool = True
    default: tuple[str, ...] = field(default=())


PERMISSIONS_ID = "permissions"
_TYPES = {"number": EntryType.NUMBER, "integer": EntryType.INTEGER}
_YES_NO = (Option(value="true", label="yes"), Option(value="false", label="no"))


def entries(request: ApprovalRequest) -> tuple[Entry, ...]:
    """What is to be filled in; empty for a question that is answered by a key alone."""
    if request.kind is ApprovalKind.PERMISSIONS:
        options = tuple(
            Option(value=str(index), label=f"{entry.access} {entry.target}")
            for index, entry in enumerate(request.permissions)
            if entry.access != "deny"
        )
        return (Entry(id=PERMISSIONS_ID, title="", type=EntryType.CHECKS, options=options),) if options else ()
    if Choice.ANSWER not in request.choices:
        return ()
    return (*map(_of_question, request.questions), *map(_of_field, request.fields))


def _of_question(question: Question) -> Entry:
    options = tuple(
        Option(value=option.label, label=option.label, detail=option.description) for option in question.options
    )
    return Entry(
        id=question.id,
        title=question.text or question.header,
        detail=question.header if question.text else "",
        type=EntryType.ONE_OF if options else EntryType.TEXT,
        options=options,
        takes_text=question.allows_other or not options,
        is_secret=question.is_secret,
    )


def _of_field(form_field: FormField) -> Entry:
    if form_field.type == "boolean":
        options: tuple[Option, ...] = _YES_NO
    else:
        options = tuple(Option(value=choice, label=choice) for choice in form_field.choices)
    known = {option.value for option in options}
    default = (form_field.default,) if form_field.default and (not options or form_field.default in known) else ()
    return Entry(
        id=form_field.name,
        title=form_field.title,
        detail=form_field.description,
        type=EntryType.ONE_OF if options else _TYPES.get(form_field.type, EntryType.TEXT),
        options=options,
        takes_text=not options,
        is_required=form_field.required,
        default=default,
    )


def problem(entry: Entry, given: Sequence[str]) -> str:
    """What is wrong with an entry, in a sentence; empty when nothing is."""
    words = [word for word in given if word]
    if not words:
        return _missing(entry) if entry.is_required else ""
    match entry.type:
        case EntryType.INTEGER:
            return "" if _is_whole(words[0]) else f"“{words[0]}” is not a whole number."
        case EntryType.NUMBER:
            return "" if _is_number(words[0]) else f"“{words[0]}” is not a number."
        case _:
            return ""


def _missing(entry: Entry) -> str:
    match entry.type:
        case EntryType.CHECKS:
            return "Check at least one with space first, or d declines."
        case EntryType.ONE_OF:
            return "Choose one first."
        case _:
            return "Write an answer first."


def _is_whole(word: str) -> bool:
    try:
        int(word)
    except ValueError:
        return False
    return True


def _is_number(word: str) -> bool:
    try:
        return isfinite(float(word))
    except ValueError:
        return False


def problems(asked: Sequence[Entry], values: Values) -> dict[str, str]:
    """What is wrong, by the entry's id; empty when the answer can be sent."""
    found = {entry.id: problem(entry, values.get(entry.id, ())) for entry in asked}
    return {name: text for name, text in found.items() if text}


def answer(asked: Sequence[Entry], values: Values) -> Decision:
    """The answers as a decision. Entries that were left empty are left out."""
    given = {entry.id: tuple(word for word in values.get(entry.id, ()) if word) for entry in asked}
    return Decision(choice=Choice.ANSWER, answers={name: words for name, words in given.items() if words})


def grant(values: Values, *, for_session: bool) -> Decision:
    """The checked permissions as a decision."""
    positions = tuple(sorted(int(value) for value in values.get(PERMISSIONS_ID, ())))
    return Decision(choice=Choice.GRANT, granted=positions, for_session=for_session)
