"""The words of models: finding, fetching and loading them, devices, what is in memory."""

from __future__ import annotations

from collections.abc import Mapping

from nbfinetune.core.text.phrase import Phrase

_FINDING: Mapping[str, Phrase] = {
    "model_unreachable": Phrase(
        "the model {name} is not cached and the hub can't be reached: {reason}",
        "模型 {name} 未缓存，且无法连接到 hub：{reason}",
        "Check the network or HF_ENDPOINT, or use  --base-model starter.",
        "请检查网络或 HF_ENDPOINT，或使用  --base-model starter。",
    ),
    "model_incomplete": Phrase(
        "the model {name} is here in part only, and the hub can't be reached: {reason}",
        "模型 {name} 只下载了一部分，且无法连接到 hub：{reason}",
        "Run the cell again with a network: what is here is not fetched again.",
        "请联网后重新运行单元格：已下载的部分不会重新下载。",
    ),
    "model_not_on_hub": Phrase(
        "there is no model {name} on the hub, or it is private",
        "hub 上没有模型 {name}，或它是私有的",
        "Check the name on the hub's page; for a private one log in:  hf auth login",
        "请在 hub 页面上核对名称；私有模型请先登录：hf auth login",
    ),
    "model_gated": Phrase(
        "the model {name} is given only to those who have accepted its licence",
        "模型 {name} 只提供给已接受其许可协议的用户",
        "Accept it on  {page} , then log in with  hf auth login  (or set HF_TOKEN) and run the "
        "cell again.",
        "请在  {page}  上接受许可协议，然后用  hf auth login  登录（或设置 HF_TOKEN），再重新运行"
        "单元格。",
    ),
    "model_without_safetensors": Phrase(
        "the model {name} has no weights as safetensors, and others are never read",
        "模型 {name} 没有 safetensors 格式的权重，而其他格式一律不读取",
        "Pickled weights can run code: choose a version of the model with safetensors.",
        "pickle 权重可能执行代码：请选择带有 safetensors 的版本。",
    ),
    "model_needs_code": Phrase(
        "the model {name} needs Python code of its own, and none that comes with a model is run",
        "模型 {name} 需要运行自带的 Python 代码，而模型自带的代码一律不运行",
        "Choose a model that transformers knows:  %ft_models  lists some.",
        "请选择 transformers 已支持的模型：%ft_models  列出了一些。",
    ),
    "model_damaged": Phrase(
        "the model {name} can't be loaded: {reason}",
        "无法加载模型 {name}：{reason}",
    ),
    "package_missing": Phrase(
        "{what} needs the package {package}, which is not installed",
        "{what} 需要软件包 {package}，但尚未安装",
        "Install it and restart the kernel:  {line}",
        "请安装后重启内核：{line}",
    ),
    "hub_silent": Phrase("no answer within {seconds} s", "{seconds} 秒内没有应答"),
    "hub_no_hashes": Phrase(
        "it names no commit and no hashes, as a hub does",
        "它没有像 hub 那样给出提交号和哈希值",
    ),
}

_FETCHING: Mapping[str, Phrase] = {
    "model_asking": Phrase("asking {hub} for {name} …", "正在向 {hub} 查询 {name}……"),
    "model_fetching": Phrase(
        "downloading {name}: {done} of {total} ({percent} %)",
        "正在下载 {name}：{done} / {total}（{percent} %）",
    ),
    "model_verifying": Phrase(
        "checking {file} of {name}, once …", "正在校验 {name} 的 {file}（仅此一次）……"
    ),
    "model_loading": Phrase("loading {name} on {device} …", "正在把 {name} 加载到 {device}……"),
    "model_stopped": Phrase(
        "fetching {name} was stopped",
        "已停止获取 {name}",
        "What has arrived is kept: the next time goes on from there.",
        "已下载的部分会保留：下次从那里继续。",
    ),
    "model_download_failed": Phrase(
        "the download of {name} broke off: {reason}",
        "{name} 的下载中断：{reason}",
        "Run the cell again: it goes on where it ended.",
        "请重新运行单元格：会从中断处继续。",
    ),
    "model_file_changed": Phrase(
        "{file} of {name} is not what the hub has under this name: its sha256 differs",
        "{name} 的 {file} 与 hub 上的不一致：sha256 不同",
        "It was removed from the cache. Run the cell again; if that repeats, check proxy and "
        "HF_ENDPOINT.",
        "该文件已从缓存中删除。请重新运行单元格；若仍如此，请检查代理和 HF_ENDPOINT。",
    ),
    "model_disk_full": Phrase(
        "{name} needs {needed} in {path}, where {free} are free",
        "{name} 需要在 {path} 中占用 {needed}，而该处只剩 {free}",
        "Make room there, or let HF_HOME name a folder on a larger disk.",
        "请腾出空间，或用 HF_HOME 指定更大磁盘上的文件夹。",
    ),
    "model_not_written": Phrase(
        "{name} can't be written to {path}: {reason} ({free} free)",
        "无法将 {name} 写入 {path}：{reason}（剩余 {free}）",
        "Make room there, or let HF_HOME name a folder that can be written to.",
        "请腾出空间，或用 HF_HOME 指定可写的文件夹。",
    ),
}

