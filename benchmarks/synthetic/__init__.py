"""The embedded benchmark: made identities, rendered in three modalities and described in captions.

Floors, each importing only from those above it:

    draws attributes difficulty         what is drawn, from what, and how hard it is
    identities moments cameras          who is seen; when, where and how; by what
    world                               all of it as tables
    canvas texture materials backdrops  how things are painted and what they look like
    body figure head carried            the person
    nuisance modalities rendering       what the three cameras make of it
    visibility phrases captions         what can be seen and how it is told
    cache export pretraining sheet      what others do with it
"""
