"""A file that the person has named."""

from pathlib import Path

from codex_orch_tui.config.yaml_file import read_bounded


def read_named(path: Path, max_bytes: int) -> bytes:
    """The bytes of a file that has to be there.

    Raises:
        ValueError: It is missing, a folder, unreadable or too long; the words follow the file's name.
    """
    try:
        data = read_bounded(path, max_bytes)
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise ValueError("is a folder; name the file" if path.is_dir() else str(error)) from error
    if data is None:
        raise ValueError("there is no such file")
    return data
