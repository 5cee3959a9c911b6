"""The post-sale support desk: clients, agreements, and answers within one working day."""
