"""Port passes and passive e-seals: readers in, tag sightings out."""
