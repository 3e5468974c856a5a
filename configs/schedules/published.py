# What the public releases of the field share. Four habits of theirs are options, so that `clean` can do without them: the
# warm-up that starts every group at one rate (so that a group with a low rate of its own falls to it), noise on the rates
# of every epoch, biases at twice the rate, and images resized with one filter in training and with another one at test. The
# releases train in mixed precision (fp16), which needs a GPU: --set schedule.precision=fp16.
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
    test_batch=128,
    workers=4,
    augmentation=dict(
        flip_probability=0.5,
        pad=10,
        erase_probability=0.5,
        independent=True,
        train_resize="bicubic",
        test_resize="bilinear",
    ),
)
