"""Declaration: all that one file says of a model."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import Any, TypeVar

from clados.spec.core.ledger import count_parameters
from clados.spec.core.part import Part, hint, part_fields
from clados.spec.core.sizes import DenoiserSize, Levels, NFNetSize, PainterSize, ResNetSize, Sides, Size, Stages, Towers
from clados.spec.errors import SpecError
from clados.spec.kinds.bridged import Bridged, BridgedSize
from clados.spec.kinds.enlarger import ImageEnlarger
from clados.spec.kinds.fold import FoldSize
from clados.spec.kinds.model import Model
from clados.spec.kinds.point_cloud import PointSize
from clados.spec.kinds.two_tower import TwoTower
from clados.spec.layout import Layout
from clados.spec.learning.recipe import Recipe
from clados.spec.positions.rotary import Rotary
from clados.tables import Illustrated, Page, TextTable

AnyModel = TypeVar("AnyModel", bound=Model)


class Declaration(Part, Illustrated, kw_only=True):
    """A model's structure at one of its sizes, its published sizes, its recipe, and where its weights are kept.

    A row of ``sizes`` is a size, or a whole model where the structure differs too. Which size a bare name means, the
    card says.
    """

    model: Model
    sizes: Mapping[str, Size | Sides | Stages | Towers | Levels | DenoiserSize | PainterSize | BridgedSize | Model]
    recipe: Recipe
    recipes: Mapping[str, Recipe] = field(default_factory=dict)  # of the sizes that the paper trains otherwise
    layouts: tuple[Layout, ...] = ()
    assumed: tuple[str, ...] = ()  # "path: what the paper leaves open; what stands here and why"

    def check(self) -> None:
        if self.model not in self.models().values():
            raise SpecError("Declaration.sizes lacks the model's own size")
        for size in self.recipes:
            if size not in self.sizes:
                raise SpecError(f"Declaration.recipes has '{size}', which is no size{hint(size, self.sizes)}")

    def page(self) -> Page:
        """The published sizes with their parameters, the stages of training, and what is assumed."""
        rows = [(name, f"{count_parameters(model).total:,}") for name, model in self.models().items()]
        stages = [f"{each.name}: {type(each.objective).__name__} on {each.data}" for each in self.recipe.stages]
        sizes = TextTable((type(self.model).__name__, "parameters"), rows, right=("parameters",))
        assumed = ["Assumed, or otherwise than published", self.assumed] if self.assumed else []
        return Page([sizes, "Training", stages, *assumed])

    def models(self) -> dict[str, Model]:
        """Every published size as a whole model."""
        return {name: row if isinstance(row, Model) else self.model.resized(row) for name, row in self.sizes.items()}

    @property
    def own_size(self) -> str:
        """The name of the size at which the structure is declared."""
        return next(name for name, model in self.models().items() if model == self.model)

    def at(self, size: str | None = None) -> Model:
        """The model at a published size; as it is declared when none is named.

        Raises:
            SpecError: for a size that was not published.
        """
        if size is None:
            return self.model
        if size not in self.sizes:
            raise SpecError(f"there is no size '{size}'{hint(size, self.sizes)}")
        return self.models()[size]

    def recipe_at(self, size: str | None = None) -> Recipe:
        """How the paper trains a published size; as it is declared when none is named.

        Raises:
            SpecError: for a size that was not published.
        """
        self.at(size)
        return self.recipe if size is None else self.recipes.get(size, self.recipe)


def tiny(model: Model) -> Model:
    """The same structure, small enough for a test: three layers, odd widths."""
    small = Size(layers=3, d_model=48, heads=4 if _even(model, 12) else 3, d_ff=80)
    if isinstance(model, TwoTower):
        image = ResNetSize((1, 2, 1, 1), width=2, head_dim=16) if isinstance(model.size.image, ResNetSize) else small
        return model.resized(Towers(image, small.but(layers=2, d_model=32), 24))
    size = getattr(model, "size", small)
    if isinstance(model, ImageEnlarger):
        return model.resized(_tiny_levels(model.size))
    if isinstance(size, Levels):
        first = size.channels[0]
        return model.resized(size.but(channels=tuple(32 * each // first for each in size.channels)))
    if isinstance(size, DenoiserSize):
        codes = None if size.codes is None else _tiny_levels(size.codes).but(channels=(32, 64), blocks=1)
        text = _tiny(size.text, small.but(layers=2, d_model=36))
        return model.resized(DenoiserSize(_tiny_levels(size.unet), text, codes))
    if isinstance(size, PainterSize):
        return model.resized(PainterSize(_tiny(size.decoder, small), _tiny_levels(size.codes)))
    if isinstance(model, Bridged):
        text, vectors = _tiny(model.size.text, small), Size(layers=2, d_model=20, heads=2, d_ff=24)
        return model.resized(BridgedSize(text, vectors, NFNetSize((1, 2), (12, 20)), every=2))
    if isinstance(size, FoldSize | PointSize):
        return model.resized(size.small())
    if isinstance(size, Stages):
        return model.resized(Stages(layers=(2, 2, 3, 2), d_model=4, heads=(1, 2, 2, 4), mlp_ratio=2.5))
    if isinstance(size, Sides):
        return model.resized(Sides(_tiny(size.encoder, small), _tiny(size.decoder, small).but(layers=2)))
    return model.resized(_tiny(size, small))


def _tiny(size: Size, small: Size) -> Size:
    odd = {"head_dim": 20} if size.head_dim else {}
    odd |= {"d_embedding": 28} if size.d_embedding else {}
    odd |= {"experts": 5} if size.experts else {}
    groups = {"kv_heads": 1 if size.kv_heads == 1 else 2} if size.kv_heads and size.kv_heads < size.heads else {}
    return small.but(**odd, **groups)


def _tiny_levels(size: Levels) -> Levels:
    """Three levels of few widths, which the usual 32 groups of norms divide."""
    head_dim = None if size.head_dim is None else 16
    return Levels((32, 32, 64), 2 if size.blocks > 1 else 1, heads=min(size.heads, 2), head_dim=head_dim)


def _even(model: Model, head_dim: int) -> bool:
    """Whether the model can turn its share of such a head, two numbers at a time."""
    return all(int(head_dim * each.fraction) % 2 == 0 for each in parts(model) if isinstance(each, Rotary))


def parts(part: Part) -> Iterator[Part]:
    """A part and every part inside it."""
    yield part
    for value in vars(part).values():
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, Part):
                yield from parts(each)


def replaced(part: Any, change: Callable[[Part], Part]) -> Any:
    """A part with every part inside it changed, the innermost first."""
    if isinstance(part, tuple):
        return tuple(replaced(each, change) for each in part)
    if not isinstance(part, Part):
        return part
    inside = {
        name: replaced(value, change) for name, value in part_fields(part).items() if isinstance(value, Part | tuple)
    }
    kept = {name: value for name, value in inside.items() if value != getattr(part, name)}
    return change(part.but(**kept) if kept else part)


def dropping(model: AnyModel, rate: float) -> AnyModel:
    """The model with every dropout of this rate."""
    made: AnyModel = replaced(model, lambda part: part.but(dropout=rate) if "dropout" in part_fields(part) else part)
    return made
