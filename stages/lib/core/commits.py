"""Files as a commit has them, without checking it out."""

import re
import subprocess
from pathlib import Path

from stages.lib.core.errors import UserError, missing, shown

PROFILE = "reports/data.json"


def tracked(revision: str | None, path: str) -> bytes:
    """A tracked file's bytes at a commit, or in the working tree (None).

    Raises UserError outside a repository, for what is no commit, and where the file is missing.
    """
    if revision is None:
        if not Path(path).is_file():
            raise missing(path)
        return Path(path).read_bytes()
    # What begins with a dash would be an option of git's.
    if git("rev-parse", "--git-dir") is None:
        raise UserError("", "to run in a git repository")
    name = f"{revision}^{{commit}}"
    commit = (git("rev-parse", "--verify", "--quiet", "--end-of-options", name) or b"").decode()
    if not re.fullmatch(r"[0-9a-f]{40,64}\n", commit):
        raise UserError("", "a commit, branch or tag", shown(revision))
    entry = git("ls-tree", commit.strip(), f"./{path}") or b""
    if not entry.startswith(b"100"):  # the mode of a regular file
        raise UserError(revision, f"{path} in this commit", "none")
    return git("cat-file", "blob", entry.split()[2].decode()) or b""


def profile(revision: str | None) -> bytes:
    """The profile of the data likewise, empty where there is none."""
    try:
        return tracked(revision, PROFILE)
    except UserError:
        return b""


def git(*command: str) -> bytes | None:
    """What git says, or None when it fails."""
    try:
        done = subprocess.run(["git", *command], capture_output=True, check=False)
    except FileNotFoundError:
        raise UserError("", "git on the PATH") from None
    return done.stdout if done.returncode == 0 else None
