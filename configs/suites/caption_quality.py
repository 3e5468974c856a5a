# What captions are worth to methods that read them, in the form of the paper's Table V. The embedded captions stand in the
# place of NEXT-Text, and captions in which 30 % of what is told is wrong in the place of IDEA-Text, as a poorer set of the same
# images; of each, 100, 70 and 35 % of the words are clean. Another set is one more entry of `benchmarks`.
_base_ = ["embedded.py"]

title = "Caption sets and their quality on the embedded benchmark (in the form of Table V)"
table = "captions"
reference = "next word_quality=1.0"
benchmarks = [
    dict(name="synthetic_person", label="own captions"),
    dict(name="synthetic_person", label="captions 70 % true", set={"benchmark.caption_quality": 0.7}),
]
runs = [
    # patches that decide one point, for a grid of 8 x 4
    dict(method="idea", set={"method.cda.kernel": 2}),
    dict(method="next"),
]
grid = {"data.word_quality": [0.35, 0.7, 1.0]}
