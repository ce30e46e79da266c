"""No library that the program needs, directly or not, is under the GPL or the AGPL."""

import re
from importlib.metadata import Distribution, distribution

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement

FORBIDDEN = re.compile(r"\bA?GPL|Affero|(?<!Lesser )General Public License", re.IGNORECASE)
ALLOWED = re.compile(r"\bLGPL|Lesser General Public", re.IGNORECASE)


def needed() -> dict[str, Distribution]:
    """Every distribution that an installation with the extra `codex` brings, by name."""
    found: dict[str, Distribution] = {}
    waiting = [("codex-orch-tui", frozenset({"codex"}))]
    while waiting:
        name, extras = waiting.pop()
        if name in found:
            continue
        found[name] = distribution(name)
        for line in found[name].requires or ():
            requirement = Requirement(line)
            environments = [{**default_environment(), "extra": extra} for extra in (extras or {""})]
            if requirement.marker is None or any(requirement.marker.evaluate(env) for env in environments):
                waiting.append((requirement.name.lower().replace("_", "-"), frozenset(requirement.extras)))
    return found


def licences(told: Distribution) -> list[str]:
    """What a distribution says of its licence, in all three places where it may say so."""
    metadata = told.metadata
    free_text = (metadata.get("License") or "").splitlines()[:1]  # some put the whole text there
    classifiers = [line for line in metadata.get_all("Classifier") or () if line.startswith("License ::")]
    return [*filter(None, [metadata.get("License-Expression")]), *free_text, *classifiers]


def test_the_dependencies_are_found() -> None:
    names = set(needed())
    assert {"textual", "rich", "pydantic", "gitpython", "watchfiles", "openai-codex-cli-bin", "smmap"} <= names
    assert "pytest" not in names, "what only developers need is not shipped"


@pytest.mark.parametrize("name", sorted(needed()))
def test_its_licence_is_not_gpl(name: str) -> None:
    told = licences(needed()[name])
    assert told, f"{name} tells no licence: look at it and decide"
    for line in told:
        assert ALLOWED.search(line) or not FORBIDDEN.search(line), f"{name}: {line}"


@pytest.mark.parametrize(
    ("line", "forbidden"),
    [
        ("GPL-3.0-only", True),
        ("AGPL-3.0-or-later", True),
        ("License :: OSI Approved :: GNU General Public License v3 (GPLv3)", True),
        ("License :: OSI Approved :: GNU Affero General Public License v3", True),
        ("MIT", False),
        ("License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)", False),
    ],
)
def test_the_pattern(line: str, forbidden: bool) -> None:
    assert bool(FORBIDDEN.search(line) and not ALLOWED.search(line)) is forbidden
