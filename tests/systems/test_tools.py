"""Tools of one's own, those that come along, and what happens where one fails."""

import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given, strategies as st

from clados.data.errors import DataError
from clados.errors import InputError
from clados.systems.calculator import calculator
from clados.systems.search import FolderSearch, ServerSearch, passages_of
from clados.systems.tools import ToolError, ToolResult, Toolset, called, tool_of


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("135+7721", ["7856"]),  # Thoppilan et al. 2022, §6.2
        ("How old is Rafael Nadal?", []),
        ("What is 2 * (3 + 4)?", ["14"]),
        ("0.1 + 0.2", ["0.3"]),
        ("1,000 - 1", ["999"]),
        ("2^10", ["1024"]),
        ("-7 / 4", ["-1.75"]),
        ("1 / 3", ["0.333333333333"]),
        ("7 // 2 + 7 % 2", ["4"]),
        ("1 / 0", []),
        ("42", []),
        ("9**9**9", []),
        ("2**-2 * 1e3", ["250"]),
        ("__import__('os').getcwd() + 1", []),
        ("True + 1", []),
        ("1if 1else 2 + 1", []),
        ("0or 1 + 1", []),
        ("(" * 250 + "1+1", []),
        ("", []),
    ],
)
@pytest.mark.filterwarnings("error")
def test_sums_are_exact_and_nothing_else_is_read(asked: str, answer: list[str]) -> None:
    assert calculator(asked) == answer


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**9), st.sampled_from("+-*"))
def test_sums_of_whole_numbers_are_python_s(a: int, b: int, sign: str) -> None:
    assert calculator(f"{a} {sign} {b}") == [str({"+": a + b, "-": a - b, "*": a * b}[sign])]


def hangs(text: str) -> str:
    """Answers too late."""
    time.sleep(0.4)
    return text


def fails(text: str) -> str:
    """Raises."""
    raise KeyError(text)


def leaves(text: str) -> str:
    """Ends the program."""
    raise SystemExit(3)


def odd_number(_: str) -> Any:
    """What no tool gives."""
    return 3


def odd_list(_: str) -> Any:
    """What no tool gives."""
    return [1]


def test_a_tool_that_fails_is_one_line_and_the_others_go_on() -> None:
    notes = list[str]()
    tools = Toolset(
        {"slow": hangs, "bad": fails, "leaves": leaves, "odd": odd_number, "fine": lambda text: [text, ""]},
        0.05,
        notes.append,
    )
    assert tools.ask_all("x") == [ToolResult("x")]
    assert notes == [
        "tool slow has not answered within 0.05 seconds; it is left out here",
        "tool bad failed with KeyError: 'x'",
        "tool leaves failed with SystemExit: 3",
        "tool odd gave int; it must give a text, or several",
    ]
    with pytest.raises(InputError, match="tool is 'fin'; did you mean 'fine'"):
        tools.ask("fin", "x")
    with pytest.raises(InputError, match=r"this needs a search: give a folder of documents \(--docs\)"):
        tools.pages("x", 1)
    with pytest.raises(InputError, match="gave int among its texts"):
        called(odd_list, "odd", "x")


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf"), 1e20])
def test_a_time_that_cannot_be_waited_is_refused(seconds: float) -> None:
    with pytest.raises(InputError, match=r"tool-seconds is .*; it must be above 0 and at most 86,400"):
        Toolset(seconds=seconds)


def test_a_tool_is_named_by_its_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "owntools.py").write_text("def shout(text):\n    return text.upper()\n")
    monkeypatch.chdir(tmp_path)
    assert called(tool_of("owntools:shout"), "shout", "hi") == [ToolResult("HI")]
    with pytest.raises(InputError, match="tool is 'owntools:whisper': owntools has no function 'whisper'"):
        tool_of("owntools:whisper")
    with pytest.raises(InputError, match="it must be module:function, a function of a text"):
        tool_of("shout")


