"""The command line, a file for each command. What a command needs is imported inside it, so each starts quickly."""
