"""Pages of people and their businesses."""
