"""What must hold in the marketplace's books."""
