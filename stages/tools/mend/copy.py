"""A copy of the workspace in which the pipeline runs, and how commits and experiments come back.

The copy is a git clone with what is not committed copied in, below .dvc/tmp, where DVC keeps its
temporary experiments too. It shares the workspace's DVC cache: what the workspace has run is not
run again, and what the copy has run need not be run in the workspace.
"""

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from stages.lib.core.errors import UserError
from stages.tools.dvc_command import dvc, git

FOLDER = Path(".dvc/tmp/mend")
# Other pipelines of the repository were not run, and stay as they are.
PIPELINE = "dvc.yaml"
# What a run reads and git need not have: a user's table, models and weights.
INPUTS = ("data/inputs", "data/programs", "data/initial_weights")
IDENTITY = ("user.name", "user.email")


@dataclass(frozen=True)
class Copy:
    """The copy. folder: its place of the workspace, absolute."""

    folder: Path

    def repro(self) -> None:
        """Run what changed. Raises UserError with the first error of a stage or of DVC."""
        dvc("repro", PIPELINE, folder=self.folder)

    @property
    def is_changed(self) -> bool:
        """Whether a file that git tracks differs from the last commit."""
        return bool(git("status", "--porcelain", "--untracked-files=no", folder=self.folder))

    def commit(self, message: str) -> None:
        """Commit what git tracks, and move the workspace on to that commit.

        Raises:
            UserError: the workspace has changed meanwhile, so that it cannot be moved on.
        """
        git("commit", "--quiet", "--all", "--message", message, folder=self.folder)
        git("fetch", "--quiet", str(self.folder), "HEAD")
        git("merge", "--quiet", "--ff-only", "FETCH_HEAD")
        dvc("checkout", "--quiet", PIPELINE)

    def save_experiment(self, name: str) -> None:
        """Keep the state of the copy as a DVC experiment of the workspace's commit; one of this
        name is replaced."""
        dvc("exp", "save", "--force", "--name", name, PIPELINE, folder=self.folder)
        refs = git("for-each-ref", "--format=%(refname)", "refs/exps", folder=self.folder).split()
        [ref] = [ref for ref in refs if ref.endswith(f"/{name}")]
        git("fetch", "--quiet", str(self.folder), f"+{ref}:{ref}")


def check_clean() -> None:
    """Raise UserError where a file that git tracks differs from the last commit, or is staged: what
    is kept would mix with it; and where git knows no author for a commit."""
    changed = git("status", "--porcelain", "--untracked-files=no", ".").splitlines()
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise UserError(
            "--apply",
            "no uncommitted or staged changes",
            f"{changed[0][3:]}{more}",
            "commit or stash them, or leave --apply out",
        )
    try:
        git("var", "GIT_COMMITTER_IDENT")
    except UserError:
        raise UserError(
            "--apply", "a name and an address for commits: git config user.name, user.email"
        ) from None


@contextlib.contextmanager
def copied() -> Iterator[Copy]:
    """The copy, as long as the block lasts.

    Raises:
        UserError: there is no repository with a commit and DVC here, or another copy is in use.
    """
    try:
        commit = git("rev-parse", "--verify", "--quiet", "HEAD").strip()
        prefix = git("rev-parse", "--show-prefix").strip()
        cache = dvc("cache", "dir").strip()
    except UserError as error:
        raise error.with_hint("run it in a git repository with a commit and DVC") from None
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{FOLDER}.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise UserError("", "no other mend to run in this folder", "one that still runs") from None
    try:
        _remove()  # what a killed one left
        yield Copy(_made(commit, prefix, cache))
    finally:
        _remove()
        lock.release()


def _made(commit: str, prefix: str, cache: str) -> Path:
    """Make the copy. prefix: the workspace's place in its repository, '' or with a slash at its
    end."""
    root = Path(git("rev-parse", "--show-toplevel").strip())
    git("clone", "--quiet", "--shared", "--no-checkout", str(root), str(FOLDER))
    clone = FOLDER.resolve()
    git("checkout", "--quiet", "--detach", commit, folder=clone)
    for key in IDENTITY:
        with contextlib.suppress(UserError):  # where it is not set, git finds another, or none
            git("config", key, git("config", key).strip(), folder=clone)
    changed = git("diff", "--name-only", "-z", "HEAD", folder=root).split("\0")
    untracked = git("ls-files", "--others", "--exclude-standard", "-z", folder=root).split("\0")
    for name in filter(None, [*changed, *untracked]):
        _take(root / name, clone / name)
    folder = clone / prefix
    for inputs in INPUTS:
        for file in Path(inputs).rglob("*"):
            if not (folder / file).exists():
                _take(file, folder / file)
    local = Path(".dvc/config.local")
    if local.is_file():
        shutil.copy2(local, folder / local)
    dvc("config", "--quiet", "--local", "cache.dir", cache, folder=folder)
    return folder


def _take(file: Path, target: Path) -> None:
    """Have this file in the copy too, or neither."""
    if file.is_dir() and not file.is_symlink():
        return
    target.unlink(missing_ok=True)
    if not file.exists() and not file.is_symlink():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if file.is_symlink():
        target.symlink_to(file.readlink())
    else:
        shutil.copy2(file, target)


def _remove() -> None:
    """Remove the copy; DVC's cache has files that may not be written."""
    shutil.rmtree(FOLDER, ignore_errors=True)
