"""The systems compared. Each is a program: `python -m … WORLD_FOLDER OUT_FOLDER` writes the three files."""
