"""What every whole model gives."""

from typing import Any


class Output(dict[str, Any]):
    """What a model gives, by name: ``output.logits`` is ``output["logits"]``."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"this output has no '{name}'; it has {', '.join(self)}") from None
