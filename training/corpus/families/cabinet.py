"""Cabinets: wardrobes, chests of drawers, shelves, sideboards, lockers, hutches, bedside tables."""

from __future__ import annotations

import numpy as np

from training.corpus.families.cabinet_parts import (
    UPRIGHT,
    add_carcass,
    add_feet,
    add_front,
    draw_style,
)
from training.corpus.families.solids import SolidBuilder, grey, rounded_outline
from training.shapes import palette
from training.shapes.parts import moved


def wardrobe(rng: np.random.Generator) -> SolidBuilder:
    """One to four doors from floor to top, some with drawers below, a cornice, sliding doors."""
    shape = SolidBuilder()
    doors = int(rng.integers(1, 5))
    width, depth, height = (
        doors * rng.uniform(0.4, 0.6),
        rng.uniform(0.35, 0.65),
        rng.uniform(1.5, 2.3),
    )
    low, color = rng.uniform(0, 0.14), palette.furniture(rng)
    front = color if rng.random() < 0.6 else palette.furniture(rng)
    add_carcass(shape, (width, depth, height), low, 0.022, color)
    add_feet(shape, rng, width, depth, low, color)
    style, start = draw_style(rng), low
    if rng.random() < 0.35:
        rows = int(rng.integers(1, 3))
        for row in range(rows):
            for i in range(doors):
                x = ((i + 0.5) / doors - 0.5) * width
                add_front(
                    shape,
                    rng,
                    (x, low + (row + 0.5) * 0.2, width / doors, 0.2),
                    -depth / 2,
                    style,
                    front,
                    door=False,
                )
        start += 0.2 * rows
    sliding = rng.random() < 0.2
    for i in range(doors):
        x = ((i + 0.5) / doors - 0.5) * width
        high = low + height - start
        y = -depth / 2 - (0.022 * (i % 2) if sliding else 0)
        add_front(shape, rng, (x, start + high / 2, width / doors, high), y, style, front)
    if rng.random() < 0.4:
        over = rng.uniform(0.03, 0.08)
        shape.box(
            [0, 0, low + height + 0.02],
            [width + over, depth + over, 0.05],
            color,
            round_off=rng.choice([0, 0.02]),
        )
    return shape


def chest(rng: np.random.Generator) -> SolidBuilder:
    """Drawers in rows and columns under a top that stands over, some rows halved."""
    shape = SolidBuilder()
    rows, columns = int(rng.integers(2, 7)), int(rng.integers(1, 4))
    width, depth = columns * rng.uniform(0.34, 0.6), rng.uniform(0.36, 0.55)
    height, low = rows * rng.uniform(0.14, 0.24), rng.uniform(0, 0.22)
    color, style = palette.furniture(rng), draw_style(rng)
    front = color if rng.random() < 0.65 else palette.furniture(rng)
    shape.box([0, 0.01, low + height / 2], [width, depth - 0.02, height], color)
    over = rng.uniform(0, 0.05)
    shape.box(
        [0, 0, low + height + 0.014],
        [width + over, depth + over, 0.028],
        color,
        round_off=rng.choice([0, 0.01]),
    )
    add_feet(shape, rng, width, depth, low, color)
    grow = rng.uniform(0.75, 1.0) ** np.arange(rows)
    bounds = low + height * np.concatenate([[0], np.cumsum(grow / grow.sum())])
    for row in range(rows):
        count = columns * 2 if row == rows - 1 and rng.random() < 0.4 else columns
        for i in range(count):
            x = ((i + 0.5) / count - 0.5) * (width - 0.02)
            z, high = bounds[row : row + 2].mean(), bounds[row + 1] - bounds[row]
            add_front(
                shape,
                rng,
                (x, z, (width - 0.02) / count, high),
                -depth / 2 + 0.01,
                style,
                front,
                door=False,
            )
    if rng.random() < 0.15:
        mirror = rounded_outline(
            0.7 * width, 0.7, rng.choice([0.01, 0.3]), (0, low + height + 0.42)
        )
        shape.extrude(mirror, (depth / 2 - 0.03, depth / 2), color, axes=UPRIGHT)
    return shape


