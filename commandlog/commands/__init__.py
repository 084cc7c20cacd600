"""What the command line offers: one function per command, thin over verbs and views."""
