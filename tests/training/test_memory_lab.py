import math

import pytest
import torch
from torch import nn
from torch.nn.functional import log_softmax

from seqchat.errors import SeqchatError
from seqchat.model.cells import CELLS
from seqchat.model.network import build
from seqchat.model.stepping import build_steps
from seqchat.training.lab.claims import judge
from seqchat.training.lab.contenders import SMALL_GRU, contenders
from seqchat.training.lab.learner import Learner
from seqchat.training.lab.memory import run_memory_test
from seqchat.training.lab.results import MemoryReport, MemoryResult, Standing, Trained, milestones
from seqchat.training.lab.scores import interval, reach, scores, widest_apart
from seqchat.training.lab.settings import COURSE_CELLS, LabSettings
from seqchat.training.lab.task import FILLERS, WORDS, MemoryTask, as_text

PRONOUN_OF = {"小帅": "他", "小美": "她"}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def rows(batch):
    """The words of each text up to its answer, and the answer."""
    for row, length in enumerate(batch.lengths.tolist()):
        yield [WORDS[i] for i in batch.ids[:length, row]], WORDS[batch.answers[row]]


# --- the texts


@pytest.mark.parametrize("subjects", ["one", "changing"])
def test_the_last_subject_alone_decides(subjects):
    distances = torch.arange(1, 41).repeat(20)
    batch = MemoryTask(subjects).draw(distances, generator())
    answers, roles = set(), set()
    for (words, answer), distance in zip(rows(batch), distances.tolist(), strict=True):
        person = len(words) - distance
        assert answer == PRONOUN_OF[words[person]]
        assert words[person - 1] == "说到"
        assert "说到" not in words[person + 1 :]
        assert not set(words) & {"他", "她"}
        for k, word in enumerate(words):
            if word in PRONOUN_OF:
                roles.add((words[k - 1], (k > person) - (k < person)))
            elif word in ("说到", "和"):
                assert words[k + 1] in PRONOUN_OF
            else:
                assert word in FILLERS
        answers.add(answer)
    assert answers == {"他", "她"}
    everywhere = {("说到", 0), ("说到", -1), ("和", -1), ("和", 1)}
    assert roles == ({("说到", 0)} if subjects == "one" else everywhere)


def test_distances_are_those_asked_for():
    batch = MemoryTask("one").draw_at(5, 3, generator())
    assert [len(words) for words, _ in rows(batch)] == [6, 6, 6]  # 说到, the person, and four words more
    assert batch.ids.shape == (6, 3)
    words, answer = next(rows(batch))
    assert as_text(batch, 0) == f"{' '.join(words)} → {answer}"


@pytest.mark.parametrize(
    ("mixture", "shares"), [("uniform", [1 / 7] * 7), ("octave", [math.log(1 + 1 / d, 8) for d in range(1, 8)])]
)
def test_distances_are_mixed(mixture, shares):
    count = 20_000
    batch = MemoryTask("one", mixture).draw_up_to(7, count, generator())
    found = torch.bincount(batch.lengths - 1, minlength=8).tolist()
    assert len(found) == 8
    assert found[0] == 0
    for share, number in zip(shares, found[1:], strict=True):
        assert abs(number - share * count) <= 5 * math.sqrt(count * share * (1 - share))


@pytest.mark.parametrize("subjects", ["one", "changing"])
def test_the_words_between_say_nothing(subjects):
    count, distance = 20_000, 4
    batch = MemoryTask(subjects).draw_at(distance, count, generator(1))
    he = batch.answers == WORDS.index("他")
    assert abs(he.double().mean() - 0.5) <= 5 * 0.5 / math.sqrt(count)
    for back in range(1, distance):
        ids = batch.ids[batch.lengths - back, torch.arange(count)]
        for word in range(len(WORDS)):
            there = (ids == word).double()
            share = there.mean()
            deviation = math.sqrt(share * (1 - share) * 4 / count)
            assert abs(there[he].mean() - there[~he].mean()) <= 5 * deviation


