# The comparison on five draws of the persons: how much a difference between methods depends on the world that was drawn.
_base_ = ["embedded.py"]

title = "Baseline, Signal and NEXT on five draws of the embedded benchmark"
benchmarks = [
    "synthetic_person",
    dict(name="synthetic_person", label="synthetic_person, draw 1", set={"benchmark.draw": 1}),
    dict(name="synthetic_person", label="synthetic_person, draw 2", set={"benchmark.draw": 2}),
    dict(name="synthetic_person", label="synthetic_person, draw 3", set={"benchmark.draw": 3}),
    dict(name="synthetic_person", label="synthetic_person, draw 4", set={"benchmark.draw": 4}),
]
