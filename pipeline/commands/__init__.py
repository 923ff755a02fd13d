"""One module per group of commands: arguments, and what to call."""