def test_subjects_before_say_nothing():
    batch = MemoryTask("changing").draw_at(1, 20_000, generator(2))
    same = [words[-3] == words[-1] for words, _ in rows(batch) if len(words) > 3 and words[-3] in PRONOUN_OF]
    assert abs(sum(same) / len(same) - 0.5) <= 5 * 0.5 / math.sqrt(len(same))


# --- the networks


@pytest.mark.parametrize("parameters", [3_000, 5_000, 10_000, 40_000])
def test_parameters_are_equal_as_counted_in_the_networks(parameters):
    *equal, small = contenders(COURSE_CELLS, parameters)
    assert [c.name for c in (*equal, small)] == [*COURSE_CELLS, SMALL_GRU]
    counts = [sum(p.numel() for p in build(c.config).parameters()) for c in equal]
    assert max(counts) / min(counts) <= (1.01 if parameters >= 10_000 else 1.02)
    assert all(abs(count / parameters - 1) <= 0.11 for count in counts)
    assert counts == [c.parameters for c in equal]
    assert small.config.hidden_size == equal[1].config.hidden_size
    for contender in (*equal, small):
        module = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[contender.config.cell]
        layer = module(contender.config.embedding_size, contender.config.hidden_size)
        assert contender.recurrent_parameters == sum(p.numel() for p in layer.parameters())


def test_few_cells_and_too_small_networks():
    assert [c.name for c in contenders(["rnn"], 5_000)] == ["rnn"]
    assert [c.name for c in contenders(["rnn", "gru"], 5_000)] == ["rnn", "gru"]
    with pytest.raises(SeqchatError, match="With 380 parameters the cells cannot be made equal"):
        contenders(COURSE_CELLS, 380)


@pytest.mark.parametrize("cell", COURSE_CELLS)
def test_the_answer_is_asked_right_behind_each_text(cell):
    (contender,) = contenders([cell], 2_000)
    learner = Learner(contender, 0.01, seed=3)
    batch = MemoryTask().draw_up_to(6, 40, generator())
    steps = build_steps(contender.config, learner.network.state_dict())
    losses, right = [], 0
    for words, answer in rows(batch):
        state = steps.initial_state()
        for word in words:
            stepped = steps.step(torch.tensor([WORDS.index(word)]), state)
            state = stepped.state
        scores = log_softmax(steps.log_probabilities(stepped.features), dim=-1)[0]
        losses.append(-float(scores[WORDS.index(answer)]))
        right += max(("他", "她"), key=lambda word: float(scores[WORDS.index(word)])) == answer
    assert learner.loss(batch) == pytest.approx(sum(losses) / len(losses), abs=1e-5)
    assert learner.correct(batch) == right


def test_networks_of_a_seed_begin_alike_at_every_rate():
    (contender,) = contenders(["gru"], 2_000)
    a, b, c = Learner(contender, 0.1, 1), Learner(contender, 0.2, 1), Learner(contender, 0.1, 2)
    assert torch.equal(a.network.embedding.weight, b.network.embedding.weight)
    assert not torch.equal(a.network.embedding.weight, c.network.embedding.weight)


# --- training and measuring

TINY = {"parameters": 3_000, "longest": 3, "distances": (1, 2, 3), "updates": 3, "texts": 200, "runs": 1}


@pytest.mark.parametrize("cell", COURSE_CELLS)
def test_a_short_distance_is_learned(cell):
    settings = LabSettings(cells=(cell,), subjects="one", **{**TINY, "updates": 70})
    (result,) = run_memory_test(settings).results
    (run,) = result.runs
    assert [standing.updates for standing in run.standings] == [50, 70]
    assert len(run.at(None).correct) == 3
    assert all(count > 180 for count in run.at(None).correct)
    assert run.at(50).validation_loss > run.at(70).validation_loss


