"""Settings of a clone: each function changes what is not yet so, and says what it found."""

import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from stages.files import UserError

# The driver that .gitattributes names: git runs the command, which leaves our side as it is.
DRIVER = "merge.regenerated.driver"
NAME = "merge.regenerated.name"
SETTINGS = {DRIVER: "true", NAME: "keep our side, for dvc repro to make it right"}
REMOTE = "storage"


def merge_driver() -> str:
    """Define in this clone's git config the driver that .gitattributes names."""
    wanted = {key: value for key, value in SETTINGS.items() if _config(key) != value}
    for key, value in wanted.items():
        _git("config", "--local", key, value)
    state = "set in this clone" if wanted else "already so"
    return f"merges keep our side of dvc.lock and of the generated reports: {state}"


def _config(key: str) -> str | None:
    done = _git("config", "--local", "--get", key, known=(0, 1))
    return done.removesuffix("\n") if done else None


def _git(*command: str, known: tuple[int, ...] = (0,)) -> str:
    try:
        done = subprocess.run(["git", *command], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise UserError("expected git on the PATH") from None
    if done.returncode not in known:
        raise UserError(f"git {command[0]}: {done.stderr.strip():.200}")
    return done.stdout


def remote(url: str) -> str:
    """Make `url` the default remote in .dvc/config, which git tracks: one commit gives it to all.

    Credentials are everyone's own: in the environment, or by `dvc remote modify --local`. Raises
    UserError for a URL that carries one, and for one that DVC does not know.
    """
    from dvc.config import Config, ConfigError

    parts = urlsplit(url)
    if parts.password is not None or parts.query:
        raise UserError(
            "--remote: expected a URL without password or token, since .dvc/config is committed; "
            f"give it by the environment or `dvc remote modify --local {REMOTE} ...`"
        )
    if not url.strip():
        raise UserError(f"--remote: expected a URL or a folder. Received: {url!r}")
    try:
        config = Config.from_cwd(validate=False)
        present = config.load_one("repo")
        before = present["remote"].get(REMOTE, {}).get("url")
        same = before is not None and _whole(before) == _whole(url)
        if same and present["core"].get("remote") == REMOTE:
            return f"DVC remote {REMOTE}, {url}: already so"
        with config.edit("repo") as content:
            content["remote"].setdefault(REMOTE, {})["url"] = url
            content["core"]["remote"] = REMOTE
    except ConfigError as error:
        raise UserError(f"--remote: {' '.join(str(error).split()):.200}") from None
    was = "" if same or before is None else f" (it was {before})"
    return f"DVC remote {REMOTE}, {url}{was}: set in .dvc/config; commit it"


def _whole(url: str) -> str:
    """A folder's path from the root: DVC writes it relative to .dvc/, and reads it so."""
    return url if "://" in url else str(Path(url).resolve())
