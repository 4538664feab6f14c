"""The verbs on a trained model besides generate: fill, discriminate, embed, rank, translate, classify, match, act."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clados.cli import output
from clados.cli.arguments import Directory, Json
from clados.cli.pictures import write_gif
from clados.errors import InputError
from clados.files import text_lines
from clados.names import shown_token

if TYPE_CHECKING:
    from torch import Tensor

BatchSize = Annotated[int, typer.Option(min=1, help="Batch size.")]
Top = Annotated[int, typer.Option(min=1, help="Number of answers.")]
Texts = Annotated[list[str] | None, typer.Argument(metavar="TEXT...", help="The texts.", show_default=False)]
Lines = Annotated[Path | None, typer.Option(help="File with one text per line instead; blank lines are skipped.")]
Images = Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="PNG or JPEG files.")]


class Pooling(StrEnum):
    """How the states of a text become one vector."""

    CLS = "cls"
    MAX = "max"
    MEAN = "mean"
    MEAN_SQRT_LEN = "mean_sqrt_len_tokens"
    WEIGHTED_MEAN = "weightedmean"
    LAST_TOKEN = "lasttoken"
    POOLER = "pooler"


def fill_command(
    directory: Directory,
    texts: Annotated[list[str], typer.Argument(metavar="TEXT...", help="Texts with [MASK] or <extra_id_0> in them.")],
    top: Top = 5,
    language: Annotated[
        str | None, typer.Option(help="Language of the texts, where DIR marks it.", show_default="the only one")
    ] = None,
    batch: BatchSize = 32,
    json: Json = False,
) -> None:
    """Fill the masks or blanks of texts.

    Example: clados fill runs/bert "The [MASK] sat on the mat."
    """
    from clados.apply.fill import fill

    found = fill(directory, texts, top=top, language=language, batch=batch)
    if json:
        rows = [[[vars(each) for each in blank] for blank in filled.blanks] for filled in found]
        output.print_json([{"text": filled.text, "blanks": row} for filled, row in zip(found, rows)])
        return
    for filled in found:
        output.print_heading(filled.text)
        blanks = enumerate(filled.blanks, 1)
        cells = [(str(i), _share(each.probability), each.text) for i, blank in blanks for each in blank]
        output.print_table(("blank", "share", "words"), cells, right=("share",))


def discriminate_command(
    directory: Directory,
    texts: Annotated[list[str], typer.Argument(metavar="TEXT...", help="The texts.")],
    batch: BatchSize = 32,
    json: Json = False,
) -> None:
    """Show how probable it is for each token of a text that it was replaced.

    Example: clados discriminate runs/electra "The chef ate the meal."
    """
    from clados.apply.discriminate import discriminate

    found = discriminate(directory, texts, batch=batch)
    if json:
        output.print_json([{"text": text, "tokens": [vars(e) for e in each]} for text, each in zip(texts, found)])
        return
    for text, each in zip(texts, found):
        output.print_heading(text)
        cells = [(shown_token(e.token), _share(e.probability)) for e in each]
        output.print_table(("token", "replaced"), cells, right=("replaced",))


def embed_command(
    directory: Directory,
    texts: Texts = None,
    file: Lines = None,
    image: Annotated[list[Path] | None, typer.Option(help="A PNG or JPEG file; repeat for more.")] = None,
    prompt: Annotated[
        str | None, typer.Option(help="Text put before each text.", show_default="DIR's default prompt, if any")
    ] = None,
    prompt_name: Annotated[str | None, typer.Option(help="The name of one of DIR's prompts, such as query.")] = None,
    include_prompt: Annotated[
        bool | None, typer.Option(help="Pool the prompt's states too.", show_default="as DIR says, or yes")
    ] = None,
    pool: Annotated[
        Pooling | None, typer.Option(help="How states become a vector.", show_default="as DIR says, or mean")
    ] = None,
    normalise: Annotated[bool, typer.Option(help="Bring vectors to unit length.")] = True,
    dimensions: Annotated[int | None, typer.Option(help="Keep the first numbers of each vector only.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write a NumPy array (.npy): a row for each text.")] = None,
    batch: BatchSize = 32,
    json: Json = False,
) -> None:
    """Turn texts or images into vectors; without --out or --json, show their cosine similarities.

    Example: clados embed runs/bert "a cat" "a kitten" "a motorway"
    """
    import torch

    from clados.apply.embed import embed, embed_images, similarity
    from clados.apply.ready import load

    pictures = image or []
    given = [] if pictures and not texts and file is None else _texts(texts, file)
    for name, value in (("prompt", prompt), ("prompt-name", prompt_name)):
        if value is not None and not given:
            raise InputError(f"{name} is '{value}', but no text is given that it would stand before")
    ready = load(directory, "embed")
    alike: dict[str, Any] = {"pool": pool, "normalise": normalise, "dimensions": dimensions, "batch": batch}
    prompts: dict[str, Any] = {"prompt": prompt, "prompt_name": prompt_name, "include_prompt": include_prompt}
    found = [embed_images(ready, pictures, **alike)] if pictures else []
    if given:
        found = [embed(ready, given, **prompts, **alike), *found]
    vectors, named = (
        torch.cat(found),
        [*(("text", each) for each in given), *(("image", str(each)) for each in pictures)],
    )
    if out is not None:
        _save(out, vectors)
    if json:
        output.print_json([{what: each, "vector": vector} for (what, each), vector in zip(named, vectors.tolist())])
    elif out is None:
        measure = _MEASURES[ready.embedding.similarity]
        output.print_heading(f"{measure} of {vectors.size(0)} vectors of {vectors.size(1)} numbers")
        names = [str(i) for i in range(1, len(named) + 1)]
        cells = [[f"{each:.3f}" for each in row] for row in similarity(ready, vectors).tolist()]
        output.print_table(
            ["", *names, "of"], [[n, *row, each] for n, row, (_, each) in zip(names, cells, named)], right=names
        )


def rank_command(
    directory: Directory,
    query: Annotated[str, typer.Option(help="The question.")],
    text: Annotated[list[str] | None, typer.Option(help="A passage; repeat for more.")] = None,
    file: Annotated[Path | None, typer.Option(help="File with one passage per line instead.")] = None,
    top: Annotated[int | None, typer.Option(min=1, help="Number of passages.", show_default="all")] = None,
    query_prompt: Annotated[
        str | None, typer.Option(help="Text put before the question.", show_default="DIR's prompt 'query', if any")
    ] = None,
    passage_prompt: Annotated[
        str | None, typer.Option(help="Text put before each passage.", show_default="DIR's prompt 'document', if any")
    ] = None,
    batch: BatchSize = 32,
    json: Json = False,
) -> None:
    """Order passages by how well they fit a question, by the model's own score.

    Example: clados rank runs/e5 --query "a small dog" --text "a young canine" --text "a fast road"
    """
    from clados.apply.rank import rank

    found = rank(
        directory,
        query,
        _texts(text, file),
        top=top,
        query_prompt=query_prompt,
        passage_prompt=passage_prompt,
        batch=batch,
    )
    if json:
        output.print_json({"query": query, "passages": [vars(each) for each in found]})
        return
    output.print_heading(query)
    rows = [(str(i), f"{each.score:.3f}", each.text) for i, each in enumerate(found, 1)]
    output.print_table(("", "score", "passage"), rows, right=("score",))


def translate_command(
    directory: Directory,
    texts: Texts = None,
    file: Lines = None,
    to: Annotated[str | None, typer.Option(help="Language to translate into, where DIR knows several: de.")] = None,
    from_: Annotated[str | None, typer.Option("--from", help="Language of the texts, where DIR marks it.")] = None,
    prefix: Annotated[
        str | None, typer.Option(help="The task, put before each text.", show_default="T5's for German")
    ] = None,
    beams: Annotated[int | None, typer.Option(min=1, help="Number of beams.", show_default="as DIR says, or 4")] = None,
    length_penalty: Annotated[
        float | None,
        typer.Option(
            help="Length penalty of beam search: above 0 favours longer texts.", show_default="as DIR says, or 0.6"
        ),
    ] = None,
    batch: BatchSize = 16,
    json: Json = False,
) -> None:
    """Translate texts.

    Example: clados translate runs/transformer "Please enter a valid date."
    """
    from clados.apply.translate import translate

    given = _texts(texts, file)
    found = translate(
        directory, given, to=to, from_=from_, prefix=prefix, beams=beams, length_penalty=length_penalty, batch=batch
    )
    if json:
        output.print_json([{"text": text, "translation": each} for text, each in zip(given, found)])
    else:
        print("\n".join(map(output.for_terminal, found)))


def classify_command(
    directory: Directory,
    inputs: Annotated[list[str], typer.Argument(metavar="INPUT...", help="PNG or JPEG files, or texts, as DIR reads.")],
    second: Annotated[
        str | None, typer.Option(help="A second text, which is read together with each.", show_default="none")
    ] = None,
    top: Top = 5,
    batch: BatchSize = 32,
    json: Json = False,
) -> None:
    """Classify images or texts.

    Example: clados classify runs/vit shoe.png
    """
    from clados.apply.classify import classify
    from clados.apply.ready import load

    ready = load(directory, "classify")
    images = ready.images is not None
    if images and second is not None:
        raise InputError(f"second is of texts; {ready.name} classifies images")
    given = [each if second is None else (each, second) for each in inputs]
    found = classify(ready, [*given], top=top, batch=batch)
    name = "image" if images else "text"
    if json:
        rows = [{name: each, "labels": [vars(e) for e in row]} for each, row in zip(inputs, found)]
        output.print_json([row if second is None else {**row, "second": second} for row in rows])
        return
    cells = [(each, _share(e.probability), e.label) for each, row in zip(inputs, found) for e in row]
    output.print_table((name, "share", "class"), cells, right=("share",))


def tag_command(
    directory: Directory, texts: Texts = None, file: Lines = None, batch: BatchSize = 32, json: Json = False
) -> None:
    """Tag the words of texts, or find entities in them, as DIR learned it.

    Example: clados tag runs/bert-tag "Ada Lovelace lived in London."
    """
    from clados.apply.tag import tag

    given = _texts(texts, file)
    found = tag(directory, given, batch=batch)
    if json:
        output.print_json([{"text": text, "tags": [vars(e) for e in each]} for text, each in zip(given, found)])
        return
    for text, each in zip(given, found):
        output.print_heading(text)
        cells = [(e.text, e.tag, _share(e.probability)) for e in each]
        output.print_table(("words", "tag", "share"), cells, right=("share",))


def match_command(
    directory: Directory,
    images: Images,
    text: Annotated[list[str], typer.Option(help="A text to choose from; repeat for more.")],
    batch: BatchSize = 32,
    json: Json = False,
) -> None:
    """Match images with texts: the probability of each text for each image.

    Example: clados match runs/clip cat.png --text "a cat" --text "a red heart"
    """
    from clados.apply.match import match

    found = match(directory, images, text, batch=batch).tolist()
    if json:
        output.print_json({"images": [str(image) for image in images], "texts": text, "probabilities": found})
        return
    cells = [[str(image), *map(_share, row)] for image, row in zip(images, found)]
    output.print_table(["image", *text], cells, right=text)


def act_command(
    directory: Directory,
    env: Annotated[str, typer.Option(help="An environment of Gymnasium.")] = "CartPole-v1",
    episodes: Annotated[int, typer.Option(min=1, help="Number of episodes.")] = 50,
    return_to_go: Annotated[
        float | None, typer.Option(help="The return to ask for.", show_default="the largest it was trained on")
    ] = None,
    plan_for: Annotated[
        str | None,
        typer.Option(help="What a model that plans does: return or imitation.", show_default="return"),
    ] = None,
    horizon: Annotated[int | None, typer.Option(min=1, help="Steps of a plan.", show_default="2")] = None,
    demonstration: Annotated[
        str | None,
        typer.Option(
            metavar="DATA",
            help="Of which the best episode is shown to a model of texts and actions first.",
            show_default="cartpole",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    gif: Annotated[Path | None, typer.Option(help="GIF file of the first episode to write too.")] = None,
    json: Json = False,
) -> None:
    """Let a Decision Transformer, a Trajectory Transformer or Gato act, and compare it with random actions.

    Example: clados act runs/decision-transformer --episodes 50
    """
    from clados.apply.act import act
    from clados.apply.demonstrated import best
    from clados.apply.film import Film
    from clados.apply.plan import Search
    from clados.data.readers import read

    asked: dict[str, Any] = {"plan_for": plan_for, "horizon": horizon}
    asked = {name: value for name, value in asked.items() if value is not None}
    shown = best(read(demonstration), demonstration) if demonstration else None
    film = Film() if gif else None
    found = act(
        directory,
        env,
        episodes=episodes,
        return_to_go=return_to_go,
        search=Search(**asked) if asked else None,
        demonstration=shown,
        seed=seed,
        film=film,
    )
    if gif and film:
        write_gif(gif, film.frames, film.milliseconds)
    if json:
        means = {"mean": found.mean, "random_mean": found.random_mean}
        output.print_json(
            {"env": env, "episodes": episodes, "seed": seed, **vars(found), **means, "gif": gif and str(gif)}
        )
        return
    told = "" if found.return_to_go is None else f", return-to-go {found.return_to_go:g}"
    output.print_heading(f"{env}, {episodes} episodes{told}")
    output.print_facts({"mean return": f"{found.mean:.1f}", "random actions": f"{found.random_mean:.1f}"})
    output.print_lines([f"wrote {gif}"] if gif else [])
    for note in found.notes:
        output.print_note(note)


_MEASURES = {
    "cosine": "cosines",
    "dot": "dot products",
    "euclidean": "Euclidean distances, below zero,",
    "manhattan": "Manhattan distances, below zero,",
}


def _share(probability: float) -> str:
    return f"{100 * probability:.1f} %"


def _texts(texts: list[str] | None, file: Path | None) -> list[str]:
    """The texts of the command line, or the lines of a file.

    Raises:
        CladosError: for both, neither, or a file without text.
    """
    if bool(texts) == (file is not None):
        raise InputError("give texts, or a --file of them: one of the two")
    if file is None:
        return texts or []
    try:
        found = [line for line in text_lines(file.read_text(encoding="utf-8-sig")) if line.strip()]
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not text in UTF-8 ({error})") from error
    if not found:
        raise InputError(f"{file}: there is no text in it")
    return found


def _save(file: Path, vectors: "Tensor") -> None:
    """Write vectors as an array of NumPy, whole or not at all."""
    import numpy as np

    from clados.files import write_whole

    def write(part: Path) -> None:
        with part.open("wb") as opened:
            np.save(opened, vectors.numpy())

    write_whole(file, write)
    output.print_note(f"wrote {file}: {vectors.size(0)} vectors of {vectors.size(1)} numbers")
