"""What can be wrong with a word of the domain.

ModelError
├── ContainerNumberError    text that cannot be a container number at all
├── PlateError              text that cannot be a Taiwanese plate
├── SealNumberError         text that cannot be a seal number
└── OrderError              a transport order that cannot be understood; carries one FieldError per field
"""

from dataclasses import dataclass


class ModelError(ValueError):
    """Base of everything this room raises."""


class ContainerNumberError(ModelError):
    pass


class PlateError(ModelError):
    pass


class SealNumberError(ModelError):
    pass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one field. `field` is a dotted path such as `seals.0.number`."""

    field: str
    message: str


class OrderError(ModelError):
    """A transport order that cannot be understood. Every wrong field is named, not just the first."""

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        self.errors = errors
        super().__init__("; ".join(f"{error.field}: {error.message}" for error in errors))
