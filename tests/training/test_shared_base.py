"""A run, chat and comparison on one loaded base: none of them notices the others."""

from __future__ import annotations

from threading import Thread

import pytest
import torch
from transformers import Gemma2Config, Gemma2ForCausalLM

from nbfinetune.chat import devices
from nbfinetune.chat.adapters import KEPT
from nbfinetune.chat.loading import load_base
from nbfinetune.chat.local import LocalModel
from nbfinetune.chat.model import SamplingParams
from nbfinetune.chat.models import Models
from nbfinetune.core.errors import ModelError
from nbfinetune.core.messages import Message
from nbfinetune.core.runs.events import Notice, TrainStep
from nbfinetune.training import worker
from nbfinetune.training.channel import Channel
from tests.models import END, FIRST_BYTE, PAD, byte_ids, byte_tokenizer, save_checkpoint
from tests.training.runs import HELD_OUT, ROWS, prepare

HOT = SamplingParams(max_tokens=5, temperature=1.0, seed=3)
ASKED = [Message("user", "hi")]
SETTINGS = {"learning_rate": 1e-2, "epochs": 2, "batch_size": 2, "lora_dropout": 0.2, "seed": 5}


@pytest.fixture(scope="module")
def checkpoints(tiny, tmp_path_factory):
    """Two committed checkpoints of another run."""
    folder = tmp_path_factory.mktemp("other run")
    for seed in (1, 2):
        save_checkpoint(load_base(str(tiny)), folder / f"step-{seed}", seed)
    return [folder / "step-1", folder / "step-2"]


@pytest.fixture(scope="module")
def alone(tiny, tmp_path_factory):
    """The run on a base of its own, with nobody beside it."""
    run = prepare(tmp_path_factory.mktemp("alone"), tiny, ROWS, HELD_OUT, **SETTINGS)
    return train(run, Channel(run), None)


def train(run, channel, models):
    worker.run(run, channel, models=models)
    channel.close()
    record = run.record()
    assert record.failure is None
    return record


def told(record):
    """Everything that a run says of what it computes."""
    return (
        [(e.loss, e.grad_norm) for e in record.train],
        [e.loss for e in record.validation],
        [(s.step, s.row, s.answer) for s in record.samples],
    )


class Talkative(Channel):
    """After each step somebody asks the base and two checkpoints, and draws random numbers."""

    def __init__(self, run, model: LocalModel, checkpoints) -> None:
        super().__init__(run)
        self._model, self._checkpoints = model, [None, *checkpoints]
        self.answers: list[list[str]] = []

    def emit(self, event) -> None:
        super().emit(event)
        if isinstance(event, TrainStep):
            chats = [self._model.chat(path) for path in self._checkpoints]
            self.answers.append([chat.reply(ASKED, HOT).text for chat in chats])
            torch.rand(3)


@pytest.mark.parametrize("gradient_checkpointing", [False, True])
def test_a_run_is_the_same_whoever_talks_to_its_base(
    tiny, tmp_path, alone, checkpoints, gradient_checkpointing
):
    models = Models()
    model = models.get(str(tiny))
    expected = [model.chat(path).reply(ASKED, HOT).text for path in (None, *checkpoints)]
    settings = {**SETTINGS, "gradient_checkpointing": gradient_checkpointing}
    run = prepare(tmp_path, tiny, ROWS, HELD_OUT, **settings)
    channel = Talkative(run, model, checkpoints)
    assert told(train(run, channel, models)) == told(alone)
    assert channel.answers == [expected] * 8
    assert len(set(expected)) == 3


def test_answers_from_another_thread_change_no_loss(tiny, tmp_path, alone, checkpoints):
    models, answers = Models(), []
    model = models.get(str(tiny))
    chats = [model.chat(path) for path in (None, *checkpoints)]
    expected = {chat.reply(ASKED, HOT).text for chat in chats}
    run = prepare(tmp_path, tiny, ROWS, HELD_OUT, **SETTINGS)
    over = False

    def talk() -> None:
        while not over:
            answers.extend(chat.reply(ASKED, HOT).text for chat in chats)

    talking = Thread(target=talk)
    talking.start()
    try:
        record = train(run, Channel(run), models)
    finally:
        over = True
        talking.join()
    assert told(record) == told(alone)
    assert set(answers) == expected
    assert len(answers) > 8  # it answered all the while


def weights(model: LocalModel) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in model.base.model.state_dict().items()}


def equal(one, other) -> bool:
    return list(one) == list(other) and all(torch.equal(one[n], other[n]) for n in one)


