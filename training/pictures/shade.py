"""The light that reaches the camera from each sample: object, floor and wall."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from training.pictures.noise import IMAGE, pattern, value_noise
from training.pictures.raster import LIGHT_REACH

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

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
def open_sky(maps: Singles, axes: Floats, place: Floats, normal: Floats) -> tuple[float, float]:
    """Shares of the light from above and from below that reach a place, 0..1 each."""
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
def light_on(
    place: Floats,
    normal: Floats,
    light: Floats,
    key_map: Singles,
    key_axes: Floats,
    sky_maps: Singles,
    sky_axes: Floats,
    level: Floats,
) -> float:
    """Fill ``level`` (3,) with the diffuse light on a place; returns the key light's share.

    ``light`` is (5, 3): direction, key, sky, head (left to the caller), bounce.
    """
    toward = normal[0] * light[0, 0] + normal[1] * light[0, 1] + normal[2] * light[0, 2]
    lit = 0.0
    if toward > 0:
        # four taps around soften the edge of a shadow
        for tap in range(4):
            e, f = (tap % 2 - 0.5) * 0.008, (tap // 2 - 0.5) * 0.008
            x = place[0] + e * key_axes[0, 0] + f * key_axes[1, 0]
            y = place[1] + e * key_axes[0, 1] + f * key_axes[1, 1]
            z = place[2] + e * key_axes[0, 2] + f * key_axes[1, 2]
            if not _hidden(key_map, key_axes, x, y, z, BIAS + 0.012 * (1 - toward)):
                lit += 0.25
    above, below = open_sky(sky_maps, sky_axes, place, normal)
    for i in range(3):
        level[i] = light[1, i] * lit * max(toward, 0.0) + light[2, i] * (
            above + below * light[4, i]
        )
    return lit


@njit(cache=True, nogil=True)
def _texel(
    data: NDArray[np.uint8], table: NDArray[np.int64], index: int, u: float, v: float, out: Floats
) -> None:
    """Look a texture up, repeated, and fill ``out`` with linear RGB."""
    offset, height, width = table[index]
    column = min(int((u % 1.0) * width), width - 1)
    row = min(int(((1 - v) % 1.0) * height), height - 1)
    at = offset + 3 * (row * width + column)
    for i in range(3):
        out[i] = (data[at + i] / 255.0) ** 2.2


@njit(cache=True, nogil=True)
def shade_object(
    owner: NDArray[np.int32],
    weights: Singles,
    corners: Singles,
    normals: Singles,
    colors: Singles,
    groups: NDArray[np.int32],
    uv: Singles,
    kinds: NDArray[np.int32],
    axes: Floats,
    tints: Floats,
    repainted: NDArray[np.bool_],
    gloss: Floats,
    textures: NDArray[np.uint8],
    texture_table: NDArray[np.int64],
    texture_of_group: NDArray[np.int32],
    eye: Floats,
    light: Floats,
    key_map: Singles,
    key_axes: Floats,
    sky_maps: Singles,
    sky_axes: Floats,
    sums: Floats,
) -> None:
    """Add the object's samples to ``sums`` (size, size, 4): linear RGB and how many.

    ``gloss`` is (g, 3): specular, shininess, metal. Normals are turned toward the camera, so
    both sides of a plate are lit.
    """
    factor = owner.shape[0] // sums.shape[0]
    place, normal, view = np.empty(3), np.empty(3), np.empty(3)
    level, albedo, mirrored = np.empty(3), np.empty(3), np.empty(3)
    for row in range(owner.shape[0]):
        for column in range(owner.shape[1]):
            t = owner[row, column]
            if t < 0:
                continue
            b, c = weights[row, column]
            a = 1 - b - c
            for i in range(3):
                place[i] = a * corners[t, 0, i] + b * corners[t, 1, i] + c * corners[t, 2, i]
                normal[i] = a * normals[t, 0, i] + b * normals[t, 1, i] + c * normals[t, 2, i]
                view[i] = eye[i] - place[i]
            normal /= max(np.sqrt((normal * normal).sum()), 1e-9)
            view /= np.sqrt((view * view).sum())
            facing = (normal * view).sum()
            if facing < 0:
                normal *= -1.0
                facing = -facing
            g = groups[t]
            _albedo(
                t,
                g,
                a,
                b,
                c,
                place,
                colors,
                uv,
                kinds,
                axes,
                tints,
                repainted,
                textures,
                texture_table,
                texture_of_group,
                albedo,
            )
            lit = light_on(place, normal, light, key_map, key_axes, sky_maps, sky_axes, level)
            half = view + light[0]
            half /= max(np.sqrt((half * half).sum()), 1e-9)
            glint = lit * gloss[g, 0] * max((normal * half).sum(), 0.0) ** gloss[g, 1]
            for i in range(3):
                mirrored[i] = 2 * facing * normal[i] - view[i]
            room = 0.25 + 0.6 * value_noise(
                2 * mirrored[0] + 9, 2 * mirrored[1] + 9, 3 * mirrored[2] + 9
            ) * (0.6 + 0.4 * mirrored[2])
            metal = gloss[g, 2]
            pixel = sums[row // factor, column // factor]
            for i in range(3):
                diffuse = albedo[i] * (level[i] + light[3, i] * facing)
                value = diffuse * (1 - metal) + metal * albedo[i] * room * 1.4 + glint
                pixel[i] += min(value, 1.5)
            pixel[3] += 1


@njit(cache=True, nogil=True)
def _albedo(
    t: int,
    g: int,
    a: float,
    b: float,
    c: float,
    place: Floats,
    colors: Singles,
    uv: Singles,
    kinds: NDArray[np.int32],
    axes: Floats,
    tints: Floats,
    repainted: NDArray[np.bool_],
    textures: NDArray[np.uint8],
    texture_table: NDArray[np.int64],
    texture_of_group: NDArray[np.int32],
    albedo: Floats,
) -> None:
    """Fill ``albedo`` (3,) with the color of a place."""
    kind = kinds[g]
    if kind == IMAGE:
        u = a * uv[t, 0, 0] + b * uv[t, 1, 0] + c * uv[t, 2, 0]
        v = a * uv[t, 0, 1] + b * uv[t, 1, 1] + c * uv[t, 2, 1]
        _texel(textures, texture_table, texture_of_group[g], u, v, albedo)
        return
    m = axes[g]
    shade = pattern(
        kind,
        m[0, 0] * place[0] + m[0, 1] * place[1] + m[0, 2] * place[2],
        m[1, 0] * place[0] + m[1, 1] * place[1] + m[1, 2] * place[2],
        m[2, 0] * place[0] + m[2, 1] * place[1] + m[2, 2] * place[2],
    )
    for i in range(3):
        own = 1.0 if repainted[g] else colors[t, i]
        albedo[i] = min(own * tints[g, i] * shade, 1.0)


@njit(cache=True, nogil=True)
def shade_room(
    rays: Floats,
    eye: Floats,
    feet: float,
    back: Floats,
    kinds: NDArray[np.int64],
    scales: Floats,
    colors: Floats,
    patches: Floats,
    light: Floats,
    key_map: Singles,
    key_axes: Floats,
    sky_maps: Singles,
    sky_axes: Floats,
    out: Floats,
) -> None:
    """Fill ``out`` (size, size, 3) with the linear RGB of floor and wall.

    ``rays`` is (size, size, 3), ``back`` (3,) the flat direction away from the camera times the
    wall's distance; floor first, wall second in ``kinds``, ``scales``, ``colors``, ``patches``.
    """
    distance = np.sqrt(back[0] ** 2 + back[1] ** 2)
    away_x, away_y = back[0] / distance, back[1] / distance
    place, normal, level = np.empty(3), np.empty(3), np.empty(3)
    for row in range(rays.shape[0]):
        for column in range(rays.shape[1]):
            ray = rays[row, column]
            toward_wall = ray[0] * away_x + ray[1] * away_y
            reach = 1e9
            if toward_wall > 1e-6:
                reach = (distance - eye[0] * away_x - eye[1] * away_y) / toward_wall
            which = 1
            if ray[2] < -1e-6 and eye[2] > feet and (feet - eye[2]) / ray[2] < reach:
                reach = (feet - eye[2]) / ray[2]
                which = 0
            reach = min(reach, 50.0)
            for i in range(3):
                place[i] = eye[i] + reach * ray[i]
            if which == 0:
                normal[0], normal[1], normal[2] = 0.0, 0.0, 1.0
                x, y = place[0], place[1]
            else:
                normal[0], normal[1], normal[2] = -away_x, -away_y, 0.0
                x, y = place[0] * away_y - place[1] * away_x, place[2]
            light_on(place, normal, light, key_map, key_axes, sky_maps, sky_axes, level)
            scale, patch = scales[which], patches[which]
            shade = pattern(kinds[which], scale * x, scale * y, 0.5)
            inside = patch[0] < x < patch[2] and patch[1] < y < patch[3]
            # light falls off into the room, which also keeps a wall from being one flat color
            fall = 1.0 / (1.0 + 0.08 * (x * x + y * y))
            for i in range(3):
                color = patch[4 + i] if inside else colors[which, i] * shade
                out[row, column, i] = color * (level[i] + light[3, i]) * fall
