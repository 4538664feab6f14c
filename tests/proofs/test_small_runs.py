"""A small self that learns, and does its work; and runs that must not pass."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from clados import spec as s
from clados.catalog.load import catalog
from clados.models.declared import declared, package_models
from clados.objectives import Small, runs, task
from clados.objectives.next_token import NextTokenTask
from clados.proofs import Subject, applies, learns, training
from clados.proofs.adapts import walked_by
from clados.proofs.training import SmallRun
from clados.small import model_folder
from clados.train.choices import Choices
from clados.train.planned import _before as run_before, planned

TRAINED = [name for name in package_models() if runs(declared(name).recipe.stages[0].objective)]
BRIEF = Small(params="200K", vocab=400, steps=220, length=48, batch=16, lr=3e-3)


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NextTokenTask, "small", BRIEF)
        patch.setattr(NextTokenTask, "longer", None)
        yield Subject(catalog()["gpt-2"], quick=True, folder=tmp_path_factory.mktemp("runs"))


def run(end: float, *, seed: int = 0, shuffled: bool = False, targets: int = 30_000) -> SmallRun:
    return SmallRun(
        seed, shuffled, 7.0, end, {"loss": 5.0, "unigram": 5.0, "bigram": 4.0}, {}, targets, 1.0, "2026-01-31"
    )


def test_a_small_gpt_2_learns_and_a_shuffled_one_does_not(subject: Subject) -> None:
    finding = learns.prove_learns(subject)
    assert finding.status == "holds", finding.evidence
    assert "of smoothed bigram (not reached)" in finding.evidence


def test_it_continues_texts_from_python_and_from_the_command_line(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applies, "shipped", lambda subject: None)
    finding = applies.prove_applies(subject)
    assert finding.status == "holds", finding.evidence
    assert finding.evidence.startswith("next token@1")


def test_what_ships_is_of_use_and_nothing_is_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "measured_run", lambda *given: pytest.fail("something was trained"))
    finding = applies.prove_applies(Subject(catalog()["e5"], folder=tmp_path))
    assert finding.status == "holds", finding.evidence
    assert finding.evidence.startswith("small/e5: R@1 0.16")
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("card", ["gpt-2", "electra", "e5", "transformer"])
def test_a_model_that_ships_by_its_own_objective_is_what_is_shown(card: str) -> None:
    one = Subject(catalog()[card])
    ships = training.shipped(one)
    assert ships is not None
    assert ships.id == f"small/{card}"
    assert training.applied_by(one) != training.learned_by(one)


def test_what_does_not_ship_is_trained() -> None:
    one = Subject(catalog()["gopher"])
    assert training.shipped(one) is None
    assert training.applied_by(one) == training.learned_by(one)


def test_an_objective_without_a_verb_of_its_own_is_missing_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s.NextToken, "verb", "")
    finding = applies.prove_applies(Subject(catalog()["gpt-2"], quick=True))
    assert finding.status == "missing"
    assert finding.evidence.startswith("NextToken has no verb; it knows generate, ")


def test_a_run_is_trained_once(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    first = training.trained(subject, 0)
    monkeypatch.setattr(training, "measured_run", lambda *given: pytest.fail("it was trained again"))
    assert training.trained(subject, 0) == first
    kept = training.folder_of(subject, training.choices(subject, 0)) / "verified.json"
    told = json.loads(kept.read_text())
    kept.write_text(json.dumps({name: value for name, value in told.items() if name != "day"}))
    with pytest.raises(pytest.fail.Exception, match="trained again"):
        training.trained(subject, 0)
    kept.write_text(json.dumps(told))


def test_the_evidence_says_when_runs_were_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = Subject(catalog()["gpt-2"], quick=True)
    given = {False: run(4.6), True: replace(run(5.1, shuffled=True), day="2026-02-28")}
    monkeypatch.setattr(learns, "trained", lambda subject, seed, shuffled=False, longer=False: given[shuffled])
    assert learns.prove_learns(subject).evidence.endswith("trained 2026-01-31 to 2026-02-28")
    given[True] = run(5.1, shuffled=True)
    assert learns.prove_learns(subject).evidence.endswith("trained 2026-01-31")


def test_a_run_whose_loss_is_moved_is_seen_to_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = Subject(catalog()["gpt-2"], quick=True)

    def proved(end: float, control: float) -> str:
        given = {False: run(end), True: run(control, shuffled=True)}
        monkeypatch.setattr(learns, "trained", lambda subject, seed, shuffled=False, longer=False: given[shuffled])
        return learns.prove_learns(subject).status

    assert proved(4.6, 5.1) == "holds"
    assert proved(4.8, 5.1) == "fails"
    assert proved(4.6, 4.6) == "fails"
    assert proved(float("nan"), 5.1) == "fails"


def test_a_tuned_model_has_to_be_below_what_it_was_too(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = Subject(catalog()["alpaca"], quick=True)

    def faults(start: float, end: float) -> str:
        given = {False: replace(run(end), start=start), True: run(5.1, shuffled=True)}
        monkeypatch.setattr(learns, "trained", lambda subject, seed, shuffled=False, longer=False: given[shuffled])
        return learns.prove_learns(subject).evidence.partition(";")[0]

    assert faults(start=6.0, end=4.6).startswith("4.60 nats")
    assert faults(start=4.8, end=4.6) == "seed 0 is not so far below what it was before tuning"
    assert faults(start=6.0, end=4.8) == "seed 0 misses the goal"


def test_the_bigram_is_reached_where_every_run_ends_below_it() -> None:
    one, baseline = task(s.NextToken()), {"loss": 5.0, "bigram": 4.0}
    assert one.compared([3.9, 3.99], baseline).endswith("4.00 of smoothed bigram (reached)")
    assert one.compared([3.9, 4.01], baseline).endswith("4.00 of smoothed bigram (not reached)")


def test_a_mixture_has_a_setting_of_its_own() -> None:
    switch, t5 = (training.choices(Subject(catalog()[card]), 0) for card in ("switch", "t5"))
    assert switch.params == task(s.CorruptedSpans()).mixture.params  # type: ignore[union-attr]
    assert t5.params == task(s.CorruptedSpans()).small.params
    assert planned(switch).model.size.experts == 8


def test_too_few_targets_fail_a_full_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def trained(subject: Subject, seed: int, *, shuffled: bool = False, longer: bool = False) -> SmallRun:
        return run(5.2 if shuffled else 4.0, seed=seed, shuffled=shuffled, targets=19_999)

    monkeypatch.setattr(learns, "trained", trained)
    subject = Subject(catalog()["gpt-2"])
    assert learns.prove_learns(subject).status == "fails"
    assert learns.prove_learns(replace(subject, quick=True)).status == "holds"


def test_what_squares_errors_is_measured_beside_the_mean() -> None:
    squared = task(s.ReturnConditioned("squared"))
    assert learns.enough(squared, replace(run(0.79), baseline={"loss": 1.0}))
    assert not learns.enough(squared, replace(run(0.81), baseline={"loss": 1.0}))


@pytest.mark.parametrize(
    ("model", "start", "end", "said"),
    [
        ("dq-bart", 4.1, 4.0, ""),  # a student begins as its teacher
        ("dq-bart", 4.0, 4.0, "seed 0 ends no lower than it began"),
        ("dq-bart", 7.0, 4.9, "seed 0 misses the goal"),
        ("dq-bart", 4.7, 4.6, "no lower than without a teacher"),
        ("alpaca", 4.1, 4.0, "seed 0 is not so far below what it was before tuning"),
        ("alpaca", 4.5, 4.0, ""),
    ],
)
def test_a_tuned_model_ends_below_what_it_was_and_a_student_too(
    monkeypatch: pytest.MonkeyPatch, model: str, start: float, end: float, said: str
) -> None:
    def trained(subject: Subject, seed: int, *, shuffled: bool = False, longer: bool = False) -> SmallRun:
        return replace(run(5.2 if shuffled else end, seed=seed, shuffled=shuffled), start=start)

    monkeypatch.setattr(learns, "trained", trained)
    monkeypatch.setattr(learns, "untaught", lambda subject: run(4.6) if model == "dq-bart" else None)
    monkeypatch.setattr(learns, "choices", lambda *given, **named: Choices(model=model))
    found = learns.prove_learns(Subject(catalog()[model], quick=True))
    assert found.evidence.startswith(said)
    assert ("without a teacher 4.60" in found.evidence) == (model == "dq-bart")
    assert f"; before tuning {start:.2f}" in found.evidence
    assert found.status == ("fails" if said else "holds")


@pytest.mark.parametrize(
    ("model", "steps", "lr"),
    [
        ("alpaca", 600, 1e-3),
        ("openassistant-llama", 600, 1e-3),  # from a size that does not ship, of a model that does
        ("alpaca-lora", 1800, 4e-3),  # adapters
        ("gpt4all", 1800, 4e-3),
        ("sparrow", 1800, 4e-3),  # upper layers; a rate that is a share of the weights
        ("openchatkit", 1200, 1e-3),  # the questions too
        ("stablevicuna", 2400, 1e-3),  # from a start that does not ship
        ("seeker", 2400, 1e-3),  # from an earlier stage of its own
        ("instructor", 2500, 4e-3),  # from the small T5's encoder
    ],
)
def test_what_learns_in_part_or_from_a_start_that_does_not_ship_learns_for_longer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model: str, steps: int, lr: float
) -> None:
    monkeypatch.setattr(training, "start_folder", lambda *given: tmp_path)
    asked = training.choices(Subject(catalog()[model], quick=True, folder=tmp_path), 0)
    assert asked.steps == steps
    assert asked.lr == pytest.approx(lr)


@pytest.mark.parametrize("model", TRAINED)
def test_every_first_objective_has_a_small_run_and_a_verb(model: str) -> None:
    one = task(declared(model).recipe.stages[0].objective)
    assert "small" in vars(type(one))
    assert one.objective.verb in applies.ANSWERS


def test_a_command_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="exits with 2"):
        applies.command("fill", str(tmp_path), "The [MASK]")


def test_a_student_s_teacher_is_trained_first_for_what_it_teaches(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[tuple[str, str | None]] = []
    monkeypatch.setattr(training, "run_of", lambda of, asked: seen.append((asked.model, asked.objective)))
    student = training.choices(Subject(catalog()["distilbert"], folder=tmp_path), 0)
    small = task(s.MaskedTokens()).small
    assert student.teacher == str(tmp_path / "bert" / f"seed-0-{small.steps}-{small.vocab}")
    assert student.params is None
    few = training.choices(Subject(catalog()["dq-bart"], folder=tmp_path), 0)
    assert few.teacher is not None
    assert few.teacher.startswith(str(tmp_path / "bart"))
    assert few.teacher.endswith("-translation")
    assert seen == [("bert", None), ("bart", "translation")]


@pytest.mark.parametrize(
    ("student", "alone"),
    [
        ("distilbert", ("distilbert", "roberta", "200K", 160, 800)),
        ("dq-bart", ("bart", "translation", "1M", 512, 200)),  # of its teacher's model, from nothing
    ],
)
def test_a_student_is_compared_with_one_of_its_teacher_s_size_and_vocabulary(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, student: str, alone: tuple[object, ...]
) -> None:
    seen: list[Choices] = []

    def run_of(of: Subject, asked: Choices) -> SmallRun:
        seen.append(asked)
        return run(4.0)

    monkeypatch.setattr(training, "run_of", run_of)
    assert training.untaught(Subject(catalog()[student], folder=tmp_path)) == run(4.0)
    asked = seen[-1]
    assert (asked.model, asked.objective, asked.params, asked.vocab, asked.steps) == alone
    assert (asked.teacher, asked.start, asked.stage) == (None, None, None)
    assert training.untaught(Subject(catalog()["bert"])) is None


def test_rates_that_are_shares_of_the_weights_are_chosen_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Choices] = []
    monkeypatch.setattr(training, "run_of", lambda of, asked: seen.append(asked))
    of = {card: training.choices(Subject(catalog()[card]), 0).lr for card in ("alpaca", "flan-t5", "flan-palm")}
    assert of == {"alpaca": 1e-3, "flan-t5": 4e-3, "flan-palm": 4e-3}  # AdamW, Adafactor, Adafactor
    begun = [(each.model, each.stage, each.steps, each.params) for each in seen]  # LLaMA comes along
    assert begun == [("flan-t5", "adaptation", 2500, "640K"), ("palm", None, 2500, "640K")]


def test_a_tuned_model_learns_for_as_long_as_its_work_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def trained(subject: Subject, seed: int, *, shuffled: bool = False, longer: bool = False) -> SmallRun:
        seen.append(longer)
        return run(5.2 if shuffled else 4.0, shuffled=shuffled)

    monkeypatch.setattr(learns, "trained", trained)
    monkeypatch.setattr(training, "run_of", lambda of, asked: None)
    for card in ("minerva", "palm"):
        learns.prove_learns(Subject(catalog()[card], quick=True))
    assert seen == [True, True, False, False]


def test_what_several_models_are_tuned_from_is_trained_once() -> None:
    tuned = ("alpaca", "alpaca-lora", "gpt-4-llm", "koala", "vicuna", "gpt4all")
    asked = [training.choices(Subject(catalog()[card]), seed) for card in tuned for seed in training.SEEDS]
    asked += [training.choices(Subject(catalog()[card]), 0, shuffled=True) for card in tuned]
    before = {run_before(each, 0) for each in asked}
    assert before == {model_folder("small/llama")}


def test_of_stages_that_go_on_and_are_measured_by_one_loss_the_first_is_proven() -> None:
    """OpenAssistant's second mixture of dialogues is, of the embedded data, the first again.

    GLIDE's and Stable Diffusion's last stages leave captions out, which those that are held out have: the first is
    proven that takes noise out, of Stable Diffusion after its coder.
    """
    subject = Subject(catalog()["openassistant-llama"])
    assert [stage.name for stage in subject.declaration.recipe.stages[:2]] == ["pretraining", "tuning"]
    assert training.stage_of(subject.declaration).name == training.choices(subject, 0).stage == "pretraining"
    assert training.stage_of(declared("t0")).name == "tuning"
    assert training.choices(Subject(catalog()["stable-diffusion"]), 0).stage == "pretraining"
    assert training.stage_of(declared("glide")).name == "pretraining"
    assert training.choices(Subject(catalog()["koala"]), 0).stage is None


def test_what_is_tuned_on_longer_texts_starts_from_short_rows_only_where_positions_go_on() -> None:
    assert training._reads_longer(declared("t5").model)  # distances
    assert not training._reads_longer(declared("seeker").model)  # a table, as long as the rows


@pytest.mark.parametrize(("card", "begins"), [("chatgpt", "<|im_start|>assistant\n"), ("sparrow", "Sparrow:")])
def test_a_result_is_of_what_is_given_before_answers(card: str, begins: str) -> None:
    one = Subject(catalog()[card])
    assert f"given: {begins}" in training.learned_by(one)
    assert f"given: {begins}" in walked_by(one)
    assert not training.given_to(s.Supervised(s.Template()))
