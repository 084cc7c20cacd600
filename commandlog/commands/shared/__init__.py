"""What the commands of a shared log do: only who speaks to a server imports it, and waits for that."""
