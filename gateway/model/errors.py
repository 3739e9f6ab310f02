"""What can be wrong with a word of the domain.

ModelError
├── ContainerNumberError    text that cannot be a container number at all
├── PlateError              text that cannot be a Taiwanese plate
├── SealNumberError         text that cannot be a seal number
├── EnrolmentCodeError      text that is no enrolment code, or one mistyped; never holds the text, which is a secret
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


class EnrolmentCodeError(ModelError):
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
