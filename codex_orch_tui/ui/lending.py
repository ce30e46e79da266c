"""The terminal lent to another program: the person's editor or shell."""

import asyncio
from typing import Any

from textual.app import App, SuspendNotSupported


async def lent(app: App[Any], command: list[str], folder: str) -> str:
    """Runs a program in the terminal until it ends; the loop, and with it the workers, goes on.

    Args:
        app: whose terminal it is.
        command: the program with its arguments; it gets the person's own environment.
        folder: where it runs.

    Returns:
        Why it could not be run; empty when it was.
    """
    fault = ""
    try:
        with app.suspend():
            # Nothing may leave this block by an exception: the terminal would not be taken back.
            try:
                process = await asyncio.create_subprocess_exec(*command, cwd=folder)
                await process.wait()
            except OSError as error:
                fault = f"{command[0]} could not be started in {folder}: {error.strerror}"
    except SuspendNotSupported:
        fault = "This terminal cannot be lent to another program."
    return fault
