"""What a person reviews: the summary of two commits, and one file's patch."""

import asyncio
import time

import pytest

from codex_orch_tui.domain.review import ChangeStatus, EntryKind, LineKind, leaves_tree, watched_reason
from codex_orch_tui.gitrepo import diff as diff_module
from codex_orch_tui.gitrepo.diff import Reviews
from codex_orch_tui.gitrepo.errors import GitError
from codex_orch_tui.gitrepo.patch import PatchLimits, parse_hunks
from codex_orch_tui.gitrepo.repository import Repository


@pytest.fixture
async def reviews(person) -> Reviews:
    return Reviews(await Repository.open(person.path))


async def test_every_kind_of_change(person, reviews, tmp_path):
    base = person.commit(
        {
            "gone.txt": "quite another text\n",
            "old name.py": "".join(f"line {n}\n" for n in range(30)),
            "tool.sh": "echo\n",
            "image.png": b"\x89PNG\0" + b"a" * 100,
            "kind": "file\n",
        }
    )
    (person.path / "old name.py").rename(person.path / "new name.py")
    with (person.path / "new name.py").open("a") as file:
        file.write("one more\n")
    (person.path / "gone.txt").unlink()
    (person.path / "tool.sh").chmod(0o755)
    (person.path / "kind").unlink()
    (person.path / "kind").symlink_to("/etc/hostname")
    person.write("image.png", b"\x89PNG\0" + b"b" * 300)
    person.write("README.md", "hello\nworld\n")
    tip = person.commit({"added.txt": "1\n2\n3\n"})
    summary = await reviews.summary(base, tip)
    files = {change.path: change for change in summary.files}
    assert {path: change.status for path, change in files.items()} == {
        "README.md": ChangeStatus.MODIFIED,
        "added.txt": ChangeStatus.ADDED,
        "gone.txt": ChangeStatus.DELETED,
        "image.png": ChangeStatus.MODIFIED,
        "kind": ChangeStatus.TYPE_CHANGED,
        "new name.py": ChangeStatus.RENAMED,
        "tool.sh": ChangeStatus.MODIFIED,
    }
    assert files["new name.py"].old_path == "old name.py"
    assert (files["new name.py"].insertions, files["new name.py"].deletions) == (1, 0)
    assert (files["added.txt"].insertions, files["added.txt"].deletions) == (3, 0)
    assert files["tool.sh"].is_mode_only
    assert files["tool.sh"].new_kind is EntryKind.EXECUTABLE
    image = files["image.png"]
    assert (image.is_binary, image.old_size_bytes, image.new_size_bytes) == (True, 105, 305)
    assert files["kind"].symlink_target == "/etc/hostname"
    assert files["kind"].points_outside
    assert summary.file_count == summary.totals.files == 7
    assert summary.totals.insertions == 1 + 3 + 1 + 1
    assert [commit.id for commit in summary.commits] == [tip]
    notes = {path: (await reviews.file_patch(change)).note for path, change in files.items()}
    assert notes["tool.sh"] == "only the mode changed: file → executable"
    assert notes["image.png"] == "binary: 105 bytes → 305 bytes"


async def test_the_base_is_not_moved_by_what_it_got_meanwhile(person, reviews):
    base = person.tip()
    person.git("checkout", "-q", "-b", "task")
    tip = person.commit({"a": "1\n"})
    person.git("checkout", "-q", "main")
    person.commit({"b": "1\n"})
    assert [change.path for change in (await reviews.summary(base, tip)).files] == ["a"]


async def test_nothing(person, reviews):
    summary = await reviews.summary(person.tip(), person.tip())
    assert (summary.files, summary.file_count) == ((), 0)
    assert summary.commits == ()
    with pytest.raises(GitError):
        await reviews.summary(person.tip(), "f" * 40)


async def test_commits_with_trailers_and_hostile_texts(person, reviews):
    base = person.tip()
    person.write("a")
    person.git("add", "-A")
    person.git(
        "commit",
        "-q",
        "-m",
        "sub\x1b]52;c;eA==\x07ject\n\nbody\n\nOrch-Run: r1\nCodex-Thread: t9",
        "--author=Eve\x1b[2J <e@e>",
    )
    (commit,) = (await reviews.summary(base, person.tip())).commits
    assert commit.trailers == (("Orch-Run", "r1"), ("Codex-Thread", "t9"))
    assert commit.parents == (base,)
    assert not any("\x1b" in text or "\x07" in text for text in (commit.subject, commit.body, commit.author))


async def test_more_commits_than_are_listed(person, reviews, monkeypatch):
    base = person.tip()
    for number in range(4):
        person.commit({"n": f"{number}\n"})
    repo = reviews._repo
    with repo.clean() as clean:
        commits, count = await diff_module.commits_between(repo.git, clean, base, person.tip(), limit=2)
    assert (len(commits), count) == (2, 4)


