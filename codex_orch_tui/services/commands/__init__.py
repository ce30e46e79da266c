"""What other programs ask of the one that holds the repository: its form, its way there, and what came of it."""
