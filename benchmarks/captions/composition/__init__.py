"""From attributes to captions in the published style."""
