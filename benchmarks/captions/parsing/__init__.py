"""From captions in the published style back to attributes."""
