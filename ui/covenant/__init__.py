"""The covenant screen: who does what, whom to call, who may what."""
