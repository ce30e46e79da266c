"""The commented file of settings: everything is in it and explained, and it changes nothing."""

import re
from pathlib import Path

import pytest

from codex_orch_tui.config import Config, load_config
from codex_orch_tui.config.default_file import EXAMPLES, default_text
from codex_orch_tui.config.docstrings import docstrings
from codex_orch_tui.config.rates import RateSettings
from codex_orch_tui.config.role_settings import LimitSettings, RoleSettings
from codex_orch_tui.config.sections import EFFECTS, SECTIONS

SETTING = re.compile(r"^#(?=[a-z])", re.MULTILINE)
"""A setting follows the sign at once, prose after a blank. Nothing but the rest of its value comes below it."""


def loaded(tmp_path: Path, text: str) -> Config:
    (tmp_path / "config.yaml").write_text(text)
    return load_config(user_file=tmp_path / "config.yaml", environ={}).config


def test_every_setting_is_in_one_section() -> None:
    names = [name for settings in SECTIONS.values() for name in settings]
    assert sorted(names) == sorted(Config.model_fields)
    assert set(EFFECTS) == set(Config.model_fields)


@pytest.mark.parametrize("model", [Config, RoleSettings, LimitSettings, RateSettings])
def test_every_field_is_documented(model: type[Config]) -> None:
    told = docstrings(model)
    assert set(told) == set(model.model_fields)
    assert all(text.endswith(".") and len(text) > 10 for text in told.values())


def test_every_setting_stands_in_the_file_below_its_explanation() -> None:
    text = default_text()
    flat = " ".join(line.removeprefix("# ") for line in text.splitlines())
    for name, told in docstrings(Config).items():
        assert re.search(rf"^#{name}:", text, re.MULTILINE), name
        assert told in flat, name
    for told in (*docstrings(RoleSettings).values(), *docstrings(LimitSettings).values()):
        assert told in re.sub(r"\s+", " ", flat)
    assert max(map(len, text.splitlines())) <= 120


def test_the_file_as_it_is_changes_nothing(tmp_path: Path) -> None:
    assert loaded(tmp_path, default_text()) == Config()
    project = tmp_path / "config.yaml"
    assert load_config(project_file=project, environ={}).origins == {}


def test_without_its_signs_the_file_gives_the_defaults(tmp_path: Path) -> None:
    told = ["\n" + part for part in SETTING.split(default_text())[1:]]
    settings = [part.partition("\n\n")[0].replace("\n#", "\n") for part in told]
    assert len(settings) == len(Config.model_fields)
    assert loaded(tmp_path, "".join(settings)) == Config()


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_a_setting_that_loads(tmp_path: Path, name: str) -> None:
    config = loaded(tmp_path, EXAMPLES[name])
    assert config.model_copy(update={name: getattr(Config(), name)}) == Config() != config
    assert all(f"#   {line}".rstrip() in default_text().splitlines() for line in EXAMPLES[name].splitlines())
