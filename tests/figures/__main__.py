"""`python -m tests.figures [figure…] [--quick]` prints the figures of safety and of being told as JSON.

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
}
"""Each is `run` of a module here; the arguments are those of its short form."""


def measured(name: str, *, quick: bool = False) -> dict[str, Any]:
    """One figure, with the time that it took."""
    module = importlib.import_module(f"tests.figures.{name}")
    began_s = time.monotonic()
    figure: dict[str, Any] = module.run(**FIGURES[name] if quick else {})
    return {**figure, "seconds": round(time.monotonic() - began_s, 1)}


def main() -> int:
    """Measures what is asked for, by default everything."""
    parser = argparse.ArgumentParser(prog="python -m tests.figures", description=__doc__)
    parser.add_argument("figures", nargs="*", metavar="figure", help=", ".join(FIGURES))
    parser.add_argument("--quick", action="store_true", help="short forms, as the tests run them")
    parser.add_argument("--json", metavar="FILE", help="write the report to a file too")
    arguments = parser.parse_args()
    names = arguments.figures or list(FIGURES)
    if unknown := set(names) - set(FIGURES):
        parser.error(f"no such figure: {', '.join(sorted(unknown))}")
    machine = {"python": platform.python_version(), "cores": os.cpu_count(), "system": platform.platform()}
    report: dict[str, Any] = {"machine": machine}
    for name in names:
        print(f"{name} …", file=sys.stderr, flush=True)
        report[name] = measured(name, quick=arguments.quick)
    text = json.dumps(report, indent=2)
    print(text)
    if arguments.json:
        Path(arguments.json).write_text(text + "\n", encoding="utf-8")
    return 0 if all(report[name]["holds"] for name in names) else 1


if __name__ == "__main__":
    sys.exit(main())
