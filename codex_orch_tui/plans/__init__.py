"""Plans as files and as answers: read, checked, written."""
