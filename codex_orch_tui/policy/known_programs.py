"""The programs that can be called so that they only read, each with the options that keep it so.

What is left out is left out on purpose: `sort -o`, `tree -o`, `file -C` and the second word of `uniq` and `xxd` write;
`rg --pre`, `--hostname-bin` and `-z`, `fd -x`, `find -exec` run programs; `tail -f` does not end; `grep -R` and `rg
-L` follow
links out of the worktree; `date -s` and `hostname NAME` change the machine. An option means the same in GNU and BSD,
or is left out.
"""

from collections.abc import Mapping

from codex_orch_tui.policy.known_git import GIT, GIT_GLOBAL
from codex_orch_tui.policy.options import Usage
from codex_orch_tui.policy.usage import usage

BUILTINS = frozenset({"echo", "printf", "pwd", "true", "false", "test", "type", "command"})
"""What bash runs itself: nothing on PATH can take their place."""

_SUM = usage("-b -t", operands="path")
_VERSION = usage("--version", needs="--version")
"""Without a word most of these read a script from their input, and make runs the Makefile."""
_GREP = usage(
    "-r -n -i -l -L -c -w -x -v -E -F -G -P -o -h -H -s -q -I -a -b --recursive --line-number --ignore-case --count"
    " --files-with-matches --files-without-match --word-regexp --line-regexp --invert-match --extended-regexp"
    " --fixed-strings"
    " --perl-regexp --only-matching --no-filename --with-filename --no-messages --quiet --color --text --version",
    values="-A:number -B:number -C:number -m:number -e:text --include:text --exclude:text --exclude-dir:text"
    " --regexp:text"
    " --max-count:number --after-context:number --before-context:number",
    attached="--context:number --color:name --colour:name --binary-files:name",
    operands="text path",
    paths_after="-e --regexp",
    has_count=True,
)
_RG = usage(
    "-n -N -i -s -S -l -c -w -x -v -F -U -o -u -I -H -p -P -0 -a -q --files --hidden --no-ignore --no-ignore-vcs"
    " --no-heading"
    " --heading --line-number --no-line-number --ignore-case --smart-case --case-sensitive --files-with-matches"
    " --files-without-match --count --count-matches --word-regexp --line-regexp --invert-match --fixed-strings"
    " --multiline"
    " --multiline-dotall --only-matching --json --stats --trim --type-list --vimgrep --column --pcre2 --passthru --text"
    " --quiet --no-messages --null --with-filename --no-filename --no-config --unrestricted --crlf --pretty --version"
    " --debug",
    values="-g:text -t:name -T:name -A:number -B:number -C:number -m:number -M:number -e:text -r:text -j:number -E:name"
    " --glob:text --iglob:text --type:name --type-not:name --max-depth:number --max-count:number --context:number"
    " --after-context:number --before-context:number --max-columns:number --threads:number --regexp:text --replace:text"
    " --sort:name --sortr:name --color:name --colors:text --encoding:name --engine:name --max-filesize:number",
    operands="text path",
    paths_after="-e --regexp --files --type-list",
)
_FIND = usage(
    "-o -a -not -or -and -print -print0 -empty -prune -true -false -readable -executable -writable -ls -depth -mount"
    " -xdev"
    " -daystart -noleaf -quit -nouser -nogroup -P -H",
    values="-name:text -iname:text -path:text -ipath:text -wholename:text -regex:text -iregex:text -regextype:name"
    " -type:name"
    " -maxdepth:number -mindepth:number -newer:path -anewer:path -cnewer:path -size:number -mtime:number -mmin:number"
    " -atime:number -amin:number -ctime:number -cmin:number -links:number -user:name -group:name -perm:text"
    " -printf:text",
    operands="path",
    is_find=True,
)
_LS = usage(
    "-l -a -A -h -1 -R -r -S -t -F -d -i -s -n -o -g -p -c -u -m -x -C -G -q --all --almost-all --human-readable"
    " --recursive"
    " --reverse --directory --inode --size --full-time --group-directories-first --color --classify --numeric-uid-gid",
    attached="--color:name --time-style:text --sort:name --time:name --hide:text --ignore:text --format:name"
    " --indicator-style:name",
    operands="path",
)
_HEAD = usage(
    "-q -v --quiet --verbose",
    values="-n:number -c:number --lines:number --bytes:number",
    operands="path",
    has_count=True,
)
_RUFF = "-q --quiet -v --verbose --no-cache -n --isolated --preview --no-preview"

