"""Chinese drawings, differences, recipes and errors: every piece has its words, and every drawing room for them.

A term that comes in without its Chinese fails here.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path
from typing import Any, get_args

import pytest

import clados
from clados import spec as s
from clados.catalog.card import declaration_of
from clados.catalog.changes import compared_parents
from clados.catalog.counts import count_size
from clados.catalog.differences import Differences, diff
from clados.catalog.load import catalog
from clados.catalog.sentences import brief
from clados.catalog.structure import structure
from clados.drawing import recent_figure, timeline_figure, tree_figure
from clados.drawing.architecture.figure import architecture_sheet, model_node
from clados.drawing.difference import difference_sheets
from clados.drawing.drawings import draw
from clados.drawing.frame import FAMILY_ORDER
from clados.drawing.layout.direction import Direction
from clados.drawing.layout.sheet import broken_lines
from clados.drawing.svg import text_width
from clados.drawing.treemap import treemap_figure
from clados.drawing.wording import as_drawn, worded
from clados.errors import how_to_install
from clados.models.declared import declared, package_models
from clados.objectives.view import QUESTIONS
from clados.spec.core.registry import KINDS
from clados.web.evidence import kept_proofs
from clados.web.index import Index
from clados.web.language import INTERFACE, TERMS, page_languages, words_in
from clados.web.phrases import Phrasebook
from clados.web.request import Given
from clados.web.site import Site
from clados.web.views.recipe import fact_name
from tests.drawing.invented_models import invented_model
from tests.drawing.layouts import faults

CHINESE = page_languages()["zh"]
ROOT = Path(clados.__file__).parent
CARDS = catalog()
NAMES = {*FAMILY_ORDER} | {
    name for card in CARDS.values() for name in (card.id, card.name, *(size.name for size in card.sizes))
}
PAIRS = [(parent, card.id) for card in CARDS.values() for parent in compared_parents(CARDS, card)]


def lacking(texts: Iterable[str]) -> set[str]:
    """The pieces of texts that have no Chinese and are no names."""
    return {piece for text in texts for piece in CHINESE.phrasebook(text).lacking} - NAMES


@contextmanager
def in_chinese(found: set[str]) -> Iterator[None]:
    """Draws in Chinese within; what has no words is found."""

    def say(text: str) -> str:
        found.update(lacking([text]))
        return CHINESE.phrase(text)

    with worded(say):
        yield


@pytest.mark.parametrize("name", sorted(package_models()))
def test_every_drawing_is_chinese_and_can_be_read(name: str) -> None:
    model, found = declared(name).model, set[str]()
    with in_chinese(found):
        for direction, opened in (*((each, ()) for each in get_args(Direction)), ("up", ("all",))):
            sheet, width, height = architecture_sheet(model, name, (), model_node(model, direction, opened, name))
            assert not list(faults(sheet, width, height)), (direction, opened)
        treemap_figure(model, name)
    assert found == set()


@pytest.mark.parametrize("seed", range(24))
def test_so_is_one_of_a_model_that_nobody_has_built(seed: int) -> None:
    _, model = invented_model(seed)
    found = set[str]()
    with in_chinese(found):
        sheet, width, height = architecture_sheet(model, "m:1", (), model_node(model))
        assert not list(faults(sheet, width, height))
    assert found == set()


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_every_difference_from_a_parent_is_chinese_and_can_be_read(old: str, new: str) -> None:
    changed: Differences = diff(old, new)
    found = lacking(each.sentence for each in (*changed.changes, *changed.training))
    with in_chinese(found):
        sheets, width, height, _ = difference_sheets(changed)
        assert not [fault for sheet in sheets for fault in faults(sheet, width, height)]
    assert found == set()


@pytest.mark.parametrize(
    "drawn",
    [
        lambda: tree_figure(CARDS.values()),
        *(lambda y=y: timeline_figure(CARDS.values(), y) for y in ("family", "params", "tokens", "flops")),
        *(lambda y=y: recent_figure(CARDS, y) for y in ("family", "params")),
    ],
)
def test_tree_and_timelines_are_chinese(drawn: Callable[[], Any]) -> None:
    found = set[str]()
    with in_chinese(found):
        data = drawn().data
    names = {each["name"] for part in ("nodes", "unknown", "sparse") for each in data.get(part, ())}
    assert {
        each for each in found if not any(each.startswith(name) or name.startswith(each) for name in names)
    } <= NAMES
    assert len(names) > 20


def test_every_recipe_structure_and_proof_is_chinese() -> None:
    texts = set[str]()
    for card in CARDS.values():
        texts |= {*map(fact_name, card.training)}
        texts |= {text for each in kept_proofs(card.id) for text in (each.name, each.evidence)}
        texts |= {text for size in card.sizes for row in count_size(card, size) for text in (row.basis, row.why)}
        for size in declaration_of(card).sizes if card.runnable else ():
            for stage in declaration_of(card).recipe_at(size).stages:
                texts |= {stage.name, *map(brief, (stage.objective, stage.optimiser, stage.schedule))}
            for row in structure(card, size).rows.items():
                texts |= {*row}
    assert len(texts) > 300
    assert lacking(texts) == set()


@pytest.mark.parametrize("name", sorted(package_models()))
def test_every_part_that_a_drawing_opens_has_a_chinese_name(name: str) -> None:
    def names(parts: list[dict[str, Any]]) -> Iterator[str]:
        for each in parts:
            yield each["name"]
            yield from names(each["inside"])

    assert lacking(names(draw(name).data["inside"])) == set()


def test_so_has_what_an_example_shows_beside_its_tokens() -> None:
    kinds = [each for each in KINDS.values() if issubclass(each, s.Objective)]
    also = {text for each in kinds for pair in each.also.items() for text in pair}
    assert len(also) > 5
    assert lacking({*also, *QUESTIONS.values(), "entity at 7", "dog, given as cat"}) == set()


# ---------------------------------------------------------------- errors

SHOWN = (  # modules whose errors stand on pages; what reads texts to learn from, and writes, says so in the terminal
    *("checkpoints/formats/*.py", "checkpoints/mapping/*.py", "reports/*.py"),
    *(f"checkpoints/{name}.py" for name in ("generation", "load", "metadata")),
    *(f"data/{name}.py" for name in ("decoding", "embedded", "pictures", "roles", "sentencepiece", "tokenizer")),
    *(f"data/{name}.py" for name in ("tokenizer_config", "vocabularies", "vocabulary_files")),
    *("errors.py", "files.py", "small.py", "nn/core/*.py", "nn/diffusion/*.py", "nn/memory.py", "nn/stacks/*.py"),
    *("spec/**/*.py", "playground/*.py", "web/designing.py", "web/request.py", "web/state.py", "web/site.py"),
    *("web/views/*.py", "drawing/architecture/opened.py", "drawing/layout/direction.py"),
    *("objectives/**/*.py", "train/objective.py", "data/alignments.py", "data/templates.py", "apply/decoding/*.py"),
    *(
        f"apply/{name}.py"
        for name in (
            "act",
            "film",
            "time_steps",
            "blanks",
            "codes",
            "embed",
            "fill",
            "fold",
            "generate",
            "images",
            "languages",
        )
    ),
    *(f"apply/{name}.py" for name in ("logprobs", "paint", "ready", "unclip", "verbs", "write")),  # the playground's
    *(f"catalog/{name}.py" for name in ("query", "sizes", "compare", "new")),
    *(f"drawing/{name}.py" for name in ("amounts", "scaling", "timelines", "tree")),
)
ERRORS = (
    *("InputError", "DataError", "SpecError", "CheckpointError", "EmptyFigureError", "NoModelError", "NoPageError"),
    *("CladosError", "LayoutError", "MissingPackageError", "self.error", "error"),
)
AFTER = {  # functions that end a message, and what with
    "did_you_mean": "; did you mean '7'?",
    "hint": "; it has 7",
    "_some": "; known are 7",
    "_instead": ": it has none",
    "quotation": "'7'",
    "how_to_install": "comes with clados[7]; in your clone of Clados: pip install -e '.[7]'",
    "below": "; there is a model in 7",
    "wrong[0].format": "states of 7 numbers; 7 has 7",
}


def template(node: ast.expr) -> str:
    """A message with 7 in place of each value."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(map(template, node.values))
    if isinstance(node, ast.FormattedValue):
        return AFTER.get(ast.unparse(node.value).partition("(")[0], "7")
    return "7"


