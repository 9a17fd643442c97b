"""The light that reaches the camera from each sample: object, floor and wall."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from training.pictures.noise import IMAGE, pattern, value_noise
from training.pictures.raster import LIGHT_REACH

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]


class Lighting(NamedTuple):
    """The light on a scene; the fields of ``scene.Light`` and who stands in whose shadow.

    Attributes
    ----------
    rows
        (5, 3): direction of the key light, its color, the sky's, the camera's light, the bounce.
    key_map, key_axes
        Shadow map of the key light, (s, s) and (3, 3); see ``raster.light_map``.
    sky_maps, sky_axes
        The same of lights from all around, (k, s, s) and (k, 3, 3).
    """

    rows: Floats
    key_map: Singles
    key_axes: Floats
    sky_maps: Singles
    sky_axes: Floats


class Thing(NamedTuple):
    """The object: fields of ``model.Model`` and ``scene.Materials`` as plain arrays.

    Attributes
    ----------
    gloss
        (g, 3): specular, shininess, metal.
    textures, texture_table
        All texels in one row, and (k, 3) where a texture begins, its height and its width.
    """

    corners: Singles
    normals: Singles
    colors: Singles
    groups: NDArray[np.int32]
    uv: Singles
    kinds: NDArray[np.int32]
    axes: Floats
    tints: Floats
    repainted: NDArray[np.bool_]
    gloss: Floats
    textures: NDArray[np.uint8]
    texture_table: NDArray[np.int64]
    texture_of_group: NDArray[np.int32]


class Grounds(NamedTuple):
    """Floor first, wall second; the fields of ``scene.Ground``, and where they are.

    Attributes
    ----------
    feet
        Height of the floor.
    back
        (3,) the flat direction away from the camera times the wall's distance.
    """

    kinds: NDArray[np.int64]
    scales: Floats
    colors: Floats
    patches: Floats
    feet: float
    back: Floats


BIAS = 0.006
"""How far a shadow begins from its caster, so that surfaces do not shade themselves."""


@njit(cache=True, nogil=True)
def _hidden(shadow: Singles, axes: Floats, x: float, y: float, z: float, bias: float) -> bool:
    """Whether something stands between a place and the light of a map."""
    side = shadow.shape[0]
    u = axes[0, 0] * x + axes[0, 1] * y + axes[0, 2] * z
    v = axes[1, 0] * x + axes[1, 1] * y + axes[1, 2] * z
    h = axes[2, 0] * x + axes[2, 1] * y + axes[2, 2] * z
    column = int((u / LIGHT_REACH + 1) * side / 2)
    row = int((v / LIGHT_REACH + 1) * side / 2)
    if row < 0 or column < 0 or row >= side or column >= side:
        return False
    return bool(shadow[row, column] > h + bias)


@njit(cache=True, nogil=True)
def open_sky(lighting: Lighting, place: Floats, normal: Floats) -> tuple[float, float]:
    """Shares of the light from above and from below that reach a place, 0..1 each."""
    maps, axes = lighting.sky_maps, lighting.sky_axes
    above = above_all = below = below_all = 1e-6
    for k in range(maps.shape[0]):
        toward = axes[k, 2, 0] * normal[0] + axes[k, 2, 1] * normal[1] + axes[k, 2, 2] * normal[2]
        if toward <= 0:
            continue
        seen = toward
        if _hidden(maps[k], axes[k], place[0], place[1], place[2], 3 * BIAS):
            seen = 0.0
        if axes[k, 2, 2] >= 0:
            above += seen
            above_all += toward
        else:
            below += seen
            below_all += toward
    whole = above_all + below_all
    return above / whole, below / whole


@njit(cache=True, nogil=True)
def light_on(lighting: Lighting, place: Floats, normal: Floats, level: Floats) -> float:
    """Fill ``level`` (3,) with the diffuse light on a place; returns the key light's share.

    The camera's light is left to the caller.
    """
    light, key_axes = lighting.rows, lighting.key_axes
    toward = normal[0] * light[0, 0] + normal[1] * light[0, 1] + normal[2] * light[0, 2]
    lit = 0.0
    if toward > 0:
        # four taps around soften the edge of a shadow
        for tap in range(4):
            e, f = (tap % 2 - 0.5) * 0.008, (tap // 2 - 0.5) * 0.008
            x = place[0] + e * key_axes[0, 0] + f * key_axes[1, 0]
            y = place[1] + e * key_axes[0, 1] + f * key_axes[1, 1]
            z = place[2] + e * key_axes[0, 2] + f * key_axes[1, 2]
            bias = BIAS + 0.012 * (1 - toward)
            if not _hidden(lighting.key_map, key_axes, x, y, z, bias):
                lit += 0.25
    above, below = open_sky(lighting, place, normal)
    for i in range(3):
        sky = above + below * light[4, i]
        level[i] = light[1, i] * lit * max(toward, 0.0) + light[2, i] * sky
    return lit


@njit(cache=True, nogil=True)
def _texel(thing: Thing, index: int, u: float, v: float, out: Floats) -> None:
    """Look a texture up, repeated, and fill ``out`` with linear RGB."""
    offset, height, width = thing.texture_table[index]
    column = min(int((u % 1.0) * width), width - 1)
    row = min(int(((1 - v) % 1.0) * height), height - 1)
    at = offset + 3 * (row * width + column)
    for i in range(3):
        out[i] = (thing.textures[at + i] / 255.0) ** 2.2


@njit(cache=True, nogil=True)
def shade_object(
    owner: NDArray[np.int32],
    weights: Singles,
    thing: Thing,
    lighting: Lighting,
    eye: Floats,
    sums: Floats,
) -> None:
    """Add the object's samples to ``sums`` (size, size, 4): linear RGB and how many.

    Normals are turned toward the camera, so both sides of a plate are lit.
    """
    factor = owner.shape[0] // sums.shape[0]
    place, normal, view = np.empty(3), np.empty(3), np.empty(3)
    color, level = np.empty(3), np.empty(3)
    for row in range(owner.shape[0]):
        for column in range(owner.shape[1]):
            t = owner[row, column]
            if t < 0:
                continue
            b, c = weights[row, column]
            a = 1 - b - c
            p, n = thing.corners[t], thing.normals[t]
            for i in range(3):
                place[i] = a * p[0, i] + b * p[1, i] + c * p[2, i]
                normal[i] = a * n[0, i] + b * n[1, i] + c * n[2, i]
                view[i] = eye[i] - place[i]
            _scale(normal, 1 / max(_length(normal), 1e-9))
            _scale(view, 1 / _length(view))
            if _dot(normal, view) < 0:
                _scale(normal, -1.0)
            _albedo(thing, t, a, b, c, place, color)
            _reflect(lighting, thing.gloss[thing.groups[t]], place, normal, view, level, color)
            pixel = sums[row // factor, column // factor]
            for i in range(3):
                pixel[i] += min(color[i], 1.5)
            pixel[3] += 1


@njit(cache=True, nogil=True)
def _reflect(
    lighting: Lighting,
    gloss: Floats,
    place: Floats,
    normal: Floats,
    view: Floats,
    level: Floats,
    color: Floats,
) -> None:
    """Turn the color of a place into the light that it sends to the camera; fills ``level`` too."""
    facing = _dot(normal, view)
    lit = light_on(lighting, place, normal, level)
    glint, key = 0.0, lighting.rows[0]
    if lit * gloss[0] > 0:
        x, y, z = view[0] + key[0], view[1] + key[1], view[2] + key[2]
        half = max(np.sqrt(x * x + y * y + z * z), 1e-9)
        along = (normal[0] * x + normal[1] * y + normal[2] * z) / half
        glint = lit * gloss[0] * max(along, 0.0) ** gloss[1]
    room = 0.0
    if gloss[2] > 0:
        # a room of blurred light and dark that metal mirrors
        x = 2 * facing * normal[0] - view[0]
        y = 2 * facing * normal[1] - view[1]
        z = 2 * facing * normal[2] - view[2]
        room = 0.25 + 0.6 * value_noise(2 * x + 9, 2 * y + 9, 3 * z + 9) * (0.6 + 0.4 * z)
    for i in range(3):
        diffuse = color[i] * (level[i] + lighting.rows[3, i] * facing)
        color[i] = diffuse * (1 - gloss[2]) + gloss[2] * color[i] * room * 1.4 + glint


# Written out: an expression of arrays would allocate one for each sample.


@njit(cache=True, nogil=True)
def _dot(a: Floats, b: Floats) -> float:
    return float(a[0] * b[0] + a[1] * b[1] + a[2] * b[2])


@njit(cache=True, nogil=True)
def _length(vector: Floats) -> float:
    return float(np.sqrt(_dot(vector, vector)))


@njit(cache=True, nogil=True)
def _scale(vector: Floats, factor: float) -> None:
    for i in range(3):
        vector[i] *= factor


@njit(cache=True, nogil=True)
def _albedo(
    thing: Thing, t: int, a: float, b: float, c: float, place: Floats, albedo: Floats
) -> None:
    """Fill ``albedo`` (3,) with the color of a place in triangle ``t``."""
    g = thing.groups[t]
    if thing.kinds[g] == IMAGE:
        uv = thing.uv[t]
        u = a * uv[0, 0] + b * uv[1, 0] + c * uv[2, 0]
        v = a * uv[0, 1] + b * uv[1, 1] + c * uv[2, 1]
        _texel(thing, thing.texture_of_group[g], u, v, albedo)
        return
    m = thing.axes[g]
    shade = pattern(
        thing.kinds[g],
        m[0, 0] * place[0] + m[0, 1] * place[1] + m[0, 2] * place[2],
        m[1, 0] * place[0] + m[1, 1] * place[1] + m[1, 2] * place[2],
        m[2, 0] * place[0] + m[2, 1] * place[1] + m[2, 2] * place[2],
    )
    for i in range(3):
        own = 1.0 if thing.repainted[g] else thing.colors[t, i]
        albedo[i] = min(own * thing.tints[g, i] * shade, 1.0)


@njit(cache=True, nogil=True)
def shade_room(
    rays: Floats, eye: Floats, grounds: Grounds, lighting: Lighting, out: Floats
) -> None:
    """Fill ``out`` (size, size, 3) with the linear RGB of floor and wall; ``rays`` alike."""
    back = grounds.back
    distance = np.sqrt(back[0] ** 2 + back[1] ** 2)
    away_x, away_y = back[0] / distance, back[1] / distance
    place, normal, level = np.empty(3), np.empty(3), np.empty(3)
    for row in range(rays.shape[0]):
        for column in range(rays.shape[1]):
            ray = rays[row, column]
            toward_wall = ray[0] * away_x + ray[1] * away_y
            reach, which = 1e9, 1
            if toward_wall > 1e-6:
                reach = (distance - eye[0] * away_x - eye[1] * away_y) / toward_wall
            if ray[2] < -1e-6 and eye[2] > grounds.feet:
                down = (grounds.feet - eye[2]) / ray[2]
                if down < reach:
                    reach, which = down, 0
            for i in range(3):
                place[i] = eye[i] + min(reach, 50.0) * ray[i]
            if which == 0:
                normal[0], normal[1], normal[2] = 0.0, 0.0, 1.0
                x, y = place[0], place[1]
            else:
                normal[0], normal[1], normal[2] = -away_x, -away_y, 0.0
                x, y = place[0] * away_y - place[1] * away_x, place[2]
            light_on(lighting, place, normal, level)
            scale, patch = grounds.scales[which], grounds.patches[which]
            shade = pattern(grounds.kinds[which], scale * x, scale * y, 0.5)
            inside = patch[0] < x < patch[2] and patch[1] < y < patch[3]
            # light falls off into the room, which also keeps a wall from being one flat color
            fall = 1.0 / (1.0 + 0.08 * (x * x + y * y))
            for i in range(3):
                color = patch[4 + i] if inside else grounds.colors[which, i] * shade
                out[row, column, i] = color * (level[i] + lighting.rows[3, i]) * fall
