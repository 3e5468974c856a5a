"""Generation of captions for a benchmark: which images, what was asked, and from what was said to the published files.

images                which images of a benchmark are annotated, and their bytes
job                   what a folder of working files was made from
observations          what annotators said
compositions          sets of attributes put into words, by the template or by a language model
compose_job           from observations to captions
"""
