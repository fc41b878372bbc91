"""The electronic repository: packages kept for good, each with a receipt."""
