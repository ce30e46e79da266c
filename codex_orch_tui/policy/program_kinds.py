"""What the usual programs do, for the eyes of a person: how much a yes could do, and why.

Nothing is accepted on the strength of these lists; a program that is not in them is simply not known.
"""

from dataclasses import dataclass
from enum import Enum

from codex_orch_tui.domain.approval import Risk
from codex_orch_tui.policy.wrappers import SHELLS


class ProgramKind(Enum):
    """What a program does: how much that may do, and a remark for beside its name."""

    READS = (Risk.LOW, "only reads")
    SHELL_OWN = (Risk.LOW, "the shell's own")
    WRITES = (Risk.MEDIUM, "writes files")
    DELETES = (Risk.HIGH, "deletes or overwrites")
    NETWORK = (Risk.MEDIUM, "uses the network")
    INSTALLS = (Risk.HIGH, "fetches code from the network and runs it")
    REPOSITORY_CODE = (Risk.MEDIUM, "runs code of the repository")
    INTERPRETER = (Risk.MEDIUM, "runs any code that it is given")
    ANOTHER_USER = (Risk.HIGH, "runs as another user")
    WRAPPER = (Risk.MEDIUM, "runs another program")
    SYSTEM = (Risk.HIGH, "changes the machine or its programs")
    CONTAINERS = (Risk.HIGH, "commands containers or a cluster")
    UNKNOWN = (Risk.MEDIUM, "not known")

    def __init__(self, risk: Risk, note: str) -> None:
        self.risk = risk
        self.note = note


_NAMES = {
    ProgramKind.READS: (
        "ls cat head tail grep egrep fgrep rg ag ack wc stat file du df tree sort uniq cut tr diff cmp comm"
        " basename dirname realpath readlink id whoami uname hostname date cal which whereis nproc free uptime"
        " ps printenv seq column fold nl rev tac od xxd hexdump strings md5sum sha1sum sha256sum sha512sum"
        " cksum jq yq less more man locale getent lsof tput stty expr factor bat eza fd find locate"
    ),
    ProgramKind.SHELL_OWN: (
        "cd pwd echo printf true false test [ : read set shift return exit wait type hash local export"
        " declare typeset readonly unset unalias pushd popd dirs let getopts umask ulimit jobs fg bg disown"
        " history times sleep break continue shopt mapfile readarray"
    ),
    ProgramKind.WRITES: (
        "cp mv ln mkdir touch install tee chmod chown chgrp patch ed split csplit tar zip unzip gzip gunzip"
        " bzip2 xz zstd 7z cpio mktemp mkfifo setfacl xattr sed"
    ),
    ProgramKind.DELETES: ("rm rmdir unlink shred truncate dd mkfs wipefs fdisk parted srm trash blkdiscard"),
    ProgramKind.NETWORK: (
        "curl wget nc ncat netcat socat telnet ftp sftp scp rsync dig nslookup host ping traceroute gh hub"
        " glab aria2c http https ssh-keyscan aws gcloud az rclone whois mail sendmail"
    ),
    ProgramKind.INSTALLS: (
        "npx pnpx bunx uvx pipx apt apt-get dnf yum pacman apk brew snap flatpak gem cpan conda mamba"
    ),
    ProgramKind.REPOSITORY_CODE: (
        "make gmake cmake ninja meson bazel npm yarn pnpm bun deno pip pip3 uv poetry pdm hatch pytest tox"
        " nox coverage cargo go gradle gradlew mvn mvnw ant sbt dotnet msbuild bundle rake rails jest vitest"
        " mocha tsc eslint prettier biome vite webpack rollup esbuild pre-commit just task invoke mypy ruff"
        " black pylint flake8 isort pyright sphinx-build mkdocs composer phpunit rspec swift xcodebuild mix"
        " stack cabal zig"
    ),
    ProgramKind.INTERPRETER: (
        "python python2 python3 pypy pypy3 perl ruby node nodejs php lua luajit Rscript awk gawk mawk nawk"
        " osascript tclsh expect gdb lldb emacs vi vim nvim ex sqlite3 psql mysql m4 bc dc java groovy scala"
        " ghci irb ipython source ."
    ),
    ProgramKind.ANOTHER_USER: ("sudo doas su pkexec runuser"),
    ProgramKind.WRAPPER: (
        "env xargs parallel nohup timeout gtimeout nice ionice chrt taskset time command builtin exec coproc"
        " stdbuf unbuffer setsid setarch chroot flock script strace ltrace watch ssh eval busybox toybox"
        " caffeinate fakeroot firejail dbus-run-session systemd-run unshare nsenter xvfb-run trap alias"
        " catchsegv"
    ),
    ProgramKind.SYSTEM: (
        "systemctl service launchctl crontab at batch kill killall pkill mount umount iptables nft ufw"
        " useradd usermod userdel groupadd passwd chsh visudo reboot shutdown halt poweroff sysctl modprobe"
        " insmod defaults loginctl journalctl ip ifconfig route gpg gpg-agent ssh-add ssh-keygen security"
        " keychain xdg-open open"
    ),
    ProgramKind.CONTAINERS: ("docker podman nerdctl kubectl helm terraform ansible ansible-playbook vagrant virsh lxc"),
}
_KINDS = {name: kind for kind, names in _NAMES.items() for name in names.split()}
_KINDS.update(dict.fromkeys(SHELLS, ProgramKind.INTERPRETER))
_KINDS["env"] = ProgramKind.WRAPPER


