"""``python -m clados``: the command line, as torchrun starts it (``torchrun -m clados pretrain ...``)."""

import sys
from pathlib import Path

if sys.path and sys.path[0] in ("", str(Path.cwd())):  # perhaps a folder of weights, which brings no code
    del sys.path[0]

from clados.cli import main

if __name__ == "__main__":
    main()
