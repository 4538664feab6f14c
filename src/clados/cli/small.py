"""``clados small``: the small pretrained models that the package brings along."""

from clados.cli import output
from clados.cli.arguments import Json
from clados.small import SmallModel, small_models

_HEADS = ("id", "verbs", "parameters", "MB", "CPU minutes", "held out", "without a model", "data")


def small_command(json: Json = False) -> None:
    """List the small pretrained models that come along; their ids stand wherever a directory does.

    Example: clados generate small/gpt-2 --prompt "a person who"
    """
    found = small_models()
    if json:
        output.print_json([each.as_dict() for each in found])
        return
    output.print_table(_HEADS, [_row(each) for each in found], right=_HEADS[2:5], wrap=(_HEADS[1], *_HEADS[5:]))
    megabytes = sum(each.bytes for each in found) / 1e6
    output.print_note(f"{len(found)} models, {megabytes:.1f} MB; `clados load ID` says more of one")


def _row(model: SmallModel) -> list[str]:
    return [
        model.id,
        ", ".join(model.verbs),
        f"{model.parameters:,}",
        f"{model.bytes / 1e6:.2f}",
        f"{model.seconds / 60:.0f}",
        f"{model.measure} {model.value:.3f}",
        f"{model.trivial:.3f} ({model.beside})",
        model.data,
    ]
