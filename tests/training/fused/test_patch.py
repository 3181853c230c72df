"""Our operations are in a model only while a step computes; whoever computes later sees none."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from peft import LoraConfig
from torch import Tensor

from nbfinetune.templates.labels import LabelledRow
from nbfinetune.training.fused.patch import Fused
from nbfinetune.training.losses import Losses
from tests.training.small_models import PACKED, kinds, small, with_matrices

IDS = torch.tensor([[5, 9, 7, 30, 61, 9]])
ROWS = kinds()["one beginning"]


@pytest.fixture(params=["qwen2", "gemma3"])
def model(request) -> Any:
    return with_matrices(small(PACKED[request.param]))


def attributes(model: Any) -> dict[str, list[str]]:
    """What each module has of its own."""
    return {name: sorted(vars(module)) for name, module in model.named_modules()}


def said(model: Any) -> Tensor:
    with torch.no_grad():
        return model(input_ids=IDS).logits


def test_inside_layers_compute_otherwise_and_afterwards_as_before(model):
    before, answer = attributes(model), said(model)
    with Fused(model, "default").installed():
        inside = attributes(model)
        torch.testing.assert_close(said(model), answer)
    replaced = {name for name, own in inside.items() if own != before[name]}
    matrices = {name.rpartition(".lora_A")[0] for name, _ in model.named_parameters()} - {""}
    assert matrices <= replaced
    assert attributes(model) == before
    assert torch.equal(said(model), answer)


class Gone(BaseException):
    """As an interrupt."""


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, Gone])
def test_whatever_happens_inside_nothing_stays_behind(model, error):
    by, before, answer = Losses(model, 0, "default"), attributes(model), said(model)
    kind = model.get_base_model().config._attn_implementation

    def interrupted() -> None:
        with by.computing():
            by.summed(ROWS).backward()
            raise error

    with pytest.raises(error):
        interrupted()
    assert attributes(model) == before
    assert model.get_base_model().config._attn_implementation == kind
    assert torch.equal(said(model), answer)


def test_an_error_in_a_layer_leaves_nothing_behind(model):
    by, before = Losses(model, 0, "default"), attributes(model)
    wrong = [LabelledRow([10**6, 5], [-100, 5])]
    with pytest.raises(IndexError), by.computing():
        by.summed(wrong)
    assert attributes(model) == before


def test_who_chats_between_two_steps_talks_to_the_model_alone(model):
    alone = small(PACKED["qwen2" if "Qwen2" in str(type(model.get_base_model())) else "gemma3"])
    by = Losses(model, 0, "default")
    for _ in range(2):
        with by.computing():
            by.summed(ROWS).backward()
        with model.disable_adapter():
            torch.testing.assert_close(said(model), said(alone), rtol=0, atol=0)


def test_what_somebody_else_put_into_a_layer_is_left_there(model):
    layer = model.get_base_model().model.layers[0].self_attn.q_proj
    theirs, calls = layer.forward, []

    def hooked(x: Tensor) -> Any:
        calls.append(len(x))
        return theirs(x)

    layer.forward = hooked
    answer = said(model)
    with Fused(model, "default").installed():
        torch.testing.assert_close(said(model), answer)
    assert layer.forward is hooked
    assert calls == [1, 1]


def test_each_adapter_is_computed_while_it_is_the_active_one(model):
    model.add_adapter("second", LoraConfig(r=2, target_modules="all-linear"))
    for name, weight in model.named_parameters():
        if ".second." in name:
            torch.nn.init.normal_(weight, std=0.1)
    answers = []
    for adapter in ("default", "second"):
        model.set_adapter(adapter)
        answers.append(said(model))
        with Fused(model, adapter).installed():
            torch.testing.assert_close(said(model), answers[-1])
    assert not torch.allclose(*answers)


@pytest.mark.parametrize("late", [False, True])
def test_hooks_on_whole_layers_are_called_and_the_loss_is_the_same(model, late):
    by, calls = Losses(model, 0, "default"), []
    with torch.no_grad(), by.computing():
        expected = by.summed(ROWS)
    layers = model.get_base_model().get_decoder().layers
    for part in (layers[-1], layers[-1].mlp, layers[0].input_layernorm):
        part.forward = _counted(part, calls)
    found = by if late else Losses(model, 0, "default")
    calls.clear()
    with torch.no_grad(), found.computing():
        loss = found.summed(ROWS)
    assert len(calls) == 3
    assert float(loss) == pytest.approx(float(expected), rel=1e-6)
    assert all("forward" in vars(part) for part in (layers[-1], layers[-1].mlp))


def _counted(part: Any, calls: list[Any]) -> Any:
    plain = part.forward

    def forward(*args: Any, **kwargs: Any) -> Any:
        calls.append(part)
        return plain(*args, **kwargs)

    return forward
