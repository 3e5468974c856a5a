"""How good a caption set is: what can be counted in its files, without images or models."""
