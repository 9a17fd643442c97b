"""Handlers cost next to nothing when nothing of ours changed."""

from __future__ import annotations

import timeit

import bpy
from shapes import add_mat

BUDGET_SECONDS = 100e-6


def cost(function):
    """Seconds of the fastest of several runs: what the code costs, not what else runs here."""
    return min(timeit.repeat(function, number=50, repeat=20)) / 50


def test_an_update_of_other_objects_costs_less_than_100_microseconds(addon):
    add_mat(addon)
    for index in range(50):
        other = bpy.data.objects.new(f"Empty {index}", None)
        bpy.context.collection.objects.link(other)
    found = []

    def measure(scene, depsgraph):
        found.append(cost(lambda: addon.handlers.on_depsgraph_update(scene, depsgraph)))
        found.append(len(depsgraph.updates))

    bpy.context.view_layer.update()
    bpy.app.handlers.depsgraph_update_post.append(measure)
    try:
        for other in bpy.data.objects:
            if other.type == "EMPTY":
                other.location.x += 1
        bpy.context.view_layer.update()
    finally:
        bpy.app.handlers.depsgraph_update_post.remove(measure)
    seconds, updates = found
    assert updates >= 50
    print(f"{updates} updates: {seconds * 1e6:.0f} microseconds")
    assert seconds < BUDGET_SECONDS
    assert not addon.live.counters.requests


def test_history_and_saving_cost_little_without_a_mat(addon):
    bpy.context.view_layer.update()
    scene = bpy.context.scene
    assert cost(lambda: addon.handlers.on_history(scene)) < BUDGET_SECONDS
    assert cost(lambda: addon.handlers.on_save_pre("")) < BUDGET_SECONDS


def test_a_request_costs_less_than_100_microseconds(addon):
    obj = add_mat(addon)
    assert cost(lambda: addon.live.request(obj)) < BUDGET_SECONDS
