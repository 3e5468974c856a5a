# The file of this benchmark changed several times. Batch, rate and its one step, in the last epoch, are those of d2952c1;
# that biases learn as weights do is from another version of it.
_base_ = ["default.py"]

method = dict(prompts=dict(depth=0.5))  # P = 6
schedule = dict(milestones=[60], rates=dict(base=1e-5, bias_factor=1.0))
data = dict(identities_per_batch=2, images_per_identity=4)
