"""The cards as a collection, in plain Python and without torch; the command line calls nothing else.

- `clados.catalog.load`: ``catalog()``, ``card("bert")``, ``declaration("bert")``
- `clados.catalog.query`: ``find(cards, family="BERT", params="100M..1B")``
- `clados.catalog.lineage`: ``ancestors(cards, "bert")``, ``descendants``, ``structure``
- `clados.catalog.compare`: ``compare([card, card])``
- `clados.catalog.check`: ``check(folder)``
- `clados.catalog.export`: ``export(cards, "csv")``
- `clados.catalog.new`: ``new("my-model", "bert", cards, folder)``
- `clados.catalog.schema`: what a card says, and as JSON Schema
"""
