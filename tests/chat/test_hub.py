"""Models of a hub: cache first, fetched in pieces, checked, stopped, refused with the way out."""

from __future__ import annotations

import errno
import hashlib
import os
import socket
import subprocess
import sys
import time
from threading import Event, Thread
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file, save_file

from nbfinetune.chat import fetching
from nbfinetune.chat import hub as hubs
from nbfinetune.chat.cache import is_complete, repository_folder
from nbfinetune.chat.hub import find
from nbfinetune.chat.loading import load_base, load_template
from nbfinetune.chat.waiting import Waiting
from nbfinetune.core.errors import MissingDependency, ModelError
from tests.chat.hub_double import COMMIT, hub, patiently
from tests.models import save_tiny_model

NAME = "acme/tiny"


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """What the hub has: a model of two shards, and files that nobody should fetch."""
    folder = save_tiny_model(tmp_path_factory.mktemp("hub") / "tiny")
    weights = load_file(folder / "model.safetensors")
    names = sorted(weights)
    files = {"model-00001-of-00002.safetensors": names[::2],
             "model-00002-of-00002.safetensors": names[1::2]}  # fmt: skip
    for file, there in files.items():
        save_file({name: weights[name] for name in there}, folder / file, {"format": "pt"})
    where = {name: file for file, there in files.items() for name in there}
    index = '{"metadata": {}, "weight_map": ' + str(where).replace("'", '"') + "}"
    (folder / "model.safetensors.index.json").write_text(index)
    (folder / "model.safetensors").unlink()
    for name in ("pytorch_model.bin", "modeling_tiny.py", "consolidated.safetensors"):
        (folder / name).write_bytes(b"x" * 100)
    (folder / "README.md").write_text("a model")
    return folder


FETCHED = [
    "chat_template.jinja", "config.json", "generation_config.json",
    "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
    "model.safetensors.index.json", "tokenizer.json", "tokenizer_config.json",
]  # fmt: skip


