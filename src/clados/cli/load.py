"""``clados load``: what reading a directory found."""

from clados.cli import output
from clados.cli.arguments import Directory, Json


def load_command(directory: Directory, json: Json = False) -> int:
    """Load a model and report on every tensor and config key; exit code 1 when it is refused.

    Example: clados load path/to/bert-base-uncased
    """
    from clados.checkpoints import CheckpointError, from_pretrained

    try:
        report = from_pretrained(directory).report
    except CheckpointError as error:
        if error.report is None:
            raise
        report = error.report
    if json:
        output.print_json(report.as_dict())
    else:
        output.print_page(report.page())
    return int(report.refused)
