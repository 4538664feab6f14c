"""An episode as frames: how many, what they show, and where there can be none."""

import sys
from collections.abc import Callable
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from PIL import Image

from clados.apply.act import act
from clados.apply.film import RENDERS, Film, rendering
from clados.apply.ready import Ready
from clados.cli.pictures import write_gif
from clados.errors import InputError, MissingPackageError


def test_a_film_shows_the_first_episode_in_its_own_time(ready: Callable[[str], Ready], tmp_path: Path) -> None:
    pytest.importorskip("pygame", reason="the extra render is not installed")
    film = Film()
    found = act(ready("decision-transformer"), episodes=1, seed=4, film=film)
    assert len(film.frames) == -(-found.returns[0] // 2) + 1  # 25 of CartPole's 50 steps a second, and the end
    assert film.milliseconds == 40
    assert {(each.shape, str(each.dtype)) for each in film.frames} == {((400, 600, 3), "uint8")}
    assert not np.array_equal(film.frames[0], film.frames[-1])
    write_gif(tmp_path / "episode.gif", film.frames, film.milliseconds)
    with Image.open(tmp_path / "episode.gif") as gif:
        assert gif.size == (600, 400)
        assert 1 < gif.n_frames <= len(film.frames)  # type: ignore[attr-defined]  # Pillow joins frames that are alike


def test_what_renders_and_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygame", None)
    world = rendering(gymnasium.make("CartPole-v1", max_episode_steps=7))
    assert (world.spec.max_episode_steps, world.render_mode) == (7, RENDERS)
    world.reset(seed=0)
    with pytest.raises(
        MissingPackageError, match=r"this needs pygame, which is not installed and comes with clados.ren"
    ):
        Film().see(world, 0)


def test_an_environment_without_frames_is_refused() -> None:
    world = gymnasium.make("CartPole-v1")
    world.unwrapped.metadata = {"render_modes": ["ansi"]}
    with pytest.raises(InputError, match=r"CartPole-v1 gives no frames to film \('rgb_array'\); it renders ansi"):
        rendering(world)