_MEMORY: Mapping[str, Phrase] = {
    "device_unknown": Phrase(
        "device {device} is not available here ({available})",
        "此处没有设备 {device}（{available}）",
        "Leave --device out to let it be chosen.",
        "不写 --device 即自动选择。",
    ),
    "no_4bit_on": Phrase(
        "weights in 4 bits need an NVIDIA GPU; the device is {device}  ({option})",
        "4 位权重需要 NVIDIA GPU；当前设备是 {device}（{option}）",
        "Leave --load-in-4bit out, or take a smaller base model.",
        "请去掉 --load-in-4bit，或换用更小的基座模型。",
    ),
    "dtype_float16": Phrase(
        "float16 with loss scaling: {device} computes no bfloat16 itself",
        "使用 float16 与损失缩放：{device} 本身不支持 bfloat16",
    ),
    "dtype_cpu_bfloat16": Phrase(
        "bfloat16: this CPU multiplies it faster than float32, and it takes half the memory",
        "使用 bfloat16：这颗 CPU 计算它比 float32 更快，且内存减半",
        "--dtype float32 is slower and more exact.",
        "--dtype float32 更慢但更精确。",
    ),
    "model_too_large": Phrase(
        "{name} needs about {needed} on {device}, which has {free} free of {total}",
        "{name} 约需 {device} 的 {needed} 内存，而其 {total} 中只剩 {free}",
        "Take a smaller model, or on a GPU  --load-in-4bit.  %ft_models shows what fits.",
        "请换用更小的模型，或在 GPU 上使用  --load-in-4bit。%ft_models 显示哪些可用。",
    ),
    "model_no_room": Phrase(
        "{name} needs about {needed} on {device}, where {free} are free; loaded: {held}",
        "{name} 约需 {device} 的 {needed} 内存，而只剩 {free}；已加载：{held}",
        "Unload what you no longer need:  %ft_models --unload all",
        "请卸载不再需要的模型：%ft_models --unload all",
    ),
    "model_not_loaded": Phrase(
        "the model {name} is not loaded",
        "模型 {name} 没有加载",
        "%ft_models shows what is.",
        "%ft_models 显示已加载的模型。",
    ),
    "model_in_training": Phrase(
        "a run trains on {name}",
        "正在 {name} 上训练",
        "End it first:  %ft_stop",
        "请先结束训练：%ft_stop",
    ),
}

_LIST: Mapping[str, Phrase] = {
    "models_column_model": Phrase("base model", "基座模型"),
    "models_column_size": Phrase("weights", "参数量"),
    "models_column_languages": Phrase("languages", "语言"),
    "models_column_licence": Phrase("licence", "许可协议"),
    "models_column_here": Phrase("on this disk", "在本机磁盘"),
    "models_column_chat": Phrase("chat", "对话"),
    "models_column_training": Phrase("training", "训练"),
    "models_column_device": Phrase("device", "设备"),
    "models_column_format": Phrase("format", "数值格式"),
    "models_column_memory": Phrase("memory", "内存"),
    "models_column_checkpoints": Phrase("checkpoints", "检查点"),
    "models_yes": Phrase("yes", "是"),
    "models_gated": Phrase("accept first", "需先同意"),
    "fits": Phrase("fits", "可以"),
    "fits_4bit": Phrase("in 4 bits", "4 位可以"),
    "too_large": Phrase("too large", "过大"),
    "models_in_training": Phrase("a run trains on it", "正在训练"),
    "models_measured": Phrase(
        "measured by {device}: {free} of {total} free",
        "按 {device} 估算：{total} 中剩余 {free}",
    ),
    "models_more": Phrase(
        "Any other causal language model with a chat template works, too: a hub id, a folder, "
        "modelscope:ID.",
        "其他带对话模板的因果语言模型同样可用：hub id、文件夹或 modelscope:ID。",
    ),
    "models_loaded": Phrase("loaded", "已加载"),
    "models_none_loaded": Phrase("nothing is loaded", "没有已加载的模型"),
    "models_unloaded": Phrase("unloaded: {names}", "已卸载：{names}"),
    "models_kept": Phrase("{names}: a run trains on it", "{names}：正在训练，未卸载"),
}

