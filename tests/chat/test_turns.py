"""Turns on a device: in the order of asking, one at a time, none lost."""

from __future__ import annotations

from threading import Thread

import pytest

from nbfinetune.chat.turns import Turns, turns_of


def until(condition) -> None:
    """Wait for something that another thread is about to do."""
    while not condition():
        pass


def test_turns_are_given_in_the_order_of_asking():
    turns, order, threads = Turns(), [], []

    def ask(name: int) -> None:
        with turns.taken():
            order.append(name)

    with turns.taken():
        for name in range(5):
            threads.append(Thread(target=ask, args=(name,)))
            threads[-1].start()
            until(lambda: turns.waiting == len(threads))
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_who_asks_again_and_again_lets_the_others_in_between():
    turns, order = Turns(), []

    def answer() -> None:
        for _ in range(3):
            with turns.taken():
                order.append("answer")
                until(lambda: turns.waiting == 1)

    talking = Thread(target=answer)
    with turns.taken():
        talking.start()
        until(lambda: turns.waiting == 1)
        order.append("step")
    for _ in range(3):
        with turns.taken():
            order.append("step")
            until(lambda: turns.waiting == 1 or order.count("answer") == 3)
    talking.join()
    assert order == ["step", "answer", "step", "answer", "step", "answer", "step"]


def test_a_turn_ends_with_whatever_ends_it():
    turns = Turns()
    with pytest.raises(ZeroDivisionError), turns.taken():
        _ = 1 / 0
    with turns.taken():
        assert turns.waiting == 0


def test_a_turn_within_a_turn_is_a_mistake_and_no_endless_wait():
    turns = Turns()
    with turns.taken():
        with pytest.raises(RuntimeError, match="has the turn already"), turns.taken():
            pass
        assert turns.waiting == 0


def test_each_device_has_its_own_queue():
    assert turns_of("cpu") is turns_of("cpu")
    assert turns_of("cpu") is not turns_of("cuda:0")
    with turns_of("cpu").taken(), turns_of("cuda:0").taken():
        pass
