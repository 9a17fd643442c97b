"""The pipeline: what each network is given, what is kept, and what the numbers mean."""

from __future__ import annotations

import numpy as np
import pytest
from fake_engine import AZIMUTH, DISTANCE, ELEVATION, FakeEngine

from immat_core.camera import MARGIN, Camera
from immat_core.errors import Cancelled, UserError
from immat_core.image import Picture, picture_from_array
from immat_core.mirror import MOVES
from immat_core.predict import (
    REFINED,
    STAGES,
    ImageToMat,
    PredictSettings,
    adjacency,
)
from immat_core.sampling import resample
from immat_core.size_and_place import SMALLEST_RADIUS
from immat_core.smoothing import smooth


@pytest.fixture
def picture() -> Picture:
    pixels = np.zeros((300, 400, 4), np.uint8)
    pixels[50:250, 100:300] = (200, 30, 30, 255)
    return picture_from_array(pixels)


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def model(engine: FakeEngine, picture: Picture) -> ImageToMat:
    ready = ImageToMat(engine)
    ready.set_image(picture)
    return ready


def test_the_picture_is_looked_at_once(model: ImageToMat, engine: FakeEngine) -> None:
    model.predict()
    model.predict(PredictSettings(spheres=100))
    once = ["topology", "refinement", "topology", "smoothing", "topology"]
    # Every move of the picture is seen in a mirror too.
    looks = 2 * len(MOVES)
    seen = looks * ["image2sphere"] + looks * ["camera"]
    assert engine.calls == [*seen, *once, *once]


def test_stages_and_what_stands_beside_them(model: ImageToMat) -> None:
    prediction = model.predict(PredictSettings(smoothing_weight=0.5, follow_outline=False))
    assert tuple(stage.name for stage in prediction.stages) == STAGES
    initial, refined, smoothed = prediction.stages
    up = initial.spheres[:, 2] + REFINED * 0.01
    np.testing.assert_allclose(refined.spheres[:, 2], up, atol=1e-6)
    np.testing.assert_allclose(refined.spheres[:, 3], 0.04 - REFINED * 0.01, atol=1e-6)
    assert smoothed.spheres[0, 3] == np.float32(SMALLEST_RADIUS)
    edges = refined.medial_mesh().all_edges
    expected = smooth(refined.spheres, edges, 0.5)
    np.testing.assert_array_equal(smoothed.spheres[1:], expected[1:])
    assert prediction.category == "table"
    assert prediction.picture_size == (400, 300)
    assert prediction.crop_box == pytest.approx((80.952, 30.952, 238.095), abs=1e-3)
    steps = {"image2sphere", "refinement", "topology", "camera", "smoothing"}
    assert set(prediction.seconds) == steps
    assert prediction.medial_mesh(PredictSettings(stage="initial")).edges.shape == (256, 2)
    with pytest.raises(KeyError):
        prediction.stage("last")


def test_the_predicted_camera_frames_the_spheres_as_the_crop_does(model: ImageToMat) -> None:
    prediction = model.predict()
    camera = prediction.camera
    assert abs(camera.elevation - ELEVATION) < np.radians(20)
    assert abs(np.log(camera.distance / DISTANCE)) < 0.5
    # The fake object is no square, so turning it over the square mask may move the azimuth.
    turned = (camera.azimuth - AZIMUTH) % np.pi
    assert min(turned, np.pi - turned) < np.radians(60)
    spheres = prediction.stage("initial").spheres
    uv, depth = camera.project(spheres[:, :3])
    reach = camera.focal * spheres[:, 3] / depth
    low, high = (uv - reach[:, None]).min(0), (uv + reach[:, None]).max(0)
    # About: a shape that is guessed too long on one side may stand out of the frame there.
    assert (high - low).max() == pytest.approx(2 * (1 - 2 * MARGIN), rel=0.1)
    np.testing.assert_allclose(low + high, 0, atol=0.2)


def test_a_known_camera_is_used(engine: FakeEngine, picture: Picture) -> None:
    camera = Camera(1.0, 0.2, 3.0, 4.0, 0.1, -0.1)
    model = ImageToMat(engine)
    model.set_image(picture, camera)
    assert model.predict().camera == camera
    given = engine.inputs["refinement"]
    np.testing.assert_array_equal(given["uv"][0], camera.project(given["centers"][0])[0])