_DOCTOR: Mapping[str, Phrase] = {
    "doctor_device": Phrase("device (free / all memory)", "设备（可用/全部内存）"),
    "doctor_trainable": Phrase("largest model to train here", "此处可训练的最大模型"),
    "doctor_loaded": Phrase("loaded", "已加载"),
    "doctor_home": Phrase("runs and datasets (free)", "训练与数据集（剩余）"),
    "doctor_cache": Phrase("models of the hub (free)", "hub 模型缓存（剩余）"),
    "doctor_hub": Phrase("hub", "hub 地址"),
    "doctor_login": Phrase("hub login", "hub 登录"),
    "doctor_4bit": Phrase("weights in 4 bits", "4 位权重"),
    "doctor_extension": Phrase("JupyterLab extension", "JupyterLab 扩展"),
    "doctor_versions": Phrase("versions", "版本"),
    "doctor_logged_in": Phrase("logged in", "已登录"),
    "doctor_not_logged_in": Phrase(
        "not logged in (open models need no login)", "未登录（开放的模型无需登录）"
    ),
    "doctor_4bit_no_gpu": Phrase("not without an NVIDIA GPU", "没有 NVIDIA GPU，不可用"),
    "doctor_extension_here": Phrase("installed", "已安装"),
    "doctor_extension_gone": Phrase("not installed", "未安装"),
    "doctor_torch_without_cuda": Phrase(
        "this machine has an NVIDIA driver, but torch sees no GPU",
        "本机有 NVIDIA 驱动，但 torch 看不到 GPU",
        "Install the torch with CUDA that  https://pytorch.org/get-started/locally  names for this "
        "machine, and restart the kernel.",
        "请按  https://pytorch.org/get-started/locally  的说明安装带 CUDA 的 torch，然后重启内核。",
    ),
    "doctor_no_memory": Phrase(
        "{device} has only {free} free, too little for any model",
        "{device} 只剩 {free}，任何模型都放不下",
        "Close other programs and kernels, or  %ft_models --unload all",
        "请关闭其他程序和内核，或  %ft_models --unload all",
    ),
    "doctor_read_only": Phrase(
        "{path} can't be written to",
        "{path} 不可写",
        "Let NBFINETUNE_HOME (runs) or HF_HOME (models) name another folder.",
        "请用 NBFINETUNE_HOME（训练）或 HF_HOME（模型）指定其他文件夹。",
    ),
    "doctor_disk_full": Phrase(
        "only {free} are free in {path}",
        "{path} 只剩 {free}",
        "Make room, or let NBFINETUNE_HOME (runs) or HF_HOME (models) name another disk.",
        "请腾出空间，或用 NBFINETUNE_HOME（训练）或 HF_HOME（模型）指定其他磁盘。",
    ),
    "doctor_offline": Phrase(
        "HF_HUB_OFFLINE is set: nothing new is fetched",
        "已设置 HF_HUB_OFFLINE：不会获取新的模型",
        "Unset it and restart the kernel to fetch models.",
        "如需下载模型，请取消该设置并重启内核。",
    ),
    "doctor_4bit_missing": Phrase(
        "bitsandbytes is not installed",
        "未安装 bitsandbytes",
        "For --load-in-4bit:  pip install bitsandbytes",
        "若要使用 --load-in-4bit：pip install bitsandbytes",
    ),
    "doctor_extension_missing": Phrase(
        "saved runs are shown as pictures only, and the sidebar is missing",
        "已保存的训练只能显示为图片，且没有侧边栏",
        "Install nbfinetune where JupyterLab runs, then reload the page.",
        "请在 JupyterLab 所在的环境中安装 nbfinetune，然后刷新页面。",
    ),
    "doctor_well": Phrase("nothing is wrong", "一切正常"),
}

MODELS: Mapping[str, Phrase] = {**_FINDING, **_FETCHING, **_MEMORY, **_LIST, **_DOCTOR}
