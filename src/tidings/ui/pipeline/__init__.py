"""The pipeline: the board of stages, moving people through them, the stages themselves, and their numbers."""
