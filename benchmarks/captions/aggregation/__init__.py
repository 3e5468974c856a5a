"""Aggregation of what annotators say (NEXT, section IV-B): merged within a modality, completed across modalities.

settings decided      how it is done, and what is kept of every decision
merge complete        the two steps
aggregate             both, for the images of one object
store                 the file of all decisions
"""
