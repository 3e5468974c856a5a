"""Captions: reading, splitting into sentences, attaching to samples."""
