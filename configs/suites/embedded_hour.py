# What two cores do in about an hour: the comparison on persons and vehicles, the controls, and NEXT's ablations in the form of
# the paper's Tables IV, VI and VII and Figures 6 and 8. Three seeds.
title = "The embedded benchmark in an hour"
suites = [
    "embedded",
    "embedded_vehicle",
    "embedded_controls",
    "embedded_ablation",
    "embedded_sampling",
    "embedded_routers",
    "embedded_keep",
    "embedded_experts",
]
