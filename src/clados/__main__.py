"""``python -m clados``: the command line, as torchrun starts it (``torchrun -m clados pretrain ...``)."""

from clados.cli import main

if __name__ == "__main__":
    main()
