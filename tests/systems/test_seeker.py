"""SeeKeR's and BlenderBot 3's modules: which token asks for which, and what each of them reads.

The strings follow facebookresearch/ParlAI (projects/seeker/agents/seeker.py, projects/bb3/agents/r2c2_bb3_agent.py).
"""

import pytest

from clados.errors import InputError
from clados.systems.blenderbot3 import BlenderBot3
from clados.systems.seeker import Seeker
from clados.systems.system import Spoken
from clados.systems.tools import Toolset
from tests.systems.scripted import TOOLS, Script

SAID = [("user", "Hi!"), ("assistant", "Hello."), ("user", "Where is Paris?")]
HISTORY = "Hi!\nHello.\nWhere is Paris?"
PASSAGES = (
    "Paris / Paris is the capital of France. It lies on the Seine. // "
    "Seine / The Seine is a river of northern France. // "
)


def test_seeker_asks_three_times_and_hands_on_what_it_found() -> None:
    write = Script({"__generate-query__": "paris", "__endknowledge__": "In France.", "Paris?": " Paris is in France "})
    response = Seeker(write, TOOLS).respond(SAID)
    assert response.text == "In France."
    assert write.prompts == [
        f"{HISTORY} __generate-query__",
        f"{PASSAGES}{HISTORY}",
        f"{HISTORY}\n__knowledge__ Paris is in France __endknowledge__",
    ]
    assert [(each.who, each.text) for each in response.steps] == [
        ("query", "paris"),
        ("page", "Paris"),
        ("page", "Seine"),
        ("knowledge", "Paris is in France"),
    ]
    assert write.asked[2].chosen["beams"] == 10


@pytest.mark.parametrize(("decided", "searches"), [("__do-search__", True), ("__do-not-search__", False), ("?", False)])
def test_seeker_decides_when_to_search(decided: str, searches: bool) -> None:
    write = Script({"required__": decided, "query__": "q", "__endknowledge__": "a", "Paris?": "k"})
    Seeker(write, TOOLS, search="compute").respond(SAID)
    assert write.prompts[0] == "Where is Paris? __is-search-required__"
    assert (f"{HISTORY} __generate-query__" in write.prompts) == searches
    assert (f"{PASSAGES}{HISTORY}" in write.prompts) == searches


def test_a_system_that_searches_needs_a_search_and_a_question() -> None:
    write = Script({"query__": "q"})
    with pytest.raises(InputError, match="this needs a search"):
        Seeker(write, Toolset()).respond(SAID)
    with pytest.raises(InputError, match="does not end with a user's message"):
        Seeker(write, TOOLS).respond(SAID[:2])


def blenderbot(search: str = "__do-not-search__", remember: str = "__do-access-memory__") -> BlenderBot3:
    """One whose partner lives in Lyon, and that has a dog."""
    return BlenderBot3(
        Script(
            {
                "__is-search-required__": search,
                "__is-memory-required__": remember,
                "__generate-query__": "paris",
                "Where is Paris? __generate-memory__": "I like Paris.",
                "Far from Lyon. __generate-memory__": "I know Lyon.",
                "__access-memory__": "partner's persona: I live in Lyon.",
                "__generate-knowledge__": "Paris is in France.",
                "__extract-entity__": "Paris",
                "__endmemory__": "Far from Lyon.",
                "__endknowledge__": "Far from Lyon.",
                "__endentity__": "Far from Lyon.",
            }
        ),
        TOOLS,
        memories={"your persona: I have a dog.": 3, "partner's persona: I live in Lyon.": 1},
    )


def test_blenderbot_remembers_and_keeps_what_both_sides_say() -> None:
    bot = blenderbot()
    response = bot.respond(SAID)
    assert isinstance(bot.write, Script)
    assert response.text == "Far from Lyon."
    known = "your persona: I have a dog.\npartner's persona: I live in Lyon.\n"
    assert bot.write.prompts == [
        "Where is Paris? __is-search-required__",
        f"{known}Where is Paris? __is-memory-required__",
        "Where is Paris? __generate-memory__",
        f"{known}{HISTORY} __access-memory__",
        f"{HISTORY}\n__memory__ partner's persona: I live in Lyon. __endmemory__",
        "Far from Lyon. __generate-memory__",
    ]
    assert bot.memories == {
        "your persona: I have a dog.": 4,
        "partner's persona: I live in Lyon.": 0,
        "your persona: I know Lyon.": 1,
        "partner's persona: I like Paris.": 1,
    }
    other = blenderbot()
    other.restore(bot.state())
    assert other.memories == bot.memories


def test_blenderbot_reads_pages_and_memories_together() -> None:
    bot = blenderbot("__do-search__")
    steps = bot.respond(SAID).steps
    assert isinstance(bot.write, Script)
    facts = (
        "__memory__ partner's persona: I live in Lyon. __endmemory____knowledge__ Paris is in France. __endknowledge__"
    )
    assert f"{HISTORY}\n{facts}" in bot.write.prompts
    assert f"{PASSAGES}{HISTORY} __generate-knowledge__" in bot.write.prompts
    assert Spoken("query", "paris") in steps


def test_blenderbot_talks_of_what_was_said_where_it_neither_searches_nor_remembers() -> None:
    bot = blenderbot(remember="__do-not-access-memory__")
    bot.respond(SAID)
    assert isinstance(bot.write, Script)
    assert f"{HISTORY}\n__entity__ Paris __endentity__" in bot.write.prompts
    empty = BlenderBot3(bot.write, TOOLS)  # nothing to remember yet
    bot.write.answers["__is-memory-required__"] = "__do-access-memory__"
    bot.write.asked.clear()
    empty.respond(SAID)
    assert f"{HISTORY}\n__entity__ Paris __endentity__" in bot.write.prompts
    assert "Where is Paris? __is-memory-required__" in bot.write.prompts


def test_what_is_known_already_is_no_new_memory() -> None:
    bot = blenderbot()
    assert isinstance(bot.write, Script)
    bot.write.answers["Where is Paris? __generate-memory__"] = "I really live in Lyon."
    bot.write.answers["Far from Lyon. __generate-memory__"] = "__NO__PERSONA__BEAM__MIN__LEN__20__"
    bot.respond(SAID)
    assert list(bot.memories) == ["your persona: I have a dog.", "partner's persona: I live in Lyon."]
    bot.memories = {f"your persona: I like number {n}.": 0 for n in range(40)} | {"partner's persona: Paris!": 9}
    bot.write.asked.clear()
    bot.respond(SAID)
    read = next(each.before for each in bot.write.asked if each.prompt.endswith("__access-memory__")).splitlines()
    assert (len(read), read[0]) == (32, "partner's persona: Paris!")
