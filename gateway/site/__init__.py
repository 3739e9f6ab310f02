"""A site put together: the lane file, the lanes with their devices, and the supervisor that keeps them running."""
