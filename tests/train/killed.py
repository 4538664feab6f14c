"""A run that kills itself at its 17th step, or while it writes its second checkpoint: DATA OUT step|save."""

import os
import signal
import sys
from pathlib import Path

from small import choices

from clados.train import saved
from clados.train.log import Show
from clados.train.pretrain import pretrain

data, out, when = sys.argv[1:]


class Kills(Show):
    """Ends the process as kill -9 does."""

    def step(self, entry: object) -> None:
        if entry["step"] == 17:  # type: ignore[index]
            os.kill(os.getpid(), signal.SIGKILL)


if when == "save":
    write, calls = saved.save_file, []

    def killing(tensors: object, file: Path) -> None:
        calls.append(file)
        if len(calls) == 4:
            file.write_bytes(b"half")
            os.kill(os.getpid(), signal.SIGKILL)
        write(tensors, file)  # type: ignore[arg-type]

    saved.save_file = killing  # type: ignore[assignment]

pretrain(choices(data, "bert", steps=24), Path(out), show=Kills() if when == "step" else None)
