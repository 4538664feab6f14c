"""Pages of the documentation that are made from the code: parts, objectives, and the reference of every folder.

mkdocs reads this file as a hook (see mkdocs.yml; ``make docs`` builds the site). Nothing that it makes is committed.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import MISSING, Field, fields
from inspect import cleandoc, getdoc
from pathlib import Path
from typing import Any, get_type_hints

import clados
from clados import spec as s
from clados.models.declared import declared, package_models

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "clados"
COPIED = {  # pages that stand elsewhere in the repository
    "index.md": "README.md",
    "contributing.md": "CONTRIBUTING.md",
    "changelog.md": "CHANGELOG.md",
    "benchmarks.md": "benchmarks/README.md",
}
WITHOUT_REFERENCE = ("layouts", "models", "proofs/golden", "proofs/oracles", "data/embedded", "catalog/figures")


# ---------------------------------------------------------------- parts and objectives


def below(kind: type[Any]) -> list[type[Any]]:
    """Every type of the package below a type, each once."""
    found = [one for each in kind.__subclasses__() for one in (each, *below(each))]
    return [each for each in dict.fromkeys(found) if each.__module__.startswith("clados.")]


def users() -> dict[type[Any], list[str]]:
    """Every type of part: the models that declare one, in their structure or in their recipe."""
    using: dict[type[Any], list[str]] = defaultdict(list)
    for name in package_models():
        declaration = declared(name)
        wholes: list[s.Part] = [*declaration.models().values(), *declaration.recipe.stages]
        for kind in dict.fromkeys(type(part) for whole in wholes for part in s.parts(whole)):
            using[kind].append(name)
    return using


def entry(kind: type[Any], using: Iterable[str], more: Iterable[str] = (), heading: str = "###") -> Iterator[str]:
    """What a page says of one part: its fields with their defaults, its docstring, where it is defined, who uses it."""
    yield f"{heading} {kind.__name__}\n"
    hints = get_type_hints(kind)
    yield f"```text\n{kind.__name__}({', '.join(_field(each, hints[each.name]) for each in fields(kind))})\n```\n"
    yield f"{_prose(kind)}\n"
    yield from more
    yield f"- Defined in `src/{kind.__module__.replace('.', '/')}.py`."
    names = sorted(using)
    yield f"- Used by {', '.join(names)}.\n" if names else "- No declared model uses it.\n"


def _field(each: "Field[Any]", hint: Any) -> str:
    kind = getattr(hint, "__name__", str(hint))
    if each.default is not MISSING:
        return f"{each.name}={each.default!r}"
    return f"{each.name}=..." if each.default_factory is not MISSING else f"{each.name}: {kind}"


def _prose(kind: type[Any]) -> str:
    """The docstring as Markdown: a list for each section with entries, formulas left alone."""
    text = cleandoc(kind.__doc__) if kind.__doc__ else getdoc(kind) or ""
    text = re.sub(r"(?m)^(Attributes|Args|Raises|Returns):$", r"\n**\1:**\n", text.replace("``", "`"))
    text = re.sub(r"(?m)^ {4}(\S)", r"- \1", text)
    return re.sub(r"(?<!`)<(?=\w)", "&lt;", text)


def parts_page() -> str:
    """Every part of which models and recipes are made, under the type that its slot takes."""
    using, slots = users(), defaultdict[type[Any], list[type[Any]]](list)
    for kind in below(s.Part):
        slot = kind.__mro__[kind.__mro__.index(s.Part) - 1]
        if slot is not s.Objective and not kind.__name__.startswith("_"):
            slots[slot].append(kind)
    lines = ["# Parts\n", "What models and recipes are made of. Each part is frozen and needs no torch.\n"]
    alone = [slot for slot, kinds in slots.items() if kinds == [slot]]
    for slot, kinds in sorted(slots.items(), key=lambda each: each[0].__name__):
        if slot not in alone:
            lines += [f"## {slot.__name__}\n", f"{_prose(slot)}\n"]
            for kind in sorted(kinds, key=lambda each: each.__name__):
                if kind is not slot or using[kind]:
                    lines += entry(kind, using[kind])
    lines.append("## Parts that are alone in their slot\n")
    for kind in sorted(alone, key=lambda each: each.__name__):
        lines += entry(kind, using[kind])
    return "\n".join(lines)


def objectives_page() -> str:
    """Every declared objective, and what training by it takes where something trains by it."""
    from clados.objectives import runs
    from clados.objectives.tasks import TASKS

    using, kinds = users(), sorted(below(s.Objective), key=lambda kind: kind.__name__)
    running = [kind for kind in kinds if runs(object.__new__(kind))]
    lines = ["# Objectives\n", f"What models learn by: {len(kinds)} are declared, {len(running)} can be trained.\n"]
    for kind in kinds:
        task = TASKS.get(kind)
        more = ["- Runs: no. It is declared with its numbers, and nothing trains by it yet."]
        if kind in running and task is not None:
            file = f"src/{task.__module__.replace('.', '/')}.py"
            more = [
                f"- Runs: `{task.__name__}` in `{file}`. {_prose(task).splitlines()[0]}",
                f"- Reads `{task.reads.__name__}` examples; by default the embedded set `{task.data}`, "
                f"length {task.length}, batches of {task.batch}.",
            ]
        lines += entry(kind, using[kind], more, heading="##")
    return "\n".join(lines)


# ---------------------------------------------------------------- reference


def offered_page() -> str:
    """What ``import clados`` offers: each name, and the first line of what is said of it."""
    lines = ["# What `import clados` offers\n", "| name | |", "|---|---|"]
    for name, module in sorted(clados.OFFERED.items()):
        first = cleandoc(getattr(clados, name).__doc__).splitlines()[0].replace("``", "`").replace("|", "\\|")
        lines.append(f"| [`clados.{name}`][{module}.{name}] | {first} |")
    return "\n".join(lines) + "\n"


def reference() -> dict[str, str]:
    """A page for each folder of the package, with all its modules; files that stand alone share one."""
    pages: dict[str, list[str]] = defaultdict(list)
    for file in sorted(SOURCE.rglob("*.py")):
        path = file.relative_to(SOURCE)
        folder = path.parts[0] if len(path.parts) > 1 else "clados"
        if str(path).startswith(WITHOUT_REFERENCE) or path.name == "__main__.py" or str(path) == "__init__.py":
            continue
        dotted = ".".join(["clados", *path.with_suffix("").parts]).removesuffix(".__init__")
        pages[folder].append(f"::: {dotted}\n" + ("    options: {members: false}\n" if path.stem == "__init__" else ""))
    return {folder: "\n".join([f"# {folder}\n", *blocks]) for folder, blocks in sorted(pages.items())}


def copied(file: str) -> str:
    """A page of the repository, its links as they are in the site; a link to what is no page becomes its text."""
    text = (ROOT / file).read_text(encoding="utf-8")
    pages = {source: page for page, source in COPIED.items()}
    there = (ROOT / file).parent

    def link(match: re.Match[str]) -> str:
        picture, words, to = match.groups()
        target, _, anchor = to.partition("#")
        if "://" in to or not target:
            return match[0]
        path = (there / target).resolve().relative_to(ROOT).as_posix()
        page = pages.get(path) or (path.removeprefix("docs/") if path.startswith("docs/") else None)
        return f"{picture}[{words}]({page}{'#' * bool(anchor)}{anchor})" if page else words

    return re.sub(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)", link, text)


def made() -> dict[str, Callable[[], str]]:
    """Every page that is made, by its name, and what makes it."""
    return {
        "parts.md": parts_page,
        "objectives.md": objectives_page,
        "reference/offered.md": offered_page,
        **{f"reference/{folder}.md": (lambda text=text: text) for folder, text in reference().items()},  # type: ignore[misc]
        **{page: (lambda file=file: copied(file)) for page, file in COPIED.items()},  # type: ignore[misc]
    }


# ---------------------------------------------------------------- what mkdocs calls


def on_config(config: Any) -> Any:
    """Add the reference to the navigation."""
    pages: list[Any] = [{"import clados": "reference/offered.md"}]
    pages += [{folder: f"reference/{folder}.md"} for folder in reference()]
    config.nav = [*config.nav, {"Reference": pages}]
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that are made."""
    from mkdocs.structure.files import File

    for name, make in made().items():
        files.append(File.generated(config, name, content=make()))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Links out of docs/ are of the repository: they lead to the site's copy, or become their text."""
    return markdown if page.file.generated_by else re.sub(r"\[([^\]]*)\]\(\.\./([^)\s]+)\)", _outward, markdown)


def _outward(match: re.Match[str]) -> str:
    page = {source: page for page, source in COPIED.items()}.get(match[2])
    return f"[{match[1]}]({page})" if page else match[1]


def on_post_build(config: Any) -> None:
    """Write llms.txt (llmstxt.org): what the project is, and a link to each page, by the sections of the navigation."""
    (Path(config.site_dir) / "llms.txt").write_text(llms(config.nav), encoding="utf-8")


def llms(nav: list[Any]) -> str:
    """The text of llms.txt for mkdocs's navigation."""
    what = f"The executable catalogue of Transformers: {len(clados.cards())} cards, declarations, working models."
    lines = ["# Clados", "", f"> {what}", ""]
    single = {title: page for each in nav for title, page in each.items() if isinstance(page, str)}
    sections = [("Pages", [single]), *((t, pages) for each in nav for t, pages in each.items() if t not in single)]
    for title, pages in sections:
        lines += [f"## {title}", ""]
        lines += [
            f"- [{name}]({re.sub(r'[.](md|ipynb)$', '.html', page)})" for each in pages for name, page in each.items()
        ]
        lines.append("")
    return "\n".join(lines)