@dataclass(frozen=True, slots=True)
class GitKind:
    """What a sub-command of git does."""

    risk: Risk
    note: str


_GIT_READS = GitKind(Risk.LOW, "only reads")
_GIT_WRITES = GitKind(Risk.MEDIUM, "changes the repository")
_GIT_DELETES = GitKind(Risk.HIGH, "throws work away that may be nowhere else")
_GIT_NETWORK = GitKind(Risk.MEDIUM, "uses the network")
_GIT_SENDS = GitKind(Risk.HIGH, "sends work to a remote")
_GIT_RUNS = GitKind(Risk.HIGH, "runs other commands")
_GIT_UNKNOWN = GitKind(Risk.MEDIUM, "a sub-command that is not known")

_GIT_NAMES = {
    _GIT_READS: (
        "status log diff show blame annotate rev-parse rev-list ls-files ls-tree grep describe shortlog cat-"
        " file for-each-ref show-ref merge-base name-rev count-objects diff-tree diff-files diff-index"
        " whatchanged version help check-ignore check-attr cherry range-diff var show-branch verify-commit"
        " fsck"
    ),
    _GIT_WRITES: (
        "add commit merge rebase cherry-pick revert am apply config init mv tag branch notes stash switch"
        " bundle worktree sparse-checkout update-index commit-tree write-tree read-tree hash-object symbolic-"
        " ref remote format-patch mktag mktree pack-objects repack maintenance replace rerere"
    ),
    _GIT_DELETES: (
        "clean reset checkout restore rm gc prune reflog update-ref filter-branch filter-repo checkout-index"
    ),
    _GIT_NETWORK: ("fetch pull clone ls-remote fetch-pack archive request-pull"),
    _GIT_SENDS: ("push send-pack http-push send-email svn p4"),
    _GIT_RUNS: ("submodule bisect difftool mergetool for-each-repo daemon instaweb credential"),
}
_GIT_KINDS = {name: kind for kind, names in _GIT_NAMES.items() for name in names.split()}
_DELETING_WORDS = frozenset({"-D", "--delete", "-d", "drop", "clear", "remove", "prune", "--hard", "--force", "-f"})


def program_kind(name: str) -> ProgramKind:
    """The kind of a program, by its name without a folder.

    Args:
        name: As `wrappers.program_name` gives it.
    """
    kind = _KINDS.get(name)
    if kind is None and name.startswith(("python3.", "python2.", "pypy3.", "perl5", "ruby3", "mkfs.")):
        return ProgramKind.DELETES if name.startswith("mkfs.") else ProgramKind.INTERPRETER
    return kind or ProgramKind.UNKNOWN


def git_kind(words: tuple[str, ...]) -> GitKind:
    """What git would do.

    Args:
        words: The sub-command and its words; git's own options taken off.
    """
    if not words:
        return _GIT_READS
    kind = _GIT_KINDS.get(words[0], _GIT_UNKNOWN)
    if kind is _GIT_WRITES and words[0] in {"branch", "tag", "stash", "worktree", "switch", "notes"}:
        if _DELETING_WORDS.intersection(words[1:]):
            return _GIT_DELETES
        if words[1:] in {
            (),
            ("list",),
            ("-a",),
            ("-v",),
            ("-vv",),
            ("--list",),
            ("-l",),
            ("--show-current",),
        } and words[0] in {"branch", "tag", "worktree", "notes"}:
            return _GIT_READS
        return _GIT_READS if words[1:2] == ("list",) else _GIT_WRITES
    if words[0] == "remote" and words[1:2] in {(), ("-v",), ("show",), ("get-url",)}:
        return _GIT_READS
    return kind