def test_the_same_seed_gives_the_same_result():
    def numbers(seed):
        report = run_memory_test(LabSettings(**{**TINY, "runs": 2}, seed=seed))
        return [run.standings for r in report.results for run in r.runs]

    first = numbers(4)
    assert first == numbers(4)
    assert first != numbers(5)
    assert first[0] != first[1]  # another run has other texts and weights


def test_texts_of_training_validation_and_test_are_drawn_apart(monkeypatch):
    batches, draw = [], MemoryTask.draw
    monkeypatch.setattr(MemoryTask, "draw", lambda *a: batches.append(draw(*a)) or batches[-1])
    run_memory_test(
        LabSettings(cells=("rnn",), **{**TINY, "longest": 60, "distances": (40, 60), "updates": 5, "runs": 2})
    )
    assert [len(b.answers) for b in batches] == 2 * [500, *[32] * 5, 200, 200]
    seen = [{" ".join(words) for words, _ in rows(batch) if len(words) > 12} for batch in batches]
    assert all(seen)
    assert len(set().union(*seen)) == sum(map(len, seen))


def test_all_networks_have_the_same_updates_on_the_same_batches(monkeypatch):
    seen, update = [], Learner.update

    def watched(self, batch):
        seen.append((id(self), id(batch.ids)))
        update(self, batch)

    monkeypatch.setattr(Learner, "update", watched)
    batches, draw = [], MemoryTask.draw
    monkeypatch.setattr(MemoryTask, "draw", lambda *a: batches.append(draw(*a)) or batches[-1])
    run_memory_test(LabSettings(**TINY))
    learners = {learner for learner, _ in seen}
    assert len(learners) == 4 * 2  # contenders and learning rates
    assert len(seen) == 8 * 3
    assert len({batch for _, batch in seen}) == 3


def stop_after(checks):
    left = iter([False] * checks)
    return lambda: next(left, True)


def test_stopping_measures_what_is_learned_so_far():
    report = run_memory_test(LabSettings(**TINY), should_stop=stop_after(2))
    assert (report.updates, report.stopped) == ([2], True)
    assert all(len(result.runs) == 1 for result in report.results)


def test_stopping_in_a_later_run_keeps_the_runs_before():
    # It is asked before each of three updates and behind the run; then the second run has an update.
    report = run_memory_test(LabSettings(**{**TINY, "runs": 3}), should_stop=stop_after(5))
    assert (report.updates, report.stopped) == ([3], True)
    assert all(len(result.runs) == 1 for result in report.results)


def test_stopping_at_once_is_one_sentence():
    with pytest.raises(SeqchatError, match="stopped before the first update"):
        run_memory_test(LabSettings(**TINY), should_stop=lambda: True)


def test_time_ends_training_in_every_run():
    report = run_memory_test(LabSettings(**{**TINY, "updates": 10_000, "runs": 2}, seconds=0.5))
    assert len(report.updates) == 2
    assert all(1 <= count < 10_000 for count in report.updates)
    assert not report.stopped


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"distances": ()}, "distances must not be empty"),
        ({"distances": (5, 0)}, "distances must each be a whole number from 1 to 1,000, not 0"),
        ({"distances": (-3,)}, "not -3"),
        ({"distances": (5_000,)}, "not 5000"),
        ({"longest": 0}, "not 0"),
        ({"longest": 1_001}, "not 1001"),
        ({"cells": ("lstm", "transformer")}, f"cells must each be one of {', '.join(CELLS)}, not 'transformer'"),
        ({"cells": ()}, "cells must not be empty; give one of rnn, lstm, gru"),
        ({"updates": 0}, "updates must be a whole number from 1 to"),
        ({"runs": -1}, "runs must be"),
        ({"texts": 0}, "texts must be"),
        ({"seed": -1}, "seed must be a whole number of at least 0"),
        ({"subjects": "two"}, "subjects must be one of one, changing, not 'two'"),
        ({"mixture": "none"}, "mixture must be one of octave, uniform, not 'none'"),
    ],
)
def test_bad_settings_are_one_sentence(changes, says):
    with pytest.raises(SeqchatError, match=says):
        LabSettings(**changes)


