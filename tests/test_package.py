import re
from pathlib import Path

import clados

README = Path(__file__).parents[1] / "README.md"


def test_everything_offered_is_there():
    assert all(callable(getattr(clados, name)) for name in clados.__all__ if name != "__version__")


def test_the_readme_uses_what_is_offered():
    snippet = re.search(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
    assert snippet
    used = set(re.findall(r"clados\.(\w+)", snippet.group(1)))
    assert used
    assert used <= set(clados.__all__)