def shelves(rng: np.random.Generator) -> SolidBuilder:
    """Boards between sides and uprights, with a back or without, some bays behind doors."""
    shape = SolidBuilder()
    width, depth, height = rng.uniform(0.4, 1.8), rng.uniform(0.2, 0.42), rng.uniform(0.7, 2.2)
    board, color, low = rng.uniform(0.014, 0.04), palette.furniture(rng), rng.uniform(0, 0.1)
    rows = max(2, round(height / rng.uniform(0.28, 0.42)))
    columns = max(1, round(width / rng.uniform(0.35, 0.8)))
    back = bool(rng.random() < 0.6)
    add_carcass(shape, (width, depth, height), low, board, color, back=back)
    add_feet(shape, rng, width, depth, low, color)
    wide = (width - board) / columns
    for column in range(columns):
        x = (column + 0.5) * wide - (width - board) / 2
        if column:
            upright = [x - wide / 2, 0, low + height / 2]
            shape.box(upright, [board, depth - 0.01, height - board], color)
        shift = rng.uniform(-0.08, 0.08) if rng.random() < 0.4 else 0.0
        for row in range(1, rows):
            z = low + row / rows * height + shift
            shape.box([x, 0, z], [wide, depth - 0.01, board], color)
        if rng.random() < 0.3:
            high = height / rows + shift
            box = (x, low + high / 2, wide, high)
            add_front(shape, rng, box, -depth / 2, draw_style(rng), color)
    return shape


def rack(rng: np.random.Generator) -> SolidBuilder:
    """Boards on four posts, upright or leaning to the wall like a ladder, some with a cross."""
    shape = SolidBuilder()
    width, depth, height = rng.uniform(0.4, 1.8), rng.uniform(0.2, 0.5), rng.uniform(0.7, 2.2)
    board, color = rng.uniform(0.014, 0.05), palette.furniture(rng)
    rows = max(2, round(height / rng.uniform(0.25, 0.5)))
    taper = rng.uniform(0.35, 0.8) if rng.random() < 0.5 else 1.0
    post, metal = rng.uniform(0.01, 0.028), palette.metal(rng)
    for x in (-width / 2, width / 2):
        for y in (-1, 1):
            top = [x, depth / 2 - depth * taper if y < 0 else depth / 2, height]
            shape.bar([x, y * depth / 2, 0], top, post, metal, square=True)
    for row in range(rows):
        share = (row + rng.uniform(0.3, 0.5)) / rows
        deep = depth * (1 + (taper - 1) * share)
        shape.box([0, (depth - deep) / 2, share * height], [width, deep, board], color)
    if rng.random() < 0.4:
        for s in (-1, 1):
            foot = [-s * width / 2, depth / 2, 0.05]
            shape.bar(foot, [s * width / 2, depth / 2, height - 0.05], 0.6 * post, metal)
    return shape


