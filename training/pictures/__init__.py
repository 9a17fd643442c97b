"""Pictures of shapes to train on: any mesh, any material, plain or as in a photograph."""

from training.pictures.model import Model, make_model
from training.pictures.scene import Scene, draw_scene
from training.pictures.view import Picture, render

__all__ = ["Model", "Picture", "Scene", "draw_scene", "make_model", "render"]
