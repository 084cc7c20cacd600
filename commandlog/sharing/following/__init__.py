"""Following the shared log into a file of one's own, as desks and keepers do: nothing is taken that was not checked."""
