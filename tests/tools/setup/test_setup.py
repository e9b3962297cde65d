"""From clone to merge: the merge driver, the remote, and a cache that is looked at again."""

import asyncio
import hashlib
import re
import subprocess
import sys
import threading
from pathlib import Path

import asyncssh
import pytest

from stages.lib.core.errors import UserError
from stages.tools.setup.__main__ import verify
from stages.tools.setup.cache import _of
from stages.tools.setup.clone import remote
from tests.conftest import edit_params, environment, ran, readme, repro, run

MERGES = "merges keep our side of dvc.lock and of the generated reports"


def setup(folder: Path, *options: str, ok: bool = True) -> subprocess.CompletedProcess:
    return run(folder, sys.executable, "-m", "stages", "setup", *options, ok=ok)


def branched(folder: Path, name: str, **changes) -> list[str]:
    """Make a branch from the first commit, edit, reproduce and commit: the stages that ran."""
    run(folder, "git", "switch", "--quiet", "--create", name, "start")
    run(folder, "dvc", "checkout")
    edit_params(folder, **changes)
    stages = repro(folder)
    run(folder, "git", "commit", "--quiet", "--all", "--message", name)
    return stages


@pytest.fixture
def started(finished_run) -> Path:
    run(finished_run, "git", "tag", "start")
    return finished_run


def test_it_says_what_it_did_and_what_was_so(started, tmp_path):
    store = str(tmp_path / "store")
    done = setup(started, "--remote", store)
    assert done.stdout.splitlines() == [
        f"{MERGES}: set in this clone",
        f"DVC remote storage, {store}: set in .dvc/config; commit it",
    ]
    config = (started / ".dvc/config").read_text(), (started / ".git/config").read_text()
    done = setup(started, "--remote", store)
    assert done.stdout.splitlines() == [
        f"{MERGES}: already so",
        f"DVC remote storage, {store}: already so",
    ]
    assert config == ((started / ".dvc/config").read_text(), (started / ".git/config").read_text())


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://me:secret@example.org/x", "expected a URL without password or token"),
        ("azure://container?sig=secret", "expected a URL without password or token"),
        ("nosuch://x", "Unsupported URL type nosuch://"),
        (" ", "in printable ASCII without %. Received: ' '".replace("%", r"%\(")),
        ("../Größe", "expected a URL or a folder, in printable ASCII"),
        ("s3://a\nb", "expected a URL or a folder, in printable ASCII"),
        ("s3://bucket/%(x)s", "expected a URL or a folder, in printable ASCII"),
        ("http://[::1", "expected a URL or a folder, in printable ASCII"),
        ("http://host:port/x", "expected a URL or a folder, in printable ASCII"),
        ("params.yaml", "expected a URL or a folder, in printable ASCII"),
        (f"https://ghp_{'1' * 36}@host/x", "expected a URL without password or token"),
        ("azure://container/p;AccountKey=secret", "expected a URL without password or token"),
        ("s3://bucket/a#token", "expected a URL without password or token"),
    ],
)
def test_a_mistaken_remote_changes_nothing(tiny_run, monkeypatch, url, message):
    monkeypatch.chdir(tiny_run)
    before = (tiny_run / ".dvc/config").read_text()
    with pytest.raises(UserError, match=message) as raised:
        remote(url)
    assert str(raised.value).startswith("--remote: ") and "secret" not in str(raised.value)
    assert (tiny_run / ".dvc/config").read_text() == before


def test_without_a_dvc_folder_it_is_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"^--remote: expected a DVC repository. Received: no fold"):
        remote("s3://bucket/x")
    with pytest.raises(UserError, match=r"^dvc: expected a repository that it can read"):
        verify()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [None, b"[core\nx=", b"\xff\xfe\x00", b"[nosuch]\na = 1\n"])
