"""Programs that no rule can accept: they run other programs, or code of the repository, or change the shell they run
in.

Some have a listed use that is harmless (`python3 --version`): then that list counts, and nothing else.
"""

import re

_WRAPPERS = """
    env sudo doas su runuser xargs parallel nohup setsid nice ionice chrt taskset timeout time stdbuf unbuffer script
    watch entr
    flock chroot unshare nsenter bwrap firejail systemd-run at batch crontab strace ltrace gdb lldb perf valgrind ssh
    mosh
    rsync scp sftp busybox toybox command exec eval builtin ld.so proxychains torsocks direnv nix-shell nix docker
    podman
    kubectl vagrant tmux screen expect socat nc ncat netcat telnet open xdg-open osascript
    watchexec hyperfine chronic fakeroot pkexec gosu su-exec dbus-run-session start-stop-daemon systemctl launchctl
    caffeinate mise asdf rtx pyenv rbenv nodenv nvm volta fnm pkgx tea devbox
"""
_INTERPRETERS = """
    sh bash dash zsh ksh mksh ash yash csh tcsh fish nu pwsh powershell elvish xonsh python pypy ipython node nodejs
    deno bun
    ts-node tsx ruby irb perl php lua luajit tclsh wish guile racket sbcl clojure scala kotlin groovy java jshell julia
    R Rscript
    octave elixir iex erl ghci runghc runhaskell swift awk gawk mawk nawk sed gsed ed ex vi vim nvim emacs nano tee dd
    m4 bc dc
    sqlite3 psql mysql gnuplot jupyter less more most man view
    bpython ptpython pdb pydoc coffee swc qjs d8 latexmk arara
"""
_RUNNERS = """
    make gmake cmake ninja meson bazel buck buck2 pants scons rake just task invoke ant mvn gradle sbt lein npm npx
    pnpm pnpx
    yarn corepack bunx nx turbo lerna gulp grunt webpack vite rollup parcel esbuild jest vitest mocha ava cypress
    playwright eslint
    prettier stylelint tslint tsc biome rome xo standard husky lint-staged pip pip3 pipx pipenv poetry pdm hatch uv uvx
    rye
    conda mamba tox nox pytest py.test unittest coverage mypy pyright pylint flake8 pre-commit sphinx-build mkdocs isort
    autopep8 yapf pyupgrade cargo rustc rustup rustfmt clippy-driver go gopls dotnet msbuild mix rebar3 cabal stack
    bundle bundler gem
    rspec rubocop composer phpunit terraform tofu ansible ansible-playbook helm skaffold tilt earthly gh hub act
    rustdoc dart flutter pod xcodebuild fastlane zig nimble crystal shards opam dune ocaml coqc lake lean
    ctest cpack waf doit fab behave robot trial nosetests snakemake nextflow dvc django-admin flask uvicorn gunicorn
    celery alembic streamlit rails rackup jekyll karma tap c8 nyc babel ng next nuxt astro expo nodemon pm2 bats
    lefthook overcommit golangci-lint clang-tidy phpstan psalm php-cs-fixer pint ktlint ansible-lint tflint pulumi cdk
    serverless wrangler vercel netlify firebase
"""
_SHELL_STATE = """
    . source cd pushd popd export declare typeset local readonly unset set shopt trap alias unalias hash enable read
    mapfile
    readarray getopts let umask ulimit bind complete compgen compopt fc history jobs fg bg kill wait disown suspend
    exit return
    logout break continue shift caller
"""
RUNNERS = frozenset(_RUNNERS.split())
"""Programs that run what the folder around them says."""
_NEVER = RUNNERS | frozenset(f"{_WRAPPERS} {_INTERPRETERS} {_SHELL_STATE}".split())
_VERSIONED = re.compile(
    r"(i?python|pypy|pip|pdb|pydoc|pytest|nosetests|ruby|perl|php|lua|node|tclsh|java|bash|zsh|ksh|vim|emacs|clang-tidy)"
    r"-?[0-9.]+"
)

_CHOOSERS = frozenset(
    {"asdf", "mise", "rtx", "rustup", "volta-shim", "corepack", "pyenv", "proto", "proto-shim", "direnv", "fnm"}
    | {"aqua", "aqua-proxy", "pkgx", "tea", "vfox", "devbox"}
)
_SHIMS = frozenset({"shims", ".asdf", ".volta", ".proto", ".orchestrator"})


def why_never(program: str) -> str:
    """Why no rule can accept the program; empty: one can."""
    if "/" in program or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+-]*", program):
        return f"{program} is not the plain name of a program"
    if program in _NEVER or _VERSIONED.fullmatch(program):
        return f"{program} can run other programs or code of the repository"
    return ""


def why_not_there(path: str) -> str:
    """Why a program at this place (absolute, links followed) is not what its name says; empty: it is.

    Version managers choose what runs by files such as `.tool-versions`, which a worker can write; `.orchestrator` holds
    worktrees of other workers.
    """
    parts = path.split("/")
    if parts[-1] in _CHOOSERS or _SHIMS & set(parts[:-1]):
        return "is chosen by files of the repository (a version manager)"
    return ""
