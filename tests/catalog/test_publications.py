"""Publications: every paper that a card names has a title and authors; BibTeX as reference managers read it."""

import re

import pytest

import clados
from clados.catalog.load import catalog
from clados.catalog.publications import described_in, publications


def test_every_paper_that_a_card_names_is_known_by_title_and_authors() -> None:
    named = {str(each) for card in catalog().values() for each in card.values["reference"].items}
    papers = {each for each in named if each.startswith(("arXiv:", "doi:"))}
    assert papers <= set(publications()) <= named
    assert all(each.title and each.authors and each.source for each in publications().values())


def test_a_paper_is_no_younger_than_two_years_before_its_number() -> None:
    for each in publications().values():
        if each.arxiv:
            posted = 2000 + int(each.arxiv[:2])
            assert posted <= each.year <= posted + 2, each.reference


@pytest.mark.parametrize(
    ("model", "lines"),
    [
        (
            "bert",
            (
                "@inproceedings{devlin2019bert,",
                "  author = {Jacob Devlin and Ming-Wei Chang and Kenton Lee and Kristina Toutanova},",
                "  eprint = {1810.04805},",
            ),
        ),
        ("alphafold", ("@article{jumper2021highly,", "  url = {https://doi.org/10.1038/s41586-021-03819-2},")),
        ("palm", ("@article{chowdhery2023palm,", "  journal = {Journal of Machine Learning Research 24},")),
        ("chatgpt", ("@misc{openai2022chatgpt,", "  author = {{OpenAI}},")),
        ("gopher", ("  title = {{Scaling Language Models: Methods, Analysis \\& Insights from Training Gopher}},",)),
    ],
)
def test_bibtex(model: str, lines: tuple[str, ...]) -> None:
    assert set(lines) <= set(clados.cite(model).splitlines())


def test_bibtex_of_all_cards_has_balanced_braces_and_a_key_each() -> None:
    text = clados.cite(*catalog())
    keys = re.findall(r"^@\w+\{([a-z0-9]+),$", text, re.MULTILINE)
    entries = {each for card in catalog().values() for each in described_in(card)}
    assert len(keys) == len(set(keys)) == len(entries)
    assert text.count("{") == text.count("}")
