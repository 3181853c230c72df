"""Packed rows have the losses and gradients of padded ones, and of each row alone.

In float32 and without dropout they differ by rounding alone, whatever the model.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from nbfinetune.core.runs.events import Notice
from nbfinetune.templates.labels import IGNORED, LabelledRow
from nbfinetune.training import losses, packing
from nbfinetune.training.attention import Layout
from nbfinetune.training.losses import Losses
from nbfinetune.training.packing import pack
from tests.training.small_models import PACKED, PADDED, WINDOW, kinds, small, with_matrices

ROWS = kinds()
SOME = {name: ROWS[name] for name in ("one beginning", "turns", "nothing in common")}
EXACT = 1e-5

Computed = tuple[float, dict[str, Tensor]]
"""The summed loss of rows, and the gradients of the LoRA matrices."""


def gradients(model: Any) -> dict[str, Tensor]:
    found = {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    return found


def alone(model: Any, rows: Sequence[LabelledRow]) -> Computed:
    """By the model's and PEFT's own code, a row after the other, without a padding."""
    total = 0.0
    for row in rows:
        logits = model(input_ids=torch.tensor([row.ids]), use_cache=False).logits[0, :-1].float()
        loss = cross_entropy(logits, torch.tensor(row.labels[1:]), reduction="sum")
        loss.backward()
        total += loss.item()
    return total, gradients(model)


def together(model: Any, rows: Sequence[LabelledRow], by: Losses | None = None) -> Computed:
    by = by or Losses(model, 0, "default")
    with by.computing():
        loss = by.summed(rows)
        loss.backward()
    return loss.item(), gradients(model)


def apart(one: Computed, other: Computed) -> float:
    """The largest relative difference: of the losses, of the gradients of any matrix."""
    (loss, ours), (expected, theirs) = one, other
    assert ours.keys() == theirs.keys()
    assert len(ours) >= 8
    norm = max(float(g.norm()) for g in theirs.values())
    differences = [abs(loss - expected) / abs(expected)]
    for name, gradient in theirs.items():
        # where next to nothing flows, next to nothing is rounded
        size = max(float(gradient.norm()), 1e-3 * norm)
        differences.append(float((ours[name] - gradient).norm()) / size)
    return max(differences)


@pytest.fixture(params=PACKED)
def packed(request) -> Any:
    return with_matrices(small(PACKED[request.param]))


@pytest.fixture
def qwen() -> Any:
    return with_matrices(small(PACKED["qwen2"]))


def test_packed_rows_are_the_rows_alone(packed):
    by = Losses(packed, 0, "default")
    assert by.because is None
    found = {name: apart(together(packed, rows, by), alone(packed, rows))
             for name, rows in ROWS.items()}  # fmt: skip
    print(f"{max(found.values()):.1e}", found)
    assert {name: value for name, value in found.items() if value >= EXACT} == {}


@pytest.mark.parametrize("dense", [True, False])
@pytest.mark.parametrize("name", ["qwen2", "gemma3", "mistral, a window shorter than the rows"])
def test_both_ways_to_attend_are_the_rows_alone(name, dense, monkeypatch):
    class Chosen(Layout):
        is_dense = property(lambda _self: dense, lambda _self, _own: None)

    monkeypatch.setattr(losses, "Layout", Chosen)
    model = with_matrices(small(PACKED[name]))
    by = Losses(model, 0, "default")
    assert by.is_packed
    found = {k: apart(together(model, rows, by), alone(model, rows)) for k, rows in ROWS.items()}
    assert max(found.values()) < EXACT, found


def test_rows_of_the_tests_take_both_ways_and_are_longer_than_windows():
    ways = {name: Layout(pack(rows), torch.device("cpu")).is_dense for name, rows in ROWS.items()}
    assert set(ways.values()) == {True, False}
    assert pack(ROWS["one beginning"]).shared > WINDOW
    assert pack(ROWS["longer than windows"]).shared > 60


def test_padded_rows_are_the_rows_alone(qwen, monkeypatch):
    monkeypatch.setattr(Losses, "is_packed", False)
    found = {name: apart(together(qwen, rows), alone(qwen, rows)) for name, rows in ROWS.items()}
    assert max(found.values()) < EXACT, found


@pytest.mark.parametrize("name", PADDED)
def test_a_model_whose_rows_cannot_be_packed_pads_them_and_says_why(name):
    build, code, part = PADDED[name]
    model = with_matrices(small(build))
    by = Losses(model, 0, "default")
    assert isinstance(by.because, Notice)
    assert by.because.code == f"rows_padded_{code}"
    assert part in str(by.because)
    found = {k: apart(together(model, ROWS[k], by), alone(model, ROWS[k]))
             for k in (*SOME, "longer than windows")}  # fmt: skip
    print(f"{max(found.values()):.1e}")
    assert max(found.values()) < EXACT, found


def test_what_only_a_longer_row_would_show_is_not_overlooked(monkeypatch):
    # without the model's word the rows of the trial don't tell: that the fixture needs its window
    build, _, _ = PADDED["qwen2 moe"]
    model = with_matrices(small(build))
    monkeypatch.setattr(Losses, "is_packed", True)
    rows = ROWS["longer than windows"]
    assert apart(together(model, rows), alone(model, rows)) > 100 * EXACT
    rows = ROWS["one beginning"]
    assert apart(together(model, rows), alone(model, rows)) < EXACT


@pytest.mark.parametrize("name", ["llama", "phi"])
def test_an_lm_head_that_is_trained_has_its_gradients_too(name):
    model = with_matrices(small(PACKED[name]))
    model.get_base_model().get_output_embeddings().requires_grad_(True)
    expected = {k: alone(model, rows) for k, rows in SOME.items()}
    assert any("lm_head" in matrix for matrix in expected["turns"][1])
    assert max(apart(together(model, SOME[k]), found) for k, found in expected.items()) < EXACT


def test_an_lm_head_that_is_something_else_keeps_rows_from_being_packed():
    model = small(PACKED["llama"])
    model.set_output_embeddings(nn.Sequential(model.get_output_embeddings()))
    assert Losses(model, 0).because.code == "rows_padded_head"


def test_trying_leaves_the_model_as_it_was(packed):
    attention = packed.get_base_model().config._attn_implementation
    before = torch.get_rng_state()
    Losses(packed, 0, "default")
    assert packed.training
    assert packed.get_base_model().config._attn_implementation == attention
    assert torch.equal(torch.get_rng_state(), before)
    assert all(p.grad is None for p in packed.parameters())


@pytest.mark.parametrize("packed", [True, False])
def test_rows_of_which_nothing_is_trained_cost_nothing(qwen, packed, monkeypatch):
    monkeypatch.setattr(Losses, "is_packed", packed)
    row = ROWS["one row"][0]
    nothing = LabelledRow(row.ids, [IGNORED] * len(row.ids))
    loss, found = together(qwen, [nothing, nothing.cut(3)])
    assert loss == 0.0
    assert all(not gradient.any() for gradient in found.values())
    assert apart(together(qwen, [nothing, row]), alone(qwen, [row])) < EXACT


# what else is on while a run trains


@pytest.mark.parametrize("name", ["qwen2", "gemma3"])
def test_layers_that_are_computed_again_have_the_same_gradients(name):
    model = with_matrices(small(PACKED[name]))
    expected = {k: alone(model, rows) for k, rows in SOME.items()}
    model.get_base_model().gradient_checkpointing_enable({"use_reentrant": False})
    for kind, rows in SOME.items():
        assert apart(together(model, rows), expected[kind]) < EXACT


def test_layers_that_are_computed_again_drop_the_same(qwen):
    model = with_matrices(small(PACKED["qwen2"]), dropout=0.3)
    by, rows = Losses(model, 0, "default"), ROWS["turns"]

    def seeded() -> Computed:
        torch.manual_seed(5)
        return together(model, rows, by)

    expected = seeded()
    assert apart(expected, alone(model.eval(), rows)) > 0.01
    model.train().get_base_model().gradient_checkpointing_enable({"use_reentrant": False})
    assert apart(seeded(), expected) < EXACT


@pytest.mark.parametrize(("at_once", "tokens"), [(1, 8192), (2, 8192), (8, 40), (3, 20), (8, 1)])
def test_however_a_batch_is_cut_the_gradients_add_up(qwen, monkeypatch, at_once, tokens):
    monkeypatch.setattr(packing, "TOKENS_AT_ONCE", tokens)
    rows = [*ROWS["one beginning"], *ROWS["turns"], *ROWS["nothing in common"]]
    by, total, parts = Losses(qwen, 0, "default"), 0.0, 0
    for part in by.pieces(rows, at_once):
        with by.computing():
            loss = by.summed([rows[i] for i in part])
            loss.backward()
        total, parts = total + loss.item(), parts + 1
    assert parts > 1
    assert apart((total, gradients(qwen)), alone(qwen, rows)) < EXACT


@pytest.mark.parametrize(("at_once", "tokens"), [(1, 8192), (3, 8192), (32, 8192), (32, 50)])
@pytest.mark.parametrize("name", ["qwen2", "gemma3", "bloom"])
def test_what_is_measured_is_the_mean_of_the_rows_alone(name, at_once, tokens, monkeypatch):
    monkeypatch.setattr(packing, "TOKENS_AT_ONCE", tokens)
    build = PACKED[name] if name in PACKED else PADDED[name][0]
    model = with_matrices(small(build), dropout=0.5)
    rows = [row for some in SOME.values() for row in some]
    found = Losses(model, 0, "default").mean(rows, at_once)
    total, _ = alone(model.eval(), rows)
    assert found == pytest.approx(total / sum(r.trained_tokens for r in rows), rel=1e-6)


@pytest.mark.parametrize("name", ["qwen2", "gemma3"])
def test_in_16_bits_packed_rows_are_no_further_from_the_truth_than_padded_ones(name, monkeypatch):
    coarse = small(PACKED[name]).bfloat16()
    model, exact = with_matrices(coarse), with_matrices(copy.deepcopy(coarse).float())
    assert Losses(model, 0, "default").is_packed

    def errors() -> list[float]:
        found = []
        for rows in ROWS.values():
            (loss, ours), (expected, theirs) = together(model, rows), alone(exact, rows)
            square = sum(float((ours[n].float() - g).square().sum()) for n, g in theirs.items())
            size = sum(float(g.square().sum()) for g in theirs.values())
            found.append((square / size) ** 0.5 + abs(loss - expected) / expected)
        return found

    ours = errors()
    monkeypatch.setattr(Losses, "is_packed", False)
    monkeypatch.setattr(losses.Fused, "installed", losses.nullcontext)
    padded = errors()
    print(f"packed {sum(ours):.4f}, padded {sum(padded):.4f}")
    assert 0 < sum(ours) < 1.2 * sum(padded)
    assert max(ours) < 0.1
