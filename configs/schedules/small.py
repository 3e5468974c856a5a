# For the small CLIP at 64 x 32 pixels: rates far above those of ViT-B/16, a proportional warm-up, no noise.
schedule = dict(
    optimizer="adam",
    epochs=10,
    rates=dict(base=4e-3, visual=2e-3, bias_factor=1.0, weight_decay=1e-4),
    decay="cosine",
    warmup_epochs=2,
    warmup_factor=0.1,
    warmup="proportional",
    noise=False,
)
data = dict(
    identities_per_batch=16,
    images_per_identity=4,
    test_batch=128,
    augmentation=dict(pad=3, erase_probability=0.1),
)
