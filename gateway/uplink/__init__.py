"""The way to the platform: the outbox is sent and the feed is followed, however long the platform is away."""
