"""DO: training. ``loop`` runs a unit, ``supervised.fit`` one that learns from examples, ``pretrain`` a card."""
