"""Compiled kernels: where their code is kept, who compiles it, and what happens if nobody can."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from immat_core import kernels

numba = pytest.importorskip("numba")

ROOT = Path(__file__).parents[2]
PACKAGE = """
from immat_core.kernels import inlined, kernel

@inlined
def _twice(x):
    return 2 * x

@kernel("i8(i8)")
def six_times(x):
    return 3 * _twice(x)

@kernel
def lazy(x):
    return x + 1
"""


def run(code, folder, **environment):
    """Run code in a new process with IMMAT_CACHE set, and return what it printed as JSON."""
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=ROOT,
        env={**os.environ, "IMMAT_CACHE": str(folder), "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(result.stdout.splitlines()[-1])


@pytest.fixture
def package(tmp_path):
    """A package with kernels, and a folder for its code."""
    folder = tmp_path / "tiny_kernels"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "some.py").write_text(PACKAGE)
    return tmp_path


USE = """
    import json, sys
    sys.path.insert(0, {path!r})
    from tiny_kernels.some import lazy, six_times
    import numba
    print(json.dumps({{
        "results": [six_times(7), lazy(1)],
        "hits": sum(six_times.stats.cache_hits.values()) + sum(lazy.stats.cache_hits.values()),
        "cache": six_times._cache.cache_path,
        "others": numba.config.CACHE_DIR,
    }}))
"""


def test_code_is_kept_in_our_folder_and_loaded_from_it(package):
    cache = package / "cache"
    first = run(USE.format(path=str(package)), cache)
    assert (first["results"], first["hits"]) == ([42, 2], 0)
    assert Path(first["cache"]).is_relative_to(cache)
    assert first["others"] == ""
    second = run(USE.format(path=str(package)), cache)
    assert (second["results"], second["hits"]) == ([42, 2], 2)
    assert not list((package / "tiny_kernels").rglob("*.nbi"))


def test_a_changed_source_is_compiled_again_though_it_looks_as_old_and_as_long(package):
    cache = package / "cache"
    run(USE.format(path=str(package)), cache)
    source = package / "tiny_kernels" / "some.py"
    before = source.stat()
    source.write_text(PACKAGE.replace("2 * x", "5 * x"))
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert source.stat().st_size == before.st_size
    changed = run(USE.format(path=str(package)), cache)
    assert changed["results"] == [105, 2]


def test_a_folder_that_cannot_be_written_only_costs_time(package):
    blocked = package / "file"
    blocked.write_text("not a folder")
    for _ in range(2):
        got = run(USE.format(path=str(package)), blocked / "cache")
        assert (got["results"], got["hits"]) == ([42, 2], 0)
    assert not list((package / "tiny_kernels").rglob("*.nbi"))


def test_code_of_other_versions_is_removed_after_a_month(package):
    cache = package / "cache"
    old, recent = cache / "tiny_kernels-0123", cache / "tiny_kernels-4567"
    for folder in (old, recent):
        (folder / "deep").mkdir(parents=True)
    os.utime(old, (1, 1))
    run(USE.format(path=str(package)), cache)
    assert not old.exists()
    assert recent.exists()


PREPARE = """
    import json, sys, threading
    sys.path.insert(0, {path!r})
    from immat_core import kernels
    kernels.SURFACE_MODULES = ("tiny_kernels.some",)
    kernels.COMPILE = {compile!r}
    {before}
    told = threading.Event()
    seen = []
    assert not kernels.ready() and not kernels.wait(0)
    kernels.prepare(lambda: seen.append(threading.current_thread() is threading.main_thread()))
    kernels.prepare(told.set)
    assert told.wait(120)
    ready = kernels.wait(120)
    kernels.prepare(lambda: seen.append(kernels.ready()))
    some = sys.modules.get("tiny_kernels.some")
    hits = sum(some.six_times.stats.cache_hits.values()) if some else None
    print(json.dumps({{"ready": ready, "seen": seen, "hits": hits}}))
