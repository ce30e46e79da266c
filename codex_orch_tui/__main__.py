"""`python -m codex_orch_tui`, the same as the command."""

from codex_orch_tui.cli.main import main

if __name__ == "__main__":
    main()
