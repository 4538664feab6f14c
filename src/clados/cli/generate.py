"""`clados generate`: what a model writes, as it writes it."""

from typing import Annotated

import typer

from clados.cli import output

Directory = Annotated[str, typer.Argument(help="A directory that pretrain wrote, or one of Hugging Face's.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def generate(
    directory: Directory,
    prompt: Annotated[str, typer.Option(help="What the model goes on from, or answers.")],
    max_new_tokens: Annotated[int, typer.Option(help="Tokens written at most.")] = 100,
    temperature: Annotated[float, typer.Option(help="0 takes the likeliest token, 1 draws as the model says.")] = 0.0,
    top_k: Annotated[int | None, typer.Option(help="Draw from the so many likeliest only.")] = None,
    top_p: Annotated[float | None, typer.Option(help="Draw from the likeliest that sum to this probability.")] = None,
    beams: Annotated[int, typer.Option(help="Texts searched side by side for the likeliest.")] = 1,
    length_penalty: Annotated[float, typer.Option(help="Of beams: above 0 favours long texts.")] = 1.0,
    seed: Annotated[int | None, typer.Option(help="Of the draws.")] = None,
    json: AsJson = False,
) -> None:
    """Let a model write: a decoder goes on from the prompt, an encoder-decoder answers it.

    Example: clados generate runs/gpt-2 --prompt "Once upon a time" --temperature 0.8 --top-p 0.9
    """
    from clados.apply.ready import load
    from clados.apply.write import generate as write

    ready = load(directory, "generate", rows=beams)

    def tell(piece: str) -> None:
        print(output.shown(piece), end="", flush=True)

    text = write(
        ready,
        prompt,
        max_new_tokens=max_new_tokens,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        beams=beams,
        length_penalty=length_penalty,
        seed=seed,
        on_text=None if json else tell,
    )
    if json:
        output.tell({"model": ready.name, "prompt": prompt, "text": text})
    else:
        print()
