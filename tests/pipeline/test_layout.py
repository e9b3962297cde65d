"""The layout is the rerun rule: what a stage imports stands in its deps."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT, run

PIPELINE = yaml.safe_load((ROOT / "dvc.yaml").read_text())
# The claims have a pipeline of their own, beside their code.
CLAIMS = yaml.safe_load((ROOT / "stages" / "tools" / "claims" / "dvc.yaml").read_text())
DEPS = {
    name: entry["deps"]
    for pipeline in (PIPELINE, CLAIMS)
    for name, entry in pipeline["stages"].items()
}
STAGES = list(PIPELINE["stages"])
# They hold the packages and no code, so no stage depends on them.
FOLDERS = {ROOT / "stages" / "__init__.py", ROOT / "stages" / "lib" / "__init__.py"}


def modules_of(file: Path) -> set[Path]:
    """The files below stages/ that a file imports, at its top or inside a function."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative imports hide where code comes from"
            names = [node.module] + [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            path = ROOT / Path(*name.split("."))
            candidates = [path.with_suffix(".py"), path / "__init__.py"]
            found |= {one for one in candidates if one.is_file() and name.startswith("stages")}
    return found - FOLDERS


def own_files(folder: str) -> list[Path]:
    return sorted((ROOT / "stages" / folder).rglob("*.py"))


def closure(stage: str) -> set[Path]:
    """A stage's own files, entries that are found at run time among them, and what they import."""
    todo = own_files("tools/claims" if stage == "claims" else stage)
    seen: set[Path] = set()
    while todo:
        file = todo.pop()
        if file not in seen:
            seen.add(file)
            todo.extend(modules_of(file))
            package = file.parent / "__init__.py"
            todo.extend([package] if package.is_file() else [])
    return seen


def folder_of(file: Path) -> str:
    """lib/core, tools/adopt, generate, ...; '' for the files of stages/ itself."""
    parts = file.relative_to(ROOT / "stages").parts[:-1]
    return "/".join(parts[: 2 if parts[:1] in (("lib",), ("tools",)) else 1])


IMPORTS = {
    (folder_of(file), folder_of(other))
    for file in own_files(".")
    for other in modules_of(file)
    if folder_of(file) not in ("", folder_of(other)) and folder_of(other) not in ("", "lib")
}


def test_a_stage_imports_its_own_folder_and_lib_only():
    assert not [pair for pair in IMPORTS if pair[0] in STAGES and not pair[1].startswith("lib/")]


def test_lib_imports_lib_only_and_without_cycles():
    arrows = {pair for pair in IMPORTS if pair[0].startswith("lib/")}
    assert not [pair for pair in arrows if not pair[1].startswith("lib/")]
    # Whatever imports nothing that is left goes, until nothing is left.
    while arrows:
        free = {target for _, target in arrows} - {source for source, _ in arrows}
        assert free, f"a cycle among {sorted(arrows)}"
        arrows = {pair for pair in arrows if pair[1] not in free}


@pytest.mark.parametrize("stage", DEPS)
def test_import_closure_is_within_deps(stage):
    deps = [ROOT / dep for dep in DEPS[stage]]
    outside = [
        str(file.relative_to(ROOT))
        for file in closure(stage)
        if not any(file == dep or file.is_relative_to(dep) for dep in deps)
    ]
    assert not outside, f"{stage} imports {outside}, which its deps in dvc.yaml lack"


@pytest.mark.parametrize("file", sorted(FOLDERS))
def test_folders_of_packages_hold_no_code(file):
    [docstring] = ast.parse(file.read_text()).body
    assert isinstance(docstring, ast.Expr)


@pytest.mark.parametrize("stage", DEPS)
def test_code_deps_are_all_imported(stage):
    """A dependency that is not imported would rerun the stage for nothing."""
    files = closure(stage)
    for dep in DEPS[stage]:
        if dep.startswith("stages/") and not dep.endswith(".yaml"):
            path = ROOT / dep
            assert any(file == path or file.is_relative_to(path) for file in files), dep


@pytest.mark.parametrize("stage", STAGES)
def test_stage_is_described_and_reads_the_sections_it_names(stage):
    entry = PIPELINE["stages"][stage]
    assert entry["desc"]
    assert entry["cmd"] == f"python -m stages.{stage}"
    main = (ROOT / "stages" / stage / "__main__.py").read_text()
    calls = re.findall(r"params\.(?:load|sections)\(([^)]*)\)", main)
    # Where the work is done changes no result, and so reruns nothing.
    assert set(re.findall(r"\w+", " ".join(calls))) - {"compute"} == set(entry["params"])


def test_only_mlp_and_keras_fit_import_tensorflow_and_keras():
    for file in (ROOT / "stages").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            if isinstance(node, ast.ImportFrom):
                names = [node.module]
            heavy = {name.split(".")[0] for name in names} & {"tensorflow", "keras"}
            # The claims show three programs as their authors would write them; beside a user's own
            # script Keras is at hand.
            beside = file.name in ("capture.py", "measure.py", "keras_programs.py")
            allowed = beside or {"mlp", "keras_fit"} & set(file.parts)
            assert not heavy or allowed, f"{file} imports {heavy}"


# One process for all of them; each runs as `python -m` runs it.
LIGHT = """
import runpy, sys
for command in ("generate", "normalize", "evaluate", "report", "tools.setup",
                "tools.adopt no-such-script.py"):
    module, *sys.argv[1:] = command.split()
    try:
        runpy.run_module(f"stages.{module}", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        assert (ended.code or 0) == (2 if module == "tools.adopt" else 0), command
    assert "pandas" in sys.modules
    assert not {"tensorflow", "keras"} & set(sys.modules), command
"""


@pytest.mark.in_turn
def test_commands_that_train_nothing_load_no_tensorflow(finished_run):
    run(finished_run, sys.executable, "-c", LIGHT)


def test_top_level_holds_what_it_should():
    allowed = {
        "dvc.yaml", "dvc.lock", "params.yaml", "stages", "data", "reports", "tests",
        "requirements.txt", "README.md", "LICENSE", "AGENTS.md", "pyproject.toml",
    }  # fmt: skip
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    top = {Path(name).parts[0] for name in listed}
    assert {name for name in top if not name.startswith(".")} <= allowed


def test_every_pin_has_its_hashes():
    """tests/requirements.lock has the same releases, and the hash of at least one file of each."""

    def pins(*names: str) -> set[tuple[str, str]]:
        text = "\n".join((ROOT / name).read_text() for name in names)
        found = re.findall(r"^([\w.-]+)==([^\s;\\]+)", text, re.MULTILINE)
        return {(re.sub(r"[-_.]+", "-", name.lower()), version) for name, version in found}

    lock = (ROOT / "tests/requirements.lock").read_text()
    elsewhere = {"pywin32", "tzdata"}  # of other systems
    locked = {pin for pin in pins("tests/requirements.lock") if pin[0] not in elsewhere}
    assert locked == pins("requirements.txt", "tests/requirements.txt")
    assert len(re.findall(r"==.*\\\n +--hash=sha256:[0-9a-f]{64}", lock)) == len(locked) + 2
    assert "://" not in lock


def test_each_folder_says_what_it_holds():
    """In a README of its own; stages/ itself is explained by the repository's."""
    files = run(ROOT, "git", "ls-files", "--", "stages/*.py").stdout.split()
    folders = {(ROOT / file).parent for file in files} - {ROOT / "stages"}
    for folder in folders:
        lines = (folder / "README.md").read_text(encoding="utf-8").splitlines()
        assert 20 <= len(lines) <= 160, folder


def test_the_readme_is_short_and_its_links_lead_somewhere():
    files = run(ROOT, "git", "ls-files", "--", "*.md").stdout.split()
    for file in {*files, "README.md"}:
        text = (ROOT / file).read_text(encoding="utf-8")
        for link in re.findall(r"\]\(([^)#\s]+)\)", text):
            if "://" not in link:
                assert ((ROOT / file).parent / link).exists(), (file, link)
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 200


def test_no_test_imports_another():
    """What several need stands in a module of its own."""
    for file in run(ROOT, "git", "ls-files", "--", "tests/*.py").stdout.split():
        for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert not (node.module or "").split(".")[-1].startswith("test_"), file
