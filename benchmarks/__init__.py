"""Speed and memory, always as a ratio measured in one run: absolute figures of one machine say little."""
