"""`clados chat`: a tuned model's answers, in its own template, or those of a published system around it."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clados.cli import output
from clados.cli.arguments import Directory, Json

if TYPE_CHECKING:
    from clados.systems.system import Response, System


def chat_command(
    directory: Directory,
    prompt: Annotated[
        str | None, typer.Option(help="One prompt.", show_default="a conversation, a line of the input for each turn")
    ] = None,
    system: Annotated[
        str | None, typer.Option(help="What the template's opening says, where it has a place for it.")
    ] = None,
    as_: Annotated[
        str | None,
        typer.Option(
            "--as",
            help="System around the model: template, seeker, blenderbot3, gophercite, sparrow, lamda, minerva.",
            show_default="that of DIR's card where what it needs is given, else template",
        ),
    ] = None,
    tools: Annotated[
        str | None, typer.Option(help="Tools that come along, parted by commas: calculator, search, translator.")
    ] = None,
    docs: Annotated[Path | None, typer.Option(help="Folder of texts to search.")] = None,
    search_url: Annotated[
        str | None, typer.Option(help="Search server to ask instead, as ParlAI's agents do; queries leave for it.")
    ] = None,
    translator: Annotated[
        str | None, typer.Option(help="Model that translates: DIR, or DIR=LANGUAGE.", metavar="DIR[=LANGUAGE]")
    ] = None,
    tool: Annotated[
        list[str] | None, typer.Option(help="Tool of your own, module:function of a text; repeat for more.")
    ] = None,
    tool_seconds: Annotated[float, typer.Option(min=0.01, help="Seconds that a tool has for an answer.")] = 30.0,
    reward: Annotated[
        str | None, typer.Option(help="Who ranks answers: a reward model's DIR, or module:function.")
    ] = None,
    rule_judge: Annotated[
        str | None, typer.Option(help="Who says how likely a rule is broken: module:function of rule and dialogue.")
    ] = None,
    rules: Annotated[
        Path | None, typer.Option(help="File with one rule a line.", show_default="those that come along")
    ] = None,
    examples: Annotated[
        str | None,
        typer.Option(help="Problems with solutions that stand before minerva's: your file.", show_default="none"),
    ] = None,
    decline_below: Annotated[float | None, typer.Option(help="Reward below which gophercite does not answer.")] = None,
    samples: Annotated[
        int | None, typer.Option(min=1, help="Answers to choose from.", show_default="as the system has it")
    ] = None,
    save: Annotated[Path | None, typer.Option(help="File that keeps the conversation; it goes on from there.")] = None,
    steps: Annotated[bool, typer.Option("--steps", help="Show every step, and what is assumed.")] = False,
    max_new_tokens: Annotated[
        int | None, typer.Option(help="New tokens of an answer at most.", show_default="as DIR or the system says")
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option(help="0 takes the likeliest token; 1 samples from the model's probabilities.", show_default="0"),
    ] = None,
    top_p: Annotated[
        float | None, typer.Option(help="Sample from the likeliest tokens that sum to this probability.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Random seed.")] = None,
    json: Json = False,
) -> None:
    """Ask a tuned model: one prompt, or a conversation whose turns are lines of the input.

    A tool that fails or takes too long is said in one line, and the conversation goes on without what it would have
    found. --docs needs the extra "search".

    Example: clados chat runs/alpaca --prompt "What is the meaning of 'house'?"
    """
    from clados.apply.ready import load
    from clados.names import parted_names
    from clados.nn.weight_layout import prepare_for_decoding
    from clados.systems.conversation import KeptConversation
    from clados.systems.making import SystemOptions, make_system

    chosen = {"max_new_tokens": max_new_tokens, "temperature": temperature, "top_p": top_p, "seed": seed}
    asked = SystemOptions(
        tools=parted_names(tools, "tools"),
        docs=docs,
        search_url=search_url,
        translator=translator,
        own=tuple(tool or ()),
        seconds=tool_seconds,
        reward=reward,
        rule_judge=rule_judge,
        rules=rules,
        examples=examples,
        decline_below=decline_below,
        samples=samples,
        opening=system,
        chosen=chosen,
        on_note=output.print_note,
    )
    ready = load(directory)
    prepare_for_decoding(ready.model)
    made = make_system(ready, as_, asked)
    told = KeptConversation(made, save)
    if steps:
        for line in made.assumed:
            output.print_note(f"assumed: {line}")
    lines = (line.strip() for line in iter(sys.stdin.readline, ""))
    for line in filter(None, lines) if prompt is None else [prompt]:
        _show(ready.name, made, line, told.answer(line), json=json, steps=steps)


def _show(model: str, made: "System", prompt: str, response: "Response", *, json: bool, steps: bool) -> None:
    if json:
        more = {"system": made.name, "report": dict(response.report)} if response.report else {}
        told = {"steps": [vars(each) for each in response.steps]} if steps else {}
        output.print_json({"model": model, "prompt": prompt, "answer": response.text, **more, **told})
        return
    if steps:
        for each in response.steps:
            output.print_note(f"{each.who}: {each.text}")
        for line in _report(response.report):
            output.print_note(line)
    elif not response.text and "declined" in response.report:
        output.print_note(f"no answer: {response.report['declined']}")
    print(output.for_terminal(response.text), flush=True)


def _report(found: Mapping[str, Any], before: str = "") -> Iterator[str]:
    """A line for each figure, and for each of several under one name."""
    for name, value in found.items():
        several = {str(number): each for number, each in enumerate(value, 1)} if isinstance(value, list) else value
        if isinstance(several, Mapping) and several:
            yield from _report(several, f"{before}{name}: ")
        else:
            said = f"{value:.4g}" if isinstance(value, float) else "none" if value in (None, [], {}) else str(value)
            yield f"{before}{name}: {said}"
