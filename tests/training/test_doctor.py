"""This machine, looked at: what is wrong has a way out, what isn't says so."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from nbfinetune.chat import devices
from nbfinetune.chat.devices import Memory
from nbfinetune.chat.models import Models
from nbfinetune.core.diagnosis import Diagnosis
from nbfinetune.training import doctor

GB = 10**9


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """A CPU with 16 GB, an empty disk, an extension, a hub that may be asked."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_ENDPOINT", "https://hub.example")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    monkeypatch.setattr(devices, "devices", lambda: ["cpu"])
    monkeypatch.setattr(devices, "memory", lambda _device: Memory(8 * GB, 16 * GB))
    monkeypatch.setattr(devices, "cpu_has_bfloat16", lambda: False)
    monkeypatch.setattr(doctor.shutil, "which", lambda _name: None)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _path: SimpleNamespace(free=50 * GB))
    monkeypatch.setattr(doctor.sys, "prefix", str(tmp_path))
    extension = tmp_path / doctor.EXTENSION
    extension.parent.mkdir(parents=True)
    extension.write_text("{}")
    return tmp_path


def examined(machine) -> Diagnosis:
    return doctor.examine(Models(), machine / "home")


def found(diagnosis: Diagnosis, code: str):
    return next(finding for finding in diagnosis.findings if finding.code == code)


def wrong(machine) -> list[tuple[str, str]]:
    return [(finding.code, finding.advice) for finding in examined(machine).problems]


def test_a_machine_without_faults(machine):
    diagnosis = examined(machine)
    assert diagnosis.problems == []
    told = [(f.label, f.value) for f in diagnosis.findings]
    assert told[0][1].endswith("8.0 GB / 16 GB · float32")
    assert told[1:-1] == [
        ("largest model to train here", "meta-llama/Llama-3.2-1B-Instruct"),
        ("runs and datasets (free)", f"{machine / 'home'} · 50 GB"),
        ("models of the hub (free)", f"{machine / 'cache'} · 50 GB"),
        ("hub", "https://hub.example"),
        ("hub login", "not logged in (open models need no login)"),
        ("weights in 4 bits", "not without an NVIDIA GPU"),
        ("JupyterLab extension", "installed"),
    ]
    assert told[-1][1].startswith("Python 3.")


def test_a_token_is_never_shown(machine, monkeypatch):
    monkeypatch.setattr("huggingface_hub.get_token", lambda: "hf_secret")
    assert found(examined(machine), "doctor_login").value == "logged in"
    assert "hf_secret" not in str(examined(machine))


def test_a_gpu_that_torch_does_not_see(machine, monkeypatch):
    monkeypatch.setattr(doctor.shutil, "which", lambda name: f"/usr/bin/{name}")
    assert wrong(machine) == [
        ("doctor_device",
         "this machine has an NVIDIA driver, but torch sees no GPU\n"
         "Install the torch with CUDA that  https://pytorch.org/get-started/locally  names for "
         "this machine, and restart the kernel."),
    ]  # fmt: skip


def test_full_disks_and_folders_that_cannot_be_written_to(machine, monkeypatch):
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _path: SimpleNamespace(free=GB))
    monkeypatch.setattr(doctor.os, "access", lambda path, _mode: path == machine)
    (machine / "cache").mkdir()
    said = dict(wrong(machine))
    assert said["doctor_home"].startswith(f"only 1.0 GB are free in {machine / 'home'}\nMake room")
    assert said["doctor_cache"].startswith(f"{machine / 'cache'} can't be written to\n")


def test_a_machine_too_small_for_any_model(machine, monkeypatch):
    monkeypatch.setattr(devices, "memory", lambda _device: Memory(10**8, 16 * GB))
    assert dict(wrong(machine))["doctor_trainable"] == (
        "cpu has only 100 MB free, too little for any model\n"
        "Close other programs and kernels, or  %ft_models --unload all"
    )


def test_an_offline_hub_and_a_missing_extension(machine, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    (machine / doctor.EXTENSION).unlink()
    monkeypatch.setattr(doctor, "_places", lambda: [machine])
    assert [code for code, _ in wrong(machine)] == ["doctor_hub", "doctor_extension"]


def test_a_gpu_without_bitsandbytes(machine, monkeypatch):
    monkeypatch.setattr(devices, "devices", lambda: ["cuda:0", "cpu"])
    monkeypatch.setattr(devices, "_gpu_has_bfloat16", lambda _device: True)
    monkeypatch.setattr(doctor, "_device_name", lambda name: name)
    monkeypatch.setattr(doctor, "find_spec", lambda _name: None)
    monkeypatch.setattr(devices, "choose_device", lambda name: doctor_device(name))
    assert wrong(machine) == [
        ("doctor_4bit",
         "bitsandbytes is not installed\nFor --load-in-4bit:  pip install bitsandbytes"),
    ]  # fmt: skip


def doctor_device(name: str):
    import torch

    return torch.device(name)


def test_loaded_models_are_told(machine, tiny):
    models = Models()
    models.get(str(tiny))
    told = found(doctor.examine(models, machine / "home"), "doctor_loaded")
    assert told.value.startswith(f"{tiny} · cpu · float32 · ")
