# The published recipe of each method without the habits that nobody would invent, for a comparison that does not hang on them:
#   - the warm-up starts each group at a tenth of its own rate: no group begins above its rate and falls to it;
#   - no noise on the rates;
#   - biases learn at the rate of weights, as those of an image tower with a rate of its own do already;
#   - one filter resizes in training and at test: the bicubic one, with which CLIP was trained.
# What belongs to the method stays: batch, epochs, optimiser, rates of its groups, decay, loss weights, image size. So does the
# augmentation that each modality draws for itself: all releases have it, and to align it is another task for a method.
title = "The published recipe, warm-up proportional, no noise, one rate for weights and biases, one filter for images"
over = "published"
schedule = dict(warmup="proportional", warmup_factor=0.1, noise=False, rates=dict(bias_factor=1.0))
data = dict(augmentation=dict(train_resize="bicubic", test_resize="bicubic"))
