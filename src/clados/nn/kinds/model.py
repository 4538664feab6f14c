"""What every whole model is and gives."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from torch import Tensor, nn

from clados import spec as s
from clados.names import with_article
from clados.nn.core.context import Cache
from clados.nn.core.module import Module


class Output(dict[str, Any]):
    """What a model gives, by name: ``output.logits`` is ``output["logits"]``."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"this output has no '{name}'; it has {', '.join(self)}") from None


class WholeModel(Module):
    """A whole model of any kind: what training, decoding and the verbs ask of it.

    A kind has those of these methods that its declaration promises: ``states`` and ``heads`` where it has heads of its
    own, ``cache`` where it ``writes``, ``encode`` where it "answers".
    """

    products_called = True  # whether each product is called, so that hooks and shards of its weight are met

    if TYPE_CHECKING:
        spec: Any  # its declaration; each kind says of which type
        heads: Any  # modules by slot
        inputs: Any
        logit_scale: Any  # of kinds that compare: the logarithm of a factor, which is at most ``warmest``
        warmest: Any
        owned: Any  # in training: what its objective owns beside it
        segment: Any  # of kinds that remember: the last states of a text that goes on, and the memory after it
        predict: Any  # of kinds that take noise out of images: what they foresee of one, and the states of a text
        read: Any
        codes: Any  # of kinds that have one: what makes images small and large again
        blanks: Any  # of encoders with an LM head: states of blanks
        save_pretrained: ClassVar[Callable[..., Path]]  # put here by ``clados.checkpoints``, which knows the files
        max_positions: int | None  # positions that have a vector of their own; None: any number is read
        max_target_positions: int | None  # the same of the text that it writes

        def __call__(self, *given: Any, **named: Any) -> Output: ...

    def states(self, *given: Any, **named: Any) -> Tensor:
        """The last states, from which heads read, [batch, length, d_model]."""
        raise s.SpecError(f"{with_article(type(self.spec).__name__)} has no states of its own")

    def encode(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """The states of a text that another is written in answer to, [batch, length, d_model]."""
        raise s.SpecError(f"{with_article(type(self.spec).__name__)} has no encoder beside what it writes with")

    def cache(self, batch: int, room: int) -> Cache:
        """An empty cache with room for so many positions."""
        raise s.SpecError(f"{with_article(type(self.spec).__name__)} does not write")

    def _repr_svg_(self) -> str | None:
        drawn: str | None = self.spec._repr_svg_()
        return drawn

    @property
    def written_inputs(self) -> nn.Module:
        """What holds the token table of the text that it writes."""
        return self.get_submodule("inputs")
