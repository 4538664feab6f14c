"""Scores of entities."""

from typing import ClassVar

from clados.spec.activations import Act
from clados.spec.core.pieces import Env, Held, Pieces, linear
from clados.spec.errors import SpecError
from clados.spec.heads.base import Head


class EntityHead(Head):
    """norm(act(V x + c)) times the vectors of entities to choose among, at every token (§3.4, eq. 7)."""

    slot: ClassVar[str] = "entity"
    output: ClassVar[str] = "entity_logits"
    act: Act = "gelu"

    def pieces(self, env: Env) -> Pieces:
        if not env.joint:
            raise SpecError("EntityHead() needs a model of entities: EntityEncoder(...)")
        return {"dense": linear(env.dims.d_model, env.joint), "norm": Held(env.norm, env.of_width(env.joint))}
