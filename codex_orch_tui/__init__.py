"""Run a team of OpenAI Codex workers on one git repository and stay in charge."""

__version__ = "0.1.0"
