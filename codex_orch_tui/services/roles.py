"""The roles that tasks can have: ours and the person's own, each with its settings, its prompt and its schema.

What lies in `.orchestrator/prompts` and `.orchestrator/schemas` takes the place of ours, or makes a role of the
person's own complete. Such a file may have come with a clone. It runs nothing and loosens no sandbox, so it counts
without being asked for; but whoever works with it says where it came from.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from codex_orch_tui.config import Config, Problem
from codex_orch_tui.config.role_settings import profile_of, role_names
from codex_orch_tui.config.yaml_file import read_bounded
from codex_orch_tui.domain.plan import Plan, Role, RoleName
from codex_orch_tui.domain.role import RoleProfile, answer_is_checked
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.resources import ResourceKind, read_resource
from codex_orch_tui.services.answer_schema import AnswerSchema, NoSchemaError, parse_schema
from codex_orch_tui.services.prompt_template import unknown_fields

SHIPPED = "codex-orch-tui"
"""Where our own prompts and schemas come from, in messages."""
SCHEMA_SUFFIX = ".schema"


class RoleError(Exception):
    """A role that cannot be worked with, with all that is wrong with it."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


@dataclass(frozen=True, slots=True, kw_only=True)
class RolePrompt:
    """The template of a role's prompt. `place` is the file that it comes from, or `SHIPPED`."""

    template: str
    place: str

    @property
    def is_shipped(self) -> bool:
        """It comes with the program and not from the repository."""
        return self.place == SHIPPED


class Roles:
    """The roles of one repository. Files are read on every call, so that what counts is what is there now.

    Args:
        config: The settings in force, with the table `roles`.
        prompts: The folder with prompts of the repository; it need not exist.
        schemas: The folder with schemas of the repository; it need not exist.
        settings_place: Where the table `roles` stands, for messages.
    """

    def __init__(self, config: Config, *, prompts: Path, schemas: Path, settings_place: str = "settings") -> None:
        self._config = config
        self._prompts = prompts
        self._schemas = schemas
        self._place = settings_place

    @property
    def names(self) -> tuple[RoleName, ...]:
        """Our roles, then the person's own."""
        return role_names(self._config.roles)

    @property
    def max_proposed_tasks(self) -> int:
        """How many tasks a navigator may propose."""
        return self._config.max_proposed_tasks

    def profiles(self) -> Mapping[RoleName, RoleProfile]:
        """Every role with its settings."""
        return {name: self.profile(name) for name in self.names}

    def profile(self, name: RoleName) -> RoleProfile:
        """A role's settings.

        Raises:
            RoleError: There is no such role; the nearest is named.
        """
        if name not in self.names:
            near = get_close_matches(name, self.names, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(self.names)}"
            raise RoleError(Problem(place=self._place, key="roles", message=f"there is no role {name!r}; {hint}"))
        config = self._config
        return profile_of(
            name,
            config.roles,
            sandbox=config.sandbox,
            approval_policy=config.approval_policy,
            model=config.model,
        )

    def prompt(self, name: RoleName) -> RolePrompt:
        """The template of a role's prompt.

        Raises:
            RoleError: There is no such role, it has no prompt, or the prompt cannot be used.
        """
        self.profile(name)
        path = self._prompts / f"{name}.md"
        text = self._text(path, name)
        if text is None:
            if name not in set(Role):
                message = f"this role of yours has no prompt; write it to {path}"
                raise RoleError(Problem(place=self._place, key=f"roles.{name}", message=message))
            return RolePrompt(template=read_resource(ResourceKind.PROMPTS, name), place=SHIPPED)
        if not text.strip():
            raise RoleError(Problem(place=str(path), key=name, message="is empty: a role needs a prompt"))
        problems = [
            Problem(place=f"{path}:{field.line}", key=name, message=str(field)) for field in unknown_fields(text)
        ]
        if problems:
            raise RoleError(*problems)
        return RolePrompt(template=text, place=str(path))

    def schema(self, name: RoleName) -> AnswerSchema | None:
        """The schema of a role's answers; None for a role of the person's own that has none: it answers in words.

        Raises:
            RoleError: There is no such role, or its schema cannot be used.
        """
        self.profile(name)
        path = self._schemas / f"{name}{SCHEMA_SUFFIX}.json"
        place, text = str(path), self._text(path, name)
        if text is None:
            if name not in set(Role):
                return None
            place, text = SHIPPED, read_resource(ResourceKind.SCHEMAS, f"{name}{SCHEMA_SUFFIX}")
        try:
            return parse_schema(text, place, is_shipped=place == SHIPPED)
        except NoSchemaError as error:
            raise RoleError(Problem(place=place, key=name, message=clean_line(str(error)))) from error

    def problems(self) -> tuple[Problem, ...]:
        """All that is wrong with any role, each named with its file and key."""
        return tuple(problem for name in self.names for problem in self._problems_of(name))

    def check(self, name: RoleName) -> None:
        """See that a role can be worked with, its answers checked.

        Raises:
            RoleError: With all that is wrong with it.
        """
        problems = tuple(self._problems_of(name))
        if problems:
            raise RoleError(*problems)

    def check_plan(self, plan: Plan) -> None:
        """See that the tasks of a plan could begin, as far as their roles go.

        Raises:
            RoleError: With what is wrong with the first role that cannot be worked with.
        """
        working = [spec for spec in plan.tasks if not spec.is_group]
        for name in sorted({spec.role for spec in working}):
            self.prompt(name)
        is_run = len(working) > 1
        for name in sorted({spec.role for spec in working if answer_is_checked(spec, is_run=is_run)}):
            self.schema(name)

    def _problems_of(self, name: RoleName) -> Iterator[Problem]:
        try:
            self.prompt(name)
        except RoleError as error:
            yield from error.problems
            if name not in self.names:
                return
        try:
            schema = self.schema(name)
        except RoleError as error:
            yield from error.problems
        else:
            if schema is None and self.profile(name).checked_answer:
                path = self._schemas / f"{name}{SCHEMA_SUFFIX}.json"
                message = f"its answers are to be checked and it has no schema; write it to {path}"
                yield Problem(place=self._place, key=f"roles.{name}.checked_answer", message=message)

    def _text(self, path: Path, name: RoleName) -> str | None:
        """A file of the repository; None where there is none.

        Raises:
            RoleError: It is no plain file of this repository, too long, or not UTF-8.
        """
        try:
            if path.is_symlink() and not path.resolve().is_relative_to(path.parent.parent.resolve()):
                raise ValueError("is a link that leads elsewhere; put a file in its place")
            data = read_bounded(path)
            return None if data is None else data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            message = f"is not UTF-8: byte 0x{error.object[error.start]:02x} at {error.start}"
        except OSError as error:
            message = f"cannot be read: {error.strerror or error}"
        except ValueError as error:
            message = str(error)
        raise RoleError(Problem(place=str(path), key=name, message=message))
