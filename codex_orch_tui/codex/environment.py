"""The environment of a worker: built from a list, because an agent's shell can read whatever its worker was given."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

PASSED = (
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TERM",
    "TZ",
    "CODEX_HOME",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
    "CODEX_CA_CERTIFICATE",
    "XDG_RUNTIME_DIR",
)
"""Names that are passed on when they are set; with `LC_*` and the proxies below. None of them holds a secret."""

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_LOGIN_IN_URL = re.compile(r"//[^/@\s]*@")


def worker_environment(source: Mapping[str, str], *, tmpdir: Path, extra_names: Iterable[str] = ()) -> dict[str, str]:
    """What a worker sees.

    Args:
        source: Our own environment.
        tmpdir: The worker's private folder for temporary files, outside /tmp.
        extra_names: Further names to pass on, as configured. A proxy with a login in its URL needs to be named here.
    """
    named = set(extra_names)
    proxies = {name for proxy in _PROXIES for name in (proxy, proxy.lower())}
    environment = {
        name: value
        for name, value in source.items()
        if name in PASSED
        or name.startswith("LC_")
        or name in named
        or (name in proxies and not _LOGIN_IN_URL.search(value))
    }
    return environment | {"TMPDIR": str(tmpdir)}
