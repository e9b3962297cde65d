"""Prepare a clone: merge driver, remote, check of the cache.

python -m stages setup [--remote URL] [--verify]: what a clone needs once; again does no harm.

Defines the merge driver that .gitattributes names, and with --remote the team's DVC remote
(a folder, s3://bucket/path, ...). --verify hashes every object that dvc.lock names in DVC's cache
again, removes the corrupted ones so that they can come back, and says which are missing: then the
exit code is 1.
"""

from tqdm import tqdm

from stages.lib.core.command import command_line, run_command
from stages.lib.core.errors import UserError
from stages.tools.setup.cache import objects
from stages.tools.setup.clone import merge_driver, remote


def main() -> None:
    parser = command_line("python -m stages setup", __doc__)
    parser.add_argument("--remote", metavar="URL", help="the team's DVC remote, for .dvc/config")
    parser.add_argument("--verify", action="store_true", help="hash what is cached again")
    arguments = parser.parse_args()
    print(merge_driver())
    if arguments.remote is not None:
        print(remote(arguments.remote))
    if arguments.verify:
        verify()


def verify() -> None:
    """Say what is wrong with the cache. Raises SystemExit(1) if anything is."""
    named = objects()
    if not named:
        raise UserError("dvc.lock", "outputs of a run", hint="run `dvc repro` first")
    faults = 0
    for cached in tqdm(named, desc="verify", unit="file", disable=None):
        state: str = cached.state()
        if state == "corrupted":
            cached.file.unlink()
            state = "corrupted, removed"
        if state != "whole":
            faults += 1
            print(f"{state}: {cached.output} ({cached.md5})")
    if faults:
        print(f"{faults} of {len(named)} objects: `dvc pull` or `dvc repro` brings them back")
        raise SystemExit(1)
    print(f"{len(named)} objects in the cache: whole")


if __name__ == "__main__":
    run_command(main)
