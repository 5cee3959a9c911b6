"""How fast the marketplace is, beside the same work by hand."""

from marketplace.measures import buying, directory, feed, matching

__all__ = ["buying", "directory", "feed", "matching"]
