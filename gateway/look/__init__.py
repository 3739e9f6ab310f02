"""One look for everything a person sees: design tokens, components, and the catalogue of both languages."""