@pytest.fixture
def online(source, tmp_path, monkeypatch):
    """The hub, and an empty cache."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "our cache"))
    monkeypatch.setenv("HF_TOKEN_PATH", str(tmp_path / "no token"))
    with hub(source, NAME) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        yield server


def refusal(name: str = NAME, waiting: Waiting | None = None) -> str:
    with pytest.raises(ModelError) as error:
        find(name, waiting or Waiting())
    return str(error.value)


def test_a_model_is_fetched_once_and_loaded_without_a_word_to_the_hub_from_then_on(online, source):
    base = load_base(NAME)
    assert (base.name, base.context_length) == (NAME, 512)
    assert online.files() == FETCHED
    own = load_base(str(source))
    ours, theirs = base.model.state_dict(), own.model.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    online.asked.clear()
    load_base(NAME)
    load_template(NAME)
    assert online.asked == []


def test_the_files_lie_where_all_tools_of_the_hub_look(online, tmp_path, source):
    find(NAME)
    from transformers import AutoConfig

    assert AutoConfig.from_pretrained(
        NAME, cache_dir=tmp_path / "cache", local_files_only=True
    ).model_type == "qwen2"  # fmt: skip
    folder = repository_folder(NAME)
    weights = folder / "snapshots" / COMMIT / FETCHED[3]
    sha256 = hashlib.sha256((source / FETCHED[3]).read_bytes()).hexdigest()
    assert os.readlink(weights) == f"../../blobs/{sha256}"


def test_a_template_alone_needs_no_weights_and_they_come_later(online):
    load_template(NAME)
    assert online.files() == [f for f in FETCHED if not f.startswith("model-")]
    assert not is_complete(NAME)
    online.asked.clear()
    find(NAME)
    assert online.files() == FETCHED[3:5]


def test_settings_alone_in_the_cache_are_no_tokenizer(online, source):
    """So it is after `AutoConfig.from_pretrained`, or a download that was cut off early."""
    repository = repository_folder(NAME)
    snapshot = repository / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    (snapshot / "config.json").write_bytes((source / "config.json").read_bytes())
    assert load_template(NAME).tokenizer.eos_token == "<|im_end|>"
    assert (snapshot / "tokenizer.json").is_file()


def test_a_line_that_breaks_is_taken_up_where_it_broke(online, monkeypatch):
    monkeypatch.setattr(fetching, "_AT_ONCE", 1)
    online.cut_after, online.cuts = 30_000, 2
    find(NAME)
    goes_on = [line for line in online.asked if "bytes=" in line]
    assert len(goes_on) == 2
    assert online.sent < 3 * sum(path.stat().st_size for path in online.folder.iterdir())


def test_a_line_that_brings_nothing_is_given_up_until_somebody_tries_again(online, monkeypatch):
    monkeypatch.setattr(fetching.Fetching, "_rest", lambda self, seconds: None)
    online.cut_after, online.cuts = 0, 1000
    said = refusal()
    assert said.startswith(f"the download of {NAME} broke off: ")
    assert said.endswith("Run the cell again: it goes on where it ended.")
    assert not is_complete(NAME)
    online.cuts = 0
    find(NAME)
    assert is_complete(NAME)


def test_weights_in_a_store_of_their_own_are_fetched_without_telling_it_our_token(
    online, monkeypatch
):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    online.store = True
    find(NAME)
    assert is_complete(NAME)
    assert online.tokens == {"hub": {"Bearer hf_secret"}, "store": {None}}


def test_an_address_of_the_store_that_grew_old_is_asked_for_anew(online):
    online.store, online.expired = True, 2
    find(NAME)
    assert is_complete(NAME)


def test_one_wrong_byte_is_noticed_and_fetched_anew(online):
    online.corrupt = 1
    find(NAME)
    assert is_complete(NAME)


def test_bytes_that_stay_wrong_are_never_taken_for_the_model(online):
    online.corrupt = 100
    assert "is not what the hub has under this name: its sha256 differs" in refusal()
    assert not is_complete(NAME)
    online.corrupt = 0
    load_base(NAME)


def test_who_waits_no_more_goes_at_once_and_the_next_one_goes_on(online):
    online.bytes_per_second = 20_000
    stop, said = Event(), []
    ended = []

    def fetch() -> None:
        with pytest.raises(ModelError) as error:
            find(NAME, Waiting(said.append, stop.is_set))
        ended.append((time.monotonic(), error.value.code))

    waiting = Thread(target=fetch)
    waiting.start()
    patiently(lambda: online.sent > 30_000)
    asked = time.monotonic()
    stop.set()
    waiting.join()
    assert ended[0][0] - asked < 2
    assert ended[0][1] == "model_stopped"
    assert said[0] == f"asking {online.address} for {NAME} …"
    assert said[1].startswith(f"downloading {NAME}: ")
    assert not is_complete(NAME)
    online.bytes_per_second, before = 0, len(online.asked)
    find(NAME)
    assert is_complete(NAME)
    assert any("bytes=" in line for line in online.asked[before:])


def test_a_download_that_was_killed_is_not_taken_for_complete_and_goes_on(online):
    find(NAME)
    shard = repository_folder(NAME) / "snapshots" / COMMIT / FETCHED[3]
    blob = shard.parent / os.readlink(shard)
    content = blob.read_bytes()
    shard.unlink()
    blob.rename(blob.with_name(blob.name + ".incomplete"))
    blob.with_name(blob.name + ".incomplete").write_bytes(content[:5000])
    assert not is_complete(NAME)
    online.asked.clear()
    find(NAME)
    assert [line.split(" ")[2] for line in online.asked if "/resolve/" in line] == ["bytes=5000-"]
    assert is_complete(NAME)


def test_a_process_that_is_killed_while_it_fetches_leaves_what_the_next_one_goes_on_with(online):
    online.bytes_per_second = 20_000
    blobs = repository_folder(NAME) / "blobs"
    environment = {**os.environ, "HF_HUB_OFFLINE": "0"}

    def in_the_middle_of_a_file() -> bool:
        begun = [path.stat().st_size for path in blobs.glob("*.incomplete")]
        return online.sent > 40_000 and any(begun)

    program = f"from nbfinetune.chat.hub import find; find({NAME!r})"
    fetching_process = subprocess.Popen([sys.executable, "-c", program], env=environment)
    patiently(in_the_middle_of_a_file, 60)
    fetching_process.kill()
    fetching_process.wait()
    assert not is_complete(NAME)
    assert list(blobs.glob("*.incomplete"))
    online.bytes_per_second, before = 0, len(online.asked)
    load_base(NAME)
    assert any("bytes=" in line for line in online.asked[before:])


def test_a_disk_that_runs_full_while_it_is_written_to_is_told_with_what_is_free(
    online, monkeypatch
):
    def full(self, file, partial, here):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(fetching.Fetching, "_stream", full)
    assert refusal().startswith(
        f"{NAME} can't be written to {repository_folder(NAME).parent}: No space left on device ("
    )


def test_cut_weights_in_the_cache_are_fetched_anew(online):
    find(NAME)
    shard = repository_folder(NAME) / "snapshots" / COMMIT / FETCHED[3]
    whole = shard.read_bytes()
    shard.resolve().write_bytes(whole[:-7])
    assert not is_complete(NAME)
    find(NAME)
    assert shard.read_bytes() == whole


def test_weights_that_another_tool_left_are_hashed_once(online, tmp_path):
    find(NAME)
    said: list[str] = []
    (tmp_path / "our cache" / "nbfinetune" / "verified.json").unlink()
    find(NAME, Waiting(said.append))
    find(NAME, Waiting(said.append))
    assert said == [f"checking {file} of {NAME}, once …" for file in FETCHED[3:5]]


def test_changed_weights_in_the_cache_are_refused_and_taken_out(online):
    find(NAME)
    shard = repository_folder(NAME) / "snapshots" / COMMIT / FETCHED[4]
    content = shard.read_bytes()
    shard.resolve().write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert refusal() == (
        f"{FETCHED[4]} of {NAME} is not what the hub has under this name: its sha256 differs\n"
        "It was removed from the cache. Run the cell again; if that repeats, check proxy and "
        "HF_ENDPOINT."
    )
    load_base(NAME)
    assert shard.read_bytes() == content


@pytest.mark.parametrize("where", ["refuse", "refuse_info"])
@pytest.mark.parametrize("status", [401, 403])
def test_a_gated_model_says_where_to_accept_its_licence_and_how_to_log_in(online, where, status):
    setattr(online, where, status)
    assert refusal() == (
        f"the model {NAME} is given only to those who have accepted its licence\n"
        f"Accept it on  {online.address}/{NAME} , then log in with  hf auth login  (or set "
        "HF_TOKEN) and run the cell again."
    )


def test_a_model_that_the_hub_does_not_have(online):
    assert refusal("acme/gone").startswith("there is no model acme/gone on the hub, or it is ")


def test_a_model_with_pickled_weights_alone_is_not_fetched(online, tmp_path):
    folder = tmp_path / "pickled"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "pytorch_model.bin").write_bytes(b"x")
    online.folder = folder
    assert refusal().startswith(f"the model {NAME} has no weights as safetensors")
    assert online.files() == []


def timed(call) -> tuple[str, float]:
    began = time.monotonic()
    return call(), time.monotonic() - began


def test_a_hub_that_never_answers_is_given_up_within_ten_seconds(online, monkeypatch):
    monkeypatch.setattr(hubs, "HUB_SECONDS", 0.5)
    online.silent = True
    said, seconds = timed(refusal)
    assert said.startswith(f"the model {NAME} is not cached and the hub can't be reached: ")
    assert said.endswith("Check the network or HF_ENDPOINT, or use  --base-model starter.")
    assert seconds < 0.5 + 2


def test_the_time_for_an_answer_leaves_room_within_ten_seconds():
    assert hubs.HUB_SECONDS <= 8


def test_a_hub_that_is_not_there_is_told_at_once(online, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{free.getsockname()[1]}")
        said, seconds = timed(refusal)
    assert said.startswith(f"the model {NAME} is not cached and the hub can't be reached: ")
    assert seconds < 10


def test_a_model_that_is_here_in_part_says_so_where_the_hub_is_gone(online, monkeypatch):
    load_template(NAME)
    online.refuse_info = 500
    assert refusal().startswith(f"the model {NAME} is here in part only, and the hub can't be ")


def test_a_full_disk_is_told_before_anything_is_fetched(online, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _path: SimpleNamespace(free=1000))
    said = refusal()
    assert said.startswith(f"{NAME} needs ")
    assert "where 1.0 kB are free" in said
    assert online.files() == []


def test_modelscope_is_asked_through_its_own_package(source, monkeypatch):
    asked = []

    class Package:
        @staticmethod
        def snapshot_download(name, allow_patterns):
            asked.append((name, "*.bin" in allow_patterns, "*.py" in allow_patterns))
            return str(source)

    monkeypatch.setitem(sys.modules, "modelscope", Package)
    assert load_base("modelscope:acme/tiny").name == "modelscope:acme/tiny"
    assert asked == [("acme/tiny", False, False)]


def test_without_the_package_of_modelscope_its_pip_line_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "modelscope", None)
    with pytest.raises(MissingDependency) as error:
        find("modelscope:acme/tiny")
    assert str(error.value) == (
        "modelscope:acme/tiny needs the package modelscope, which is not installed\n"
        "Install it and restart the kernel:  pip install modelscope"
    )