def test_order_and_repetition_of_what_was_asked_for_do_not_matter():
    settings = LabSettings(cells=("gru", "rnn", "gru"), distances=(9, 2, 9))
    assert (settings.cells, settings.distances) == (("rnn", "gru"), (2, 9))


# --- verdicts


def test_the_interval_is_wilsons():
    assert interval(50, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)
    assert interval(0, 10) == pytest.approx((0, 0.2775), abs=1e-4)
    assert interval(10, 10) == pytest.approx((0.7225, 1), abs=1e-4)


def test_reach_ends_at_the_first_distance_that_is_not_remembered():
    assert reach((1, 5, 9), (100, 75, 74), 100) == 5
    assert reach((1, 5, 9), (100, 60, 100), 100) == 1
    assert reach((1, 5, 9), (74, 100, 100), 100) == 0
    assert reach((1, 5, 9), (90, 90, 90), 100) == 9


def report_of(speed=None, texts=100, before=None, **correct):
    """A report of what each network, by name, got right in each run at the distances 1, 5 and 9.

    Before the end, all networks had got right what `before` says for their names.
    """
    speed = speed or {}
    settings = LabSettings(distances=(1, 5, 9), texts=texts, runs=len(next(iter(correct.values()))))
    built = {c.name.replace("-", "_"): c for c in contenders(COURSE_CELLS, 10_000)}
    results = [
        MemoryResult(
            built[name],
            [
                Trained(
                    speed.get(name, 0.01),
                    tuple(Standing(n, 0.01, 0.1, c) for n, c in ((50, (before or correct)[name][k]), (90, counts))),
                )
                for k, counts in enumerate(runs)
            ],
        )
        for name, runs in correct.items()
    ]
    return MemoryReport(settings, results, [90] * settings.runs)


GOOD, MIDDLE, POOR = (100, 99, 98), (100, 95, 52), (100, 52, 50)


@pytest.mark.parametrize(
    ("rnn", "lstm", "outcome", "says"),
    [
        ([POOR], [GOOD], "borne out", "At the end its reach is 9, the RNN's 1."),
        ([POOR, MIDDLE], [MIDDLE, GOOD], "borne out", "its reach is 5, 9, the RNN's 1, 5."),
        ([(50, 50, 50)], [GOOD], "borne out", "the RNN has not learned the task at any distance"),
        ([GOOD], [POOR], "not borne out", "the RNN remembers farther"),
        ([POOR, GOOD], [GOOD, POOR], "undecided", "farther in 1 of 2 runs, nearer in 1"),
        ([POOR, GOOD], [GOOD, GOOD], "undecided", "farther in 1 of 2 runs, nearer in 0"),
        ([GOOD], [GOOD], "undecided", "the farthest that was tested"),
        ([(50, 50, 50)], [(50, 50, 50)], "undecided", "neither has learned"),
        ([MIDDLE], [MIDDLE], "not borne out", "no difference beyond chance"),
        ([(100, 74, 50)], [(100, 76, 50)], "not borne out", "no difference beyond chance"),
    ],
)
def test_who_remembers_farther(rnn, lstm, outcome, says):
    (claim,) = judge(report_of(rnn=rnn, lstm=lstm))
    assert claim.text == "The LSTM remembers farther than the RNN."
    assert (claim.outcome, says in claim.measured) == (outcome, True), claim


