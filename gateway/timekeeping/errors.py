"""What can go wrong while asking for the time. Every text names the server.

TimeError
├── NoTimeError        no answer: unknown name, nobody there, or silence
├── BadAnswerError     an answer that is none to this question, or that breaks the protocol
└── NotServingError    the server says that it does not know the time, or will not tell (a kiss of death)
"""


class TimeError(Exception):
    """Base of everything this room raises."""


class NoTimeError(TimeError):
    pass


class BadAnswerError(TimeError):
    pass


class NotServingError(TimeError):
    pass
