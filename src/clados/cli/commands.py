"""The table of commands: what each is for, and which function does it. A new command is a new row.

The function of ``clados NAME`` is ``NAME_command``, an ordinary Typer function: its parameters are the arguments and
options, its docstring the help. It returns nothing, or its exit code; errors are raised, never printed. Its module
imports torch inside functions only.
"""

from typing import NamedTuple


class Command(NamedTuple):
    """A row: the module that has the function, and one line of help.

    Attributes:
        reads: whether it reads a model's directory: it then has the options of ``arguments.with_reading_options``.
    """

    module: str
    help: str
    reads: bool = False


GROUPS: dict[str, dict[str, Command]] = {
    "Look up": {
        "list": Command("clados.cli.listing", "List models, with a filter for every attribute"),
        "show": Command("clados.cli.showing", "Show all that is known of a model"),
        "compare": Command("clados.cli.showing", "Put models side by side"),
        "lineage": Command("clados.cli.showing", "Show a model's ancestors and descendants"),
        "count": Command("clados.cli.count", "Count parameters and compare them with the published figures"),
        "cite": Command("clados.cli.showing", "Print BibTeX of what describes models"),
        "diff": Command("clados.cli.count", "List what changed from one model to another"),
    },
    "See": {
        "draw": Command("clados.cli.draw", "Draw a declared model as its data flow"),
        "tree": Command("clados.cli.draw", "Draw the family tree, or list where it departs from the survey's"),
        "timeline": Command("clados.cli.draw", "Draw the models by date, in families or by parameters"),
        "poster": Command("clados.cli.draw", "Draw the tree with the key facts of every model, for a sheet of A1"),
        "web": Command("clados.cli.web", "Show the catalogue as pages, on this machine or as files"),
    },
    "Train": {
        "tour": Command("clados.cli.tour", "Take three models from card to trained, with a report"),
        "pretrain": Command("clados.cli.train", "Train a small model of a card with its own objective", reads=True),
        "finetune": Command("clados.cli.finetune", "Tune a saved model for a task of your own", reads=True),
        "align": Command("clados.cli.align", "Train the later stages of a model's recipe, each from the one before"),
        "report": Command("clados.cli.report", "Draw the report of a run anew, also of one that goes on"),
        "merge": Command("clados.cli.finetune", "Write an adapter and its model as one model", reads=True),
        "objective": Command("clados.cli.train", "Show what a model sees of a text, and what it must predict"),
    },
    "Use": {
        "small": Command("clados.cli.small", "List the small pretrained models that come along"),
        "load": Command("clados.cli.load", "Load a model and report on every tensor and config key", reads=True),
        "generate": Command("clados.cli.generate", "Generate text from a prompt", reads=True),
        "chat": Command("clados.cli.chat", "Ask a tuned model, in its own template", reads=True),
        "choose": Command("clados.cli.choose", "Choose the likeliest of several answers to a prompt", reads=True),
        "prefer": Command("clados.cli.prefer", "Let a model say which answers follow principles better", reads=True),
        "fill": Command("clados.cli.apply", "Fill the masks or blanks of a text", reads=True),
        "discriminate": Command("clados.cli.apply", "Detect replaced tokens in a text", reads=True),
        "embed": Command("clados.cli.apply", "Turn texts into vectors", reads=True),
        "rank": Command("clados.cli.apply", "Order passages by how well they fit a question", reads=True),
        "score": Command("clados.cli.score", "Score answers to prompts by a reward model", reads=True),
        "translate": Command("clados.cli.apply", "Translate texts", reads=True),
        "summarize": Command("clados.cli.reading", "Summarise texts", reads=True),
        "answer": Command("clados.cli.reading", "Answer a question about a text", reads=True),
        "classify": Command("clados.cli.apply", "Classify images or texts", reads=True),
        "tag": Command("clados.cli.apply", "Tag the words of texts", reads=True),
        "match": Command("clados.cli.apply", "Match images with texts", reads=True),
        "paint": Command("clados.cli.paint", "Paint an image of a text", reads=True),
        "reconstruct": Command("clados.cli.paint", "Make images small by codes, and large again", reads=True),
        "caption": Command("clados.cli.caption", "Write what is to be seen in images", reads=True),
        "fold": Command("clados.cli.fold", "Predict where the atoms of a protein stand", reads=True),
        "move": Command("clados.cli.move", "Predict where particles will be", reads=True),
        "act": Command("clados.cli.apply", "Let a model act in an environment", reads=True),
    },
    "The catalogue": {
        "schema": Command("clados.cli.keeping", "Explain the attributes of a card"),
        "export": Command("clados.cli.keeping", "Write the catalogue as CSV, JSON, Parquet, Markdown or SQLite"),
        "check": Command("clados.cli.keeping", "Validate cards; names file, line and field"),
        "new": Command("clados.cli.keeping", "Start a model of your own from its parent"),
    },
    "Prove": {"verify": Command("clados.cli.verify", "Prove that models are what their papers say and do their work")},
    "Help": {"doctor": Command("clados.cli.doctor", "Report the environment, to paste into an issue")},
}

COMMANDS: dict[str, Command] = {name: row for group in GROUPS.values() for name, row in group.items()}