def documents(folder: Path) -> Path:
    """A folder of three short texts."""
    folder.mkdir(exist_ok=True)
    (folder / "paris.txt").write_text("Paris is the capital of France. It lies on the Seine.\n")
    (folder / "cats.md").write_text("A cat is a small animal.\n\nCats sleep for most of the day.\n")
    (folder / "rivers.txt").write_text("The Seine is a river. The Thames is another river.\n")
    return folder


def test_passages_are_found_by_their_words(tmp_path: Path) -> None:
    search = FolderSearch(documents(tmp_path / "docs"))
    first, *_ = search("What is the capital of France?")
    assert (first.title, first.text) == ("paris", "Paris is the capital of France. It lies on the Seine.")
    assert {each.title for each in search("river Seine")} == {"rivers", "paris"}
    assert search("zebra") == []
    assert len(FolderSearch(tmp_path / "docs", top=1)("river Seine")) == 1


def test_words_of_one_letter_or_digit_are_found(tmp_path: Path) -> None:
    for name, text in (
        ("r", "R draws curves."),
        ("c", "C is close to the machine."),
        ("six", "Section 6 has the rest."),
    ):
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    search = FolderSearch(tmp_path)
    assert [search(asked)[0].text for asked in ("R", "language C", "5 or 6")] == [
        "R draws curves.",
        "C is close to the machine.",
        "Section 6 has the rest.",
    ]


def test_a_folder_without_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="empty: no document there can be searched"):
        FolderSearch(tmp_path / "empty")
    (tmp_path / "empty" / "a.txt").write_text(" \n\n ")
    with pytest.raises(DataError, match="empty: "):
        FolderSearch(tmp_path / "empty")
    with pytest.raises(DataError, match="there is no such folder of documents"):
        FolderSearch(tmp_path / "nowhere")


@given(st.text("ab .\n", max_size=200), st.integers(5, 40))
def test_passages_hold_all_words_in_order_and_are_short(text: str, most: int) -> None:
    parts = list(passages_of(text, most))
    assert all(0 < len(part) <= most for part in parts)
    if all(len(word) <= most for word in text.split()):
        assert " ".join(parts).split() == text.split()


class Answers(BaseHTTPRequestHandler):
    """A search server on this machine."""

    def do_POST(self) -> None:
        asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if self.path.startswith("/moved"):
            self.send_response(int(self.path.removeprefix("/moved")))
            self.send_header("Location", "/search")
            self.end_headers()
            return
        page = {"url": "http://x/1", "title": "One", "content": f"{asked['q'][0]} {asked['n'][0]}"}
        said = json.dumps({"response": [page]} if self.path == "/search" else {"no": 1}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def server() -> Iterator[str]:
    found = HTTPServer(("127.0.0.1", 0), Answers)
    Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{found.server_port}"
    found.shutdown()
    found.server_close()


def test_a_server_is_asked_as_parlai_does(server: str) -> None:
    assert ServerSearch(f"{server}/search", top=2)("cats") == [ToolResult("cats 2", "One", "http://x/1")]
    notes = list[str]()
    assert Toolset({"search": ServerSearch(f"{server}/other")}, on_note=notes.append).pages("cats", 2) == []
    assert notes == [f"search at {server}/other answered without a list named 'response'"]


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_query_goes_to_the_address_that_was_named_and_to_no_other(
    code: int, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # nobody is asked there
    with pytest.raises(ToolError, match=f"search at {server}/moved{code} failed: it sends on to {server}/search"):
        ServerSearch(f"{server}/moved{code}")("cats")


@pytest.mark.parametrize(
    "address",
    ["", "x", "ftp://x", "http://", "http://:80", "http://[::1", "http://x:99999", "http://x:0", "http://a b"],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(InputError, match=r"search-url is '.*'; it must be http:// or https://, a host"):
        ServerSearch(address)
