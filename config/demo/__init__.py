"""The demo world: a small marketplace in which a professional stands at every stage of the guarantee."""
