"""The demo's repository: a small shop with two commits of history, whole enough that its own tests pass."""

import textwrap
from collections.abc import Mapping
from pathlib import Path

from codex_orch_tui.gitrepo.environment import Place
from codex_orch_tui.gitrepo.runner import Git

NAME = "shop-api"
BRANCH = "main"
AUTHOR = ("Robin Example", "robin@example.org")
"""Set in the repository itself: the person's own git configuration is neither needed nor changed."""


def _file(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


_FIRST: Mapping[str, str] = {
    "README.md": _file("""
        # shop-api

        The products of a small shop over HTTP. Python 3.11, nothing else.

            python -m shop_api
            python -m unittest

        - [docs/api.md](docs/api.md): the routes
        - [docs/builds.md](docs/builds.md): what was built, and where
    """),
    ".gitignore": "__pycache__/\n",
    "shop_api/__init__.py": '"""The products of a small shop over HTTP."""\n\n__version__ = "1.1.0"\n',
    "shop_api/__main__.py": _file("""
        from shop_api.server import serve

        serve(port=8080)
    """),
    "shop_api/products.py": _file('''
        """What the shop sells."""

        from dataclasses import dataclass


        @dataclass(frozen=True)
        class Product:
            """One product; the price is in cents."""

            id: int
            name: str
            price_cents: int


        PRODUCTS = (
            Product(1, "Desk lamp", 3900),
            Product(2, "Floor lamp, brass", 12900),
            Product(3, "Desk, oak", 44900),
            Product(4, "Bookshelf, oak", 27900),
        )
    '''),
    "tests/__init__.py": "",
    "docs/builds.md": _file("""
        # Builds

        | version | built on | log |
        | --- | --- | --- |
        | 1.0.0 | build server | builds.log, line 1 |
    """),
}

_SECOND: Mapping[str, str] = {
    "shop_api/server.py": _file('''
        """The routes."""

        import json
        from dataclasses import asdict
        from http.server import BaseHTTPRequestHandler, HTTPServer
        from urllib.parse import urlsplit

        from shop_api.products import PRODUCTS


        def respond(target: str) -> tuple[int, object]:
            """Status and body for a request target."""
            url = urlsplit(target)
            if url.path == "/products":
                return 200, [asdict(product) for product in PRODUCTS]
            return 404, {"error": "no such route"}


        class Handler(BaseHTTPRequestHandler):
            """Answers GET with JSON."""

            def do_GET(self) -> None:
                status, body = respond(self.path)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())


        def serve(port: int) -> None:
            """Serve until the process ends."""
            HTTPServer(("127.0.0.1", port), Handler).serve_forever()
    '''),
    "tests/test_server.py": _file("""
        import unittest

        from shop_api.server import respond


        class RespondTest(unittest.TestCase):
            def test_all_products(self) -> None:
                status, body = respond("/products")
                self.assertEqual(status, 200)
                self.assertEqual(len(body), 4)

            def test_unknown_route(self) -> None:
                self.assertEqual(respond("/nothing")[0], 404)
    """),
    "docs/api.md": _file("""
        # Routes

        `GET /products` gives all products as a list of `id`, `name` and `price_cents`.
    """),
}

_HISTORY = (
    ("Products and how to start", "2026-01-12T09:30:00+00:00", _FIRST),
    ("Serve the products over HTTP", "2026-01-13T16:05:00+00:00", _SECOND),
)


async def make_shop(folder: Path) -> Path:
    """Makes the repository in a folder that exists, on the branch `main`; its commits are the same every time.

    Returns:
        The repository's folder.

    Raises:
        FileExistsError: It is there already.
        GitRepoError: Git is missing, too old or failed.
    """
    shop = folder / NAME
    shop.mkdir()
    git, place = Git(), Place(cwd=shop)
    await git.version()
    await git.run(place, "init", "--quiet", "--template=", f"--initial-branch={BRANCH}")
    for key, value in zip(("user.name", "user.email"), AUTHOR, strict=True):
        await git.run(place, "config", "--local", key, value)
    for subject, date, files in _HISTORY:
        for name, text in files.items():
            path = shop / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        await git.run(place, "add", "--all")
        await git.run(place, "commit", "--quiet", f"--message={subject}", env=dates)
    return shop
