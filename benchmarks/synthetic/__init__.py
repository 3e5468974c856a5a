"""The embedded benchmark: made identities, rendered in three modalities and described in captions.

Floors, each importing only from those above it:

    draws attribute difficulty            what is drawn, what an attribute is, and how hard it is
    groups moments cameras canvas         identities that resemble each other; when and where; by what; how shapes are painted
    person/ vehicle/ attributes, poses    who is seen, and how they stand
    world                                 all of it as tables
    texture materials backdrops nuisance  what things look like, and what disturbs them
    sight telling parts kind              what can be seen, what is told, what is painted: the contract of a kind of objects
    person/ vehicle/ the rest, kinds      the two kinds
    modalities rendering captions         what the three cameras make of it; what captions say of it
    cache source export pretraining sheet what others do with it
"""
