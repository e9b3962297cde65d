"""Settings of a clone: each function changes what is not yet so, and says what it found."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from stages.lib.core.commits import git
from stages.lib.core.errors import UserError, one_line, shown
from stages.lib.params.secrets import SECRET

# The driver that .gitattributes names: git runs the command, which leaves our side as it is.
SETTINGS = {
    "merge.regenerated.driver": "true",
    "merge.regenerated.name": "keep our side, for dvc repro to make it right",
}
REMOTE = "storage"


def merge_driver() -> str:
    """Define in this clone's git config the driver that .gitattributes names."""
    wanted = {key: value for key, value in SETTINGS.items() if _config(key) != value}
    for key, value in wanted.items():
        if git("config", "--local", key, value) is None:
            raise UserError("", "a git repository whose configuration can be written")
    state = "set in this clone" if wanted else "already so"
    return f"merges keep our side of dvc.lock and of the generated reports: {state}"


def _config(key: str) -> str:
    return (git("config", "--local", "--get", key) or b"").decode().removesuffix("\n")


def remote(url: str) -> str:
    """Make `url` the default remote in .dvc/config, which git tracks: one commit gives it to all.

    Credentials are everyone's own: in the environment, or by `dvc remote modify --local`. Raises
    UserError for a URL that carries one, and for one that DVC does not know.
    """
    from dvc.config import Config, ConfigError

    _check(url)
    try:
        config = Config.from_cwd(validate=False)
        if "repo" not in config.files:
            raise UserError(
                "--remote", "a DVC repository", "no folder .dvc", "`git checkout .dvc` restores it"
            )
        present = config.load_one("repo")
        before = present["remote"].get(REMOTE, {}).get("url")
        same = before is not None and _whole(before) == _whole(url)
        if same and present["core"].get("remote") == REMOTE:
            return f"DVC remote {REMOTE}, {url}: already so"
        with config.edit("repo") as content:
            content["remote"].setdefault(REMOTE, {})["url"] = url
            content["core"]["remote"] = REMOTE
    except (ConfigError, OSError) as error:
        raise UserError("--remote", "a .dvc/config that can be edited", one_line(error)) from None
    was = "" if same or before is None else f" (it was {before})"
    return f"DVC remote {REMOTE}, {url}{was}: set in .dvc/config; commit it"


def _check(url: str) -> None:
    """Raise UserError for what .dvc/config cannot hold, or should not."""
    # DVC writes the file as ASCII in some locales, and takes %(x)s for a setting of its own.
    plain = url.isascii() and url.isprintable() and "%(" not in url and url.strip() == url != ""
    try:
        parts = urlsplit(url)
        plain = plain and parts.port != -1  # reading the port checks it
    except ValueError:
        plain = False
    if not plain or ("://" not in url and Path(url).is_file()):
        raise UserError(
            "--remote", "a URL or a folder, in printable ASCII without %(", shown(url, 200)
        )
    if (
        parts.password is not None or parts.query or parts.fragment
        or SECRET.search(url) or re.search(r"(key|token|secret|password)=", url, re.IGNORECASE)
    ):  # fmt: skip
        raise UserError(
            "--remote",
            "a URL without password or token, since .dvc/config is committed",
            hint=f"give it by the environment or `dvc remote modify --local {REMOTE} ...`",
        )


def _whole(url: str) -> str:
    """A folder's path from the root: DVC writes it relative to .dvc/, and reads it so."""
    return url if "://" in url else str(Path(url).resolve())
