"""`python -m tests.bench` prints the figures of the README as JSON."""

import argparse
import json
import os
import platform
from dataclasses import fields
from pathlib import Path

from tests.bench.figures import FIGURES, Settings


def main() -> None:
    """Measures what is asked for, by default everything."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("figures", nargs="*", metavar="figure", help=", ".join(FIGURES))
    for field in fields(Settings):
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=type(field.default), default=field.default)
    parser.add_argument("--json", metavar="FILE", help="write the report to a file too")
    arguments = vars(parser.parse_args())
    names, file = arguments.pop("figures") or list(FIGURES), arguments.pop("json")
    if unknown := set(names) - set(FIGURES):
        parser.error(f"no such figure: {', '.join(sorted(unknown))}")
    settings = Settings(**arguments)
    machine = {"python": platform.python_version(), "cores": os.cpu_count(), "system": platform.platform()}
    report = {"machine": machine, **{name: FIGURES[name](settings) for name in names}}
    text = json.dumps(report, indent=2)
    print(text)
    if file:
        Path(file).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
