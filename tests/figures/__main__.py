"""`python -m tests.figures [figure…] [--quick | --long]` prints the figures of safety and of being told as JSON.

It ends with 1 when one of them does not hold. The figures of speed are those of `python -m tests.bench`.
"""

import argparse
import importlib
import json
import os
import platform
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FIGURES: Mapping[str, Mapping[str, float]] = {
    "latency": {"questions": 2},
    "key_storms": {"storms": 200},
    "shell_lines": {},
    "secrets": {},
    "text_safety": {"strings": 400},
    "schedule": {"graphs": 300, "minutes": 0.1},
    "inbox": {"commands": 200, "kills": 2},
    "viewer": {"changes": 20},
    "twelve_workers": {"workers": 4, "turns": 2},
    "replay": {"events": 20_000, "rounds": 1, "plays_s": 1.0},
    "logs": {"size_bytes": 20_000_000, "rounds": 1},
    "status": {"runs": 10, "tasks": 10, "rounds": 1},
}
"""Each is `run` of a module here; the arguments are those of its short form."""

LONG: Mapping[str, Mapping[str, float]] = {"schedule": {"minutes": 10.0}}
"""The arguments of long forms, where there is one."""


def measured(name: str, arguments: Mapping[str, float]) -> dict[str, Any]:
    """One figure, with the time that it took."""
    module = importlib.import_module(f"tests.figures.{name}")
    began_s = time.monotonic()
    figure: dict[str, Any] = module.run(**arguments)
    return {**figure, "seconds": round(time.monotonic() - began_s, 1)}


def main() -> int:
    """Measures what is asked for, by default everything."""
    parser = argparse.ArgumentParser(prog="python -m tests.figures", description=__doc__)
    parser.add_argument("figures", nargs="*", metavar="figure", help=", ".join(FIGURES))
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--quick", action="store_true", help="short forms, as the tests run them")
    form.add_argument("--long", action="store_true", help="long forms: stand-in workers for ten minutes, not one")
    parser.add_argument("--json", metavar="FILE", help="write the report to a file too")
    arguments = parser.parse_args()
    forms = FIGURES if arguments.quick else LONG if arguments.long else {}
    names = arguments.figures or list(FIGURES)
    if unknown := set(names) - set(FIGURES):
        parser.error(f"no such figure: {', '.join(sorted(unknown))}")
    machine = {"python": platform.python_version(), "cores": os.cpu_count(), "system": platform.platform()}
    report: dict[str, Any] = {"machine": machine}
    for name in names:
        print(f"{name} …", file=sys.stderr, flush=True)
        report[name] = measured(name, forms.get(name, {}))
    text = json.dumps(report, indent=2)
    print(text)
    if arguments.json:
        Path(arguments.json).write_text(text + "\n", encoding="utf-8")
    return 0 if all(report[name]["holds"] for name in names) else 1


if __name__ == "__main__":
    sys.exit(main())
