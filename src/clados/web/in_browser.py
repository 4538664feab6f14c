"""What Python in a page of a site of files answers: what a server would."""

from urllib.parse import parse_qsl, urlsplit

from clados.web.site import Site

_SITE = Site()


def site_answer(address: str) -> tuple[int, str]:
    """The status and the text of an address of the site, ``zh/designer.html?size.layers=6``."""
    parts = urlsplit(address)
    found = _SITE.answer(parts.path, parse_qsl(parts.query, keep_blank_values=True))
    return found.status, found.body.decode()