async def test_line_numbers_and_sections(person, reviews):
    body = "".join(f"    line {n}\n" for n in range(1, 41))
    base = person.commit({"f.py": "def top():\n" + body})
    changed = body.replace("    line 10\n", "ten\n    ten and a half\n").replace("    line 30\n", "")
    tip = person.commit({"f.py": "def top():\n" + changed})
    (change,) = (await reviews.summary(base, tip)).files
    patch = await reviews.file_patch(change)
    first, second = patch.hunks
    assert (first.old_start, first.old_count, first.new_start, first.new_count) == (8, 7, 8, 8)
    assert [(line.kind, line.old_no, line.new_no, line.text) for line in first.lines][3:6] == [
        (LineKind.REMOVED, 11, None, "    line 10"),
        (LineKind.ADDED, None, 11, "ten"),
        (LineKind.ADDED, None, 12, "    ten and a half"),
    ]
    assert second.section == "def top():"
    assert [(line.old_no, line.new_no) for line in second.lines if line.kind is LineKind.REMOVED] == [(31, None)]
    assert not patch.is_cut
    assert patch.note == ""
    assert (change.insertions, change.deletions) == (2, 2)


async def test_added_deleted_and_unfinished_last_lines(person, reviews):
    base = person.commit({"gone": "a\nb\n"})
    tip = person.commit({"gone": None, "new": "x\ny", "blank": "", "lines": "\n\n"})
    files = {change.path: change for change in (await reviews.summary(base, tip)).files}
    new = await reviews.file_patch(files["new"])
    assert [(line.kind, line.new_no, line.text) for line in new.hunks[0].lines] == [
        (LineKind.ADDED, 1, "x"),
        (LineKind.ADDED, 2, "y"),
        (LineKind.NOTE, None, "No newline at end of file"),
    ]
    gone = await reviews.file_patch(files["gone"])
    assert [(line.kind, line.old_no) for line in gone.hunks[0].lines] == [(LineKind.REMOVED, 1), (LineKind.REMOVED, 2)]
    assert (await reviews.file_patch(files["blank"])).note == "the file is empty"
    assert (await reviews.file_patch(files["lines"])).line_count == 2


async def test_control_characters_and_markup_in_names_and_lines(person, reviews):
    base = person.tip()
    tip = person.commit(
        {"a\x1b]0;x\x07[/].txt": "\x1b[31mred\x9b\n\ttab\n[/]\nbidi \u202e x\n\xff".encode("latin-1", "replace")}
    )
    (change,) = (await reviews.summary(base, tip)).files
    patch = await reviews.file_patch(change)
    texts = [change.path, *(line.text for line in patch.hunks[0].lines)]
    assert not any(char in text for text in texts for char in "\x1b\x07\x9b\u202e\t\n")
    assert "[/]" in texts[3]


async def test_submodules_are_shown_and_not_entered(person, reviews):
    base = person.tip()
    first, second = "1" * 40, "2" * 40
    person.git("update-index", "--add", "--cacheinfo", f"160000,{first},lib")
    person.git("commit", "-q", "-m", "add")
    middle = person.tip()
    person.git("update-index", "--add", "--cacheinfo", f"160000,{second},lib")
    person.git("commit", "-q", "-m", "move")
    (added,) = (await reviews.summary(base, middle)).files
    (moved,) = (await reviews.summary(middle, person.tip())).files
    assert added.new_kind is EntryKind.SUBMODULE
    lines = (await reviews.file_patch(moved)).hunks[0].lines
    assert [line.text for line in lines] == [f"submodule commit {first}", f"submodule commit {second}"]
    assert (await reviews.file_patch(added)).note == "absent → submodule"


async def test_a_symlink_shows_its_target_and_is_not_followed(person, reviews, tmp_path):
    (tmp_path / "secret").write_text("secret text\n")
    base = person.tip()
    (person.path / "link").symlink_to(tmp_path / "secret")
    (change,) = (await reviews.summary(base, person.commit())).files
    assert change.symlink_target == str(tmp_path / "secret")
    assert change.points_outside
    patch = await reviews.file_patch(change)
    assert [line.text for line in patch.hunks[0].lines if line.kind is LineKind.ADDED] == [str(tmp_path / "secret")]


async def test_one_very_long_line(person, reviews):
    base = person.commit({"a.json": "{}\n"})
    tip = person.commit({"a.json": b"x" * 50_000_000, "b.json": b"y" * 50_000_000})
    began = time.monotonic()
    summary = await reviews.summary(base, tip)
    assert time.monotonic() - began < 2
    changed, added = summary.files
    assert (changed.is_binary, changed.new_size_bytes) == (True, 50_000_000)
    began = time.monotonic()
    first, second = await asyncio.gather(reviews.file_patch(changed), reviews.file_patch(added))
    assert time.monotonic() - began < 2
    assert first.note == "too large to compare line by line: 3 bytes → 50.0 MB"
    assert second.is_cut
    assert len(second.hunks[0].lines[0].text) < 3_000
    assert "50.0 MB" in second.note


