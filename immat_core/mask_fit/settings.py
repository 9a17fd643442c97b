"""What the fit to a mask may do, and what it gives."""

from __future__ import annotations

from dataclasses import dataclass, field

from immat_core.camera import Camera
from immat_core.medial_mesh import MedialMesh


@dataclass(frozen=True)
class MaskFitSettings:
    """How a medial mesh is drawn to a mask.

    Lengths are in units of the object's diagonal; "spread" is a standard deviation, the larger
    the freer. Picture coordinates run from -1 to 1.

    Attributes
    ----------
    camera_steps
        Steps in which only the camera and the stretch of the whole along x, y and z change.
    steps
        Steps for each of ``bends``.
    bends
        Spreads of the difference between the displacements of two connected spheres, one after
        the other: stiff first, so that the whole finds its place before its parts.
    misfits
        Spreads of the distance of a cell or a disc from the other outline, in the picture: while
        the camera turns, and then for each of ``bends``. Loose at first, since many cells err
        together where a part or the camera is wrong. On ``val`` the fit hardly changes CD so;
        tighter last steps cover 0.5 % more of the mask, and raise CD by as much.
    far
        Distance in the picture from which on a misfit pulls no harder: it may have no part of the
        shape that belongs to it.
    reach
        Spread of a sphere's displacement.
    thickening, thickness
        Spreads of the logarithm of a radius's change: between connected spheres, and itself.
    mirror
        Spread by which two spheres that mirror one another about x = 0 may move differently.
    azimuth, elevation, roll
        Spreads of the camera's angles in radians.
    zoom, distance, shift
        Spreads of the logarithms of focal length and distance, and of the shifts.
    stretch
        Spread of the logarithm of the stretch along an axis.
    move_camera
        Whether the camera may change; False where it is known.
    close
        Overlaps with the mask, before and after a camera that may change has turned, from which on
        spheres move one by one. Where less fits, it or the shape is wrong, and bending the shape
        over the mask spoils what is right: of 1,328 pictures of ``val`` 57 cover less than half
        once turned; bending lowers the CD of the 36 from 0.4 on by 10 %, and raises the others'.
    """

    camera_steps: int = 8
    steps: int = 6
    bends: tuple[float, ...] = (0.003, 0.015, 0.08)
    misfits: tuple[float, ...] = (0.1, 0.1, 0.06, 0.03)
    far: float = 0.12
    reach: float = 0.03
    thickening: float = 0.15
    thickness: float = 0.4
    mirror: float = 0.003
    azimuth: float = 0.1
    elevation: float = 0.06
    roll: float = 0.03
    zoom: float = 0.05
    distance: float = 0.1
    shift: float = 0.05
    stretch: float = 0.02
    move_camera: bool = True
    close: tuple[float, float] = (0.3, 0.4)


@dataclass(frozen=True, eq=False)
class MaskFit:
    """A medial mesh and a camera whose silhouette is nearer to a mask.

    Attributes
    ----------
    mat
        As many spheres in the same order, the same edges and faces.
    camera
        Of the crop.
    iou_before, iou_after
        Intersection over union of the silhouette and the mask, 0..1; never less after than
        before.
    steps
        How many steps were made.
    """

    mat: MedialMesh
    camera: Camera
    iou_before: float
    iou_after: float
    steps: int = field(default=0)
