"""What can be wrong with the look.

LookError
├── CatalogueError    the catalogue of translations cannot be read; names the file and the line
└── FormError         a form that no page of ours sent
"""


class LookError(Exception):
    """Base of everything this room raises."""


class CatalogueError(LookError):
    pass


class FormError(LookError):
    pass
