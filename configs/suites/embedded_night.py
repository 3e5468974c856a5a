# What two cores do in a night: the comparison on five draws, the captions in NEXT, the controls and the ablations. Ten seeds.
title = "The embedded benchmark in a night"
suites = [
    "embedded_draws",
    "embedded_vehicle",
    "embedded_controls",
    "embedded_text",
    "embedded_ablation",
    "embedded_aggregation",
    "embedded_sampling",
    "embedded_routers",
    "embedded_keep",
    "embedded_experts",
]
set = {"seeds": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]}