"""
CHILD = kernels.COMPILE.replace(
    "kernels.use_cache", "kernels.SURFACE_MODULES = ('tiny_kernels.some',); kernels.use_cache"
)


def prepare(package, compile_with, before="", folder="cache"):
    code = PREPARE.format(path=str(package), compile=compile_with, before=before)
    return run(code, package / folder)


def test_a_child_process_compiles_and_this_one_loads(package):
    for _ in range(2):
        got = prepare(package, CHILD)
        # Told once on another thread, and at once by the last call.
        assert got == {"ready": True, "seen": [False, True], "hits": 1}


@pytest.mark.parametrize(
    ("child", "before"),
    [
        ("raise SystemExit(3)", ""),
        (CHILD, "sys.executable = '/nowhere/python'"),
        (CHILD, "sys.executable = '/usr/bin/blender'"),
        (CHILD, "sys.executable = None"),
    ],
    ids=["fails", "is missing", "would be the host program", "is unknown"],
)
def test_a_thread_compiles_where_the_child_cannot(package, child, before):
    assert prepare(package, child, before) == {"ready": True, "seen": [False, True], "hits": 0}


def test_a_thread_compiles_where_the_cache_cannot_be_written(package):
    (package / "file").write_text("not a folder")
    got = prepare(package, CHILD, folder="file/cache")
    assert got == {"ready": True, "seen": [False, True], "hits": 0}


def test_a_kernel_that_does_not_compile_is_told_and_not_ready(package):
    (package / "tiny_kernels" / "some.py").write_text("raise RuntimeError('broken')")
    got = prepare(package, CHILD)
    assert got == {"ready": False, "seen": [False, False], "hits": None}


def test_without_numba_nothing_is_prepared_and_the_reference_route_serves(tmp_path):
    code = """
        import importlib.util, json, sys
        find = importlib.util.find_spec
        importlib.util.find_spec = lambda name, *a: None if name == "numba" else find(name, *a)
        sys.modules["numba"] = None
        from immat_core import MedialMesh, build_surface, kernels
        from immat_core.errors import UserError
        said = []
        kernels.prepare(lambda: said.append("done"))
        try:
            kernels.load()
        except UserError as error:
            said.append(error.fix)
        mesh = build_surface(MedialMesh([[0, 0, 0]], [0.3]), 1 / 16, quads=False)
        print(json.dumps([kernels.available(), kernels.ready(), kernels.wait(), said,
                          mesh.faces.shape[1]]))
    """
    assert run(code, tmp_path) == [False, False, False, ["Run: pip install numba"], 4]


def test_the_folder_is_the_named_one_then_the_chosen_one_then_the_users(monkeypatch, tmp_path):
    monkeypatch.setattr(kernels, "_chosen_folder", None)
    monkeypatch.delenv("IMMAT_CACHE")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for platform, inside in (
        ("linux", ".cache"),
        ("darwin", "Library/Caches"),
        ("win32", "AppData/Local"),
    ):
        monkeypatch.setattr(sys, "platform", platform)
        assert kernels.cache_folder() == tmp_path / inside / "image_to_mat" / "kernels"
    kernels.use_cache_folder(tmp_path / "chosen")
    assert kernels.cache_folder() == tmp_path / "chosen"
    monkeypatch.setenv("IMMAT_CACHE", str(tmp_path / "named"))
    assert kernels.cache_folder() == tmp_path / "named"


def test_all_surface_kernels_are_compiled_for_given_types_only():
    """So that `load` compiles all there is, and no call ever compiles anew."""
    # In a process of its own: other tests import kernels that compile when they are first used.
    code = (
        "import sys; from immat_core import kernels; kernels.load();"
        "print(*(n for n in sys.modules if n.startswith('immat_core.surface.')))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], text=True, capture_output=True, check=True
    ).stdout.split()
    kernels.load()
    found = 0
    for name in loaded:
        if name.endswith("kernels"):
            module = sys.modules[name]
            for value in vars(module).values():
                if isinstance(value, numba.core.registry.CPUDispatcher):
                    compiled = not value._can_compile and len(value.signatures) == 1
                    assert compiled or value.targetoptions.get("inline") == "always"
                    found += compiled
    assert found >= 12
