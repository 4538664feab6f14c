"""An episode of a Gymnasium environment as frames."""

import math
import os
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados.errors import InputError, missing

RENDERS = "rgb_array"  # the way of rendering, in Gymnasium's word, that gives frames
_MOST_A_SECOND = 25  # frames: more are not told apart, and a long episode would fill the memory
_USUAL_A_SECOND = 30  # steps, of environments that do not say


@dataclass
class Film:
    """Frames, uint8 [height, width, 3], each for so many milliseconds, so that time passes as in the environment."""

    frames: list[NDArray[np.uint8]] = field(default_factory=list)
    milliseconds: int = 0

    def see(self, world: Any, step: int) -> None:
        """Keep what a world that renders ``RENDERS`` looks like before a step, if that is not too soon.

        Raises:
            MissingPackageError: what it renders with is not installed; says how it is.
            InputError: likewise, where no extra brings it.
        """
        import gymnasium

        rate = world.metadata.get("render_fps") or _USUAL_A_SECOND
        every = math.ceil(rate / _MOST_A_SECOND)
        self.milliseconds = round(1000 * every / rate)
        if step % every:
            return
        try:
            self.frames.append(world.render())
        except gymnasium.error.DependencyNotInstalled as error:
            if isinstance(cause := error.__cause__, ModuleNotFoundError):
                raise missing(cause) from error
            raise InputError(f"{world.spec.id} cannot be rendered: {' '.join(str(error).split())}") from error


def rendering(world: Any) -> Any:
    """The same environment, giving frames.

    Raises:
        InputError: it cannot.
    """
    import gymnasium

    world.close()
    ways = world.metadata.get("render_modes") or ()
    if RENDERS not in ways:
        raise InputError(
            f"{world.spec.id} gives no frames to film ('{RENDERS}'); it renders {', '.join(ways) or 'nothing'}"
        )
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")  # pygame looks for a display, and complains where there is none
    return gymnasium.make(world.spec, render_mode=RENDERS)
