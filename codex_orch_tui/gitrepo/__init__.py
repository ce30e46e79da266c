"""Git: the one place that runs it, and everything that is asked of a repository."""
