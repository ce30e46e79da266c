"""The sub-commands of git that only read, with the options that keep them so.

Not listed, among others: `-c` and `-C`, `--git-dir`, `--output`, `--ext-diff`, `--textconv`, `--no-index`,
`--submodule`,
`--show-signature`, `-O` and `--open-files-in-pager`, `--recurse-submodules`, `--remerge-diff`, `--help`.
"""

from collections.abc import Mapping
from functools import partial

from codex_orch_tui.policy.options import Usage
from codex_orch_tui.policy.usage import usage

GIT_GLOBAL = frozenset({"--no-pager", "-P", "--no-optional-locks", "--literal-pathspecs"})
"""Options before the sub-command that take nothing away from a rule for it."""

_DIFF_FLAGS = (
    "-p -u -s -w -b -R -z --patch --no-patch --raw --stat --numstat --shortstat --summary --name-only --name-status"
    " --check"
    " --full-index --binary --no-renames --find-renames --find-copies --exit-code --quiet --no-color --color"
    " --word-diff"
    " --color-words --ignore-all-space --ignore-space-change --ignore-blank-lines --ignore-space-at-eol --minimal"
    " --patience --histogram --no-ext-diff --no-textconv --text -a --no-prefix --compact-summary --function-context -W"
    " --patch-with-stat --no-relative -M -C"
)
_DIFF_VALUES = "-U:number --unified:number -S:text -G:text --diff-algorithm:name"
_DIFF_ATTACHED = (
    "--stat:name --color:name --word-diff:name --diff-filter:name --find-renames:name --find-copies:name"
    " --ignore-submodules:name --dirstat:name --abbrev:number --inter-hunk-context:number"
)
_LOG_FLAGS = (
    "--oneline --graph --all --decorate --no-decorate --merges --no-merges --first-parent --reverse --follow"
    " --full-diff"
    " --abbrev-commit --no-abbrev-commit --date-order --topo-order --author-date-order --branches --tags --remotes"
    " --boundary --left-right --cherry-pick --cherry-mark --no-notes --name-only -m -c -i -E -F --regexp-ignore-case"
    " --simplify-by-decoration --show-pulls --source --walk-reflogs -g --relative-date --pickaxe-regex --pickaxe-all"
    " --all-match --invert-grep --fixed-strings --extended-regexp --parents --children"
)
_LOG_VALUES = (
    "-n:number --max-count:number --skip:number --author:text --committer:text --grep:text --since:text --after:text"
    " --until:text --before:text -L:text --date:text"
)
_LOG_ATTACHED = "--format:pretty --pretty:pretty --decorate:name --branches:text --tags:text --remotes:text --glob:text"


_git = partial(usage, in_top=True)

_LOG = _git(
    f"{_DIFF_FLAGS} {_LOG_FLAGS}",
    values=f"{_DIFF_VALUES} {_LOG_VALUES}",
    attached=f"{_DIFF_ATTACHED} {_LOG_ATTACHED}",
    operands="revision",
    has_count=True,
)

