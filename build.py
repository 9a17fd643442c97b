"""Build the extension's zip: the add-on, its manifest, and wheels of the core and what it needs.

``python build.py [--out dist] [--platform PLATFORM]...`` prints each zip's size and, on its last
line, the path of the last one. The same sources give the same bytes. Nothing is fetched but the
pinned wheels of ``requirements/extension-*.txt``, which stay in ``.tools/wheels``.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
import platform
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent
MANIFEST = REPOSITORY / "blender_manifest.toml"
REQUIREMENTS = REPOSITORY / "requirements"
WHEEL_CACHE = REPOSITORY / ".tools" / "wheels"

# Blender 4.3 to 5.0 run Python 3.11; Debian's Blender 4.3 and Blender 5.1 on run 3.13.
PYTHON_VERSIONS = ("3.11", "3.13")

# Blender's name of a platform -> pip's.
PLATFORMS = {
    "linux-x64": "manylinux_2_28_x86_64",
    "windows-x64": "win_amd64",
    "macos-arm64": "macosx_13_0_arm64",
    "macos-x64": "macosx_13_0_x86_64",
}

# Numba of the present has no wheels for Intel Macs.
COMPILERS = {"macos-x64": "extension-compiler-macos-x64.txt"}

# One wheel of these serves every Python: their library is called by ctypes. It is large.
PACKED_ONCE = ("llvmlite",)

# One platform's zip has to stay below this. LLVM, with which Numba compiles the surface's kernels,
# is 41 MB of it on Linux, ONNX Runtime for two Pythons 35 MB.
MAX_BYTES = 140_000_000

# What the core cannot predict without.
NETWORK_FILES = ("config.json", "foreground.onnx", "immat.safetensors", "camera.safetensors")

# The oldest date that a zip can hold: dates would make every build differ.
ZIP_DATE = (1980, 1, 1, 0, 0, 0)


class BuildError(Exception):
    """What stops the build, in one line."""


@dataclass(frozen=True)
class Member:
    """A file of an archive: its name there and its bytes."""

    name: str
    data: bytes


def read_version() -> str:
    """The project's version, from the manifest."""
    version = tomllib.loads(MANIFEST.read_text("utf-8"))["version"]
    assert isinstance(version, str)
    return version


def current_platform() -> str:
    """Blender's name of the platform that this program runs on."""
    system = {"Linux": "linux", "Windows": "windows", "Darwin": "macos"}.get(platform.system())
    machine = {"x86_64": "x64", "amd64": "x64", "arm64": "arm64", "aarch64": "arm64"}.get(
        platform.machine().lower()
    )
    name = f"{system}-{machine}"
    if name not in PLATFORMS:
        raise BuildError(f"no wheels for {name}; name one of {', '.join(PLATFORMS)}")
    return name


def walk(folder: Path) -> Iterator[Path]:
    """The files of a folder in a fixed order, without hidden files and what Python leaves there."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and "__pycache__" not in parts and not path.name.startswith("."):
            yield path


def write_archive(path: Path, members: list[Member], method: int = zipfile.ZIP_DEFLATED) -> None:
    """Write a zip whose bytes depend on its members alone; it appears whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    with zipfile.ZipFile(partial, "w") as archive:
        for member in members:
            info = zipfile.ZipInfo(member.name, ZIP_DATE)
            info.create_system = 3
            info.external_attr = 0o644 << 16
            # wheels are compressed already
            stored = member.name.endswith(".whl")
            info.compress_type = zipfile.ZIP_STORED if stored else method
            archive.writestr(info, member.data)
    os.replace(partial, path)


