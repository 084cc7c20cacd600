"""Coming in: a log that there is goes onto a server, and desks join it by invitation."""
