# Three-branch CLIP. `reduced` is the reading of NEXT's Table IV row (a) that matches its printed size and cost.
variants = {
    "reduced": {"fusion": "reduced"},
}