def test_a_broken_dvc_folder_is_one_line(content, tmp_path, monkeypatch):
    """None: its config is a folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".dvc").mkdir()
    config = tmp_path / ".dvc/config"
    if content is None:
        config.mkdir()
    else:
        config.write_bytes(content)
    with pytest.raises(UserError, match=r"^--remote: expected a \.dvc/config that can be edited"):
        remote("s3://bucket/x")
    with pytest.raises(UserError, match=r"^dvc: expected a repository that it can read"):
        verify()
    assert content is None or config.read_bytes() == content


# ------------------------------------------------------------------------------------- merging


def test_a_merge_stops_at_what_is_generated_and_with_the_driver_not(started):
    generated = (
        "dvc.lock",
        "stages/tools/claims/dvc.lock",
        "reports/metrics.json",
        "reports/claims/a.svg",
    )
    for name in ("one", "other"):
        run(started, "git", "switch", "--quiet", "--create", name, "start")
        for file in generated:
            (started / file).write_text(name)
        run(started, "git", "commit", "--quiet", "--all", "--message", name)
    done = run(started, "git", "merge", "one", ok=False)
    assert set(re.findall(r"conflict in (\S+)", done.stdout)) == set(generated)
    run(started, "git", "merge", "--abort")
    setup(started)
    run(started, "git", "merge", "--quiet", "--no-edit", "one")
    assert {(started / file).read_text() for file in generated} == {"other"}


@pytest.mark.slow
def test_a_merge_retrains_only_what_no_branch_has_trained(started):
    rate, initializer = {"train.learning_rate": 0.01}, {"train.kernel_initializer": "he_normal"}
    branched(started, "main-moves", **{"evaluate.decimals": 3})
    branched(started, "rate", **rate)
    branched(started, "initializer", **initializer)
    setup(started)

    # The merged params train as the branch `rate` did: from the run cache, whoever trained.
    run(started, "git", "switch", "--quiet", "main-moves")
    run(started, "dvc", "checkout")
    run(started, "git", "merge", "--quiet", "--no-edit", "rate")
    done = run(started, "dvc", "repro")
    assert "Stage 'train' is cached - skipping run" in done.stdout
    assert "Stage 'diagnose' is cached - skipping run" in done.stdout
    assert ran(done) == ["evaluate", "report"]
    run(started, "git", "commit", "--quiet", "--all", "--message", "merged rate")

    # Nobody has trained both edits together.
    run(started, "git", "merge", "--quiet", "--no-edit", "initializer")
    assert repro(started) == ["train", "evaluate", "diagnose", "report"]
    assert repro(started) == []


# ------------------------------------------------------------------------------- remote, cache


def cloned(folder: Path, tmp_path: Path) -> Path:
    second = tmp_path / "second"
    run(tmp_path, "git", "clone", "--quiet", str(folder), str(second))
    return second


def assert_faults_found(folder: Path) -> Path:
    """Corrupt a cached file, which is returned, and remove another: both are told."""
    harmed, gone = (
        object_of(folder / one) for one in ("data/model/weights.npz", "data/plots/loss.csv")
    )
    harmed.chmod(0o644)
    harmed.write_bytes(harmed.read_bytes()[:-1])
    gone.unlink()
    done = setup(folder, "--verify", ok=False)
    assert done.returncode == 1
    _, *found, last = done.stdout.splitlines()
    assert sorted(line.partition(" (")[0] for line in found) == [
        "corrupted, removed: data/model/weights.npz",
        "missing: data/plots/loss.csv",
    ]
    assert last.startswith("2 of ") and "`dvc pull` or `dvc repro`" in last
    return harmed


def object_of(file: Path) -> Path:
    """The cached file with the same bytes as this one of the workspace."""
    md5 = hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()
    root = next(one for one in file.parents if (one / ".dvc").is_dir())
    return root / ".dvc/cache/files/md5" / md5[:2] / md5[2:]


def pulled(started: Path, remote: str, tmp_path: Path) -> Path:
    """A second clone with what the first has pushed to the remote; there is nothing to run."""
    setup(started, "--remote", remote)
    run(started, "git", "commit", "--quiet", "--all", "--message", "remote")
    run(started, "dvc", "push", "--run-cache")
    second = cloned(started, tmp_path)
    run(second, "dvc", "pull", "--run-cache")
    done = run(second, "dvc", "repro")
    assert ran(done) == []
    assert "Data and pipelines are up to date." in done.stdout
    return second


@pytest.mark.in_turn
def test_a_second_clone_pulls_and_runs_nothing_and_mends_its_cache(started, tmp_path):
    second = pulled(started, str(tmp_path / "store"), tmp_path)

    harmed = assert_faults_found(second)
    assert not harmed.exists()
    run(second, "dvc", "pull")
    assert setup(second, "--verify").stdout.splitlines()[-1].endswith("in the cache: whole")


@pytest.mark.slow
def test_without_a_remote_repro_mends_the_cache(started):
    content = (started / "data/model/weights.npz").read_bytes()
    harmed = assert_faults_found(started)
    run(started, "dvc", "repro")
    assert setup(started, "--verify").returncode == 0
    assert harmed.read_bytes() == content


def test_verify_needs_a_lock_file_that_names_something(finished_run, monkeypatch):
    monkeypatch.chdir(finished_run)
    lock = Path("dvc.lock")
    lock.write_text("<<<<<<< HEAD\n" + lock.read_text())
    with pytest.raises(UserError, match=r"^dvc: .*dvc\.lock"):
        verify()
    lock.unlink()
    with pytest.raises(UserError, match="expected outputs of a run; run `dvc repro` first"):
        verify()


STRANGE = [
    (b"[]", "xx/../victim", "expected an MD5 hash. Received: 'xx/../victim'"),
    (b'[{"md5": "xx/../victim", "relpath": "a"}]', None, "expected files and their MD5 hashes"),
    (b'{"x": 1}', None, "expected files and their MD5 hashes"),
    (b"nojson", None, "expected strict JSON"),
]


@pytest.mark.parametrize(("content", "value", "message"), STRANGE)
def test_a_strangers_hash_is_no_path(tmp_path, content, value, message):
    """What `verify` removes lies below the cache."""
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    (tmp_path / md5[:2]).mkdir()
    (tmp_path / md5[:2] / f"{md5[2:]}.dir").write_bytes(content)
    with pytest.raises(UserError, match=message):
        list(_of("data/raw", value or f"{md5}.dir", tmp_path))


@pytest.fixture
def s3(monkeypatch):
    """An S3-compatible server on loopback, with one bucket; credentials in the environment."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "key-of-this-test",
        "AWS_SECRET_ACCESS_KEY": "secret-of-this-test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    boto3.client("s3").create_bucket(Bucket="team")
    yield "s3://team/ledger"
    server.stop()


