"""The user's folders."""

from pathlib import Path

import pytest

from codex_orch_tui.paths import (
    PathsError,
    config_folder,
    home_folder,
    is_shared_temporary,
    state_folder,
    user_config_file,
)

HOME = {"HOME": "/home/ann"}


@pytest.mark.parametrize(
    ("environ", "platform", "config", "state"),
    [
        (HOME, "linux", "/home/ann/.config", "/home/ann/.local/state"),
        (HOME, "darwin", "/home/ann/Library/Application Support", "/home/ann/Library/Application Support"),
        ({"XDG_CONFIG_HOME": "/c", "XDG_STATE_HOME": "/s"}, "linux", "/c", "/s"),
        ({"XDG_CONFIG_HOME": "/c", "XDG_STATE_HOME": "/s"}, "darwin", "/c", "/s"),
        (HOME | {"XDG_CONFIG_HOME": "c", "XDG_STATE_HOME": ""}, "linux", "/home/ann/.config", "/home/ann/.local/state"),
    ],
)
def test_where_the_folders_are(environ: dict[str, str], platform: str, config: str, state: str) -> None:
    assert config_folder(environ, platform) == Path(config) / "codex-orch-tui"
    assert user_config_file(environ, platform) == Path(config) / "codex-orch-tui" / "config.yaml"
    assert state_folder(environ, platform) == Path(state) / "codex-orch-tui"


@pytest.mark.parametrize("environ", [{}, {"HOME": ""}, {"HOME": "relative"}])
def test_without_a_home_it_says_what_to_set(environ: dict[str, str]) -> None:
    for function in (home_folder, config_folder, state_folder, user_config_file):
        with pytest.raises(PathsError, match=r"HOME is .*set it to your home folder"):
            function(environ)


def test_what_the_sandbox_may_write(tmp_path: Path) -> None:
    assert is_shared_temporary(Path("/tmp/x/y"), {})
    assert is_shared_temporary(Path("/usr/../tmp"), {})
    assert not is_shared_temporary(Path("/tmpfoo"), {})
    assert not is_shared_temporary(Path("/home/ann/trees"), {"TMPDIR": "/home/ann/t"})
    assert is_shared_temporary(Path("/home/ann/t/trees"), {"TMPDIR": "/home/ann/t"})
    link = tmp_path / "link"
    link.symlink_to("/tmp")
    assert is_shared_temporary(link / "trees", {})
