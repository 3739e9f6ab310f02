"""The project's own recogniser of container and plate lettering: how its pictures are rendered, and how it is trained."""
