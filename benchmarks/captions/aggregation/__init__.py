"""Aggregation of what annotators say (NEXT, section IV-B): merged within a modality, completed across modalities.

settings decided      how it is done, and what is kept of every decision
merge complete        the two steps
aggregate             both, for the images of one object
observations store    the files of a job: what annotators said, and what was made of it
"""
