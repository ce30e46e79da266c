"""What is written below the fields of a class of settings, read from its source: the one place where it is told."""

import ast
import inspect
import textwrap
from collections.abc import Mapping

from pydantic import BaseModel


def docstrings(model: type[BaseModel]) -> Mapping[str, str]:
    """The docstring of each field that has one, as one line."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(body, ast.ClassDef), "the source of a class is a class"
    found: dict[str, str] = {}
    name = ""
    for statement in body.body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=field)):
                name = field
            case ast.Expr(value=ast.Constant(value=str(text))) if name:
                found[name] = " ".join(text.split())
                name = ""
            case _:
                name = ""
    return found
