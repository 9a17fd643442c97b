"""The files of an unpacked package, loose ones and those inside its archives alike."""

from __future__ import annotations

import hashlib
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ARCHIVES = (".zip", ".pk3", ".sh3f", ".jar")
IMAGES = (".png", ".jpg", ".jpeg", ".tga", ".bmp", ".pcx", ".rgb", ".rgba", ".bw", ".gif")
OWN_FOLDER_SCORE = 100


@dataclass(frozen=True, order=True)
class FilePlace:
    """A file: its path in the package, and the member where that path is an archive."""

    container: str
    member: str = ""

    @property
    def path(self) -> PurePosixPath:
        """The path that counts when files beside it are looked for."""
        return PurePosixPath(self.member or self.container)


class PackageFiles:
    """Reads the files of one package by their place, and finds those that a model names."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is an unpacked package. Archives and the list of images are opened late."""
        self._folder = folder
        self._archives: dict[str, zipfile.ZipFile] = {}
        self._images: dict[str, list[FilePlace]] | None = None

    def read(self, place: FilePlace) -> bytes:
        """The bytes of a file.

        Raises
        ------
        OSError, KeyError, zipfile.BadZipFile
            When there is no such file, or the archive is damaged.
        """
        if not place.member:
            return (self._folder / place.container).read_bytes()
        return self._archive(place.container).read(place.member)

    def find_beside(self, place: FilePlace, name: str) -> bytes | None:
        """A file that a model names relative to itself; case counts only where it must.

        An image that is not there is looked for as :meth:`find_image` does.
        """
        wanted = PurePosixPath(name.replace("\\", "/"))
        for path in (place.path.parent / wanted, place.path.parent / wanted.name):
            beside = FilePlace(place.container, str(path)) if place.member else FilePlace(str(path))
            try:
                return self.read(beside)
            except (OSError, KeyError):
                continue
        data = self._find_ignoring_case(place, wanted.name)
        if data is None and wanted.suffix.lower() in IMAGES:
            image = self.find_image(place, name)
            data = None if image is None else self.read(image)
        return data

    def find_image(self, place: FilePlace, name: str) -> FilePlace | None:
        """The image that a model means by a name, whose folder and suffix may be off.

        Games name textures from the root of their data, from the model's folder or without a
        suffix. Of all images of the same stem the one that shares most of its path wins, if it
        lies in the model's folder or beside it, shares a folder with the name, or is the only one.
        Of several that are as good, liveries of one plane for example, the model's path picks one.
        """
        wanted = PurePosixPath(name.replace("\\", "/").strip().lower())
        stem = _stem(wanted.name)
        if not stem:
            return None
        found = self._image_list().get(stem, [])
        if not found:
            return None
        scores = [self._score(place, wanted, image) for image in found]
        best = [image for image, score in zip(found, scores, strict=True) if score == max(scores)]
        if max(scores) <= 1 and len(found) > 1:
            return None
        pick = int(hashlib.sha256(str(place.path).encode()).hexdigest(), 16)
        return sorted(best)[pick % len(best)]

    def _score(self, place: FilePlace, wanted: PurePosixPath, image: FilePlace) -> int:
        """How much of the wanted path an image shares, more if it lies in the model's own folder.

        An image somewhere in the folder above counts as two shared folders.
        """
        parts = [part.lower() for part in image.path.parent.parts]
        shared = 0
        for mine, theirs in zip(reversed(wanted.parent.parts), reversed(parts), strict=False):
            if mine != theirs:
                break
            shared += 2
        same_suffix = image.path.suffix.lower() == wanted.suffix
        beside = place.path.parent == image.path.parent and (
            place.container == image.container or not place.member
        )
        above = place.path.parent.parent
        kin = place.container == image.container or not place.member
        near = kin and len(above.parts) > 2 and above in image.path.parents
        return shared + same_suffix + (OWN_FOLDER_SCORE if beside else 0) + (4 if near else 0)

    def _archive(self, container: str) -> zipfile.ZipFile:
        if container not in self._archives:
            self._archives[container] = zipfile.ZipFile(self._folder / container)
        return self._archives[container]

    def _find_ignoring_case(self, place: FilePlace, name: str) -> bytes | None:
        folder = place.path.parent
        if place.member:
            names = self._archive(place.container).namelist()
            beside = [FilePlace(place.container, path) for path in names]
        else:
            base = self._folder / folder
            beside = [FilePlace(str(folder / path.name)) for path in base.iterdir()]
        for other in beside:
            if other.path.parent == folder and other.path.name.lower() == name.lower():
                return self.read(other)
        return None

    def _image_list(self) -> dict[str, list[FilePlace]]:
        """All images of the package by their stem, in lower case."""
        if self._images is None:
            self._images = defaultdict(list)
            for path in sorted(self._folder.rglob("*")):
                container = path.relative_to(self._folder).as_posix()
                suffix = path.suffix.lower()
                if suffix in IMAGES:
                    self._images[_stem(path.name.lower())].append(FilePlace(container))
                elif suffix in ARCHIVES and zipfile.is_zipfile(path):
                    for member in sorted(self._archive(container).namelist()):
                        inner = PurePosixPath(member)
                        if inner.suffix.lower() in IMAGES:
                            place = FilePlace(container, member)
                            self._images[_stem(inner.name.lower())].append(place)
        return self._images


def _stem(name: str) -> str:
    """A file name without a leading dot and without the suffix of an image."""
    name = name.lstrip(".")
    suffix = PurePosixPath(name).suffix
    return name[: -len(suffix)] if suffix in IMAGES else name
