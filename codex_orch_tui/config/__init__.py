"""What a person can set, where it is read, and how mistakes in it are told."""

from codex_orch_tui.config.load import LoadedConfig, SettingsPlaces, load_config
from codex_orch_tui.config.problems import ConfigError, Problem
from codex_orch_tui.config.settings import Config

__all__ = ["Config", "ConfigError", "LoadedConfig", "Problem", "SettingsPlaces", "load_config"]
