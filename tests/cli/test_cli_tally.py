"""The demo's count: what must arrive, what could not be witnessed, what came twice."""

from fsmv2.cli.demo import tally as tally_module
from fsmv2.cli.demo.tally import Tally

A, B, C = ("umh.v1.a", b"1"), ("umh.v1.b", b"2"), ("umh.v1.c", b"3")


def opened() -> Tally:
    tally = Tally()
    tally.open()
    return tally


def test_everything_accepted_and_received_agrees() -> None:
    tally = opened()
    for sample in (A, B):
        tally.accept(*sample)
        tally.receive(*sample)
    figures = tally.figures()
    assert (figures.accepted, figures.received, figures.missing) == (2, 2, 0)
    assert figures.agree


def test_nothing_accepted_does_not_agree() -> None:
    assert not opened().figures().agree


def test_a_sample_that_does_not_arrive_is_missing() -> None:
    tally = opened()
    tally.accept(*A)
    tally.accept(*B)
    tally.receive(*A)
    assert tally.awaited == tally.figures().missing == 1
    assert not tally.figures().agree


def test_another_payload_is_another_sample() -> None:
    tally = opened()
    tally.accept("umh.v1.a", b"1")
    tally.receive("umh.v1.a", b"2")
    figures = tally.figures()
    assert (figures.received, figures.missing, figures.unknown) == (0, 1, 1)


def test_a_sample_received_that_nobody_accepted_does_not_agree() -> None:
    tally = opened()
    tally.accept(*A)
    tally.receive(*A)
    tally.receive(*C)
    assert tally.figures().unknown == 1
    assert not tally.figures().agree


def test_a_second_delivery_is_a_duplicate_and_the_sets_still_agree() -> None:
    tally = opened()
    tally.accept(*A)
    tally.receive(*A)
    tally.receive(*A)
    figures = tally.figures()
    assert (figures.received, figures.duplicates) == (1, 1)
    assert figures.agree


def test_two_equal_samples_accepted_must_arrive_twice() -> None:
    tally = opened()
    tally.accept(*A)
    tally.accept(*A)
    tally.receive(*A)
    assert tally.figures().missing == 1
    tally.receive(*A)
    assert tally.figures().agree


def test_what_was_accepted_before_the_subscription_is_counted_apart() -> None:
    tally = Tally()
    tally.accept(*A)
    tally.accept(*B)
    tally.open()
    tally.receive(*B)  # was still under way when the subscription began
    figures = tally.figures()
    assert (figures.accepted, figures.apart, figures.apart_received) == (0, 2, 1)
    assert figures.missing == figures.unknown == 0


def test_what_is_under_way_when_the_subscriber_is_cut_off_is_counted_apart() -> None:
    tally = opened()
    for sample in (A, B):
        tally.accept(*sample)
    tally.receive(*A)
    tally.cut()
    tally.accept(*C)
    tally.open()
    tally.receive(*C)
    figures = tally.figures()
    assert (figures.accepted, figures.received, figures.missing) == (1, 1, 0)
    assert (figures.apart, figures.apart_received) == (2, 1)
    assert figures.agree


def test_memory_is_bounded_while_nobody_subscribes() -> None:
    tally = Tally()
    for i in range(tally_module.REMEMBERED + 10):
        tally.accept("umh.v1.a", str(i).encode())
    assert len(tally._apart) == tally_module.REMEMBERED
    assert tally.figures().apart == tally_module.REMEMBERED + 10


def test_memory_is_bounded_while_samples_settle() -> None:
    tally = opened()
    for i in range(tally_module.REMEMBERED + 10):
        sample = ("umh.v1.a", str(i).encode())
        tally.accept(*sample)
        tally.receive(*sample)
    assert len(tally._settled) == tally_module.REMEMBERED
    assert tally.figures().agree
