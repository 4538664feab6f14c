"""The declarations together: each says something of its own, and what it starts from is there."""

from clados.catalog.load import catalog
from clados.models.declared import declared, package_models
from clados.spec import Tuning


def test_no_two_models_have_the_same_structure_and_recipe() -> None:
    said: dict[str, str] = {}
    same = []
    for name in package_models():
        key = repr((declared(name).model, declared(name).recipe))
        if (other := said.setdefault(key, name)) != name:
            same.append((other, name))
    assert same == []


def test_a_weights_parent_that_is_declared_is_what_some_stage_starts_from() -> None:
    for name in package_models():
        declaration = declared(name)
        recipes = [declaration.recipe, *declaration.recipes.values()]
        stages = [stage for recipe in recipes for stage in recipe.stages if isinstance(stage, Tuning)]
        own = {stage.name for recipe in recipes for stage in recipe.stages}
        starts = {stage.start.partition(":")[0] for stage in stages} - own
        parents = {row.id for row in catalog()[name].lineage if row.kind == "weights"}
        assert not starts or not parents or starts & parents, f"{name} starts from {starts}; its card says {parents}"