@pytest.mark.parametrize(
    ("settings", "ending"),
    [({}, "finished"), ({"target_modules": "no_such_layer"}, "failed"),
     ({"learning_rate": 0.1, "max_grad_norm": 0, "lora_alpha": 128, "lr_scheduler": "constant",
       "warmup_ratio": 0, "epochs": 10}, None)],
)  # fmt: skip
def test_however_a_run_ends_the_base_is_what_it_was(tiny, tmp_path, settings, ending):
    models = Models()
    model = models.get(str(tiny))
    before, modules = weights(model), [type(m) for m in model.base.model.modules()]
    run = prepare(tmp_path, tiny, **{**SETTINGS, **settings})
    channel = Channel(run)
    worker.run(run, channel, models=models)
    channel.close()
    assert ending in (None, run.record().state)
    assert equal(weights(model), before)
    assert [type(m) for m in model.base.model.modules()] == modules
    assert not model.base.adapters.training
    assert not any(p.requires_grad for p in model.base.model.parameters())


def test_the_run_trains_on_the_base_that_is_loaded(tiny, tmp_path):
    models = Models()
    model = models.get(str(tiny))
    seen = []

    class Looking(Channel):
        def emit(self, event) -> None:
            super().emit(event)
            if isinstance(event, TrainStep):
                seen.append([(told.name, told.training) for told in models.loaded()])

    run = prepare(tmp_path, tiny, **{**SETTINGS, "epochs": 1})
    train(run, Looking(run), models)
    assert seen == [[(str(tiny), True)]] * 4
    assert models.get(str(tiny)) is model


def test_few_checkpoints_stay_on_a_base_and_the_run_is_never_among_those_that_go(
    tiny, tmp_path, alone, checkpoints
):
    models = Models()
    model = models.get(str(tiny))
    copies = []
    for number in range(KEPT + 2):
        copies.append(tmp_path / f"step-{number}")
        save_checkpoint(load_base(str(tiny)), copies[-1], number)
    run = prepare(tmp_path / "home", tiny, ROWS, HELD_OUT, **SETTINGS)
    channel = Talkative(run, model, copies)
    assert told(train(run, channel, models)) == told(alone)
    assert model.base.adapters.checkpoints == KEPT
    assert all(answers == channel.answers[0] for answers in channel.answers)


def test_a_number_format_that_nobody_asked_for_is_said_in_the_plan(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(devices, "SMALL_PARAMETERS", 0)
    monkeypatch.setattr(devices, "cpu_has_bfloat16", lambda: True)
    run = prepare(tmp_path, tiny, **{**SETTINGS, "epochs": 1, "max_steps": 1, "device": "cpu"})
    plan = train(run, Channel(run), None).plan
    assert (plan.device, plan.dtype) == ("cpu", "bfloat16")
    assert plan.notices == [Notice("dtype_cpu_bfloat16")]


def test_a_stop_while_a_model_is_fetched_ends_the_run_as_stopped(tiny, tmp_path, monkeypatch):
    def fetched_for_long(name, waiting):
        waiting.tell(f"downloading {name}")
        run.request("stop")
        assert waiting.should_stop()
        raise ModelError("model_stopped", name=name)

    monkeypatch.setattr("nbfinetune.chat.hub.find", fetched_for_long)
    run = prepare(tmp_path, "acme/large", **SETTINGS)
    record = train(run, Channel(run), None)
    assert (record.state, record.train, record.log) == ("stopped", [], ["downloading acme/large"])


def test_a_model_of_another_architecture_is_shared_as_well(tmp_path):
    """A small random Gemma with soft-capped attention, which only eager attention computes."""
    folder = save_gemma(tmp_path / "gemma")
    models = Models()
    model = models.get(str(folder))
    assert model.base.model.config._attn_implementation == "eager"
    run = prepare(tmp_path, folder, ROWS, HELD_OUT, **SETTINGS)
    losses = [e.loss for e in train(run, Talkative(run, model, []), models).train]
    again = prepare(tmp_path, folder, ROWS, HELD_OUT, run_id="two", **SETTINGS)
    assert losses == [e.loss for e in train(again, Channel(again), None).train]
    assert losses[-1] < losses[0]


def save_gemma(folder):
    tokenizer = byte_tokenizer()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        config = Gemma2Config(
            vocab_size=FIRST_BYTE + 256, hidden_size=32, intermediate_size=64, head_dim=8,
            num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
            max_position_embeddings=512, attn_logit_softcapping=50.0, initializer_range=0.3,
            eos_token_id=byte_ids(END)[0], pad_token_id=byte_ids(PAD)[0], bos_token_id=None,
        )  # fmt: skip
        Gemma2ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
