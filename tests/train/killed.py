"""A run that kills itself at its 17th step, or while it writes its second checkpoint: DATA OUT step|save."""

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import Tensor

from clados.train import saved
from clados.train.log import Show
from clados.train.pretrain import pretrain
from tests.train.small import choices

data, out, when = sys.argv[1:]


class Kills(Show):
    """Ends the process as kill -9 does."""

    def step(self, entry: Mapping[str, Any]) -> None:
        if entry["step"] == 17:
            os.kill(os.getpid(), signal.SIGKILL)


if when == "save":
    calls: list[Path] = []

    def killing(tensors: dict[str, Tensor], file: Path) -> None:
        calls.append(file)
        if len(calls) == 4:
            file.write_bytes(b"half")
            os.kill(os.getpid(), signal.SIGKILL)
        save_file(tensors, file)

    setattr(saved, "save_file", killing)  # noqa: B010 (it is not the module's own)

pretrain(choices(data, "bert", steps=24), Path(out), show=Kills() if when == "step" else None)
