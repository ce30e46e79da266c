"""Programs that run another program: which words of theirs are the other program's.

Used to show what a line really runs and to find what must be declined; that a program is missing here makes neither
safe, so nothing is accepted on the strength of it.
"""

import re
from dataclasses import dataclass, field

from codex_orch_tui.policy.git_words import run_by_git
from codex_orch_tui.policy.wrapped import Inner

SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "ash", "mksh", "yash", "rbash", "fish", "busybox-sh"})
"""Programs that read a script from `-c`, from a file or from their input."""

_FIND_RUNS = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
_JOINED = frozenset({"eval", "watch", "ssh"})
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=", re.ASCII)
_NUMBER = re.compile(r"-[0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wrapper:
    """The options of a wrapper. `values` take a word, `flags` none, `attached` one only in the same word.

    `skipped`: words of its own between its options and the command. `scripts`: options whose value is a script.
    """

    values: frozenset[str] = field(default_factory=frozenset)
    flags: frozenset[str] = field(default_factory=frozenset)
    attached: frozenset[str] = field(default_factory=frozenset)
    scripts: frozenset[str] = field(default_factory=frozenset)
    skipped: int = 0


def _wrapper(values: str = "", flags: str = "", *, attached: str = "", scripts: str = "", skipped: int = 0) -> _Wrapper:
    return _Wrapper(
        values=frozenset(values.split()),
        flags=frozenset(flags.split()),
        attached=frozenset(attached.split()),
        scripts=frozenset(scripts.split()),
        skipped=skipped,
    )


_WRAPPERS = {
    "env": _wrapper(
        "-u --unset -C --chdir -P -a --argv0",
        "-i --ignore-environment -0 --null -v --debug -",
        attached="--block-signal --default-signal --ignore-signal",
        scripts="-S --split-string",
    ),
    "sudo": _wrapper(
        "-u --user -g --group -h --host -p --prompt -C --close-from -D --chdir -R --chroot -T --command-timeout"
        " -U --other-user -r --role -t --type",
        "-A --askpass -b --background -B --bell -E -H --set-home -i --login -k --reset-timestamp -n"
        " --non-interactive -N --no-update -P --preserve-groups -S --stdin -s --shell -v --validate",
        attached="--preserve-env",
    ),
    "doas": _wrapper("-u -C -a", "-n -s -L"),
    "pkexec": _wrapper("--user", "--disable-internal-agent --keep-cwd"),
    "su": _wrapper(
        "-g -G -s -w -T --group --shell", "- -l --login -m -p -P --pty -f", scripts="-c --command", skipped=1
    ),
    "runuser": _wrapper("-u --user -g -G -s -w", "- -l --login -m -p -P --pty -f", scripts="-c --command"),
    "xargs": _wrapper(
        "-n --max-args -I -P --max-procs -L -s --max-chars -a --arg-file -d --delimiter -E --process-slot-var -J -R -S",
        "-0 --null -p --interactive -r --no-run-if-empty -t --verbose -x --exit -o --open-tty --show-limits",
        attached="-i -e -l --replace --eof --max-lines",
    ),
    "parallel": _wrapper("-j --jobs -a -I --joblog --results --workdir -S", "-k -v -q -X -m --dry-run --bar --verbose"),
    "nohup": _wrapper(),
    "timeout": _wrapper("-s --signal -k --kill-after", "--foreground -f --preserve-status -p -v --verbose", skipped=1),
    "gtimeout": _wrapper("-s --signal -k --kill-after", "--foreground --preserve-status -v --verbose", skipped=1),
    "nice": _wrapper("-n --adjustment"),
    "ionice": _wrapper("-c --class -n --classdata", "-t --ignore"),
    "chrt": _wrapper("-T -P -D", "-b -f -i -o -r -d -R -a", skipped=1),
    "taskset": _wrapper("", "-a --all-tasks -c --cpu-list", skipped=1),
    "time": _wrapper("-f --format -o --output", "-p --portability -a --append -v --verbose -q --quiet -l -h"),
    "command": _wrapper("", "-p"),
    "builtin": _wrapper(),
    "exec": _wrapper("-a", "-c -l"),
    "coproc": _wrapper(),
    "stdbuf": _wrapper("-i --input -o --output -e --error"),
    "unbuffer": _wrapper("", "-p"),
    "setsid": _wrapper("", "-c --ctty -f --fork -w --wait"),
    "setarch": _wrapper("", "-R -B -L -v", skipped=1),
    "chroot": _wrapper("--userspec --groups", "--skip-chdir", skipped=1),
    "flock": _wrapper(
        "-w --timeout -E --conflict-exit-code",
        "-s --shared -x -e --exclusive -u --unlock -n --nonblock -o --close -F --no-fork --verbose",
        scripts="-c --command",
        skipped=1,
    ),
    "script": _wrapper("-o -E -I -O -B -m -T -t", "-a -e -f -q --quiet", scripts="-c --command", skipped=1),
    "strace": _wrapper("-o -e -p -s -u -E -P -a -b -I -O -S -X", "-f -ff -c -C -d -q -r -t -tt -T -v -x -y"),
    "ltrace": _wrapper("-o -e -p -s -u -a -l -n", "-f -c -C -i -r -S -t -T"),
    "watch": _wrapper("-n --interval", "-b -c -d -e -g -p -t -x --beep --color --errexit --chgexit --no-title --exec"),
    "ssh": _wrapper(
        "-b -c -D -E -e -F -I -i -J -L -l -m -O -o -p -Q -R -S -W -w",
        "-4 -6 -A -a -C -f -g -K -k -M -N -n -q -s -T -t -tt -V -v -vv -X -x -Y -y",
        skipped=1,
    ),
    "eval": _wrapper(),
    "busybox": _wrapper(),
    "toybox": _wrapper(),
    "caffeinate": _wrapper("-t -w", "-d -i -m -s -u"),
    "fakeroot": _wrapper("-l -s -i -b", "-u"),
    "firejail": _wrapper("", "--quiet --noprofile"),
    "dbus-run-session": _wrapper("--config-file --dbus-daemon"),
    "systemd-run": _wrapper(
        "-p --property -u --unit -H -M -E --setenv --description", "--user --scope --wait -t -P -q"
    ),
    "unshare": _wrapper("-S -G --setuid --setgid -w -R", "-m -n -p -u -U -i -C -T -f --fork -r --map-root-user"),
    "nsenter": _wrapper("-t --target -S -G", "-a --all -F"),
    "catchsegv": _wrapper(),
    "xvfb-run": _wrapper("-n -e -f -p -s -w --server-args", "-a --auto-servernum"),
}
WRAPPERS = frozenset({*_WRAPPERS, *SHELLS, "find", "fd", "fdfind", "trap", "alias", "git"})
"""Programs whose words may hold another program's."""


def program_name(word: str) -> str:
    """A program as rules name it: without its folder. Case and `.exe` do not make another program of it."""
    name = word.rstrip("/").rsplit("/", 1)[-1].lower()
    return name.removesuffix(".exe")


def inner_commands(words: tuple[str, ...], fed: str) -> list[Inner]:
    """What a command runs besides itself, one step deep.

    Args:
        words: A simple command, its words unquoted, without assignments.
        fed: What is known of its input: a here-document, or what `echo` prints into it. Empty: nothing.
    """
    name, arguments = program_name(words[0]), words[1:]
    if name in SHELLS:
        return _of_shell(words[0], arguments, fed)
    if name in {"find", "fd", "fdfind"}:
        return _of_find(arguments)
    if name == "git":
        return run_by_git(arguments)
    if name == "trap":
        return [Inner(script=word) for word in arguments[:1] if not word.startswith("-")]
    if name == "alias":
        return [Inner(script=word.split("=", 1)[1]) for word in arguments if "=" in word]
    wrapper = _WRAPPERS.get(name)
    if wrapper is None or (name == "command" and arguments[:1] and arguments[0] in {"-v", "-V"}):
        return []
    found = _of_wrapper(wrapper, arguments)
    if name == "watch" and "-x" in arguments:
        return found
    if name in _JOINED:
        return [_joined(inner) for inner in found]
    if name in {"xargs", "parallel"} and fed:
        return [Inner(words=inner.words + tuple(fed.split()), is_guess=inner.is_guess) for inner in found]
    if name in {"su", "runuser", "sudo"} and fed and not found:
        return [Inner(script=fed)]
    return found


def _of_shell(shell: str, arguments: tuple[str, ...], fed: str) -> list[Inner]:
    """The script of a shell: of `-c`, else its input. A script in a file is not read."""
    is_script = False
    at = 0
    while at < len(arguments):
        word = arguments[at]
        if word in {"-", "--"} or not word.startswith(("-", "+")):
            at += word in {"-", "--"}
            break
        at += 1
        if word.startswith("--"):
            at += word in {"--rcfile", "--init-file"}
            continue
        is_script = is_script or (word[0] == "-" and "c" in word)
        at += ("o" in word or "O" in word) and not is_script_option(word)
    rest = arguments[at:]
    if is_script:
        return [Inner(script=rest[0], arguments=rest[1:] or (shell,))] if rest else []
    if not rest or "-s" in arguments:
        return [Inner(script=fed, arguments=(shell, *rest))] if fed else []
    return []


def is_script_option(word: str) -> bool:
    """`-oc` and the like: `o` takes the word after the script, which changes nothing that is looked at here."""
    return "c" in word and "o" in word


def _of_find(arguments: tuple[str, ...]) -> list[Inner]:
    found: list[Inner] = []
    at = 0
    while at < len(arguments):
        word = arguments[at]
        at += 1
        if word in _FIND_RUNS or word in {"-x", "--exec", "-X", "--exec-batch"}:
            end = next((i for i in range(at, len(arguments)) if arguments[i] in {";", "+"}), len(arguments))
            if end > at:
                found.append(Inner(words=arguments[at:end]))
            at = end
    return found


def _of_wrapper(wrapper: _Wrapper, arguments: tuple[str, ...]) -> list[Inner]:
    """The command behind a wrapper's own options, and the scripts in these."""
    scripts: list[Inner] = []
    at = 0
    while at < len(arguments) and arguments[at].startswith("-"):
        word = arguments[at]
        at += 1
        if word == "--":
            break
        option, value = _split_option(word, wrapper)
        if option in wrapper.scripts or option in wrapper.values:
            if value is None:
                value = arguments[at] if at < len(arguments) else ""
                at += 1
            if option in _WHOLE_LINE and option in wrapper.scripts:
                return [Inner(script=" ".join([value, *arguments[at:]]))]
            if option in wrapper.scripts:
                scripts.append(Inner(script=value))
        elif not option:
            return [*scripts, Inner(words=arguments[at:], is_guess=True)] if at < len(arguments) else scripts
    rest = arguments[at:]
    while rest and _ASSIGNMENT.match(rest[0]):
        rest = rest[1:]
    # the options may also stand behind the wrapper's own words: `flock file -c script`
    late = [
        Inner(script=rest[i + 1])
        for i, word in enumerate(rest[:-1])
        if i <= wrapper.skipped and word in wrapper.scripts
    ]
    rest = rest[wrapper.skipped :]
    while rest and _ASSIGNMENT.match(rest[0]):
        rest = rest[1:]
    if late or scripts:
        return [*scripts, *late]
    return [Inner(words=rest)] if rest else []


_WHOLE_LINE = frozenset({"-S", "--split-string"})
"""Of `env`: the value becomes words, and the words after it belong to the same command."""


def _split_option(word: str, wrapper: _Wrapper) -> tuple[str, str | None]:
    """The option that decides about the next word, and its value when that is in the same word. "" is not known."""
    known = wrapper.values | wrapper.flags | wrapper.attached | wrapper.scripts
    name, equals, value = word.partition("=")
    if word in known:
        return word, None
    if name.startswith("--"):
        fitting = sorted(option for option in known if option.startswith(name))
        exact = name if name in known else fitting[0] if len(fitting) == 1 else ""
        return exact, value if equals else None
    if _NUMBER.fullmatch(word):
        return word, None
    for position, letter in enumerate(word[1:], start=1):
        option = f"-{letter}"
        if option in wrapper.values or option in wrapper.scripts:
            return option, word[position + 1 :] or None
        if option in wrapper.attached:
            return option, None
        if option not in wrapper.flags:
            return "", None
    return word, None


def _joined(inner: Inner) -> Inner:
    return inner if inner.script else Inner(script=" ".join(inner.words))