@pytest.mark.parametrize(
    ("before", "after", "outcome", "says"),
    [
        (([POOR], [GOOD]), ([GOOD], [GOOD]), "in part", "After 50 updates its reach is 9, the RNN's 1; but at the end"),
        (([POOR] * 2, [GOOD] * 2), ([GOOD, POOR], [GOOD] * 2), "in part", "the RNN catches up in 1 of 2"),
        (([POOR], [GOOD]), ([GOOD], [POOR]), "not borne out", "the RNN remembers farther"),
        (([POOR], [GOOD]), ([POOR], [GOOD]), "borne out", "At the end its reach is 9, the RNN's 1."),
        (([GOOD], [POOR]), ([GOOD], [GOOD]), "undecided", "the farthest that was tested"),
    ],
)
def test_who_remembers_farther_on_the_way(before, after, outcome, says):
    (claim,) = judge(report_of(before=dict(zip(("rnn", "lstm"), before, strict=True)), rnn=after[0], lstm=after[1]))
    assert (claim.outcome, says in claim.measured) == (outcome, True), claim


def test_the_moment_at_which_they_differ_most():
    apart = {"before": {"rnn": [POOR], "lstm": [GOOD]}}
    assert widest_apart(report_of(**apart, rnn=[GOOD], lstm=[GOOD])) == 50
    assert widest_apart(report_of(**apart, rnn=[(0, 0, 0)], lstm=[GOOD])) is None
    assert widest_apart(report_of(rnn=[POOR], lstm=[GOOD])) is None  # no difference between the moments: the end


def test_scores_add_up_the_runs():
    report = report_of(before={"rnn": [POOR, POOR]}, rnn=[GOOD, MIDDLE])
    (result,) = report.results
    last = scores(report, result)[-1]
    assert (last.distance, last.correct, last.share, last.bounds) == (9, (98, 52), 0.75, (0.52, 0.98))
    assert (last.low, last.high) == interval(150, 200)
    assert [score.share for score in scores(report, result, 50)] == [1, 0.52, 0.5]
    report = report_of(rnn=[GOOD])
    assert scores(report, report.results[0])[0].bounds == interval(100, 100)


def test_it_is_measured_after_twice_as_many_updates_each_time():
    assert milestones(500) == [50, 100, 200, 400]
    assert milestones(50) == []


def test_every_cell_gets_its_claims():
    claims = judge(report_of(rnn=[POOR], lstm=[GOOD], gru=[MIDDLE], gru_small=[GOOD]))
    assert [c.outcome for c in claims] == ["borne out"] * 3 + ["not borne out", "borne out"]
    assert "GRU remembers farther" in claims[1].text
    assert "(75%)" in claims[2].measured
    assert judge(report_of(lstm=[GOOD])) == []


@pytest.mark.parametrize(
    ("seconds", "outcome", "says"),
    [
        (0.009, "borne out", "9.0 ms an update against 10.0 ms, 0.90 times"),
        (0.0099, "not borne out", "equally fast"),
        (0.012, "not borne out", "the LSTM is faster"),
    ],
)
def test_who_trains_faster(seconds, outcome, says):
    claims = judge(report_of({"gru_small": seconds}, lstm=[GOOD], gru_small=[GOOD]))
    (claim,) = [c for c in claims if "faster" in c.text]
    assert (claim.outcome, says in claim.measured) == (outcome, True), claim


@pytest.mark.parametrize(
    ("gru", "lstm", "outcome", "says"),
    [
        ([GOOD, MIDDLE], [GOOD, MIDDLE], "borne out", "+0.0, +0.0 points"),
        ([(96, 96, 96)], [(98, 98, 98)], "borne out", "-2.0 points"),
        ([GOOD], [POOR], "not borne out", "the GRU is better"),
        ([POOR, POOR], [GOOD, GOOD], "not borne out", "the LSTM is better"),
        ([GOOD, POOR], [POOR, GOOD], "undecided", "the runs differ"),
    ],
)
def test_who_is_as_good(gru, lstm, outcome, says):
    claims = judge(report_of(lstm=lstm, gru_small=gru))
    (claim,) = [c for c in claims if "as good" in c.text]
    assert (claim.outcome, says in claim.measured) == (outcome, True), claim