def raised() -> Iterator[tuple[str, str]]:
    """Where each message is raised, and the message."""
    for pattern in SHOWN:
        for file in {*ROOT.glob(pattern)} - {ROOT / "spec/core/registry.py"}:  # that names parts in code alone
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and node.args:
                    kind, where = ast.unparse(node.func), f"{file.relative_to(ROOT)}:{node.lineno}"
                    if kind.removeprefix("s.") in ERRORS:
                        yield where, template(node.args[0])
                    elif kind.endswith(".refuse"):  # as files.JsonObject says it
                        yield where, f"7: 7 is 7; {template(node.args[-1])}"


def test_every_error_of_declarations_questions_and_pictures_is_chinese() -> None:
    messages = dict(raised())
    assert len(messages) > 300
    assert {where: text for where, text in messages.items() if lacking([text])} == {}


@pytest.mark.parametrize(
    "text",
    [
        "unknown model 'bret'; did you mean 'bert'?",
        "unknown filter 'familly'; did you mean 'family'?",
        "no model has family 'x'; known are BART, BERT ...",
        "open is 'x', which is no fold of bert:large; it has a.b; all and their layers, as a.b.0, are known too",
        "stack.blcok is 'x'; it may be gelu, relu; did you mean 'relu'?",
        "size.layers is 'many'; it takes a whole number",
        "inputs.cutoffs is 'x'; it takes numbers, with commas between",
        "MLP.act is 'gelo'; did you mean 'gelu'?",
        "Stack.dropout is 2; it must be at least 0 and below 1",
        "Size.heads is 7, which does not divide d_model 768: say head_dim",
        "Block.attn is 3; it takes Attention or None",
        "PointSize.degrees is 90; it must be at least 1 and at most 16",
        '/runs/a b/config.json: hidden_size is "many"; needed is an integer',
        "models/x/config.json: vocab.size is true; needed is a number or a list",
        "/runs/a: this directory holds no model; there is a model in /runs/a/checkpoints/step-8",
        "/runs/a/log.jsonl:3: damaged, no entry of a run's log; remove the line to go on",
        "/runs/a/run.json: it holds []; an object is needed",
        f"m.gguf: the gguf library reads it, which {how_to_install('gguf')}",
        f"this needs torch, which is not installed and {how_to_install('torch')}",
        "/m: model_type is 'umt5', which is not supported: each of its layers has relative biases of its own",
        "/m/config.json: quantization_config: the weights are quantised (gptq), and not read so",
        "CartPole-v1 has states of 4 numbers; small/gato has 17",
        "[Errno 13] Permission denied: '/runs/a/log.jsonl'",
    ],
)
def test_so_are_those_that_are_put_together(text: str) -> None:
    assert lacking([text]) == set()
    assert re.search("[\u4e00-\u9fff]", CHINESE.phrase(text))


