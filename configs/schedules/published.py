# The published recipe on RGBNT201 (NEXT as far as it is stated, DeMo and Signal for the rest): 64 = 8 x 8, 50 epochs,
# warm-up that starts every group at the same rate, noise on the rates, mixed precision on a GPU.
schedule = dict(
    optimizer="adam",
    epochs=50,
    rates=dict(base=3.5e-4, visual=5e-6, bias_factor=2.0, classifier_factor=1.0, weight_decay=1e-4),
    decay="cosine",
    floor_factor=1e-3,
    warmup_epochs=10,
    warmup_factor=0.1,
    warmup="shared",
    noise=True,
    precision="fp32",
)
data = dict(
    identities_per_batch=8,
    images_per_identity=8,
    test_batch=128,
    workers=4,
    augmentation=dict(flip_probability=0.5, pad=10, erase_probability=0.5, independent=True),
)
