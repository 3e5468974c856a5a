"""Annotators: what says the attributes of an image, and the job that asks several of them about many images."""
