"""The generation loop, against models whose logits are written down."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from types import SimpleNamespace

import pytest
import torch
from transformers import AutoModelForCausalLM

from nbfinetune.chat.decoding import Generated, generate
from nbfinetune.chat.model import SamplingParams

END = 2


class Told(torch.nn.Module):
    """Says at step i of row j what `steps[i][j]` tells, and keeps what it was asked."""

    def __init__(self, steps: Sequence[Sequence[int]], vocabulary: int = 10) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.steps = steps
        self.vocabulary = vocabulary
        self.asked: list[tuple[list, list, list]] = []

    def forward(self, input_ids, attention_mask, position_ids, **kwargs):
        tokens = torch.tensor(self.steps[len(self.asked)])
        self.asked.append((input_ids.tolist(), attention_mask.tolist(), position_ids.tolist()))
        logits = torch.nn.functional.one_hot(tokens, self.vocabulary).float()
        return SimpleNamespace(logits=logits[:, None], past_key_values="cache")


class Dice(torch.nn.Module):
    """The same probabilities at every step."""

    def __init__(self, *probabilities: float) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.logits = torch.tensor(probabilities).log()

    def forward(self, input_ids, **kwargs):
        return SimpleNamespace(
            logits=self.logits.expand(len(input_ids), 1, -1), past_key_values=None
        )


def test_prompts_are_padded_on_the_left_and_positions_count_real_tokens():
    model = Told([[7, 8], [7, 8]])
    generate(model, [[5], [6, 9, 4]], SamplingParams(max_tokens=2), [END])
    assert model.asked == [
        ([[0, 0, 5], [6, 9, 4]], [[0, 0, 1], [1, 1, 1]], [[0, 0, 0], [0, 1, 2]]),
        ([[7], [8]], [[0, 0, 1, 1], [1, 1, 1, 1]], [[1], [3]]),
    ]


def test_each_answer_ends_at_its_own_stop_token_which_is_not_part_of_it():
    model = Told([[5, 6, END], [END, 7, 9], [9, 8, 9], [9, 3, 9]])
    answers = generate(model, [[1], [1], [1]], SamplingParams(max_tokens=4), [END, 3])
    assert answers == [
        Generated([5], "stop"),
        Generated([6, 7, 8], "stop"),
        Generated([], "stop"),
    ]


def test_nothing_is_computed_after_the_last_answer_has_ended():
    model = Told([[5, END], [END, 9], [9, 9]])
    generate(model, [[1], [1]], SamplingParams(max_tokens=3), [END])
    assert len(model.asked) == 2


def test_an_answer_is_cut_at_max_tokens():
    model = Told([[5], [6], [7], [8]])
    answers = generate(model, [[1]], SamplingParams(max_tokens=3), [END])
    assert answers == [Generated([5, 6, 7], "length")]
    assert len(model.asked) == 3


def test_a_stop_is_obeyed_between_two_tokens_and_leaves_finished_answers_finished():
    model = Told([[5, 6], [END, 7], [9, 8]])
    asked = iter([False, False, True])
    answers = generate(
        model, [[1], [1]], SamplingParams(max_tokens=9), [END], should_stop=lambda: next(asked)
    )
    assert answers == [Generated([5], "stop"), Generated([6, 7], "stopped")]


def test_a_stop_before_the_first_token_computes_nothing():
    model = Told([])
    answers = generate(model, [[1]], SamplingParams(), [END], should_stop=lambda: True)
    assert answers == [Generated([], "stopped")]
    assert model.asked == []


def test_every_token_but_the_last_stop_is_told_with_its_row():
    told = []
    generate(
        Told([[5, 6], [END, 7], [9, END]]),
        [[1], [1]],
        SamplingParams(max_tokens=9),
        [END],
        on_token=lambda row, answer: told.append((row, list(answer.ids))),
    )
    assert told == [(0, [5]), (1, [6]), (1, [6, 7])]


# drawing


def drawn(model: torch.nn.Module, **params) -> Counter[int]:
    (answer,) = generate(model, [[0]], SamplingParams(max_tokens=4000, **params), [])
    return Counter(answer.ids)


def near(counts: Counter[int], *probabilities: float) -> bool:
    """Whether 4000 draws are within 4 standard deviations of these probabilities."""
    return all(
        abs(counts[i] - 4000 * p) <= 4 * math.sqrt(4000 * p * (1 - p))
        for i, p in enumerate(probabilities)
    )


DICE = (0.5, 0.3, 0.15, 0.05)


def test_temperature_one_draws_with_the_probabilities_of_the_model():
    assert near(drawn(Dice(*DICE), temperature=1.0), *DICE)


def test_temperature_two_takes_the_square_root_of_the_probabilities():
    roots = [math.sqrt(p) for p in DICE]
    assert near(drawn(Dice(*DICE), temperature=2.0), *(r / sum(roots) for r in roots))


def test_a_low_temperature_sharpens():
    # (p / p_max) ** 4: 1, 0.1296, 0.0081, 0.0001
    powers = [p**4 for p in DICE]
    assert near(drawn(Dice(*DICE), temperature=0.25), *(x / sum(powers) for x in powers))


@pytest.mark.parametrize(
    ("top_p", "kept"),
    [(1.0, 4), (0.96, 4), (0.94, 3), (0.81, 3), (0.79, 2), (0.51, 2), (0.49, 1), (0.0, 1)],
)
def test_top_p_keeps_the_likeliest_tokens_that_reach_its_mass(top_p, kept):
    mass = sum(DICE[:kept])
    expected = [p / mass for p in DICE[:kept]] + [0.0] * (4 - kept)
    # in another order, so that it is the probability that counts, not the id
    counts = drawn(Dice(*reversed(DICE)), temperature=1.0, top_p=top_p)
    assert near(Counter({3 - i: n for i, n in counts.items()}), *expected)


def test_temperature_zero_takes_the_likeliest_token_whatever_the_seed():
    for seed in (0, 1, 2):
        assert drawn(Dice(0.3, 0.4, 0.3), temperature=0.0, seed=seed) == {1: 4000}


def sequence(seed: int) -> list[int]:
    params = SamplingParams(max_tokens=64, temperature=1.0, seed=seed)
    return generate(Dice(*DICE), [[0]], params, [])[0].ids


def test_a_seed_gives_the_same_answer_again_and_another_seed_another_one():
    assert sequence(1) == sequence(1)
    assert sequence(1) != sequence(2)


def test_drawing_neither_reads_nor_moves_the_generator_that_training_uses():
    torch.manual_seed(0)
    first, state = sequence(7), torch.random.get_rng_state()
    torch.manual_seed(999)
    assert sequence(7) == first
    torch.manual_seed(0)
    assert torch.equal(torch.random.get_rng_state(), state)


# against a real model


@pytest.fixture(scope="module")
def model(tiny):
    return AutoModelForCausalLM.from_pretrained(tiny, dtype=torch.float32).eval()


PROMPTS = [[5], [40, 41, 42, 43, 44], list(range(10, 90)), [1, 70, 71, 2, 1]]


def test_greedy_is_the_argmax_of_the_whole_sequence_computed_anew(model):
    for prompt in PROMPTS:
        ids = list(prompt)
        with torch.inference_mode():
            for _ in range(12):
                ids.append(int(model(torch.tensor([ids])).logits[0, -1].argmax()))
        (answer,) = generate(model, [prompt], SamplingParams(max_tokens=12), [])
        assert answer.ids == ids[len(prompt) :]


def test_a_batch_gives_the_same_answers_as_one_prompt_at_a_time(model):
    params = SamplingParams(max_tokens=20)
    single = [generate(model, [prompt], params, [END])[0] for prompt in PROMPTS]
    assert generate(model, PROMPTS, params, [END]) == single
    assert len({tuple(answer.ids) for answer in single}) == len(PROMPTS)
