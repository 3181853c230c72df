"""Loading, unloading and reloading the extension."""

from __future__ import annotations

from tests.magics.conftest import PIRATE, Notebook


def ours(notebook: Notebook) -> list[str]:
    magics = notebook.shell.magics_manager.magics
    return [name for kind in ("line", "cell") for name in magics[kind] if name.startswith("ft_")]


def test_unloading_takes_away_the_magics_and_how_objects_are_shown(notebook: Notebook) -> None:
    dataset = notebook.run(PIRATE).result
    notebook.run("%unload_ext nbfinetune")

    shown, _ = notebook.shell.display_formatter.format(dataset)
    assert ours(notebook) == []
    assert sorted(shown) == ["text/plain"]
    assert shown["text/plain"].startswith("MessageDataset(")


def test_reloading_keeps_what_was_made(notebook: Notebook) -> None:
    dataset = notebook.run(PIRATE).result
    before = ours(notebook)

    notebook.run("%reload_ext nbfinetune")

    assert ours(notebook) == before
    assert notebook.run("%ft_dataset pirate").result is dataset
    assert len(notebook.run("%ft_dataset pirate").html) == 1


def test_unloading_leaves_other_magics_alone(notebook: Notebook) -> None:
    others = set(notebook.shell.magics_manager.magics["line"]) - set(ours(notebook))

    notebook.run("%unload_ext nbfinetune")

    assert set(notebook.shell.magics_manager.magics["line"]) == others


def test_magics_and_python_functions_share_one_session(notebook: Notebook) -> None:
    import nbfinetune as ft

    row = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    made = ft.load_dataset([{"messages": row}], name="one")

    assert notebook.run("%ft_dataset one").result is made
