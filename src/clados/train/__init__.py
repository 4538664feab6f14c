"""DO: training. ``loop.fit`` runs a unit; ``pretrain.pretrain`` goes from a card to a trained small model."""