def sideboard(rng: np.random.Generator) -> SolidBuilder:
    """A low, wide cabinet of bays: doors, drawers or open ones with a shelf."""
    shape = SolidBuilder()
    bays = int(rng.integers(2, 6))
    width, depth, height = (
        bays * rng.uniform(0.32, 0.5),
        rng.uniform(0.32, 0.5),
        rng.uniform(0.32, 0.8),
    )
    low, board = rng.uniform(0.02, 0.25), rng.uniform(0.016, 0.035)
    color, style = palette.furniture(rng), draw_style(rng)
    front = color if rng.random() < 0.5 else palette.furniture(rng)
    add_carcass(shape, (width, depth, height), low, board, color)
    add_feet(shape, rng, width, depth, low, palette.furniture(rng))
    kinds = rng.integers(0, 3, bays)
    if rng.random() < 0.6:
        kinds[bays // 2 :] = kinds[: (bays + 1) // 2][::-1]
    for i, kind in enumerate(kinds):
        wide = (width - board) / bays
        x = (i + 0.5) * wide - (width - board) / 2
        if i:
            shape.box(
                [x - wide / 2, 0.01, low + height / 2], [board, depth - 0.03, height - board], color
            )
        if kind == 0:
            add_front(shape, rng, (x, low + height / 2, wide, height), -depth / 2, style, front)
        elif kind == 1:
            rows = max(2, round(height / 0.22))
            for row in range(rows):
                z = low + (row + 0.5) * height / rows
                add_front(
                    shape, rng, (x, z, wide, height / rows), -depth / 2, style, front, door=False
                )
        else:
            shape.box(
                [x, 0.01, low + rng.uniform(0.35, 0.65) * height],
                [wide, depth - 0.03, board],
                color,
            )
    if rng.random() < 0.3:
        shape.box([0, 0, low + height + 0.012], [width + 0.04, depth + 0.03, 0.024], front)
    return shape


def locker(rng: np.random.Generator) -> SolidBuilder:
    """Lockers of steel side by side and one above the other."""
    shape, color = SolidBuilder(), palette.paint(rng) * 0.9
    columns, rows = int(rng.integers(1, 5)), int(rng.integers(1, 5))
    width, depth = columns * rng.uniform(0.28, 0.42), rng.uniform(0.35, 0.55)
    height, low = rng.uniform(1.5, 2.0), rng.uniform(0.0, 0.14)
    shape.box([0, 0, low + height / 2], [width, depth, height], color)
    add_feet(shape, rng, width, depth, low, color)
    wide, high = width / columns, height / rows
    for i in range(columns):
        for j in range(rows):
            x, z = (i + 0.5) * wide - width / 2, low + (j + 0.5) * high
            add_front(shape, rng, (x, z, wide, high), -depth / 2, (0, 2), color)
            for k in range(4):
                slot = [x, -depth / 2 - 0.02, z + 0.3 * high + 0.025 * k]
                shape.box(slot, [0.5 * wide, 0.012, 0.01], color * 0.5)
    return shape


def filing(rng: np.random.Generator) -> SolidBuilder:
    """A filing cabinet of steel with labels on its drawers."""
    shape, color = SolidBuilder(), palette.paint(rng) * 0.9
    rows = int(rng.integers(2, 6))
    width, depth = rng.uniform(0.38, 0.95), rng.uniform(0.45, 0.65)
    height = rows * rng.uniform(0.26, 0.33)
    shape.box([0, 0, height / 2], [width, depth, height], color, round_off=0.004)
    for row in range(rows):
        z = (row + 0.5) * height / rows
        add_front(shape, rng, (0, z, width, height / rows), -depth / 2, (0, 1), color, door=False)
        label = grey(0.7)
        shape.box([0, -depth / 2 - 0.02, z + 0.06], [0.09, 0.006, 0.045], label)
    return shape


def safe(rng: np.random.Generator) -> SolidBuilder:
    """A safe with a wheel, a dial and feet."""
    shape, color = SolidBuilder(), palette.paint(rng) * 0.6
    width, depth = rng.uniform(0.35, 0.8), rng.uniform(0.35, 0.7)
    height = rng.uniform(0.35, 1.4)
    middle = height / 2 + 0.03
    shape.box([0, 0, middle], [width, depth, height], color, round_off=0.015)
    door = [0.86 * width, 0.04, 0.9 * height]
    shape.box([0, -depth / 2 - 0.015, middle], door, color * 0.9, round_off=0.01)
    hub = np.array([0.1 * width, -depth / 2 - 0.06, middle])
    for angle in np.arange(3) * 2 * np.pi / 3:
        tip = hub + 0.16 * width * np.array([np.cos(angle), 0, np.sin(angle)])
        shape.bar(hub, tip, 0.012, grey(0.6))
    shape.bar(moved(hub, 0, 0.05, 0), moved(hub, 0, -0.02, 0), 0.025, grey(0.4))
    dial = moved(hub, -0.25 * width, 0.03, 0)
    shape.lathe([(0.05, 0), (0.045, 0.035)], dial, grey(0.3), axis=(0, -1, 0))
    for x in (-0.4, 0.4):
        for y in (-0.4, 0.4):
            foot = np.array([x * width, y * depth, 0])
            shape.bar(foot, moved(foot, 0, 0, 0.05), 0.03, color * 0.4)
    return shape


def hutch(rng: np.random.Generator) -> SolidBuilder:
    """A base with doors and drawers, and a shallower upper part on it, open or with doors."""
    shape = SolidBuilder()
    bays = int(rng.integers(2, 4))
    width, depth = bays * rng.uniform(0.38, 0.55), rng.uniform(0.4, 0.55)
    table, upper = rng.uniform(0.75, 0.95), rng.uniform(0.7, 1.2)
    low, color, style = rng.uniform(0, 0.1), palette.furniture(rng), draw_style(rng)
    add_carcass(shape, (width, depth, table - low), low, 0.025, color)
    add_feet(shape, rng, width, depth, low, color)
    shape.box([0, -0.01, table + 0.015], [width + 0.04, depth + 0.04, 0.03], color)
    shallow, gap = rng.uniform(0.24, 0.32), rng.choice([0.0, 0.35])
    rear = (depth - shallow) / 2
    for i in range(bays):
        x = ((i + 0.5) / bays - 0.5) * width
        drawer = 0.16
        add_front(
            shape,
            rng,
            (x, table - drawer / 2, width / bays, drawer),
            -depth / 2,
            style,
            color,
            door=False,
        )
        high = table - drawer - low
        add_front(shape, rng, (x, low + high / 2, width / bays, high), -depth / 2, style, color)
    top = SolidBuilder()
    add_carcass(top, (width, shallow, upper), 0, 0.022, color)
    for i in range(bays):
        x = ((i + 0.5) / bays - 0.5) * width
        if rng.random() < 0.5:
            add_front(top, rng, (x, upper / 2, width / bays, upper), -shallow / 2, style, color)
        for row in range(1, int(rng.integers(3, 5))):
            top.box([x, 0, row * upper / 4], [width / bays, shallow - 0.02, 0.018], color)
    shape.place(top, [0, rear, table + 0.03 + gap])
    if gap:
        for side in (-1, 1):
            shape.box(
                [side * (width / 2 - 0.015), rear, table + 0.03 + gap / 2],
                [0.03, shallow, gap + 0.02],
                color,
            )
    if rng.random() < 0.5:
        shape.box(
            [0, rear, table + 0.05 + gap + upper],
            [width + 0.06, shallow + 0.06, 0.05],
            color,
            round_off=0.015,
        )
    return shape


def bedside(rng: np.random.Generator) -> SolidBuilder:
    """A small one: a drawer and a shelf or a door, on legs; also round ones and kitchen units."""
    shape = SolidBuilder()
    width, depth, height = rng.uniform(0.34, 0.62), rng.uniform(0.32, 0.5), rng.uniform(0.4, 0.75)
    color, style = palette.furniture(rng), draw_style(rng)
    if rng.random() < 0.25:
        radius = width / 2
        shape.lathe([(radius, 0.03), (radius, height)], [0, 0, 0], color, sides=36)
        shape.lathe(
            [(1.06 * radius, 0), (1.06 * radius, 0.025)],
            [0, 0, height],
            palette.furniture(rng),
            sides=36,
        )
        shape.lathe([(0.9 * radius, 0), (0.9 * radius, 0.04)], [0, 0, 0], color * 0.5, sides=36)
        for z in np.linspace(0.25, 0.8, int(rng.integers(1, 4))) * height:
            shape.ball([0, -radius - 0.012, z], [0.014, 0.02, 0.014], palette.metal(rng))
        return shape
    open_share = rng.uniform(0, 0.6) * rng.integers(2)
    leg = rng.uniform(0.05, 0.5) * height
    body = height - leg
    drawers = int(rng.integers(1, 3))
    part = body * (1 - open_share)
    add_carcass(shape, (width, depth, body), leg, 0.02, color)
    add_feet(shape, rng, width, depth, leg, palette.furniture(rng))
    for i in range(drawers):
        z = height - (i + 0.5) * part / drawers
        add_front(
            shape,
            rng,
            (0, z, width, part / drawers),
            -depth / 2,
            style,
            color,
            door=bool(drawers == 1 and open_share == 0),
        )
    if open_share:
        shape.box([0, 0, height - part], [width - 0.02, depth - 0.02, 0.018], color)
    over = rng.uniform(0, 0.05)
    shape.box(
        [0, 0, height + 0.012],
        [width + over, depth + over, 0.024],
        palette.furniture(rng),
        round_off=rng.choice([0, 0.01]),
    )
    return shape


PROGRAMS = (wardrobe, chest, shelves, rack, sideboard, locker, filing, safe, hutch, bedside)