PROGRAMS: Mapping[str, Usage | tuple[Usage, ...] | Mapping[tuple[str, ...], Usage | tuple[Usage, ...]]] = {
    "git": GIT,
    # looking at files
    "ls": _LS,
    "cat": usage("-n -b -s -A -E -T -v -e -t -u --number --show-all --squeeze-blank", operands="path"),
    "head": _HEAD,
    "tail": _HEAD,
    "tac": usage("", operands="path"),
    "rev": usage("", operands="path"),
    "nl": usage("", values="-b:name -w:number -v:number", operands="path"),
    "wc": usage("-l -w -c -m -L --lines --words --bytes --chars", operands="path"),
    "stat": usage("-L -t -x", values="-c:text", attached="--format:text --printf:text", operands="path"),
    "file": usage("-b -i -h -k --brief --mime --mime-type --mime-encoding", operands="path"),
    "du": usage(
        "-s -h -a -c -k -m -x --summarize --human-readable --all --total --apparent-size",
        values="-d:number",
        attached="--max-depth:number --exclude:text",
        operands="path",
    ),
    "df": usage("-h -k -i -P --human-readable", operands="path"),
    "tree": usage(
        "-a -d -f -i -p -s -h -D -F -C -n -J --dirsfirst --noreport --gitignore --prune --du --version",
        values="-L:number -I:text -P:text --filelimit:number",
        operands="path",
        is_apart=True,
    ),
    "realpath": usage("-e -m -s -q", operands="path"),
    "readlink": usage("-f -e -m -n", operands="path"),
    "basename": usage("-a", values="-s:text", operands="text"),
    "dirname": usage("", operands="text"),
    "od": usage("-c -x -b -d -o -v", values="-A:name -t:name -N:number -j:number", operands="path"),
    "hexdump": usage("-C -c -b -x -v", values="-n:number -s:number", operands="path"),
    "xxd": usage(
        "-p -b -u", values="-l:number -s:number -c:number -g:number", operands="path", most=1, is_leading=True
    ),
    "jq": usage(
        "-r -e -c -S -M -C -s -n -j -a --raw-output --compact-output --sort-keys --slurp --null-input --exit-status"
        " --monochrome-output --color-output --join-output --tab --version",
        values="--indent:number",
        operands="filter path",
    ),
    # searching and comparing
    "grep": _GREP,
    "egrep": _GREP,
    "fgrep": _GREP,
    "rg": _RG,
    "find": _FIND,
    "fd": usage(
        "-H -I -a -p -g -s -i -F -u -0 -1 -q --hidden --no-ignore --absolute-path --full-path --glob --fixed-strings"
        " --version",
        values="-t:name -e:name -d:number -E:text --type:name --extension:name --max-depth:number --min-depth:number"
        " --exclude:text --max-results:number --color:name",
        operands="text path",
    ),
    "sort": usage(
        "-n -r -u -f -h -V -b -d -g -i -M -s -c -z --numeric-sort --reverse --unique --ignore-case --human-numeric-sort"
        " --version-sort --check",
        values="-k:name -t:sign --key:name --field-separator:sign",
        operands="path",
    ),
    "uniq": usage(
        "-c -d -u -i --count --repeated --unique",
        values="-f:number -s:number -w:number",
        operands="path",
        most=1,
        is_leading=True,
    ),
    "cut": usage("-s", values="-d:sign -f:name -c:name -b:name --delimiter:sign --fields:name", operands="path"),
    "diff": usage(
        "-u -q -w -b -B -i -y -a -s -c -p -E -Z --brief --unified --ignore-all-space --ignore-case --side-by-side"
        " --report-identical-files --color",
        values="-U:number -C:number --label:text",
        attached="--color:name --unified:number",
        operands="path",
        most=2,
    ),
    "cmp": usage("-s -l -b --silent --quiet", operands="path", most=2),
    "comm": usage("-1 -2 -3", operands="path", most=2),
    "sha256sum": _SUM,
    "sha1sum": _SUM,
    "sha512sum": _SUM,
    "md5sum": _SUM,
    "b2sum": _SUM,
    "cksum": usage("", operands="path"),
    "shasum": usage("-b", values="-a:number", operands="path"),
    # the shell and the machine
    "pwd": usage("-L -P"),
    "echo": usage(is_text=True),
    "printf": usage("", operands="format text"),
    "true": usage(),
    "false": usage(),
    "test": usage("-e -f -d -r -w -x -s -L -h", operands="path", most=1, needs="-e -f -d -r -w -x -s -L -h"),
    "type": usage("-t -a -p -P -f", operands="name"),
    "command": usage("-v -V", operands="name", needs="-v -V"),
    "which": usage("-a", operands="name"),
    "date": usage(
        "-u -R --utc", attached="--date:text --iso-8601:name --rfc-3339:name", operands="date_format", most=1
    ),
    "uname": usage("-a -s -r -m -n -p -o -v --all"),
    "hostname": usage(),
    "whoami": usage(),
    "nproc": usage("--all"),
    "arch": usage(),
    "uptime": usage("-p -s"),
    "id": usage("-u -g -n -G", operands="name", most=1),
    "groups": usage(),
    # formatters and linters that run nothing of the repository, where they only check
    "ruff": {
        (): _VERSION,
        ("version",): usage(),
        ("check",): usage(
            f"{_RUFF} --no-fix --no-fix-only --diff --statistics --exit-zero --show-files --no-show-fixes",
            values="--select:name --ignore:name --extend-select:name --output-format:name --line-length:number"
            " --target-version:name",
            operands="path",
            # `fix` and `fix-only` of the repository's settings write, each by itself
            needs=("--no-cache -n", "--no-fix --diff --isolated", "--no-fix-only --diff --isolated"),
        ),
        ("format",): usage(
            f"{_RUFF} --check --diff",
            values="--line-length:number --target-version:name",
            operands="path",
            needs=("--no-cache -n", "--check --diff"),
        ),
    },
    "black": (
        _VERSION,
        usage(
            "--check --diff -q -v --quiet --verbose --color --no-color --fast --safe",
            values="-l:number --line-length:number -t:name --target-version:name",
            operands="path",
            needs="--check",
        ),
    ),
    "gofmt": usage("-l -d -s -e", operands="path"),
    "shfmt": usage("-l -d -s", values="-i:number", operands="path", needs="-l -d"),
    "clang-format": (
        _VERSION,
        usage("--dry-run -n --Werror --verbose", attached="--style:name", operands="path", needs="--dry-run -n"),
    ),
    "shellcheck": (
        _VERSION,
        usage("", values="-s:name -S:name -e:name", attached="--severity:name --shell:name", operands="path"),
    ),
    # only their versions: they run programs or code
    **dict.fromkeys(
        ("gcc", "g++", "cc", "c++", "clang", "make", "cmake", "curl", "wget", "docker", "perl", "ruby"), _VERSION
    ),
    **dict.fromkeys(("php", "pip", "pip3", "uv", "tar", "rsync", "sqlite3", "psql"), _VERSION),
    **{name: usage("--version -V", needs="--version -V") for name in ("python", "python3")},
    "node": usage("--version -v", needs="--version -v"),
}
"""By name; for a program with sub-commands by their words, `()` being what is called without one."""


def usages_of(words: tuple[str, ...]) -> tuple[tuple[Usage, ...], tuple[str, ...]]:
    """How a program may be called, and the words that this is about.

    Args:
        words: The program and all that follows.

    Returns:
        The usages, of which one must fit; none for a program without a list. A sub-command that is not listed has a
        usage
        that fits nothing.
    """
    known = PROGRAMS.get(words[0])
    if known is None:
        return (), words[1:]
    if not isinstance(known, Mapping):
        return _several(known), words[1:]
    arguments = without_globals(words)[1:]
    for length in (2, 1, 0):
        if len(arguments) >= length and (found := known.get(arguments[:length])):
            return _several(found), arguments[length:]
    return _several(known[()]), arguments


def without_globals(words: tuple[str, ...]) -> tuple[str, ...]:
    """The command without what takes nothing away from a rule for it: `git --no-pager log` is `git log`."""
    start = 1
    while words[0] == "git" and len(words) > start and words[start] in GIT_GLOBAL:
        start += 1
    return (words[0], *words[start:])


def _several(usages: Usage | tuple[Usage, ...]) -> tuple[Usage, ...]:
    return usages if isinstance(usages, tuple) else (usages,)