def test_pages_say_in_chinese_why_files_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text("nothing\n", encoding="utf-8")
    site, none = Site(given=Given((str(tmp_path / "none"),), tmp_path)), str(tmp_path / "none")
    runs, tried = (
        site.answer(f"zh/{path}.html", query).body.decode()
        for path, query in (("runs", ()), ("playground", (("model", none),)))
    )
    assert f"{tmp_path / 'log.jsonl'}:1：已损坏，不是训练日志的条目" in runs
    assert f"{none}：没有此文件夹；模型从磁盘读取，不会下载" in tried


# ---------------------------------------------------------------- the meaning


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("PPO (clip 0.4, passes 4, smoothing 0.9)", "PPO（截断范围 0.4，每批轮数 4，平滑系数 0.9）"),
        ("objective, clip: 0.4 instead of 0.2", "目标，截断范围：0.4（原为 0.2）"),
        ("clip: 0.25 instead of none", "梯度裁剪：0.25（原为无）"),
        ("tuning: clip: 1 instead of none", "微调：梯度裁剪：1（原为无）"),
        ("PPO (target 6)", "PPO（目标 KL 6）"),
        ("residual, step: scaling instead of added", "残差，步：缩放（原为相加）"),
        ("a bias and ReLU of each feature's length, after attention", "注意力之后的每个特征长度的偏置、ReLU"),
        ("no encoder, whose states the decoder reads by cross-attention", "没有编码器"),
        ("heads", "输出头"),
        ("attention heads", "注意力头"),
        ("heads: 16 instead of 12", "头数：16（原为 12）"),
        ("size (layers 6, heads 16)", "规模（层数 6，头数 16）"),
        ("codes: gaussian coder", "编码：高斯自编码器"),
        ("discrete coder", "离散 VAE"),
        ("'text' has no blank; write [MASK] where there is one", "“text”没有空白；请在空白处写 [MASK]"),
        ("reduction: patch merging", "下采样：图像块合并"),
        ("gates: softmax of the scores, normalised", "门控：得分的 softmax，归一化"),
        ("recycling: none", "再循环：无"),
        ("masked tokens", "掩码词元"),
        ("learns from a instead of b; vocabulary of 9 instead of 8", "学习数据：a（原为 b）；词表大小 9（原为 8）"),
    ],
)
def test_a_word_has_the_meaning_of_where_it_stands(english: str, chinese: str) -> None:
    assert CHINESE.phrase(english) == chinese


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("residual residual block", "残差：残差块"),
        ("pair pair size", "残基对：残基对规模"),
        ("supervised (template template)", "有监督（模板：模板）"),
        ("stack (block block and block, norm LayerNorm)", "层栈（块：块、块，归一化 LayerNorm）"),
        ("encoder attention", "编码器注意力"),
        ("training tokens", "训练词元"),
        ("relative, disentangled from content", "相对，与内容解耦"),
        ("it reads pixels (image 256)", "读入：像素（图像 256）"),
    ],
)
def test_a_word_and_its_value_do_not_run_together(english: str, chinese: str) -> None:
    assert CHINESE.phrase(english) == chinese