def build_core_wheel(version: str, folder: Path) -> Path:
    """Write ``immat_core``, weights included, as a pure wheel into a folder."""
    core = REPOSITORY / "immat_core"
    missing = [name for name in NETWORK_FILES if not (core / "weights" / name).is_file()]
    if missing:
        raise BuildError(f"immat_core/weights lacks {', '.join(missing)}: the zip cannot predict")
    members = [
        Member(f"immat_core/{p.relative_to(core).as_posix()}", p.read_bytes()) for p in walk(core)
    ]
    info = f"immat_core-{version}.dist-info"
    license_text = (REPOSITORY / "LICENSE").read_bytes()
    members += [
        Member(f"{info}/METADATA", core_metadata(version).encode()),
        Member(
            f"{info}/WHEEL",
            b"Wheel-Version: 1.0\nGenerator: build.py\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        ),
        Member(f"{info}/entry_points.txt", b"[console_scripts]\nimmat = immat_core.cli:main\n"),
        Member(f"{info}/licenses/LICENSE", license_text),
    ]
    members.append(Member(f"{info}/RECORD", wheel_record(members, f"{info}/RECORD").encode()))
    wheel = folder / f"immat_core-{version}-py3-none-any.whl"
    write_archive(wheel, members)
    return wheel


def core_metadata(version: str) -> str:
    """The wheel's METADATA, from pyproject.toml."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {project['name']}",
        f"Version: {version}",
        f"Summary: {project['description']}",
        f"License-Expression: {project['license']}",
        f"Requires-Python: {project['requires-python']}",
        *(f"Requires-Dist: {requirement}" for requirement in project["dependencies"]),
    ]
    for extra, requirements in project["optional-dependencies"].items():
        lines.append(f"Provides-Extra: {extra}")
        lines += [f'Requires-Dist: {r} ; extra == "{extra}"' for r in requirements]
    return "\n".join(lines) + "\n"


def wheel_record(members: list[Member], own_name: str) -> str:
    """The wheel's RECORD: name, hash and length of every member."""
    lines = []
    for member in members:
        digest = base64.urlsafe_b64encode(hashlib.sha256(member.data).digest()).rstrip(b"=")
        lines.append(f"{member.name},sha256={digest.decode()},{len(member.data)}")
    return "\n".join([*lines, f"{own_name},,"]) + "\n"


def requirement_files(target: str) -> list[Path]:
    """The pins of a platform's wheels."""
    compiler = COMPILERS.get(target, "extension-compiler.txt")
    return [REQUIREMENTS / "extension-wheels.txt", REQUIREMENTS / compiler]


def fetch_wheels(target: str) -> list[Path]:
    """The third-party wheels of a platform, their hashes checked: cached, else downloaded."""
    folder = WHEEL_CACHE / target
    files = requirement_files(target)
    text = "\n".join(file.read_text("utf-8") for file in files)
    pins = re.findall(r"^(\w[\w.-]*)==(\S+)", text, re.MULTILINE)
    hashes = set(re.findall(r"--hash=sha256:([0-9a-f]{64})", text))
    for python_version in PYTHON_VERSIONS:
        tag = "cp" + python_version.replace(".", "")
        if not all(list(folder.glob(f"{name}-{version}-{tag}-{tag}-*")) for name, version in pins):
            download_wheels(folder, files, python_version, PLATFORMS[target])
    wheels = []
    for name, version in pins:
        found = sorted(folder.glob(f"{name}-{version}-*.whl"))
        if len(found) != len(PYTHON_VERSIONS):
            raise BuildError(
                f"{folder} holds {len(found)} wheels of {name}; delete it, build again"
            )
        for wheel in found:
            if hashlib.sha256(wheel.read_bytes()).hexdigest() not in hashes:
                raise BuildError(f"{wheel} has a hash that is not pinned; delete it, build again")
        wheels += [pack_once(found)] if name in PACKED_ONCE else found
    return wheels


def download_wheels(
    folder: Path, requirements: list[Path], python_version: str, pip_platform: str
) -> None:
    """Download the pinned wheels for a Python version and a platform."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--only-binary=:all:", "--no-deps", "--require-hashes", "--dest", str(folder)]
    command += ["--python-version", python_version, "--platform", pip_platform]
    for file in requirements:
        command += ["--requirement", str(file)]
    if subprocess.run(command, check=False).returncode:
        raise BuildError(f"pip could not download the wheels for {pip_platform}")


def pack_once(wheels: list[Path]) -> Path:
    """One wheel for every Python, in place of wheels that differ in their tag alone.

    It is packed by LZMA, which takes a minute, once, and makes a third less of it. Python's zipfile
    unpacks that, so Blender and pip do.

    Raises
    ------
    BuildError
        When they differ in more, or hold a module that is compiled for one Python.
    """
    name, version, _, _, machine = wheels[-1].stem.split("-")
    if len({tuple(wheel_content(wheel)) for wheel in wheels}) != 1:
        raise BuildError(f"the wheels of {name} {version} for {machine} differ: pack them all")
    digest = hashlib.sha256(wheels[-1].read_bytes()).hexdigest()
    folder = wheels[-1].parent / f"once-{digest[:16]}-lzma"
    packed = folder / f"{name}-{version}-py3-none-{machine}.whl"
    if packed.is_file():
        return packed
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(wheels[-1]) as archive:
        members = [
            Member(entry.filename, archive.read(entry))
            for entry in archive.infolist()
            if not entry.is_dir() and entry.filename not in {f"{info}/WHEEL", f"{info}/RECORD"}
        ]
        header = archive.read(f"{info}/WHEEL").decode()
    header = re.sub(r"^Tag: \w+-\w+-", "Tag: py3-none-", header, flags=re.MULTILINE)
    members.append(Member(f"{info}/WHEEL", header.encode()))
    members.append(Member(f"{info}/RECORD", wheel_record(members, f"{info}/RECORD").encode()))
    folder.mkdir(exist_ok=True)
    write_archive(packed, members, zipfile.ZIP_LZMA)
    return packed


def wheel_content(wheel: Path) -> list[tuple[str, int, int]]:
    """Name, length and checksum of what a wheel installs, but for its metadata.

    A library's checksum is left out: where it was linked anew, it holds another date.
    """
    libraries = (".so", ".dylib", ".dll")
    with zipfile.ZipFile(wheel) as archive:
        entries = [e for e in archive.infolist() if ".dist-info/" not in e.filename]
    if any(re.search(r"\.pyd$|\.cpython-|\.abi3\.", entry.filename) for entry in entries):
        raise BuildError(f"{wheel.name} holds a module that is compiled for one Python")
    return sorted(
        (e.filename, e.file_size, 0 if e.filename.endswith(libraries) else e.CRC) for e in entries
    )


def staged_manifest(targets: list[str], wheels: list[Path]) -> bytes:
    """The manifest of a zip: its platforms and its wheels in place of the line of all platforms."""
    platforms = ", ".join(f'"{target}"' for target in targets)
    listed = "".join(f'  "./wheels/{wheel.name}",\n' for wheel in wheels)
    lines = f"platforms = [{platforms}]\nwheels = [\n{listed}]"
    text, count = re.subn(
        r"(?:^#.*\n)*^platforms = .*$", lines, MANIFEST.read_text("utf-8"), flags=re.MULTILINE
    )
    if count != 1:
        raise BuildError(f"{MANIFEST.name} needs exactly one line that begins with `platforms = `")
    return text.encode()


def build_zip(targets: list[str], out: Path) -> Path:
    """Build and validate the zip that serves the given platforms."""
    version = read_version()
    out.mkdir(parents=True, exist_ok=True)
    wheels = [build_core_wheel(version, out)]
    for target in targets:
        wheels += fetch_wheels(target)
    addon = REPOSITORY / "immat_blender"
    members = [
        Member("blender_manifest.toml", staged_manifest(targets, wheels)),
        Member("LICENSE", (REPOSITORY / "LICENSE").read_bytes()),
        *(Member(p.relative_to(addon).as_posix(), p.read_bytes()) for p in walk(addon)),
        *(Member(f"wheels/{wheel.name}", wheel.read_bytes()) for wheel in wheels),
    ]
    suffix = "" if set(targets) == set(PLATFORMS) else "-" + targets[0].replace("-", "_")
    path = out / f"image_to_mat-{version}{suffix}.zip"
    write_archive(path, members)
    size = path.stat().st_size
    if len(targets) == 1 and size >= MAX_BYTES:
        raise BuildError(f"{path} has {size} bytes; {MAX_BYTES} is the limit for one platform")
    validate(path)
    print(f"{path.name}: {size / 1e6:.1f} MB for {', '.join(targets)}; valid")
    return path


def validate(path: Path) -> None:
    """Have Blender's own validator read a zip: a bpy module's, else the real Blender's."""
    scripts = sorted(
        REPOSITORY.glob(
            ".venv*/lib/python*/site-packages/bpy/*/scripts/addons_core/bl_pkg/cli/blender_ext.py"
        )
    )
    if scripts:
        command = [sys.executable, str(scripts[-1]), "validate", str(path)]
    else:
        blender = str(REPOSITORY / "tools" / "blender.sh")
        command = [blender, "--command", "extension", "validate", str(path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=path.parent)
    if done.returncode:
        raise BuildError(f"Blender's validator refuses {path}:\n{done.stdout}{done.stderr}")


def main(arguments: list[str]) -> int:
    """Run the command line; 0 when every zip was built, 1 and a line on stderr when not."""
    parser = argparse.ArgumentParser(description="Build the extension's zip.")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "dist", help="folder to write to")
    parser.add_argument(
        "--platform",
        action="append",
        choices=[*PLATFORMS, "all", "current"],
        help="a zip for this platform (repeatable), for all in one, or for this machine (default)",
    )
    options = parser.parse_args(arguments)
    try:
        for name in options.platform or ["current"]:
            targets = list(PLATFORMS) if name == "all" else [name]
            if name == "current":
                targets = [current_platform()]
            path = build_zip(targets, options.out.resolve())
    except BuildError as error:
        print(f"build.py: {error}", file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
