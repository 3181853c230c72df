"""A base model with checkpoints on it: the same logits as when they were committed."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
import torch

from nbfinetune.chat.loading import BaseModel, load_base
from nbfinetune.chat.local import LocalModel
from nbfinetune.chat.model import SamplingParams
from nbfinetune.core.errors import ModelError, RunError
from nbfinetune.core.messages import Message
from nbfinetune.core.runs.checkpoints import commit
from nbfinetune.templates.render import ChatTemplate
from tests.models import END, byte_ids, byte_tokenizer, save_checkpoint

PROMPTS = ["hi", "你好", "a longer question than the others"]


def asked(text: str) -> list[Message]:
    return [Message("user", text)]


def prompt_ids(text: str) -> list[int]:
    return byte_ids(f"<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n")


@pytest.fixture(scope="module")
def in_memory(tiny, tmp_path_factory):
    """Two committed checkpoints, each with the logits of its model when it was committed."""
    folder, found = tmp_path_factory.mktemp("run"), {}
    for seed in (1, 2):
        base = load_base(str(tiny))
        model = save_checkpoint(base, folder / f"step-{seed}", seed)
        with torch.inference_mode():
            found[folder / f"step-{seed}"] = [
                model(torch.tensor([prompt_ids(text)]), logits_to_keep=1).logits[0, -1]
                for text in PROMPTS
            ]
    return found


@pytest.fixture
def local(tiny) -> LocalModel:
    return LocalModel(load_base(str(tiny)))


def first_logits(local: LocalModel, checkpoint: Path | None) -> list[torch.Tensor]:
    """The logits of the first token of each answer, as they leave the model."""
    seen: list[torch.Tensor] = []
    head = local.base.model.get_output_embeddings()
    hook = head.register_forward_hook(lambda m, i, output: seen.append(output[0, -1].clone()))
    for text in PROMPTS:
        local.chat(checkpoint).reply(asked(text), SamplingParams(max_tokens=1))
    hook.remove()
    return seen


def distance(one: list[torch.Tensor], other: list[torch.Tensor]) -> float:
    return max(float((a - b).abs().max()) for a, b in zip(one, other, strict=True))


def test_a_checkpoint_from_disk_has_the_logits_it_was_committed_with(local, in_memory):
    for checkpoint, logits in in_memory.items():
        assert distance(first_logits(local, checkpoint), logits) <= 1e-6


def test_checkpoints_and_base_do_not_disturb_each_other(local, in_memory):
    one, two = in_memory
    base = first_logits(local, None)
    seen = {path: first_logits(local, path) for path in (one, two)}
    assert distance(base, seen[one]) > 0.1
    assert distance(seen[one], seen[two]) > 0.1
    # bit by bit, in whatever order they are asked
    for path in (two, None, one, None, two, one):
        assert distance(first_logits(local, path), seen[path] if path else base) == 0.0


def test_the_base_beside_checkpoints_is_the_base_alone(tiny, local, in_memory):
    first_logits(local, next(iter(in_memory)))
    beside = first_logits(local, None)
    alone = load_base(str(tiny))
    assert distance(beside, first_logits(LocalModel(alone), None)) == 0.0
    with torch.inference_mode():
        plain = [
            alone.model(torch.tensor([prompt_ids(text)]), logits_to_keep=1).logits[0, -1]
            for text in PROMPTS
        ]
    assert distance(beside, plain) <= 1e-6  # on another number of threads


def test_loading_a_checkpoint_leaves_the_generator_of_training_alone(local, in_memory):
    torch.manual_seed(0)
    before = torch.random.get_rng_state()
    local.chat(next(iter(in_memory))).reply(asked("hi"), SamplingParams(max_tokens=2))
    assert torch.equal(torch.random.get_rng_state(), before)


def timeless(reply):
    return msgspec.structs.replace(reply, seconds=0.0)


@pytest.mark.parametrize("with_checkpoint", [False, True])
def test_many_prompts_get_the_answers_they_get_one_by_one(local, in_memory, with_checkpoint):
    chat = local.chat(next(iter(in_memory)) if with_checkpoint else None)
    prompts = [asked("x" * n) for n in range(1, 36, 2)]  # 18: two batches
    params = SamplingParams(max_tokens=4)
    single = [timeless(chat.reply(p, params)) for p in prompts]
    assert [timeless(r) for r in chat.reply_many(prompts, params)] == single


def test_the_starter_answers_a_batch_as_it_answers_one_by_one():
    chat = LocalModel(load_base("starter", dtype="float32")).chat()
    prompts = [
        asked("hi"),
        [Message("system", "Be brief."), *asked("What is the capital of France?")],
        asked("你好"),
        [*asked("one"), Message("assistant", "two"), *asked("and a somewhat longer question?")],
    ]
    params = SamplingParams(max_tokens=12)
    single = [timeless(chat.reply(p, params)) for p in prompts]
    assert [timeless(r) for r in chat.reply_many(prompts, params)] == single
    assert all(reply.text for reply in single)


def test_a_reply_counts_its_tokens(local):
    reply = local.chat().reply(asked("hi"), SamplingParams(max_tokens=5))
    assert reply.prompt_tokens == len(prompt_ids("hi"))
    assert (reply.completion_tokens, reply.finish_reason) == (5, "length")
    assert reply.seconds > 0


def test_an_answer_ends_where_the_model_can_read_no_further(local):
    text = "x" * (512 - len(prompt_ids("")) - 3)  # room for three tokens
    reply = local.chat().reply(asked(text), SamplingParams(max_tokens=4096))
    assert (reply.completion_tokens, reply.finish_reason) == (3, "length")


def test_a_prompt_that_fills_the_model_is_refused_before_anything_is_computed(local):
    text = "x" * (512 - len(prompt_ids("")))
    with pytest.raises(ModelError) as error:
        local.chat().reply(asked(text), SamplingParams())
    assert str(error.value) == (
        f"the prompt is 512 tokens long; {local.base.name} reads at most 512\n"
        "Shorten the prompt or the system prompt."
    )


class Speaker(torch.nn.Module):
    """Says one text and its end token, whatever it is asked."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.ids = byte_ids(text + END)
        self.said = 0
        self.generation_config = SimpleNamespace(eos_token_id=None)
        text_config = SimpleNamespace(max_position_embeddings=512)
        self.config = SimpleNamespace(get_text_config=lambda: text_config)

    def forward(self, input_ids, **kwargs):
        token = torch.tensor([self.ids[self.said]] * len(input_ids))
        self.said += 1
        logits = torch.nn.functional.one_hot(token, 300).float()
        return SimpleNamespace(logits=logits[:, None], past_key_values=None)