OF_TWO_MEANINGS = {  # on forms and in tables, and in drawings and differences
    "FLOPs": "a column's name, and a unit",
    "gated": "who may have the weights, and a layer",
    "head": "which one of attention, and what is on top",
    "layer": "which one, and a part",
    "layers": "what they are, and how many",
    "passes": "of folding, and over a batch",
    "texts": "a field of a form, and what is read",
    "tokens": "seen in training, and what is read",
    "training": "that goes on, and a stage",
}


def test_an_english_word_has_one_chinese_one() -> None:
    files = {name: words_in(name) for name in {*INTERFACE, *TERMS}}
    twice = {word for one, other in combinations(files.values(), 2) for word in {*one} & {*other}}
    assert twice == {*OF_TWO_MEANINGS}
    assert all(word in files["zh"] and CHINESE.words[word] != CHINESE.terms[word] for word in twice)


# ---------------------------------------------------------------- the mechanism


def test_a_template_takes_numbers_names_and_phrases() -> None:
    book = Phrasebook(
        {
            "{n} heads": "{n} 个头",
            "{new} instead of {old}": "{new}（原为 {old}）",
            "learns from {NAME}": "取自 {NAME}",
            "gated": "门控",
            "tanh": "双曲正切",
        }
    )
    assert book("gated: 12 heads instead of 6 heads").text == "门控：12 个头（原为 6 个头）"
    assert book("learns from gated tanh").text == "取自 gated tanh"
    assert book("many heads").lacking == ("many heads",)
    assert book("gated (tanh, gated)").text == "门控（双曲正切，门控）"
    assert book("a sentence of its own that is gated").text == "a sentence of its own that is gated"
    assert book(book("gated: tanh").text).text == "门控：双曲正切"


@pytest.mark.parametrize("tokenizer", sorted({str(card.values["tokenizer"]) for card in CARDS.values()} - {"unknown"}))
def test_a_difference_says_every_tokenizer_as_tables_do(tokenizer: str) -> None:
    said = CHINESE(tokenizer)
    assert CHINESE.phrase(f"tokenizer: {tokenizer} instead of WordPiece") == f"分词器：{said}（原为 WordPiece）"
    assert said != tokenizer or not re.search("[a-z]{2}", re.sub("SentencePiece|WordPiece|unigram", "", tokenizer))


def test_what_is_long_stays_as_it_is() -> None:
    assert Phrasebook({"{one} is {other}": "{one} 为 {other}"})(f"a is {'b' * 5000}").text == f"a is {'b' * 5000}"


