"""The project's own finder of lettering: how its pictures are rendered, and how it is trained."""