@pytest.mark.slow
def test_an_s3_remote_with_credentials_from_the_environment(started, tmp_path, s3):
    second = pulled(started, s3, tmp_path)
    for folder in (started, second):
        assert "secret-of-this-test" not in (folder / ".dvc/config").read_text()
        assert not (folder / ".dvc/config.local").exists()


@pytest.fixture
def ssh(tmp_path, monkeypatch):
    """An SSH server on loopback that serves files of one folder to the key below HOME."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    (tmp_path / "home/.ssh").mkdir(parents=True)
    key.write_private_key(tmp_path / "home/.ssh/id_ed25519")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "served").mkdir()
    loop = asyncio.new_event_loop()

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
            authorized_client_keys=asyncssh.import_authorized_keys(
                key.export_public_key().decode()
            ),
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=tmp_path / "served"),
        )

    server = loop.run_until_complete(listen())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield f"ssh://team@127.0.0.1:{server.get_port()}/ledger"
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.mark.slow
def test_an_ssh_remote_with_the_users_key(started, tmp_path, ssh):
    pulled(started, ssh, tmp_path)
    assert (tmp_path / "served/ledger/files/md5").is_dir()


@pytest.mark.slow
def test_the_readme_from_clone_to_merge(started, tmp_path):
    setup(started, "--remote", str(tmp_path / "store"))
    run(started, "git", "commit", "--quiet", "--all", "--message", "remote")
    run(started, "dvc", "push", "--run-cache")
    run(started, "git", "branch", "--move", "--force", "main")
    run(tmp_path, "git", "clone", "--quiet", "--bare", str(started), "origin.git")
    said = shell(tmp_path, readme("team", ".github/CONTRIBUTING.md"))
    assert "ran here" not in said and "**gate open: " in said

    colleague = tmp_path / "colleague"
    run(tmp_path, "git", "clone", "--quiet", "origin.git", "colleague")
    run(colleague, "dvc", "pull")
    edit_params(colleague, **{"train.learning_rate": 0.01})
    assert "train" in repro(colleague)
    run(colleague, "git", "commit", "--quiet", "--all", "--message", "a higher rate")
    run(colleague, "dvc", "push", "--run-cache")
    run(colleague, "git", "push", "--quiet")

    said = shell(tmp_path / "ledger", readme("merge", ".github/CONTRIBUTING.md"))
    assert "Stage 'train' is cached - skipping run" in said
    assert "Running stage 'evaluate'" in said
    assert repro(tmp_path / "ledger") == []
    head = run(tmp_path / "ledger", "git", "rev-parse", "HEAD").stdout
    assert run(tmp_path / "origin.git", "git", "rev-parse", "decimals").stdout == head


def shell(folder: Path, commands: str) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands], cwd=folder, capture_output=True, text=True,
        env=environment() | {"REPOSITORY": str(folder / "origin.git")},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
