# Three-branch CLIP. `reduced` is the reading of NEXT's Table IV row (a) that matches its printed size and cost. `captions` is a
# control: what captions say of an identity, without any method around them.
variants = {
    "reduced": {"fusion": "reduced"},
    "captions": {"caption_feature": True},
}
