import pytest

from benchmarks.captions.annotators.base import AnnotationFailed, Usage


def test_usages_add_up():
    assert Usage(1, 2, 0.5, 1) + Usage(10, 20, 0.25, 1) == Usage(11, 22, 0.75, 2)
    assert Usage() + Usage() == Usage()


def test_a_failure_has_a_reason_and_what_was_paid():
    with pytest.raises(AnnotationFailed, match="^empty$") as failure:
        raise AnnotationFailed("empty", Usage(requests=1))
    assert failure.value.reason == "empty" and failure.value.usage.requests == 1
    assert AnnotationFailed("empty").usage == Usage()
