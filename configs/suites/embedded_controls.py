# Controls: rows whose outcome is known before they are run. What must be at chance, what must be worse, and what the papers
# say captions and masks do. `harness check WORK --against directions` says which of them held.
_base_ = ["embedded.py"]

title = "Controls on the embedded benchmark"
table = "ablation"
reference = "baseline"

_camera = "What the camera or the place looks like moves it a little, down or up."
_paper = "The paper says that captions guide the masks (Table VIII)."
_gain = "Captions name what tells the identities of a group apart."

runs = [
    dict(method="baseline"),
    dict(method="next"),
    # At chance
    dict(
        method="baseline",
        label="shuffled training labels",
        set={"method.backbone.weights": "random", "data.shuffle_train_labels": True},
        expect=dict(relation="chance", margin=1, why="Nothing about identity can be learned. " + _camera),
    ),
    dict(
        method="baseline",
        label="background only",
        set={"method.backbone.weights": "random", "benchmark.background_only": True},
        expect=dict(relation="chance", margin=1, why="Without the person nothing tells who it is. " + _camera),
    ),
    dict(
        method="baseline",
        label="shuffled test identities",
        set={"data.shuffle_test_identities": True},
        expect=dict(relation="chance", margin=0.2, why="Labels that were given to other images cannot be found."),
    ),
    # What training starts from, and which images it sees
    dict(
        method="baseline",
        label="from scratch",
        set={"method.backbone.weights": "random"},
        expect=[
            dict(relation="below", row="baseline", margin=10, why="Pretraining is worth more than this training."),
            dict(relation="above", row="shuffled training labels", margin=5, why="True labels can be learned from."),
        ],
    ),
    dict(
        method="baseline",
        label="RGB only",
        set={"data.train_missing": ["NIR", "TIR"], "data.test_missing": ["NIR", "TIR"]},
        expect=dict(relation="below", row="baseline", margin=5, why="Some attributes show in NIR or TIR alone."),
    ),
    dict(
        method="baseline",
        label="NIR only",
        set={"data.train_missing": ["RGB", "TIR"], "data.test_missing": ["RGB", "TIR"]},
        expect=dict(relation="below", row="baseline", margin=5, why="Some attributes show in RGB or TIR alone."),
    ),
    dict(
        method="baseline",
        label="TIR only",
        set={"data.train_missing": ["RGB", "NIR"], "data.test_missing": ["RGB", "NIR"]},
        expect=dict(relation="below", row="baseline", margin=5, why="Some attributes show in RGB or NIR alone."),
    ),
    dict(
        method="baseline",
        label="RGB missing at test",
        set={"data.test_missing": ["RGB"]},
        expect=dict(relation="below", row="baseline", why="What was learned from RGB is lost at test."),
    ),
    dict(
        method="baseline",
        label="NIR missing at test",
        set={"data.test_missing": ["NIR"]},
        expect=dict(relation="below", row="baseline", why="What was learned from NIR is lost at test."),
    ),
    dict(
        method="baseline",
        label="TIR missing at test",
        set={"data.test_missing": ["TIR"]},
        expect=dict(relation="below", row="baseline", why="What was learned from TIR is lost at test."),
    ),
    # Captions as a feature: true ones, and others
    dict(
        method="baseline",
        variant="captions",
        label="captions",
        expect=dict(relation="above", row="baseline", why=_gain),
    ),
    dict(
        method="baseline",
        variant="captions",
        label="captions of 70 % quality",
        set={"benchmark.caption_quality": 0.7},
        expect=dict(relation="below", row="captions", why="Some of what captions name is wrong."),
    ),
    dict(
        method="baseline",
        variant="captions",
        label="captions of 35 % quality",
        set={"benchmark.caption_quality": 0.35},
        expect=dict(relation="below", row="captions", why="Most of what captions name is wrong."),
    ),
    dict(
        method="baseline",
        variant="captions",
        label="captions of others",
        set={"data.shuffle_captions": True},
        expect=dict(relation="below", row="captions", why="Captions of other identities say nothing."),
    ),
    # Captions and masks in NEXT
    dict(
        method="next",
        variant="no_text",
        label="next without captions",
        expect=dict(relation="below", row="next", why=_paper),
    ),
    dict(
        method="next",
        label="next, captions of others",
        set={"data.shuffle_captions": True},
        expect=dict(relation="below", row="next", why=_paper),
    ),
    dict(
        method="next",
        label="next, captions of 70 % quality",
        set={"benchmark.caption_quality": 0.7},
        expect=dict(relation="below", row="next", why=_paper),
    ),
    dict(
        method="next",
        label="next, captions of 35 % quality",
        set={"benchmark.caption_quality": 0.35},
        expect=dict(relation="below", row="next", why=_paper),
    ),
    dict(
        method="next",
        variant="position_mask",
        label="next, masks by position",
        expect=dict(relation="below", row="next", why="The paper says that masks must follow image and caption (Table VI)."),
    ),
]