def speaker(text: str) -> LocalModel:
    tokenizer = byte_tokenizer()
    template = ChatTemplate(tokenizer, "speaker")
    cpu = torch.device("cpu")
    return LocalModel(BaseModel("speaker", Speaker(text), tokenizer, template, cpu, torch.float32))


def test_streamed_text_grows_and_half_a_character_waits_for_its_rest():
    told: list[str] = []
    reply = speaker("a你").chat().reply(asked("hi"), SamplingParams(), told.append)
    assert told == ["a", "a", "a", "a你"]
    assert (reply.text, reply.finish_reason, reply.completion_tokens) == ("a你", "stop", 4)


def test_a_stop_keeps_what_was_said():
    stop = iter([False, False, True])
    reply = speaker("yes, and").chat().reply(
        asked("hi"), SamplingParams(), should_stop=lambda: next(stop)
    )  # fmt: skip
    assert (reply.text, reply.finish_reason, reply.completion_tokens) == ("ye", "stopped", 2)


# what is refused


def altered(source: Path, target: Path, **config: object) -> Path:
    """A committed copy of a checkpoint with other values in its adapter config."""

    def fill(folder: Path) -> None:
        for file in source.iterdir():
            if file.name != "commit.json":
                (folder / file.name).write_bytes(file.read_bytes())
        path = folder / "adapter_config.json"
        path.write_text(json.dumps({**json.loads(path.read_bytes()), **config}))

    commit(target, step=1, epoch=1.0, spec_sha256="", fill=fill)
    return target


def refusal(local: LocalModel, checkpoint: Path) -> str:
    with pytest.raises(RunError) as error:
        local.chat(checkpoint).reply(asked("hi"), SamplingParams(max_tokens=1))
    return str(error.value).split("commit record: ")[1].split("\n")[0]


def test_a_damaged_checkpoint_is_never_loaded(local, in_memory, tmp_path):
    checkpoint = altered(next(iter(in_memory)), tmp_path / "step-1")
    weights = checkpoint / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x00\x01")
    assert refusal(local, checkpoint) == "adapter_model.safetensors has changed"


@pytest.mark.parametrize(
    "config",
    [
        {"peft_type": "PROMPT_TUNING"},
        {"auto_mapping": {"base_model_class": "X", "parent_library": "os"}},
    ],
)
def test_only_plain_lora_is_loaded(local, in_memory, tmp_path, config):
    checkpoint = altered(next(iter(in_memory)), tmp_path / "step-1", **config)
    assert refusal(local, checkpoint) == "it is not a plain LoRA"


def test_a_checkpoint_without_weights_is_refused(local, tmp_path):
    commit(tmp_path / "step-1", step=1, epoch=1.0, spec_sha256="",
           fill=lambda folder: (folder / "notes.txt").write_text("x"))  # fmt: skip
    assert refusal(local, tmp_path / "step-1") == "it holds no LoRA weights"


def test_a_refused_checkpoint_leaves_the_others_usable(local, in_memory, tmp_path):
    one, logits = next(iter(in_memory.items()))
    broken = altered(one, tmp_path / "step-1", peft_type="IA3")
    refusal(local, broken)
    assert distance(first_logits(local, one), logits) <= 1e-6
    refusal(local, broken)
    assert distance(first_logits(local, one), logits) <= 1e-6


@pytest.mark.parametrize("beside", [False, True])
def test_an_adapter_that_is_half_there_when_memory_runs_out_leaves_nothing(
    local, in_memory, monkeypatch, beside
):
    one, two = in_memory
    if beside:
        first_logits(local, two)
    base, names = first_logits(local, None), list(local.base.model.state_dict())

    def fail(*_arguments, **_options):
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr("peft.peft_model.load_peft_weights", fail)
        with pytest.raises(MemoryError):
            first_logits(local, one)
    assert list(local.base.model.state_dict()) == names
    assert distance(first_logits(local, None), base) == 0.0
    assert distance(first_logits(local, one), in_memory[one]) <= 1e-6
    assert distance(first_logits(local, two), in_memory[two]) <= 1e-6


def test_a_checkpoint_that_was_made_anew_at_its_place_is_read_anew(local, in_memory, tmp_path):
    one, two = in_memory
    place = tmp_path / "step-1"
    for checkpoint in (one, two):
        altered(checkpoint, place)
        assert distance(first_logits(local, place), in_memory[checkpoint]) <= 1e-6