GIT: Mapping[tuple[str, ...], Usage | tuple[Usage, ...]] = {
    (): _git("--version -v"),
    ("version",): _git("--build-options"),
    ("status",): (
        _git(
            "-s -b -u -v -z --short --branch --show-stash --long --verbose --ignored --no-ahead-behind --ahead-behind"
            " --porcelain"
            " --renames --no-renames --untracked-files",
            attached="--porcelain:name --untracked-files:name --ignored:name --ignore-submodules:name"
            " --find-renames:name",
            operands="revision",
        ),
        _git("-s -b -sb --short --branch --porcelain -uno -uall -unormal", operands="revision", is_find=True),
    ),
    ("diff",): _git(
        f"{_DIFF_FLAGS} --cached --staged --merge-base",
        values=_DIFF_VALUES,
        attached=_DIFF_ATTACHED,
        operands="revision",
    ),
    ("log",): _LOG,
    ("show",): _LOG,
    ("whatchanged",): _LOG,
    ("diff-tree",): _git(
        f"{_DIFF_FLAGS} -r -t --root --no-commit-id",
        values=_DIFF_VALUES,
        attached=_DIFF_ATTACHED,
        operands="revision",
    ),
    ("rev-list",): _git(
        f"{_LOG_FLAGS} --count --objects",
        values=_LOG_VALUES,
        attached=_LOG_ATTACHED,
        operands="revision",
        has_count=True,
    ),
    ("blame",): _git(
        "-w -M -C -l -s -e -f -n -t -p --show-name --show-number --show-email --line-porcelain --porcelain --root",
        values="-L:text",
        attached="--date:text --abbrev:number",
        operands="revision",
    ),
    ("shortlog",): _git(
        "-s -n -e --summary --numbered --email --no-merges", values="--since:text", operands="revision"
    ),
    ("branch",): (
        _git(
            "-a -r -v --all --remotes --verbose --list --show-current --no-color --merged --no-merged",
            attached="--format:pretty --sort:pretty --color:name --merged:revision --no-merged:revision"
            " --contains:revision",
        ),
        _git("-a -r -v --all --remotes --list", operands="text", needs="--list"),
    ),
    ("tag",): (
        _git("-l --list -n", attached="--sort:pretty --format:pretty"),
        _git("-l --list -n", attached="--sort:pretty --format:pretty", operands="text", needs="-l --list"),
    ),
    ("describe",): _git(
        "--tags --always --all --long --dirty --exact-match --first-parent",
        values="--match:text --exclude:text",
        attached="--abbrev:number --candidates:number",
        operands="revision",
    ),
    ("rev-parse",): _git(
        "--show-toplevel --abbrev-ref --short --verify --git-dir --git-common-dir --is-inside-work-tree"
        " --symbolic-full-name"
        " --is-bare-repository --absolute-git-dir --show-prefix --show-cdup --quiet -q --symbolic"
        " --is-shallow-repository",
        attached="--short:number",
        operands="revision",
    ),
    ("ls-files",): _git(
        "-c -d -m -o -i -s -u -k -t -v -z --cached --deleted --modified --others --ignored --stage --unmerged"
        " --exclude-standard"
        " --full-name --error-unmatch --directory --eol --deduplicate",
        values="-x:text --exclude:text",
        operands="revision",
    ),
    ("ls-tree",): _git(
        "-r -d -t -l -z --name-only --name-status --full-name --full-tree --long --object-only", operands="revision"
    ),
    ("cat-file",): _git("-p -t -s -e", operands="revision", needs="-p -t -s -e", most=1),
    ("grep",): _git(
        "-n -i -l -L -c -w -v -E -F -G -P -o -h -H -I -a -p -W -q -z --cached --untracked --line-number --ignore-case"
        " --files-with-matches --count --word-regexp --name-only --heading --break --no-color --color --column"
        " --show-function --all-match --full-name --extended-regexp --fixed-strings --perl-regexp --only-matching",
        values="-A:number -B:number -C:number -m:number -e:text --max-depth:number --context:number"
        " --after-context:number"
        " --before-context:number --threads:number",
        attached="--color:name",
        operands="text revision",
        paths_after="-e",
        has_count=True,
    ),
    ("merge-base",): _git("-a --all --is-ancestor --octopus --independent --fork-point", operands="revision"),
    ("name-rev",): _git("--name-only --tags --always", operands="revision"),
    ("for-each-ref",): _git(
        "",
        values="--count:number",
        attached="--format:pretty --sort:pretty --merged:revision --no-merged:revision --contains:revision"
        " --points-at:revision",
        operands="text",
    ),
    ("show-ref",): _git("--head --heads --tags --hash --abbrev --verify --quiet -q -d -s", operands="text"),
    ("reflog",): _git("--oneline", values="-n:number", has_count=True),
    ("reflog", "show"): _git("--oneline --all", values="-n:number", operands="revision", has_count=True),
    ("stash", "list"): _git("--oneline", has_count=True),
    ("remote",): _git("-v --verbose"),
    ("remote", "get-url"): _git("--all --push", operands="name", most=1),
    ("worktree", "list"): _git("-v -z --porcelain --verbose"),
    ("config",): (
        _git(
            "--list -l --show-origin --show-scope --name-only -z --null --local --global --system --includes"
            " --no-includes",
            needs="--list -l",
        ),
        _git(
            "--get --get-all --get-regexp --show-origin --show-scope --local --global --system --bool --int --path -z"
            " --null",
            values="--type:name --default:text",
            operands="text",
            needs="--get --get-all --get-regexp",
            most=2,
        ),
    ),
    ("check-ignore",): _git("-v -n -q -z --verbose --non-matching --no-index --quiet", operands="revision"),
    ("count-objects",): _git("-v -H --verbose --human-readable"),
    ("cherry",): _git("-v --verbose", operands="revision"),
}
