from benchmarks import batch
from benchmarks.modalities import MODALITIES


def test_modalities_stand_in_one_order_everywhere():
    assert MODALITIES == batch.MODALITIES == ("RGB", "NIR", "TIR")
