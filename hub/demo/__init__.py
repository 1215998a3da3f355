"""The demo: the main job end to end against simulators on loopback, in two acts."""

from hub.demo.play import Outcome, play

__all__ = ["Outcome", "play"]
