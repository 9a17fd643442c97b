"""Who made the models and under what licence, and how many there are: text from the manifest.

``python -m training.corpus docs`` writes both into ``docs/``; a test holds them up to date.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from immat_core.atomic_file import written_beside
from training.corpus.families import PROGRAMS
from training.corpus.lock import Lock
from training.corpus.manifest import CATEGORIES, TIERS, ManifestRow, Package
from training.marked_page import DOCS, replace_marked

COUNTS = "counts"
"""Marks the lines of ``docs/dataset.md`` where stands what :func:`describe_counts` says."""


def describe_authors(rows: Sequence[ManifestRow], packages: Sequence[Package]) -> str:
    """The text of ``ATTRIBUTION.md``: every model by package, licence and creator."""
    lines = [
        "# Models of the corpus: sources, licences and creators",
        "",
        "The meshes themselves are not part of this repository. `python -m training.corpus build`",
        "fetches them from these Debian packages, whose `copyright` files say more. Written by",
        "`python -m training.corpus docs` from `training/corpus/manifest.tsv`.",
    ]
    by_package: dict[str, list[ManifestRow]] = defaultdict(list)
    for row in rows:
        by_package[row.package].append(row)
    for package in packages:
        found = by_package[package.name]
        lines += ["", f"## {package.name} {package.version}: {len(found)} models", ""]
        by_author: dict[tuple[str, str], list[ManifestRow]] = defaultdict(list)
        for row in found:
            by_author[row.licence, row.creator].append(row)
        for (licence, creator), models in sorted(by_author.items()):
            named = "; ".join(f"{m.name} {PurePosixPath(m.file).name}" for m in models)
            lines.append(f"- {licence}, {creator or 'the authors of the package'}: {named}")
    return "\n".join(lines) + "\n"


def describe_counts(rows: Sequence[ManifestRow], packages: Sequence[Package], lock: Lock) -> str:
    """Tables in Markdown: models by category and tier, by split, by licence; the programs."""
    tier_of = {package.name: package.tier for package in packages}
    by_tier = {
        tier: Counter(
            row.category for row in rows if TIERS.index(tier_of[row.package]) <= TIERS.index(tier)
        )
        for tier in TIERS
    }
    sizes = {
        tier: sum(p.megabytes for p in packages if TIERS.index(p.tier) <= TIERS.index(tier))
        for tier in TIERS
    }
    lines = ["| tier | MB | models | " + " | ".join(CATEGORIES) + " |"]
    lines.append("|" + "---|" * (3 + len(CATEGORIES)))
    for tier, count in by_tier.items():
        cells = " | ".join(str(count[category]) for category in CATEGORIES)
        lines.append(f"| {tier} | {sizes[tier]} | {count.total()} | {cells} |")
    lines += [
        "",
        "| of all | models | clusters | train | val | test |",
        "|---|---|---|---|---|---|",
    ]
    for category in CATEGORIES:
        locked = [lock[row.name] for row in rows if row.category == category and row.name in lock]
        splits = Counter(model.split for model in locked)
        clusters = len({model.cluster for model in locked})
        parts = " | ".join(str(splits[part]) for part in ("train", "val", "test"))
        lines.append(f"| {category} | {len(locked)} | {clusters} | {parts} |")
    lines += ["", "| licence | models |", "|---|---|"]
    licences = Counter(row.licence for row in rows)
    lines += [f"| {licence} | {number} |" for licence, number in licences.most_common()]
    lines += ["", "| parametric | programs |", "|---|---|"]
    for category in CATEGORIES:
        named = ", ".join(program.__name__ for program in PROGRAMS[category])
        lines.append(f"| {category} | {named} |")
    return "\n".join(lines) + "\n"


def write_docs(
    rows: Sequence[ManifestRow], packages: Sequence[Package], lock: Lock, folder: Path = DOCS
) -> Iterable[Path]:
    """Write ``ATTRIBUTION.md`` and the counts of ``dataset.md``; the two paths."""
    page = folder / "dataset.md"
    counts = replace_marked(page.read_text("utf-8"), COUNTS, describe_counts(rows, packages, lock))
    texts = {
        folder / "ATTRIBUTION.md": describe_authors(rows, packages),
        page: counts,
    }
    for path, text in texts.items():
        with written_beside(path) as beside:
            beside.write_text(text, "utf-8")
    return tuple(texts)