def test_thresholds_act_on_what_is_there(model: ImageToMat, engine: FakeEngine) -> None:
    stage = model.predict().stage("smoothed")
    calls = len(engine.calls)
    # The fake ring's edges are weaker than that; all but the one that closes it join parts.
    assert len(stage.medial_mesh(0.95, 0.95).edges) == 255
    assert len(stage.medial_mesh(0.5, 0.5).edges) == 256
    assert len(engine.calls) == calls


@pytest.mark.parametrize("count", [16, 100, 256, 300, 1024])
def test_any_number_of_spheres(model: ImageToMat, count: int) -> None:
    prediction = model.predict(PredictSettings(spheres=count, seed=3))
    again = model.predict(PredictSettings(spheres=count, seed=3))
    for one, two in zip(prediction.stages, again.stages, strict=True):
        assert one.spheres.shape == (count, 4)
        assert one.spheres.dtype == np.float32
        np.testing.assert_array_equal(one.spheres, two.spheres)
        np.testing.assert_array_equal(one.candidates.edges, two.candidates.edges)


def test_the_seed_chooses_among_the_spheres() -> None:
    spheres = np.random.default_rng(0).random((256, 4)).astype(np.float32)
    chosen = [resample(spheres, spheres[:, :3], 50, seed) for seed in (0, 1, 0)]
    assert not np.array_equal(chosen[0], chosen[1])
    np.testing.assert_array_equal(chosen[0], chosen[2])


def test_fewer_are_spread_and_more_have_their_neighbors_radii() -> None:
    rng = np.random.default_rng(0)
    spheres = np.column_stack([rng.random((200, 3)), np.full(200, 0.05)]).astype(np.float32)
    spheres[:, 3] += spheres[:, 0]
    dense = rng.random((900, 3)).astype(np.float32)
    few = resample(spheres, dense, 20, 0)
    assert {tuple(s) for s in few} <= {tuple(s) for s in spheres}
    apart = np.linalg.norm(few[:, None, :3] - few[None, :, :3], axis=2) + 9 * np.eye(20)
    covered = np.linalg.norm(spheres[:, None, :3] - few[None, :, :3], axis=2).min(1)
    # Farthest-point sampling: no sphere is farther from the choice than the chosen are apart.
    assert covered.max() <= apart.min()
    more = resample(spheres, dense, 700, 0)
    np.testing.assert_array_equal(more[:200], spheres)
    assert np.abs(more[200:, 3] - 0.05 - more[200:, 0]).mean() < 0.06
    assert {tuple(s[:3]) for s in more[200:]} <= {tuple(c) for c in dense}


@pytest.mark.parametrize(
    ("field", "value"),
    [("spheres", 15), ("spheres", 1025), ("edge_threshold", -0.1), ("face_threshold", 1.1),
     ("smoothing_weight", float("nan")), ("stage", "last"), ("seed", -1)],
)  # fmt: skip
def test_settings_out_of_range(field: str, value: object) -> None:
    with pytest.raises(UserError) as caught:
        PredictSettings(**{field: value})
    assert caught.value.fix


def test_a_picture_must_be_set(engine: FakeEngine) -> None:
    with pytest.raises(RuntimeError, match="set_image"):
        ImageToMat(engine).predict()


def test_progress_rises_to_the_end(model: ImageToMat) -> None:
    told: list[tuple[float, str]] = []
    model.predict(progress=lambda share, text: told.append((share, text)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert [text for _, text in told][:3] == ["topology", "refinement", "topology"]


@pytest.mark.parametrize(("steps", "calls"), list(enumerate([0, 1, 2, 3, 3, 4, 5])))
def test_cancel_stops_before_the_next_step(
    model: ImageToMat, engine: FakeEngine, steps: int, calls: int
) -> None:
    before = len(engine.calls)
    answers = iter([False] * steps + [True])
    with pytest.raises(Cancelled):
        model.predict(should_cancel=lambda: next(answers))
    # A search for the camera, as after the third network, calls none.
    assert len(engine.calls) == before + calls
    assert len(model.predict().stages) == 3


def test_adjacency_is_the_mean_over_neighbors() -> None:
    matrix = adjacency(4, np.array([[0, 1], [0, 2]], np.int32))
    expected = np.array([[0, 0.5, 0.5, 0], [1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]])
    np.testing.assert_array_equal(matrix, expected)
