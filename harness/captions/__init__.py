"""What the command line does with captions: generation, explanation, measures, audit and corruption."""
