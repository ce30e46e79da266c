"""Which packages a lock file names."""

import json

import pytest

from codex_orch_tui.domain.lock_files import is_lock_file, packages

NPM = {"packages": {"": {}, "node_modules/a": {}, "node_modules/a/node_modules/@b/c": {}, "apps/web": {}}}
NPM_1 = {"dependencies": {"a": {"dependencies": {"b": {}}}}}
YARN = """\
# yarn lockfile v1


"@babel/core@^7.0.0", "@babel/core@^7.1":
  version "7.1"
  dependencies:
    lodash "^4"

lodash@^4:
  version "4"
"""


@pytest.mark.parametrize(
    ("path", "text", "named"),
    [
        ("package-lock.json", json.dumps(NPM), {"a", "@b/c"}),
        ("web/package-lock.json", json.dumps(NPM_1), {"a", "b"}),
        ("package-lock.json", json.dumps({"packages": {}} | NPM_1), {"a", "b"}),
        ("yarn.lock", YARN, {"@babel/core", "lodash"}),
        ("uv.lock", '[[package]]\nname = "rich"\n[[package]]\nname = "textual"\n', {"rich", "textual"}),
        ("Cargo.lock", "version = 3\n", set()),
        ("Pipfile.lock", '{"_meta": {"x": 1}, "default": {"a": {}}, "develop": {"b": {}}}', {"a", "b"}),
        ("composer.lock", '{"packages": [{"name": "x/y"}]}', {"x/y"}),
        ("go.sum", "example.org/m v1.0 h1:x=\nexample.org/m v1.0/go.mod h1:y=\n", {"example.org/m"}),
        ("uv.lock", "", set()),
    ],
)
def test_the_packages_that_it_names(path: str, text: str, named: set[str]) -> None:
    assert is_lock_file(path)
    assert packages(path, text.encode()) == named


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("pnpm-lock.yaml", b"lockfileVersion: 9"),
        ("package-lock.json", b"{"),
        ("package-lock.json", b"[]"),
        ("package-lock.json", b'{"packages": 3}'),
        ("uv.lock", b'[[package]]\nversion = "1"\n'),
        ("uv.lock", b"\xff"),
        ("yarn.lock", b"odd:\n"),
        ("yarn.lock", b'odd@^1: \n  version "1"\n'),
        ("package-lock.json", b"[" * 100_000),
        ("notes.txt", b"a"),
    ],
)
def test_what_cannot_be_told_is_not_guessed(path: str, data: bytes) -> None:
    assert packages(path, data) is None