async def test_a_line_below_the_large_limit_is_shortened(person, reviews):
    base = person.commit({"a.json": "{}\n"})
    (change,) = (await reviews.summary(base, person.commit({"a.json": "ä" * 500_000 + "\n"}))).files
    patch = await reviews.file_patch(change)
    assert change.insertions == 1
    longest = max(len(line.text) for line in patch.hunks[0].lines)
    assert longest < 2_100


async def test_a_file_of_very_many_lines_is_cut(person, reviews):
    base = person.tip()
    tip = person.commit({"big.txt": "".join(f"{n}\n" for n in range(300_000))})
    (change,) = (await reviews.summary(base, tip)).files
    assert change.insertions == 300_000
    patch = await reviews.file_patch(change, limits=PatchLimits(max_lines=100))
    assert patch.line_count == 100
    assert patch.note == "the first 100 lines of +300,000 -0"
    assert patch.hunks[0].new_count == 300_000


async def test_very_many_files_are_counted_and_the_first_are_listed(person, reviews, monkeypatch):
    monkeypatch.setattr(diff_module, "MAX_FILES", 20)
    base = person.tip()
    tip = person.commit({f"d/{n:03}": f"{n}\n" for n in range(50)})
    summary = await reviews.summary(base, tip)
    assert (len(summary.files), summary.file_count, summary.omitted_files) == (20, 50, 30)
    assert summary.totals.insertions == 50


async def test_files_stay_complete_when_counting_takes_too_long(person, reviews, monkeypatch):
    base = person.tip()
    tip = person.commit({f"d/{n:03}": f"{n}\n" for n in range(50)})
    real = reviews._repo.git.run

    async def run(place, *args, **options):
        result = await real(place, *args, **options)
        if "--numstat" not in args:
            return result
        raw = result.stdout[: result.stdout.rindex(b":")]
        return type(result)(stdout=raw + b":100644 cut", stderr="", exit_code=-15, is_cut=True)

    reviews._repo.git.run = run
    summary = await reviews.summary(base, tip)
    assert not summary.counts_known
    assert summary.file_count == 49
    assert all(change.insertions is None and not change.is_binary for change in summary.files)


async def test_a_thousand_files_are_quick(person, reviews):
    base = person.commit({f"pkg{n % 40}/f{n}.py": f"a = {n}\n" * 40 for n in range(1_000)})
    tip = person.commit({f"pkg{n % 40}/f{n}.py": f"a = {n}\n" * 39 + "b\n" for n in range(1_000)})
    await reviews.summary(base, base)
    began = time.monotonic()
    summary = await reviews.summary(base, tip)
    took_s = time.monotonic() - began
    assert summary.totals.files == summary.totals.insertions == 1_000
    assert took_s < 0.5
    began = time.monotonic()
    await reviews.file_patch(summary.files[500])
    assert time.monotonic() - began < 0.3


def test_a_patch_that_looks_like_headers():
    head = b"diff --git a/1 b/2\n--- a/1\n+++ b/2\n@@ -1,3 +1,2 @@\n"
    patch = head + b"--- x\n-@@ -9 +9 @@\n+++ y\n c\n\\ No newline at end of file\n"
    hunks, is_cut = parse_hunks(patch, PatchLimits())
    assert not is_cut
    assert [(line.kind, line.text) for line in hunks[0].lines] == [
        (LineKind.REMOVED, "-- x"),
        (LineKind.REMOVED, "@@ -9 +9 @@"),
        (LineKind.ADDED, "++ y"),
        (LineKind.CONTEXT, "c"),
        (LineKind.NOTE, "No newline at end of file"),
    ]
    assert parse_hunks(b"", PatchLimits()) == ((), False)


@pytest.mark.parametrize(
    ("path", "is_watched"),
    [
        (".gitattributes", True),
        ("sub/.gitattributes", True),
        (".github/workflows/x.yml", True),
        (".github/CODEOWNERS", False),
        ("docs/AGENTS.md", True),
        ("a/.husky/pre-commit", True),
        ("Jenkinsfile", True),
        ("sub/Jenkinsfile", False),
        ("src/app.py", False),
        (".codex", False),
    ],
)
def test_watched_files(path, is_watched):
    assert bool(watched_reason(path)) is is_watched


@pytest.mark.parametrize(
    ("link", "target", "leaves"),
    [
        ("a", "/x", True),
        ("a", "../x", True),
        ("d/a", "../x", False),
        ("d/a", "../../x", True),
        ("a", "b/../../x", True),
    ],
)
def test_symlinks_that_leave(link, target, leaves):
    assert leaves_tree(link, target) is leaves
