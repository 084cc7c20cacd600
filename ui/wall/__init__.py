"""The wall: what everybody in the room may know at a glance, from eight metres."""
