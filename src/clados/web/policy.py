"""What pages may load and run: their Content-Security-Policy, which a server sends and a page in a file says itself."""

import base64
import hashlib
from collections.abc import Sequence

_ALL = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'"
FRAMES = "; frame-ancestors 'none'"  # which a server alone can say
POLICY = f"{_ALL}{FRAMES}"
_PYTHON = "; script-src 'self' 'wasm-unsafe-eval'; worker-src blob:"  # WebAssembly, and a worker made of what came


def page_policy(styles: Sequence[str] = (), *, images: bool = False, python: bool = False) -> str:
    """The policy of a page: its own styles by their hashes, its own images and Python where it has them, no others."""
    hashes = [base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in styles]
    allowed = "".join(f" 'sha256-{each}'" for each in hashes)
    more = f"; style-src 'self'{allowed}" * bool(hashes) + "; img-src 'self' data:" * images
    return f"{_ALL}{more}{_PYTHON * python}"
