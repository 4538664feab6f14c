"""What a page says of the Python that comes with it, in a site of files."""

import json

from clados.html import Html, el
from clados.web.request import PageRequest


def python_note(asked: PageRequest, offer: str, start: str = "") -> Html | None:
    """How far Python is, which the script follows; None where the site has none.

    Args:
        offer: what Python is there for, with its ``{size}``.
        start: what a button says that starts it; none: the page starts it when it is opened.
    """
    found = asked.site.python
    if found is None:
        return None
    say, pieces = asked.say, found.pieces
    size = f"{sum(pieces.values()) / 1e6:.0f} MB"
    return el(
        "p",
        el("span", offer.format(size=size)),
        el("button", start, type="button") if start else None,
        el("progress", max=1, value=0, hidden=True, aria_label=say("Python starts")),
        id="python",
        class_="note",
        role="status",
        data_top=asked.top,
        data_folder=asked.say.folder,
        data_pieces=json.dumps(pieces),
        data_lock=json.dumps(found.lock),
        data_coming=say("Python comes to this page ({size}). The form can be read meanwhile.", size=size),
        data_starting=say("Python starts, which takes some seconds."),
        data_ready=say("Python has started: what you change is answered in this page, and nothing leaves it."),
        data_failed=say("Python cannot start in this browser; the page stays as it was written."),
    )