def test_figures_are_in_the_language_that_they_are_kept_for() -> None:
    figures = Index(CARDS).figures
    assert "家族树" in figures["tree", "zh"].svg
    with worded(CHINESE.drawn):
        assert "家族树" not in figures["tree", "en"].svg


def test_numbers_and_names_of_a_template_are_in_its_chinese() -> None:
    for english, chinese in CHINESE.terms.items():
        holes, used = ({*re.findall(r"\{(\w+)\}", text)} for text in (english, chinese))
        assert {each for each in holes if len(each) == 1} <= used <= holes, english


def test_chinese_lines_are_broken_between_letters_and_marks_stay_with_them() -> None:
    with worded(lambda text: {"a long note": "很长的说明，共八个字"}.get(text, text)):
        lines = broken_lines("a long note", 44, 11)
        assert "".join(lines) == "很长的说明，共八个字"
        assert lines == ["很长的说", "明，共八", "个字"]
        assert text_width("a long note", 10) == 100
    assert broken_lines("a long note", 44, 11) == ["a long", "note"]
    assert as_drawn("a long note") == "a long note"


def test_english_drawings_stay_as_they_are() -> None:
    before = draw("bert").svg
    with worded(CHINESE.drawn):
        within = draw("bert").svg
    assert "自注意力" in within
    assert draw("bert").svg == before
    assert "注意力" not in before


def test_pages_and_their_drawings_are_chinese(site: Site) -> None:
    def text(path: str, *query: tuple[str, str]) -> str:
        return site.answer(path, query).body.decode()

    assert "没有页面 nothing.html" in text("zh/nothing.html")
    assert "未知筛选条件“familly”；您是否想写“family”？" in text("zh/index.html", ("familly", "GPT"))
    assert "未知模型“brt”" in text("zh/cards/brt.html")
    design = text("zh/designer.html", ("size.heads", "7"), ("stack.block.mlp.act", "gelo"))
    assert "Size.heads 为 7，不能整除 d_model 768" in design
    assert "stack.block.mlp.act 为“gelo”" in design
    card = text("zh/cards/bert.html")
    assert "自注意力" in card
    assert "nine tenths of the steps read sequences of 128" in card.split("<svg", 1)[1].split("</svg>")[0]  # a note
    assert "掩码词元" in card  # its objective
    assert 'src="../cards/bert/from-transformer.svg"' in card
    assert "自注意力" in text("zh/cards/bert/from-transformer.svg")
    assert "自注意力" in text("zh/cards/bert.svg")
    assert "第 24 层" in text("zh/cards/bert/opened.svg")
    assert "Layer 24" in text("cards/bert/opened.svg")
    assert {"zh/cards/bert/opened.svg", "zh/cards/bert/from-transformer.svg"} < {*site.paths()}
    assert "家族树" in text("zh/tree.html")
    assert "family tree" in text("tree.html")
    compared = text("zh/compare.html", ("models", "transformer,bert,chatgpt"))
    assert "加到输入上的位置向量" in compared
    for said in ("结构：编码器归一化", "正弦绝对位置", "规模：d_model", "训练：批量", "字节对编码", "未知"):
        assert said in compared
    assert "transformer (架构)" in compared


# ---------------------------------------------------------------- nothing too much


def test_no_term_is_of_words_that_nothing_says() -> None:
    """Each English word of a term is in the code, or in what cards say of stages, training and counts."""
    texts = [file.read_text(encoding="utf-8") for file in ROOT.rglob("*.py")]
    for card in CARDS.values():
        texts += [
            str(card.values["tokenizer"]),
            *card.training,
            *(row.why for size in card.sizes for row in count_size(card, size)),
        ]
        texts += [each.name for each in declaration_of(card).recipe.stages] if card.runnable else []
    known = set(re.findall("[A-Z]?[a-z]+|[A-Z]+", " ".join(texts)))
    known |= {each.casefold() for each in known}
    terms = {english: re.findall("[A-Z]?[a-z]+|[A-Z]+", re.sub(r"\{\w+\}", "", english)) for english in CHINESE.terms}
    assert {english for english, words in terms.items() if not {each.casefold() for each in words} <= known} == set()
